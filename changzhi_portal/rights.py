"""Checks of a role's rights by name."""

from __future__ import annotations

from typing import Any

# The value of `requires` on a page that every role may open.
EVERYBODY = ""


def has_right(user: Any, right: str) -> bool:
    """Return whether the role of `user` has the right; EVERYBODY is true for each role. Visitors have no right."""
    if not getattr(user, "is_authenticated", False):
        return False
    return right == EVERYBODY or bool(getattr(user.role, right))
