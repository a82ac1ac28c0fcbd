"""Context processors: variables that every template may use."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def frame(request: HttpRequest) -> dict[str, Any]:
    """Return the user's role with its rights (None for visitors), and whether the data are invented."""
    user = getattr(request, "user", None)
    return {"role": user.role if user is not None and user.is_authenticated else None, "is_demo": settings.DEMO}
