"""What a draft says today: its figures, the lists behind them, and what a corrected edition corrects."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from changzhi_portal.refusals import StaleError
from periods.models import ReportingPeriod
from reports.corrections import corrections_between, corrections_to_json
from reports.figures import briefing_figures
from reports.files.data import figures_sha256
from reports.models import Briefing
from reports.sources import sources_of
from reports.stored_figures import BriefingFigures, to_json
from reports.unit_lists import IssueLists, check_lists, issue_lists, lists_to_json
from revisions.recompute import recomputed_in_place
from targets.actions import compute_period
from targets.actions.measuring import in_one_snapshot, lock_period_row
from targets.models import Computation


def drafted_content(briefing: Briefing) -> dict[str, Any]:
    """Return the columns of a draft that follow from the registers: figures, lists, corrections, their digest.

    The figures are those of the month, frozen if it is locked; a corrected edition of a locked month has those that the
    month would have if it were measured today. Measures an open month first if its registers have changed. Raises
    PortalError as measuring does, for a corrected edition whose original was not issued, and for lists that do not add up
    to the figures.
    """
    measure_if_outdated(briefing.period)
    is_corrected = briefing.edition > 1
    figures, lists, sources = in_one_snapshot(
        lambda: _measured(briefing, again=is_corrected and briefing.period.is_locked)
    )
    check_lists(lists, figures)
    corrections = corrections_between(_original(briefing), figures) if is_corrected else []
    stored, stored_lists = to_json(figures), lists_to_json(lists)
    return {
        "figures": stored,
        "lists": stored_lists,
        "sources": sources,
        "corrections": corrections_to_json(corrections),
        "figures_sha256": figures_sha256(stored, stored_lists),
    }


def _measured(briefing: Briefing, *, again: bool) -> tuple[BriefingFigures, IssueLists, str]:
    """Return figures and lists of the month, and what they are made of; `again`: of a locked month, measured once more."""
    sources = sources_of(briefing)
    if not again:
        figures = briefing_figures(briefing.period, briefing.division, briefing.span)
        return figures, issue_lists(briefing.period, briefing.division), sources
    period = lock_period_row(briefing.period)
    with transaction.atomic(), recomputed_in_place(period):
        return (
            briefing_figures(period, briefing.division, briefing.span),
            issue_lists(period, briefing.division),
            sources,
        )


def _original(briefing: Briefing) -> BriefingFigures:
    """Return the figures of the newest edition before this one that was issued, also if withdrawn since."""
    before = Briefing.objects.editions_of(briefing).published().filter(edition__lt=briefing.edition).first()
    figures = before.stored_figures if before is not None else None
    if figures is None:
        raise StaleError(
            f"{briefing.division}{briefing.period}的原版还没有印发，没有可更正的。",
            cure="No edition before this one was issued, so there is nothing to correct.",
        )
    return figures


def measure_if_outdated(period: ReportingPeriod) -> None:
    """Measure the month if it was never measured or its registers have changed since; skip a locked month.

    Raises PortalError as `compute_period` does.
    """
    if period.state == ReportingPeriod.State.LOCKED:
        return
    if not Computation.objects.is_up_to_date(period):
        compute_period(period)
