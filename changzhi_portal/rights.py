"""What a role may do: asked by the name of a right."""

from __future__ import annotations

from typing import Any

# What `requires` says when every role may open the page.
EVERYBODY = ""


def has_right(user: Any, right: str) -> bool:
    """Whether the role of `user` has the right; EVERYBODY holds for each role. Fails closed for visitors."""
    if not getattr(user, "is_authenticated", False):
        return False
    return right == EVERYBODY or bool(getattr(user.role, right))
