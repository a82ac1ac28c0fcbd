"""Panels of the home page. Each app declares its own in `<app>/panels.py`; the frame finds them by that name.

So the home page can show, per role, the one main thing, without the frame knowing any app.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any, ClassVar

from django.apps import apps
from django.http import HttpRequest
from django.utils.module_loading import module_has_submodule


class HomePanel:
    """A part of the home page, for the roles it concerns. `position` orders the panels, smallest first."""

    position: ClassVar[int]
    template_name: ClassVar[str]

    def concerns(self, user: Any) -> bool:
        """Whether the panel is for this user; a panel declares it."""
        raise NotImplementedError

    def context(self, request: HttpRequest) -> dict[str, Any]:
        """What the template shows, cut to the user's scope; a panel declares it."""
        raise NotImplementedError


@cache
def home_panels() -> tuple[HomePanel, ...]:
    """Every panel of every app, in order."""
    for app in apps.get_app_configs():
        if module_has_submodule(app.module, "panels") and app.name != "changzhi_portal":
            import_module(f"{app.name}.panels")
    return tuple(sorted((panel() for panel in HomePanel.__subclasses__()), key=lambda panel: panel.position))
