"""All editions of a month at once: begin them, and move on all that may be moved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from changzhi_portal.refusals import PortalError
from changzhi_portal.rights import Actor
from communities.models import Division
from periods.models import ReportingPeriod
from reports.actions.drafting import check_may_print, numbers_of, prepare_briefing
from reports.flow import FLOW
from reports.models import Briefing

Span = Briefing.Span


class Moved(NamedTuple):
    """How many editions were moved, and the refusals of the others with the editions they are of."""

    number: int
    refusals: list[tuple[Briefing, PortalError]]


def divisions_with_issues(period: ReportingPeriod) -> list[Division]:
    """Return the divisions that have an issue of a month: the city, then the counties of its last day, by code."""
    levels = (Division.Level.CITY, Division.Level.COUNTY)
    found = Division.objects.in_effect_on(period.as_of).filter(level__in=levels).select_related("parent")
    return sorted(found, key=lambda division: (division.level != Division.Level.CITY, division.code))


def prepare_all(
    *, period: ReportingPeriod, by: Actor | None, span: str = Span.MONTH, queue: bool = True
) -> list[Briefing]:
    """Return the newest edition of the city and of each county, drafts queued for printing. Raises as `prepare_briefing`."""
    numbers_of(period, span)  # refused before anything is created
    divisions = divisions_with_issues(period)
    for division in divisions:
        check_may_print(division, by)
    return [prepare_briefing(period=period, division=division, by=by, span=span, queue=queue) for division in divisions]


def move_all(
    *, period: ReportingPeriod, span: str, code: str, by: Actor, seen: Mapping[str, int], note: str = ""
) -> Moved:
    """Make a move with those newest editions of a month that the page showed, if they are in one of its states.

    `seen` has the version that the page showed of each, by ref. Each is moved by itself, so that one that is refused keeps
    none of the others.
    """
    move, number, refusals = FLOW.move(code), 0, []
    for briefing in newest_editions(period, span, by):
        if briefing.stage not in move.sources or briefing.ref not in seen:
            continue
        try:
            FLOW.make(briefing, code, by=by, note=note, seen=seen[briefing.ref])
        except PortalError as refusal:
            refusals.append((briefing, refusal))
        else:
            number += 1
    return Moved(number, refusals)


def newest_editions(period: ReportingPeriod, span: str, user: Actor) -> list[Briefing]:
    """Return the newest edition of each division for a month and span that the user may see, the city's first."""
    found = Briefing.objects.visible_to(user).filter(period=period, span=span)
    newest: dict[int, Briefing] = {}
    for briefing in found.newest_first().defer("figures", "lists", "text").order_by("edition"):
        newest[briefing.division_id] = briefing
    return sorted(
        newest.values(), key=lambda briefing: (briefing.division.level != Division.Level.CITY, briefing.division.code)
    )
