"""Panels: parts of a page that another app adds to it. Each app declares its own in `<app>/panels.py`.

So the home page shows, per role, the one main thing, and a community's page shows its organizations and how it stands
against the targets, without the frame or `communities` knowing the apps to their right.
"""

from __future__ import annotations

from functools import cache
from typing import Any, ClassVar

from django.db.models import Model
from django.http import HttpRequest

from changzhi_portal.discovery import classes_in
from changzhi_portal.rights import EVERYBODY, has_right

# How urgent the action of a panel of the home page is: what comes last, what must be done before that.
NOTHING_TO_DO, LAST_STEP, FIRST_STEP = range(3)
# A panel lists at most this many records and links to the list for the rest.
MOST_ROWS = 50


class Panel:
    """What panels have: a template, a place among the others (smallest first), the right it takes to see them."""

    position: ClassVar[int]
    template_name: ClassVar[str]
    requires: ClassVar[str] = EVERYBODY

    def concerns(self, user: Any) -> bool:
        """Return whether the panel is shown to this user."""
        return has_right(user, self.requires)


class HomePanel(Panel):
    """A part of the home page."""

    def context(self, request: HttpRequest) -> dict[str, Any]:
        """Return what the template shows, cut to the user's scope; a panel declares it.

        `urgency` says how much the panel's own action is what the person has to do now; none by default (NOTHING_TO_DO).
        """
        raise NotImplementedError


class RecordPanel(Panel):
    """A part of the pages of the records of one model ("communities.Community"; "" means of every model)."""

    model_label: ClassVar[str] = ""
    is_above: ClassVar[bool] = False  # before the record's own tables, because people look for it first

    def context(self, request: HttpRequest, record: Model) -> dict[str, Any]:
        """Return what the template shows, cut to the user's scope; a panel declares it.

        `remark` is a sentence for whoever decides about the record; a page may show it beside the button that does so.
        """
        raise NotImplementedError


@cache
def _all_panels() -> tuple[Panel, ...]:
    """Return one instance of every panel of every app, smallest position first."""
    return tuple(sorted((kind() for kind in classes_in("panels", Panel)), key=lambda panel: panel.position))


def home_panels(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the panels of the home page for this user: each its context, with `template_name` and `is_main`.

    The action of one panel at most is the page's main one: the most urgent, of equal ones the first.
    """
    shown = [
        {"template_name": panel.template_name, "urgency": NOTHING_TO_DO, "is_main": False, **panel.context(request)}
        for panel in _all_panels()
        if isinstance(panel, HomePanel) and panel.concerns(request.user)
    ]
    main = max(shown, key=lambda panel: panel["urgency"], default=None)
    if main is not None and main["urgency"] != NOTHING_TO_DO:
        main["is_main"] = True
    return shown


def record_panels(request: HttpRequest, record: Model) -> list[dict[str, Any]]:
    """Return the panels of one record's page for this user: each its context, with `template_name` and `is_above`."""
    return [
        {"template_name": panel.template_name, "is_above": panel.is_above, **panel.context(request, record)}
        for panel in _all_panels()
        if isinstance(panel, RecordPanel)
        and panel.model_label in {"", record._meta.label}
        and panel.concerns(request.user)
    ]
