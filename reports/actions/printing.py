"""Writing briefings: asking for an issue and printing it. Tasks, pages and the command call these.

Whoever prints has claimed the row (`reports.jobs`); what it writes afterwards counts only while the claim is its own.
"""

from __future__ import annotations

import logging
from datetime import date
from typing import Any

from django.db import DatabaseError, transaction
from django.utils import timezone

from changzhi_portal.jobs import Claim
from changzhi_portal.refusals import InvalidError, NotAllowedError, NotFoundError, PortalError
from communities.models import Division
from periods.models import ReportingPeriod
from reports.figures import briefing_figures, refuse_unless_issuing
from reports.issue import issue_markup
from reports.jobs import PRINT
from reports.models import Briefing
from reports.pdf import print_markup
from reports.storage import keep_pdf
from reports.stored_figures import to_json
from targets.actions import compute_period
from targets.models import Computation

logger = logging.getLogger(__name__)
State = Briefing.State
# 总第1期: the month in which 长民发〔2017〕138号 was issued.
FIRST_ISSUE = date(2017, 11, 1)


# --- Asking for an issue ---


def prepare_briefing(
    *, period: ReportingPeriod, division: Division, by: Any, queue: bool = True, edition: int = 1
) -> Briefing:
    """The issue of a month and division, queued for printing; created when there is none yet.

    One that is being printed already is left alone; a corrected `edition` is never created here, only printed again
    (see `issue_correction`). `by` is None for the command line. Without `queue` the caller prints by itself. Raises
    PortalError for a town, a month before the first issue, an edition that is not there, and a user who may not print.
    """
    refuse_unless_printing(division, by)
    refuse_unless_issuing(period, division)
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
                **PRINT.queued(), printed_by=by
            )
            briefing.refresh_from_db()
        if queue:
            PRINT.announce(briefing.pk)
    return briefing


def refuse_unless_printing(division: Division, by: Any) -> None:
    """Raise NotAllowedError for a user who may not print briefings, or not that division's; None is the command line."""
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
    """第N期 is the month of the year; 总第N期 counts the months since the plan's first."""
    total = (period.month.year - FIRST_ISSUE.year) * 12 + period.month.month - FIRST_ISSUE.month + 1
    if total < 1:
        raise InvalidError(
            f"简报从{FIRST_ISSUE.year}年{FIRST_ISSUE.month}月开始编发，{period}没有简报，请选择以后的月份。",
            cure=f"Briefings begin with {FIRST_ISSUE:%Y-%m}; {period.code} has none. Choose a later month.",
            field="period",
        )
    return {"issue_number": period.month.month, "total_number": total}


def _addressees_of(division: Division) -> dict[str, str]:
    """To whom an issue goes at first (报、送、发); people may change it."""
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

    Whatever goes wrong ends in the row's state, with a Chinese sentence for the page; only an error of the database is
    raised, because it says nothing about the briefing: beat puts that one back.
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
    """Print a queued briefing here and now; return the printed row, or None when it waits for nobody.

    None as well when it was given to another worker meanwhile. A failure is written to the row and then raised.
    """
    claim = PRINT.claim(briefing_id, step="正在核对数据")
    if claim is None:
        return None
    with claim.guard():
        _print(claim)
        return Briefing.objects.get(pk=briefing_id)
    return None


def _print(claim: Claim[Briefing]) -> None:
    """Make figures, pages and file, and last write the state that says so. Raises ClaimLostError."""
    briefing = Briefing.objects.select_related("period", "division__parent").get(pk=claim.key)
    briefing.figures = _figures_of(briefing)
    claim.heartbeat(step="正在绘图和排版")
    pdf = print_markup(issue_markup(briefing))
    claim.heartbeat(step="正在保存文件")
    pdf_name = keep_pdf(briefing.ref, pdf)
    claim.finish(
        State.PRINTED,
        figures=briefing.figures,
        pdf_name=pdf_name,
        printed_at=timezone.now(),
        step="",
    )


def _figures_of(briefing: Briefing) -> dict[str, Any]:
    """Return as JSON those it was printed from, if the month has been locked ever since; else the month's current ones.

    A corrected edition has its own, and the edition that it corrects keeps what it was printed from for good.
    """
    period = briefing.period
    newest = Briefing.objects.editions_of(briefing).first()
    if briefing.figures and newest is not None and newest.edition > 1:
        return briefing.figures
    locked_since = period.locked_at if period.state == ReportingPeriod.State.LOCKED else None
    if briefing.figures and locked_since and briefing.printed_at and briefing.printed_at >= locked_since:
        return briefing.figures
    bring_up_to_date(period)
    return to_json(briefing_figures(period, briefing.division))


def bring_up_to_date(period: ReportingPeriod) -> None:
    """Measure the month if it was never measured or its registers have changed since; a locked month stays as it is.

    Raises PortalError as `compute_period` does.
    """
    if period.state == ReportingPeriod.State.LOCKED:
        return
    if not Computation.objects.is_up_to_date(period):
        compute_period(period)
