"""Corrected editions (更正版) of an issue, made beside the edition that was issued, which does not change."""

from __future__ import annotations

from django.db import transaction

from changelog.models.steps import LONGEST_NOTE
from changzhi_portal.personal_numbers import refuse_personal_numbers
from changzhi_portal.refusals import InvalidError, StaleError
from changzhi_portal.rights import Actor
from reports.actions.drafting import check_may_print
from reports.fonts import refuse_unprintable
from reports.jobs import PRINT
from reports.models import Briefing
from targets.actions.measuring import lock_period_row

# Columns that a corrected edition copies from the one before it.
_COPIED_COLUMNS = (
    "issue_number",
    "total_number",
    "masthead",
    "office",
    "seal_line",
    "commentary",
    "next_steps",
    "remarks",
    "reported_to",
    "copied_to",
    "distributed_to",
    "copies",
)


def begin_correction(*, briefing: Briefing, reason: str, by: Actor, queue: bool = True) -> Briefing:
    """Return the draft of a corrected edition of an issue, queued for printing, with the reason that it prints.

    It goes the way of every draft: texts may be edited, then it is reviewed, approved and issued under the number of the
    issue. Its printing compares its figures with those of the newest issued edition. Raises PortalError for a role that
    may not print, a missing reason, and an issue whose newest edition was not issued yet.
    """
    check_may_print(briefing.division, by)
    words = _cleaned(reason)
    with transaction.atomic():
        lock_period_row(briefing.period)  # two that begin at once: the second sees the edition of the first
        newest = Briefing.objects.editions_of(briefing).first()
        if newest is None or not newest.is_published:
            raise StaleError(
                f"{briefing}还有一版没有印发，请先把它印发，或者直接在草稿里改。",
                cure="The newest edition of this issue is not issued yet: change that draft instead.",
            )
        correction = Briefing.objects.create(
            period=newest.period,
            division=newest.division,
            span=newest.span,
            edition=newest.edition + 1,
            correction_reason=words,
            **PRINT.queued(),
            **{name: getattr(newest, name) for name in _COPIED_COLUMNS},
            printed_by_id=by.pk,
        )
        if queue:
            PRINT.announce(correction.pk)
    return correction


def _cleaned(reason: str) -> str:
    words = " ".join(reason.split())
    if not words:
        raise InvalidError(
            "请写明为什么更正，会印在更正版上。", cure="Give a reason, which is printed.", field="reason"
        )
    if len(words) > LONGEST_NOTE:
        raise InvalidError(
            f"更正原因请控制在{LONGEST_NOTE}个字以内，现在有{len(words)}个字。",
            cure=f"The reason may have at most {LONGEST_NOTE} characters.",
            field="reason",
        )
    refuse_personal_numbers(words, what="更正原因", field="reason")
    refuse_unprintable(words, field="reason", is_line=True)
    return words
