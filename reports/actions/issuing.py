"""Issuing an edition in one go, as the command does and as the portal does on the day of publication."""

from __future__ import annotations

from changzhi_portal.refusals import StaleError
from reports.actions.printing import print_queued
from reports.flow import FLOW
from reports.models import Briefing

_TO_BE_ISSUED = ("review", "approve", "issue")


def request_issue(briefing: Briefing, *, note: str = "") -> Briefing:
    """Make every move that an edition still needs to be issued, as the portal; a worker then prints it for good.

    `note` says why it is issued although reports are missing. An edition that is issued or being issued is returned as
    it is. Raises PortalError as the moves do.
    """
    for code in _TO_BE_ISSUED:
        if briefing.stage in FLOW.move(code).sources and briefing.stage != Briefing.Stage.ISSUING:
            briefing = FLOW.make(briefing, code, by=None, note=note if code == "approve" else "")
    return briefing


def issue_now(briefing: Briefing, *, note: str = "") -> Briefing:
    """Issue an edition in this process and return it, issued. Raises PortalError as moving and printing do."""
    if briefing.is_published:
        return briefing
    requested = request_issue(briefing, note=note)
    issued = print_queued(requested.pk)
    if issued is None:
        raise StaleError(
            "这期简报正在由后台生成，请稍后再试。",
            cure="A worker is printing this very briefing right now. Try again in a moment.",
        )
    return issued
