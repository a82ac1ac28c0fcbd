"""Actions that begin an edition, or have its draft printed again."""

from __future__ import annotations

import datetime

from django.db import transaction

from changzhi_portal.refusals import InvalidError, NotAllowedError, NotFoundError
from changzhi_portal.rights import Actor
from communities.models import Division
from periods.models import ReportingPeriod
from reports.figures import check_has_briefing
from reports.jobs import PRINT
from reports.models import Briefing, BriefingSettings
from reports.models.settings import MASTHEAD
from reports.sources import outdated_among
from targets.models import Computation

State = Briefing.State
# 总第1期: the month in which 长民发〔2017〕138号 was issued.
FIRST_ISSUE = datetime.date(2017, 11, 1)
REFRESHED_AFTER = datetime.timedelta(minutes=5)
_COPIED_SETTINGS = ("masthead", "office", "seal_line")
_COPIED_ONCE = ("reported_to", "copied_to", "distributed_to", "copies")


def prepare_briefing(
    *,
    period: ReportingPeriod,
    division: Division,
    by: Actor | None,
    queue: bool = True,
    edition: int | None = None,
    span: str = Briefing.Span.MONTH,
) -> Briefing:
    """Return the newest (or the named) edition of an issue, as a draft queued for printing; create the first.

    An edition that is no draft any more, and one that is being printed, is returned as it is. Corrected editions are
    created by `begin_correction`. `by` is None for the command line. Without `queue` the caller prints by itself. Raises
    PortalError for a town, a month before the first issue, an edition that does not exist, and a user who may not print.
    """
    check_may_print(division, by)
    check_has_briefing(period, division)
    numbers = numbers_of(period, span)
    with transaction.atomic():
        editions = Briefing.objects.of_issue(period, division, span)
        briefing = (editions if edition is None else editions.filter(edition=edition)).first()
        if briefing is None and edition not in {None, 1}:
            raise NotFoundError(
                f"{division}{period}没有这一版简报，请从简报页面编发更正版。",
                cure=f"There is no edition {edition} of the briefing of {division.code} for {period.code}.",
                field="edition",
            )
        is_new = briefing is None
        if briefing is None:
            defaults = {**numbers, **_looks_of(division), **PRINT.queued(), "printed_by": by}
            briefing, is_new = Briefing.objects.get_or_create(
                period=period, division=division, span=span, edition=1, defaults=defaults
            )
        if is_new or _queue_again(briefing, by):
            briefing.refresh_from_db()
            if queue:
                PRINT.announce(briefing.pk)
    return briefing


def _queue_again(briefing: Briefing, by: Actor | None) -> bool:
    """Queue a draft that rests; return whether it did."""
    resting = Briefing.objects.filter(
        pk=briefing.pk, stage=Briefing.Stage.DRAFT, state__in=(State.PRINTED, State.FAILED)
    )
    return bool(resting.update(**PRINT.queued(), printed_by_id=None if by is None else by.pk))


def refresh_drafts(*, moment: datetime.datetime) -> int:
    """Queue the drafts whose month, reports or settings have moved since they were printed; return how many.

    A month that is filled in is measured again and again, so each draft is printed at most once in REFRESHED_AFTER.
    """
    drafts = Briefing.objects.filter(
        stage=Briefing.Stage.DRAFT,
        state__in=(State.PRINTED, State.FAILED),
        heartbeat_at__lt=moment - REFRESHED_AFTER,
        period__computations__state=Computation.State.FINISHED,
    )
    queued = 0
    for briefing in outdated_among(drafts.select_related("period", "printed_by").defer("figures", "lists", "text")):
        if _queue_again(briefing, briefing.printed_by):
            PRINT.announce(briefing.pk)
            queued += 1
    return queued


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


def numbers_of(period: ReportingPeriod, span: str = Briefing.Span.MONTH) -> dict[str, int]:
    """Return the numbers of an issue, which follow from its month, so that none is left out or given twice.

    第N期 is the month (quarter) of the year, for a year 1; 总第N期 counts months (quarters, years) since FIRST_ISSUE.
    """
    month = period.month
    total = (month.year - FIRST_ISSUE.year) * 12 + month.month - FIRST_ISSUE.month + 1
    if total < 1:
        raise InvalidError(
            f"简报从{FIRST_ISSUE.year}年{FIRST_ISSUE.month}月开始编发，{period}没有简报，请选择以后的月份。",
            cure=f"Briefings begin with {FIRST_ISSUE:%Y-%m}; {period.code} has none. Choose a later month.",
            field="period",
        )
    if span == Briefing.Span.QUARTER:
        if month.month % 3:
            raise InvalidError(
                "季度简报以季末月份为准，请选择3月、6月、9月或12月。",
                cure="A quarter's issue is of its last month: 03, 06, 09 or 12.",
                field="period",
            )
        quarter = month.month // 3
        return {"issue_number": quarter, "total_number": (month.year - FIRST_ISSUE.year) * 4 + quarter - 3}
    if span == Briefing.Span.YEAR:
        if month.month != 12:
            raise InvalidError(
                "年度简报以12月为准，请选择12月。", cure="A year's issue is of its December.", field="period"
            )
        return {"issue_number": 1, "total_number": month.year - FIRST_ISSUE.year + 1}
    return {"issue_number": month.month, "total_number": total}


# --- How it looks ---


def settings_of(division: Division) -> BriefingSettings:
    """Return the settings of a division's issues; unsaved ones with the usual addressees where nobody has set any."""
    try:
        return division.briefing_settings
    except BriefingSettings.DoesNotExist:
        return BriefingSettings(division=division, masthead=MASTHEAD, **_usual_addressees(division))


def draft_looks(division: Division) -> dict[str, str]:
    """Return what a draft takes over from the settings each time it is printed."""
    chosen = settings_of(division)
    return {name: getattr(chosen, name) for name in _COPIED_SETTINGS}


def _looks_of(division: Division) -> dict[str, str | int]:
    """Return what a new draft takes over from the settings; its addressees may then be edited in the draft."""
    chosen = settings_of(division)
    return {name: getattr(chosen, name) for name in (*_COPIED_SETTINGS, *_COPIED_ONCE)}


def _usual_addressees(division: Division) -> dict[str, str]:
    """Return the usual addressees of an issue (报、送、发)."""
    if division.level == Division.Level.CITY:
        return {
            "reported_to": f"山西省民政厅，{division.name[:-1]}市委、市人民政府",
            "copied_to": "市直有关单位",
            "distributed_to": "各县（市、区）民政局",
        }
    city = division.parent.name if division.parent else ""
    return {"reported_to": f"{city}民政局", "distributed_to": "各街道办事处、乡镇人民政府"}
