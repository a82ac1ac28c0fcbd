"""Corrected editions (更正版) of a locked month's briefing, issued beside the original, which is not changed."""

from __future__ import annotations

from django.utils import timezone

from changzhi_portal.refusals import StaleError
from changzhi_portal.rights import Actor
from reports.actions.printing import check_may_print
from reports.corrections import corrections_between, corrections_to_json
from reports.figures import briefing_figures
from reports.jobs import PRINT
from reports.models import Briefing
from reports.stored_figures import to_json
from revisions.recompute import recomputed_in_place
from targets.actions.measuring import in_one_snapshot, lock_period_row

# Columns that a corrected edition copies from the one before it.
_COPIED_COLUMNS = (
    "issue_number",
    "total_number",
    "commentary",
    "next_steps",
    "reported_to",
    "copied_to",
    "distributed_to",
    "copies",
)


def issue_correction(*, briefing: Briefing, by: Actor, queue: bool = True) -> Briefing:
    """Return a new corrected edition, queued for printing, with the figures that its locked month would have now.

    The edition stores these figures, and its differences from the newest edition, which is not changed. The frozen rows
    of the month are not changed either. Raises PortalError for a role that may not print, a month that is not locked,
    an issue that was never printed, and when no printed figure would change.
    """
    check_may_print(briefing.division, by)
    correction = in_one_snapshot(lambda: _made(briefing, by))
    if queue:
        PRINT.announce(correction.pk)
    return correction


def _made(briefing: Briefing, by: Actor) -> Briefing:
    period, division = lock_period_row(briefing.period), briefing.division
    if not period.is_locked:
        raise StaleError(
            f"{period}没有锁定，请直接重新生成简报；更正版只用于已锁定的月份。",
            cure=f"The period {period.code} is not locked: print the briefing again instead.",
        )
    newest = Briefing.objects.editions_of(briefing).first()
    printed = newest.stored_figures if newest and newest.state == Briefing.State.PRINTED else None
    if newest is None or printed is None:
        raise StaleError(
            f"{division}{period}的简报还没有生成好，不能编发更正版，请先生成。",
            cure=f"The newest edition of the briefing of {division.code} for {period.code} is not printed yet.",
        )
    with recomputed_in_place(period):
        figures = briefing_figures(period, division)
    corrections = corrections_between(printed, figures)
    if not corrections:
        raise StaleError(
            f"锁定后的改动不影响{division}{period}简报中的数据，不需要更正版。",
            cure="No printed figure of this briefing would change, so there is nothing to correct.",
        )
    return Briefing.objects.create(
        period=period,
        division=division,
        edition=newest.edition + 1,
        **PRINT.queued(),
        **{name: getattr(newest, name) for name in _COPIED_COLUMNS},
        issued_on=timezone.localdate(),
        figures=to_json(figures),
        corrections=corrections_to_json(corrections),
        printed_by_id=by.pk,
    )
