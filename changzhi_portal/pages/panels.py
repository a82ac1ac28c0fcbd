"""Panels: parts of a page that another app adds to it. Each app declares its own in `<app>/panels.py`.

The home page shows the main task of each role, and a community's page its organizations and its results against the
targets, while neither `changzhi_portal` nor `communities` imports the apps above them.
"""

from __future__ import annotations

from functools import cache
from typing import Any, ClassVar

from django.db.models import Model

from changzhi_portal.discovery import classes_in
from changzhi_portal.pages.base import Crumb, PortalRequest
from changzhi_portal.rights import EVERYBODY, Actor, has_right

# Urgency of a home panel's action; FIRST_STEP is what must be done before LAST_STEP.
NOTHING_TO_DO, LAST_STEP, FIRST_STEP = range(3)
# A panel lists at most this many records and links to the list for the rest.
MOST_ROWS = 50


class Panel:
    """Base of all panels: a template, a position (smallest first), and the right needed to see it."""

    position: ClassVar[int]
    template_name: ClassVar[str]
    requires: ClassVar[str] = EVERYBODY

    def concerns(self, user: Actor) -> bool:
        """Return whether the panel is shown to this user."""
        return has_right(user, self.requires)


class HomePanel(Panel):
    """A part of the home page.

    Positions: below 10 what must be decided, 10 to 19 the month, 20 to 39 queues of other systems, from 40 figures.
    """

    def context(self, request: PortalRequest) -> dict[str, Any]:
        """Return the template context, limited to the user's scope; a panel defines it.

        `urgency` in it ranks the panel's action among those of the other panels; by default NOTHING_TO_DO.
        """
        raise NotImplementedError


class NextStep(Panel):
    """What a user does for a month once its uploads are brought in: a link on their pages."""

    template_name = ""

    def link(self, request: PortalRequest, period: Any) -> Crumb | None:
        """Return the link within the user's scope; None if there is nothing to do. A step defines it."""
        raise NotImplementedError


class RecordPanel(Panel):
    """A part of the pages of the records of one model ("communities.Community"; "" for every model)."""

    model_label: ClassVar[str] = ""
    is_above: ClassVar[bool] = False  # shown before the record's own tables, because users look for it first

    def context(self, request: PortalRequest, record: Model) -> dict[str, Any]:
        """Return the template context, limited to the user's scope; a panel defines it.

        `remark` in it is a sentence for the user who decides about the record; a page may show it beside the button.
        `caution_template` is a template with more than a sentence for that user, such as links.
        """
        raise NotImplementedError


class ChangePanel(Panel):
    """A part of the preview of changes of divisions and communities: what they would change elsewhere."""

    def context(self, request: PortalRequest, plan: Any) -> dict[str, Any]:
        """Return the template context for a plan (`communities.divisionchanges.ChangePlan`); a panel defines it."""
        raise NotImplementedError


@cache
def _all_panels() -> tuple[Panel, ...]:
    """Return one instance of every panel of every app, smallest position first."""
    return tuple(sorted((kind() for kind in classes_in("panels", Panel)), key=lambda panel: panel.position))


def home_panels(request: PortalRequest) -> list[dict[str, Any]]:
    """Return the context of each home panel for this user, with `template_name` and `is_main`.

    At most one panel is main: the most urgent one, and among equals the first.
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


def next_steps(request: PortalRequest, period: Any) -> list[Crumb]:
    """Return the links of the steps of every app that the user may take for a month (a `ReportingPeriod`)."""
    found = [
        step.link(request, period)
        for step in _all_panels()
        if isinstance(step, NextStep) and step.concerns(request.user)
    ]
    return [link for link in found if link is not None]


def record_panels(request: PortalRequest, record: Model) -> list[dict[str, Any]]:
    """Return the context of each panel of a record's page for this user, with `template_name` and `is_above`.

    `remark` and `caution_template` are "" for a panel that has none.
    """
    return [
        {
            "template_name": panel.template_name,
            "is_above": panel.is_above,
            "remark": "",
            "caution_template": "",
            **panel.context(request, record),
        }
        for panel in _all_panels()
        if isinstance(panel, RecordPanel)
        and panel.model_label in {"", record._meta.label}
        and panel.concerns(request.user)
    ]


def change_panels(request: PortalRequest, plan: Any) -> list[dict[str, Any]]:
    """Return the context of each panel of the preview of a plan for this user, with `template_name`."""
    return [
        {"template_name": panel.template_name, **panel.context(request, plan)}
        for panel in _all_panels()
        if isinstance(panel, ChangePanel) and panel.concerns(request.user)
    ]
