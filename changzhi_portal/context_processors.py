"""What every page's template may use."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest


def frame(request: HttpRequest) -> dict[str, Any]:
    """The role's rights, for the menu; empty for visitors."""
    user = getattr(request, "user", None)
    return {"duty": user.duty} if user is not None and user.is_authenticated else {"duty": None}
