"""填报情况 in a briefing: who reported the month on time, late, was returned, is missing (docs/domain.md §7.3).

The figures are those of the day when they were counted: a county may report after the briefing has been printed.
"""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from changzhi_portal.briefings import TERMS, BriefingSection, IssueOf, Paragraph, from_stored, to_stored
from changzhi_portal.linked.declared import SECTION
from changzhi_portal.linked.stored import unreported_sentence
from changzhi_portal.percent import percent, percent_text
from changzhi_portal.phrases import Place, day_in_words, joined, month_in_words, whole_of
from communities.models import Division
from periods.models import ReportingPeriod, month_after
from submissions.models import Submission
from submissions.report_status import MonthStatus, ReportStatus, report_status_of, reporting_status

_MOST_NAMED = 3


@dataclass(frozen=True)
class OwnReport:
    """The report of the county that the edition is of; `standing` as in `submissions.report_status.ReportStatus`."""

    standing: str
    is_accepted: bool
    submitted_on: str | None
    times_returned: int


@dataclass(frozen=True)
class ReportingOver:
    """The reports of several months: how many were due, on time and late; the counties that were late or missing, with how often.

    `late` and `missing` are pairs of a county's name and a number, the most frequent first. Of the last month, whose
    figures are printed: how many were due, and whose report is missing or returned (not stored before these were introduced).
    """

    first: str
    last: str
    months: int
    expected: int
    on_time: int
    late: tuple[tuple[str, int], ...]
    missing: tuple[tuple[str, int], ...]
    last_expected: int = 0
    last_missing: tuple[str, ...] = ()
    last_returned: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reporting:
    """The month's reports: names of counties by standing, and the rates in percent as on `counted_on`."""

    period: str
    counted_on: str
    due_on: str
    expected: int
    on_time: tuple[str, ...]
    late: tuple[str, ...]
    returned: tuple[str, ...]
    missing: tuple[str, ...]
    again: tuple[str, ...]  # in effect after having been returned
    completeness: float | None
    timeliness: float | None
    own: OwnReport | None


# --- Figures ---


def reporting_figures(period: ReportingPeriod, division: Division) -> Reporting:
    """Return the month's reports in a division: the names of its counties by standing, and the rates.

    `again` are counties whose report is in effect after having been returned. `own` is the report of a county's
    edition.
    """
    status = reporting_status(period, division)
    rate = status.rate
    return Reporting(
        period=period.code,
        counted_on=timezone.localdate().isoformat(),
        due_on=period.due_on.isoformat(),
        expected=rate.expected,
        on_time=_names(status.of(ReportStatus.ON_TIME)),
        late=_names(status.of(ReportStatus.LATE)),
        returned=_names(status.of(ReportStatus.RETURNED)),
        missing=_names(status.of(ReportStatus.MISSING)),
        again=_names([each for each in _standing(status) if getattr(each, "times_returned", 0)]),
        completeness=None if rate.completeness is None else float(rate.completeness),
        timeliness=None if rate.timeliness is None else float(rate.timeliness),
        own=_own(status) if division.level == Division.Level.COUNTY else None,
    )


def _standing(status: MonthStatus) -> list[Submission]:
    return status.of(ReportStatus.ON_TIME, ReportStatus.LATE)


def _names(submissions: Sequence[Submission]) -> tuple[str, ...]:
    return tuple(submission.county.name for submission in submissions)


def _own(status: MonthStatus) -> OwnReport | None:
    if not status.submissions:
        return None
    submission = status.submissions[0]
    # The first submission, which decides lateness: a later date with "on time" would confuse.
    submitted_at: datetime.datetime | None = getattr(submission, "first_submitted_at", None)
    return OwnReport(
        standing=str(report_status_of(submission).value),
        is_accepted=submission.state == Submission.State.ACCEPTED,
        submitted_on=timezone.localdate(submitted_at).isoformat() if submitted_at else None,
        times_returned=getattr(submission, "times_returned", 0),
    )


# --- Sentences ---


def paragraphs(reporting: Reporting, division: Place) -> list[str]:
    """Return the paragraphs of the section; none when no county had to report."""
    if not reporting.expected:
        return []
    if reporting.own is not None:
        return [_own_sentence(reporting, reporting.own, division)]
    return [_who_reported(reporting), *_who_reported_again(reporting)]


def _who_reported(reporting: Reporting) -> str:
    expected = reporting.expected
    beginning = (
        f"{month_in_words(reporting.period)}应上报{expected}个县（市、区），{day_in_words(reporting.due_on)}截止。"
    )
    if len(reporting.on_time) == expected:
        return f"{beginning}{expected}个县（市、区）全部按时上报。"
    by_then = f"截至{day_in_words(reporting.counted_on)}，"
    if len(reporting.missing) == expected:
        return f"{beginning}{by_then}均未上报。"
    parts = [
        f"按时上报{len(reporting.on_time)}个" if reporting.on_time else "尚无按时上报的",
        _counted("迟报", reporting.late),
        _counted("退回后尚未重新上报", reporting.returned),
        _counted("未上报", reporting.missing),
    ]
    rates = f"上报率{percent_text(reporting.completeness)}，按时上报率{percent_text(reporting.timeliness)}"
    return f"{beginning}{by_then}{joined(parts)}；{rates}。"


def _counted(what: str, names: Sequence[str]) -> str:
    """Return 迟报2个（襄垣县、沁县); "" without names."""
    return f"{what}{len(names)}个（{'、'.join(names)}）" if names else ""


def _who_reported_again(reporting: Reporting) -> list[str]:
    names = reporting.again
    return [f"其中，{'、'.join(names)}{len(names)}个县（市、区）经退回修改后重新上报。"] if names else []


def _own_sentence(reporting: Reporting, own: OwnReport, division: Place) -> str:
    """Return the sentence of a county's edition: 全县于2018年7月3日按时上报，市局已接收。"""
    whole = whole_of(division)
    month, due = month_in_words(reporting.period), day_in_words(reporting.due_on)
    if own.standing == ReportStatus.MISSING:
        return f"截至{day_in_words(reporting.counted_on)}，{whole}{month}尚未上报（{due}截止）。"
    if own.standing == ReportStatus.RETURNED:
        return f"{whole}{month}上报被退回，截至{day_in_words(reporting.counted_on)}尚未重新上报（{due}截止）。"
    submitted = f"于{day_in_words(own.submitted_on)}" if own.submitted_on else ""
    manner = "迟报" if own.standing == ReportStatus.LATE else "按时上报"
    parts = [
        f"{whole}{month}{submitted}{manner}（{due}截止）",
        f"其间退回修改{own.times_returned}次" if own.times_returned else "",
        "市局已接收" if own.is_accepted else "市局正在审核",
    ]
    return joined(parts) + "。"


def _must_do(stored: Any, figures: Any) -> tuple[str, ...]:
    """Return 督促襄垣县、沁县补报2018年6月数据。 () when all have reported, and in a county's edition, whose sentence says it."""
    reporting = None if stored is None or figures.span != "month" else from_stored(stored, Reporting)
    owing = () if reporting is None or reporting.own is not None else (*reporting.returned, *reporting.missing)
    if not owing:
        return ()
    return (f"督促{_first_names(owing)}补报{month_in_words(figures.period)}数据。",)


def _first_names(names: Sequence[str]) -> str:
    """Return 襄垣县、沁县; of more than three 城区、郊区、沁县等5个县（市、区）."""
    others = f"等{len(names)}个县（市、区）" if len(names) > _MOST_NAMED else ""
    return f"{'、'.join(names[:_MOST_NAMED])}{others}"


# --- Whose figures are not those of the month ---


def _caveats(stored: Any, figures: Any) -> tuple[str, ...]:
    """Return 武乡县本月未上报，其数据为以前登记的，比较时请注意。 () when every report of the last month is in effect.

    What is registered stays until a county registers something else, so its earlier figures count on.
    """
    if stored is None:
        return ()
    missing, returned, expected = _owing(stored, figures)
    without_figures = _without_figures(figures)
    is_own = figures.division.level == Division.Level.COUNTY
    month = "本月" if figures.span == "month" else month_in_words(figures.period)
    parts = [
        _caveat(names, expected, f"{month}{{every}}{state}", said, whole_of(figures.division) if is_own else "")
        for names, state, said in (
            ([name for name in missing if name not in without_figures], "未上报", "其数据{every}为以前登记的"),
            ([name for name in missing if name in without_figures], "未上报", "数据{every}空缺"),
            (returned, "上报被退回后未重新上报", "其数据{every}未经审核"),
        )
    ]
    said = joined(parts, by="；")
    return (f"{said}，比较时请注意。",) if said else ()


def _owing(stored: Any, figures: Any) -> tuple[tuple[str, ...], tuple[str, ...], int]:
    """Return whose report of the last month is missing, whose was returned, and how many were due."""
    if figures.span == "month":
        reporting = from_stored(stored, Reporting)
        return reporting.missing, reporting.returned, reporting.expected
    over = from_stored(stored, ReportingOver)
    return over.last_missing, over.last_returned, over.last_expected


def _without_figures(figures: Any) -> set[str]:
    """Return the names of the counties of which nothing is known under any target that judges them."""
    if figures.division.level == Division.Level.COUNTY:
        counts = [(figures.division.name, target) for target in figures.targets]
    else:
        counts = [(row.name, row) for target in figures.targets for row in target.divisions]
    judged = {name for name, each in counts if each.judged}
    return judged - {name for name, each in counts if each.judged > each.unknown}


def _caveat(names: Sequence[str], expected: int, state: str, said: str, whole: str) -> str:
    if not names:
        return ""
    is_all = len(names) == expected > _MOST_NAMED
    who = whole or (f"{expected}个县（市、区）" if is_all else _first_names(names))
    every = "均" if len(names) > 1 else ""
    return f"{who}{state.format(every=every if is_all else '')}，{said.format(every=every)}"


def reporting_over(period: ReportingPeriod, division: Division, months: int) -> ReportingOver:
    """Return the reports of the last `months` months in a division, by today's knowledge of each month's counties."""
    first = month_after(period.month, 1 - months)
    periods = list(ReportingPeriod.objects.filter(month__range=(first, period.month)).order_by("month"))
    statuses = [reporting_status(each, division) for each in periods]
    late, missing = (
        Counter(name for status in statuses for name in _names(status.of(*standings)))
        for standings in ((ReportStatus.LATE,), (ReportStatus.RETURNED, ReportStatus.MISSING))
    )
    return ReportingOver(
        first=f"{first:%Y-%m}",
        last=period.code,
        months=len(periods),
        expected=sum(status.rate.expected for status in statuses),
        on_time=sum(len(status.of(ReportStatus.ON_TIME)) for status in statuses),
        late=_most_often(late),
        missing=_most_often(missing),
        last_expected=statuses[-1].rate.expected,
        last_missing=_names(statuses[-1].of(ReportStatus.MISSING)),
        last_returned=_names(statuses[-1].of(ReportStatus.RETURNED)),
    )


def _most_often(counts: Counter[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(counts.items(), key=lambda each: (-each[1], each[0])))


def _over_in_words(over: ReportingOver, division: Place) -> list[str]:
    """Return 2018年4月至2018年6月应上报39次，按时上报36次，迟报3次（襄垣县2次、沁县1次）；按时上报率92.3%。"""
    if not over.expected:
        return []
    begins = f"{month_in_words(over.first)}至{month_in_words(over.last)}，{whole_of(division)}应上报{over.expected}次"
    if over.on_time == over.expected:
        return [f"{begins}，全部按时上报。"]
    rate = percent(over.on_time, over.expected)
    parts = [
        begins,
        f"按时上报{over.on_time}次" if over.on_time else "没有按时上报的",
        _times("迟报", over.late),
        _times("未上报或退回后未重报", over.missing),
    ]
    return [f"{joined(parts)}；按时上报率{percent_text(None if rate is None else float(rate))}。"]


def _times(what: str, counts: Sequence[tuple[str, int]]) -> str:
    """Return 迟报3次（襄垣县2次、沁县1次); "" for none; more than three counties are cut."""
    if not counts:
        return ""
    named = "、".join(f"{name}{number}次" for name, number in counts[:_MOST_NAMED])
    others = "等" if len(counts) > _MOST_NAMED else ""
    return f"{what}{sum(number for _, number in counts)}次（{named}{others}）"


def _figures(issue: IssueOf) -> Any:
    if issue.span == "month":
        return to_stored(reporting_figures(issue.period, issue.division))
    return to_stored(reporting_over(issue.period, issue.division, TERMS[issue.span].months))


def _blocks(stored: Any, figures: Any) -> tuple[Paragraph, ...]:
    """Return who reported the month, and what nobody or not everybody reported of 联动工作."""
    said = [] if stored is None else _said(stored, figures)  # an issue from before reports were stored has none
    unreported = unreported_sentence(figures.sections.get(SECTION), figures.division)
    return tuple(Paragraph(text) for text in (*said, unreported) if text)


def _said(stored: Any, figures: Any) -> list[str]:
    if figures.span != "month":
        return _over_in_words(from_stored(stored, ReportingOver), figures.division)
    return paragraphs(from_stored(stored, Reporting), figures.division)


# Its figures are those of the day of printing, so a difference is no correction.
REPORTING = BriefingSection(
    code="reporting",
    title="填报情况",
    position=40,
    figures=_figures,
    blocks=_blocks,
    must_do=_must_do,
    caveats=_caveats,
)
