"""Actions that request the printing of an issue and print it, called by tasks, pages and the command.

Printing needs a claim on the row (`reports.jobs`); a result is written only while the claim is valid.
"""

from __future__ import annotations

import logging
from datetime import date
from typing import Any

from django.db import DatabaseError, transaction
from django.utils import timezone

from changelog.trail import TrailKind, newest_seal, record_event, seal_waiting
from changzhi_portal.jobs import Claim
from changzhi_portal.refusals import InvalidError, NotAllowedError, NotFoundError, PortalError
from changzhi_portal.rights import Actor
from communities.models import Division
from periods.models import ReportingPeriod
from reports.figures import briefing_figures, check_has_briefing
from reports.issue import issue_markup
from reports.jobs import PRINT
from reports.models import Briefing
from reports.pdf import print_markup
from reports.storage import store_pdf
from reports.stored_figures import to_json
from targets.actions import compute_period
from targets.models import Computation

logger = logging.getLogger(__name__)
State = Briefing.State
# 总第1期: the month in which 长民发〔2017〕138号 was issued.
FIRST_ISSUE = date(2017, 11, 1)


# --- Requesting an issue ---


def prepare_briefing(
    *, period: ReportingPeriod, division: Division, by: Actor | None, queue: bool = True, edition: int = 1
) -> Briefing:
    """Return the issue of a month and division, queued for printing; create it if there is none.

    An issue that is being printed is not queued again. A corrected `edition` is only printed again, never created (see
    `issue_correction`). `by` is None for the command line. Without `queue` the caller prints by itself. Raises
    PortalError for a town, a month before the first issue, an edition that does not exist, and a user who may not
    print.
    """
    check_may_print(division, by)
    check_has_briefing(period, division)
    numbers = _numbers_of(period)
    if edition > 1 and not Briefing.objects.filter(period=period, division=division, edition=edition).exists():
        raise NotFoundError(
            f"{division}{period}没有这一版简报，请从简报页面编发更正版。",
            cure=f"There is no edition {edition} of the briefing of {division.code} for {period.code}.",
            field="edition",
        )
    with transaction.atomic():
        briefing, is_new = Briefing.objects.get_or_create(
            period=period,
            division=division,
            edition=edition,
            defaults={
                **numbers,
                **_addressees_of(division),
                **PRINT.queued(),
                "issued_on": timezone.localdate(),
                "printed_by": by,
            },
        )
        if not is_new:
            Briefing.objects.filter(pk=briefing.pk, state__in=(State.PRINTED, State.FAILED)).update(
                **PRINT.queued(), printed_by_id=None if by is None else by.pk
            )
            briefing.refresh_from_db()
        if queue:
            PRINT.announce(briefing.pk)
    return briefing


def check_may_print(division: Division, by: Actor | None) -> None:
    """Raise NotAllowedError for a user who may not print the division's briefings; None is the command line."""
    if by is None:
        return
    if not by.role.may_print_briefing:
        raise NotAllowedError(
            "您的角色不能生成简报，请联系市局业务员。", cure=f"The role of {by.username} may not print."
        )
    if not Division.objects.visible_to(by).filter(pk=division.pk).exists():
        raise NotAllowedError(
            "您不能为这个区划生成简报。", cure=f"The division {division.code} is outside the user's area."
        )


def _numbers_of(period: ReportingPeriod) -> dict[str, int]:
    """Return the numbers of an issue: 第N期 is the month of the year, 总第N期 counts the months since FIRST_ISSUE."""
    total = (period.month.year - FIRST_ISSUE.year) * 12 + period.month.month - FIRST_ISSUE.month + 1
    if total < 1:
        raise InvalidError(
            f"简报从{FIRST_ISSUE.year}年{FIRST_ISSUE.month}月开始编发，{period}没有简报，请选择以后的月份。",
            cure=f"Briefings begin with {FIRST_ISSUE:%Y-%m}; {period.code} has none. Choose a later month.",
            field="period",
        )
    return {"issue_number": period.month.month, "total_number": total}


def _addressees_of(division: Division) -> dict[str, str]:
    """Return the default addressees of an issue (报、送、发), which users may change."""
    if division.level == Division.Level.CITY:
        return {
            "reported_to": f"山西省民政厅，{division.name[:-1]}市委、市人民政府",
            "copied_to": "市直有关单位",
            "distributed_to": "各县（市、区）民政局",
        }
    city = division.parent.name if division.parent else ""
    return {"reported_to": f"{city}民政局", "distributed_to": "各街道办事处、乡镇人民政府"}


# --- Printing ---


def print_briefing(briefing_id: int) -> None:
    """Print a queued briefing, as the worker does; do nothing when another worker has taken it. Safe to run twice.

    A failure sets the row's state and a Chinese sentence for the page. Only a database error is raised, because the
    briefing is not its cause: beat puts the row back.
    """
    try:
        print_queued(briefing_id)
    except PortalError as error:
        logger.warning("Briefing %s was not printed: %s", briefing_id, error.cure)
    except DatabaseError:
        raise
    except Exception:
        logger.exception("Briefing %s failed", briefing_id)


def print_queued(briefing_id: int) -> Briefing | None:
    """Print a queued briefing in this process; return the printed row, or None when it is not queued.

    Returns None as well when another worker has got it in the meantime. A failure is written to the row and then
    raised.
    """
    claim = PRINT.claim(briefing_id, step="正在核对数据")
    if claim is None:
        return None
    with claim.guard():
        _print(claim)
        return Briefing.objects.get(pk=briefing_id)
    return None


def _print(claim: Claim[Briefing]) -> None:
    """Compute the figures, create the PDF, and write the state last. Raises ClaimLostError."""
    briefing = Briefing.objects.select_related("period", "division__parent", "printed_by__division").get(pk=claim.key)
    figures = _figures_of(briefing)
    if figures != briefing.figures or briefing.printed_at is None:  # printed again it stays byte for byte
        briefing.trail_head = _trail_head() or briefing.trail_head
    briefing.figures = figures
    claim.heartbeat(step="正在绘图和排版")
    pdf = print_markup(issue_markup(briefing))
    claim.heartbeat(step="正在保存文件")
    pdf_name = store_pdf(briefing.ref, pdf)
    with transaction.atomic():
        claim.finish(
            State.PRINTED,
            figures=briefing.figures,
            pdf_name=pdf_name,
            trail_head=briefing.trail_head,
            printed_at=timezone.now(),
            step="",
        )
        detail = {"period": briefing.period.code, "edition": briefing.edition}
        record_event(
            TrailKind.ISSUED, by=briefing.printed_by, division=briefing.division, about=briefing, detail=detail
        )


def _trail_head() -> str:
    """Return the newest seal of the trail, once all that waits has got its own; "" without any.

    What cannot be sealed now, such as on a full disk, is left to beat.
    """
    try:
        seal_waiting()
    except (OSError, ValueError) as error:
        logger.warning("The trail was not sealed before printing: %s", type(error).__name__)
    return newest_seal()


def _figures_of(briefing: Briefing) -> dict[str, Any]:
    """Return the figures as JSON: those printed before, if the month has been locked since; else current ones.

    A corrected edition has its own figures, and an edition that was corrected keeps its stored ones.
    """
    period = briefing.period
    newest = Briefing.objects.editions_of(briefing).first()
    if briefing.figures and newest is not None and newest.edition > 1:
        return briefing.figures
    locked_since = period.locked_at if period.state == ReportingPeriod.State.LOCKED else None
    if briefing.figures and locked_since and briefing.printed_at and briefing.printed_at >= locked_since:
        return briefing.figures
    measure_if_outdated(period)
    return to_json(briefing_figures(period, briefing.division))


def measure_if_outdated(period: ReportingPeriod) -> None:
    """Measure the month if it was never measured or its registers have changed since; skip a locked month.

    Raises PortalError as `compute_period` does.
    """
    if period.state == ReportingPeriod.State.LOCKED:
        return
    if not Computation.objects.is_up_to_date(period):
        compute_period(period)
