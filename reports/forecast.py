"""Pace as text: 月均提高0.43个百分点，按当前进度2020年底前无法完成，按期完成每月需提高1.26个百分点.

Pure functions of stored figures (`reports.stored_figures`), as in `reports.words`. Figures that were stored before the
pace was introduced give no text.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from changzhi_portal.display import display_change, display_number
from changzhi_portal.phrases import joined, month_in_words, whole_of
from periods.models import last_day_of
from reports.stored_figures import BriefingFigures, Number, Progress, TargetFigures
from reports.words import NOT_KNOWN
from targets.pace import Outlook
from targets.wording import amount_text, kind_of_units_text, spelt_unit

_NOT_AT_THIS_PACE = frozenset({Outlook.TOO_LATE, Outlook.STANDSTILL, Outlook.BACKWARDS})


def until(ends_on: str) -> str:
    """Return a plan's deadline: 2020年底, 2020年6月底, 2020年6月15日."""
    day = datetime.date.fromisoformat(ends_on)
    if day != last_day_of(day):
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.year}年底" if day.month == 12 else f"{day.year}年{day.month}月底"


def is_outlook(progress: Progress, *outlooks: Outlook) -> bool:
    """Return whether the pace has one of these outlooks."""
    return progress.pace is not None and progress.pace.outlook in outlooks


def is_behind(progress: Progress) -> bool:
    """Return whether the target will not be, or was not, reached in time at the current pace."""
    return is_outlook(progress, Outlook.OVERDUE, *_NOT_AT_THIS_PACE)


# --- Cells ---


def progress_cell(progress: Progress) -> str:
    """Return the mean monthly progress for a table: +0.43, −0.20, 0; a dash when there is none."""
    pace = progress.pace
    return display_change(pace.progress if pace else None, decimals=2, unchanged="0")


def needed_cell(progress: Progress) -> str:
    """Return the monthly progress still needed: 1.26; 已完成; 逾期; a dash when nothing was judged."""
    pace = progress.pace
    if not pace:
        return NOT_KNOWN
    words = {Outlook.DONE: "已完成", Outlook.OVERDUE: "逾期"}.get(pace.outlook)
    return words or (NOT_KNOWN if pace.needed is None else f"{pace.needed:.2f}")


def outlook_cell(progress: Progress) -> str:
    """Return when the target is reached: 已完成, 2019年11月, 无法按期, 逾期; a dash when unknown."""
    pace = progress.pace
    if not pace:
        return NOT_KNOWN
    if pace.outlook == Outlook.IN_TIME and pace.attained_in:
        return month_in_words(pace.attained_in)
    if pace.outlook in _NOT_AT_THIS_PACE:
        return "无法按期"
    return {Outlook.DONE: "已完成", Outlook.OVERDUE: "逾期"}.get(pace.outlook, NOT_KNOWN)


# --- Sentences ---


def target_pace(target: TargetFigures, ends_on: str) -> str:
    """Return the pace of a briefing's target; of a single unit, which has no rate, only whether it is done or overdue."""
    if _moves_by_rate(target) or is_outlook(target, Outlook.DONE, Outlook.OVERDUE):
        return pace_sentence(target, ends_on)
    return ""


def pace_sentence(progress: Progress, ends_on: str) -> str:
    """Return 近6个月月均提高2.00个百分点，按当前进度预计2020年6月完成。 Return "" without a pace."""
    pace = progress.pace
    if not pace or pace.outlook == Outlook.UNKNOWN:
        return ""
    if pace.outlook == Outlook.NO_PACE and pace.needed is None:
        return ""  # a figure of divisions, whose month has no pace
    if pace.outlook == Outlook.DONE:
        return "目标已完成。"
    if pace.outlook == Outlook.OVERDUE:
        return f"{until(ends_on)}的期限已到，目标尚未完成。"
    forecast = joined([_mean_progress_sentence(progress), outlook_in_words(progress, ends_on)])
    is_in_time = pace.outlook == Outlook.IN_TIME
    return joined([forecast, "" if is_in_time else needed_in_words(progress, ends_on)], by="；") + "。"


def outlook_in_words(progress: Progress, ends_on: str) -> str:
    """Return 按当前进度预计2020年6月完成 / 按当前进度2020年底前无法完成（预计2025年3月完成）; "" for any other outlook."""
    pace = progress.pace
    if not pace:
        return ""
    if pace.outlook == Outlook.IN_TIME and pace.attained_in:
        return f"按当前进度预计{month_in_words(pace.attained_in)}完成"
    if pace.outlook not in _NOT_AT_THIS_PACE:
        return ""
    then = f"（预计{month_in_words(pace.attained_in)}完成）" if pace.attained_in else ""
    return f"按当前进度{until(ends_on)}前无法完成{then}"


def state_in_words(progress: Progress) -> str:
    """Return 目标已完成 / 期限已到，尚未完成, which need no pace; "" for any other outlook."""
    if is_outlook(progress, Outlook.DONE):
        return "目标已完成"
    return "期限已到，尚未完成" if is_outlook(progress, Outlook.OVERDUE) else ""


def needed_in_words(progress: Progress, ends_on: str) -> str:
    """Return 要在2020年底前完成，每月需提高1.26个百分点; "" when nothing more is needed or the deadline has passed."""
    pace = progress.pace
    if not pace or pace.needed is None:
        return ""
    return f"要在{until(ends_on)}前完成，每月需{_moved(pace.needed, progress)}"


def _mean_progress_sentence(progress: Progress) -> str:
    """Return 近6个月月均提高0.43个百分点; 近6个月没有变化; "" without an earlier month."""
    pace = progress.pace
    if not pace or pace.progress is None:
        return ""
    months = pace.months_counted
    since = f"近{months}个月月均" if months > 1 else "近1个月"
    if pace.outlook == Outlook.STANDSTILL:
        return f"近{months}个月没有变化"
    if not pace.progress:  # less than half a hundredth
        return f"{since}变化不足0.01{_unit(progress)}"
    return since + _moved(pace.progress, progress)


def _moved(change: float, progress: Progress) -> str:
    verb = "提高" if change > 0 else "下降"
    return f"{verb}{abs(change):.2f}{_unit(progress)}"


def _unit(progress: Progress) -> str:
    return spelt_unit(progress.change_unit) or "个百分点"


# --- 下步工作 ---


def next_steps(figures: BriefingFigures) -> list[str]:
    """Return the steps still needed per target until the deadline; [] when every target is done, or there is no pace."""
    ends_on = figures.plan.ends_on
    if not ends_on:
        return []
    open_targets = [target for target in figures.targets if _is_open(target)]
    by_rate = [target for target in open_targets if _moves_by_rate(target)]
    said = [
        _until_the_deadline(by_rate, figures),
        _at_this_pace(by_rate),
        *(_still_short(target) for target in open_targets if not _moves_by_rate(target)),
        _after_the_deadline(figures.targets, ends_on),
    ]
    return [joined(said, by="")] if any(said) else []


def _moves_by_rate(target: TargetFigures) -> bool:
    """Return whether progress can be told in points a month: of one community, or of whole counties, it cannot."""
    return target.is_mean or not (target.judged == 1 or target.judges_counties)


def _until_the_deadline(targets: Sequence[TargetFigures], figures: BriefingFigures) -> str:
    if not targets:
        return ""
    months_left = next(target.pace.months_left for target in targets if target.pace)
    due, whole = until(figures.plan.ends_on), whole_of(figures.division)
    names = "、".join(target.short_name for target in targets)
    verb = "分别提高" if len(targets) > 1 else "提高"
    return f"距{due}还有{months_left}个月。{whole}要按期完成，{names}每月需{verb}{_needs(targets)}。"


def _still_short(target: TargetFigures) -> str:
    """Return 城区社工机构尚有2个市辖区未达标，共缺3家。"""
    if not target.unmet:
        return ""
    lacking = f"，{'共' if target.unmet > 1 else ''}缺{amount_text(target.gap, target.unit)}" if target.gap else ""
    if target.judged == 1:
        return f"{target.short_name}尚未达标{lacking}。"
    return f"{target.short_name}尚有{display_number(target.unmet)}个{kind_of_units_text(target)}未达标{lacking}。"


def _after_the_deadline(targets: Sequence[TargetFigures], ends_on: str) -> str:
    """Return 2020年底的期限已到，甲、乙2项目标尚未完成，须限期补齐。"""
    names = [target.short_name for target in targets if is_outlook(target, Outlook.OVERDUE)]
    counted = f"{len(names)}项目标" if len(names) > 1 else ""
    return f"{until(ends_on)}的期限已到，{'、'.join(names)}{counted}尚未完成，须限期补齐。" if names else ""


def _needs(targets: Sequence[TargetFigures]) -> str:
    """Return 1.25、2.07个百分点: the unit once, if it is the same for all."""
    units = [_unit(target) for target in targets]
    numbers = [f"{_needed(target):.2f}" for target in targets]
    if len(set(units)) == 1:
        return "、".join(numbers) + units[0]
    return "、".join(number + unit for number, unit in zip(numbers, units, strict=True))


def _at_this_pace(targets: Sequence[TargetFigures]) -> str:
    """Return 按当前进度，A、B可按期完成，C无法按期完成，须加快进度。"""
    in_time = [target.short_name for target in targets if is_outlook(target, Outlook.IN_TIME)]
    behind = [target.short_name for target in targets if is_outlook(target, *_NOT_AT_THIS_PACE)]
    parts = [
        f"{'、'.join(in_time)}可按期完成" if in_time else "",
        f"{'、'.join(behind)}无法按期完成，须加快进度" if behind else "",
    ]
    said = joined(parts)
    return f"按当前进度，{said}。" if said else ""


@dataclass(frozen=True)
class RequiredColumn:
    """A target of the table; `unit` is "" for percentage points."""

    short_name: str
    unit: str


@dataclass(frozen=True)
class RequiredRow:
    """A county (town) of the table, with one cell for each column."""

    name: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class RequiredTable:
    """The monthly progress that each county (town) needs for each open target; no rows when none is open."""

    targets: tuple[RequiredColumn, ...]
    rows: tuple[RequiredRow, ...]

    @property
    def labelled_rows(self) -> list[tuple[str, list[tuple[RequiredColumn, str]]]]:
        """The name of each row and its cells, each cell with its column."""
        return [(row.name, list(zip(self.targets, row.cells, strict=True))) for row in self.rows]


def required_table(figures: BriefingFigures) -> RequiredTable:
    """Return the monthly progress that each county (town) needs for each open target.

    Leaves out targets of whole counties, which have no rate per county, and rows and targets in which nothing is open.
    """
    open_targets = [
        target
        for target in figures.targets
        if not target.judges_counties and any(_is_open(row) for row in target.divisions)
    ]
    codes = sorted({row.code for target in open_targets for row in target.divisions})
    by_code = [{row.code: row for row in target.divisions} for target in open_targets]
    rows = []
    for code in codes:
        cells = [rows_of.get(code) for rows_of in by_code]
        if any(row and _is_open(row) for row in cells):
            name = next(row.name for row in cells if row)
            rows.append(RequiredRow(name, tuple(needed_cell(row) if row else NOT_KNOWN for row in cells)))
    columns = tuple(RequiredColumn(target.short_name, target.change_unit) for target in open_targets)
    return RequiredTable(columns, tuple(rows))


def _is_open(progress: Progress) -> bool:
    """Return whether something is still needed each month."""
    return bool(_needed(progress))


def _needed(progress: Progress) -> Number:
    """Return what is needed each month until the deadline; 0 for nothing, or when it is not known."""
    return (progress.pace.needed if progress.pace else None) or 0
