"""Two issues beside each other, from their stored figures: every target, each county, and the lists of who falls short."""

from __future__ import annotations

from dataclasses import dataclass

from changzhi_portal.display import DASH, display_change, display_number
from changzhi_portal.percent import percent_text
from changzhi_portal.phrases import plain_number
from reports.stored_figures import BriefingFigures, Counts, DivisionFigures, ShortCommunity, TargetFigures
from targets.wording import bound_text


@dataclass(frozen=True)
class ComparedFigure:
    """A figure in the first and in the second issue, as printed, and the change between them; a dash for none.

    `note` says what differs otherwise: another standard, or that a target stands in one of them alone.
    """

    name: str
    first: str
    second: str
    change: str
    reached: str
    unmet: str
    note: str = ""


@dataclass(frozen=True)
class ComparedTarget:
    """A target with its figures in both issues, of the whole and of each county (town)."""

    code: str
    whole: ComparedFigure
    divisions: tuple[ComparedFigure, ...]


@dataclass(frozen=True)
class IssueComparison:
    """What differs between two issues; `gone` and `new` are the urban communities that only one of the lists has."""

    targets: tuple[ComparedTarget, ...]
    gone: tuple[ShortCommunity, ...]
    new: tuple[ShortCommunity, ...]


def compare_issues(first: BriefingFigures, second: BriefingFigures) -> IssueComparison:
    """Return the comparison of two issues' figures, targets by the order of the second."""
    before, after = ({target.code: target for target in figures.targets} for figures in (first, second))
    codes = [*after, *(code for code in before if code not in after)]
    here, there = ({row.code: row for row in figures.shortfalls.rows} for figures in (first, second))
    return IssueComparison(
        targets=tuple(_target(before.get(code), after.get(code)) for code in codes),
        gone=tuple(row for code, row in here.items() if code not in there),
        new=tuple(row for code, row in there.items() if code not in here),
    )


def _target(first: TargetFigures | None, second: TargetFigures | None) -> ComparedTarget:
    target = second or first
    if target is None:
        raise ValueError("A target of neither issue cannot be compared.")
    note = ""
    if first is None or second is None:
        note = "只在前一期" if second is None else "只在后一期"
    elif bound_text(first) != bound_text(second):
        note = f"标准由{bound_text(first)}变为{bound_text(second)}"
    rows = [{row.code: row for row in each.divisions} if each is not None else {} for each in (first, second)]
    codes = [*rows[1], *(code for code in rows[0] if code not in rows[1])]
    divisions = tuple(_figure(rows[0].get(code), rows[1].get(code), target) for code in codes)
    return ComparedTarget(target.code, _figure(first, second, target, name=target.short_name, note=note), divisions)


def _figure(
    first: Counts | None, second: Counts | None, target: TargetFigures, *, name: str = "", note: str = ""
) -> ComparedFigure:
    known = [each for each in (first, second) if isinstance(each, DivisionFigures)]
    return ComparedFigure(
        name=name or (known[-1].name if known else DASH),
        first=_printed(first, target),
        second=_printed(second, target),
        change=_change(first, second, target),
        reached=_pair(None if first is None else first.reached, None if second is None else second.reached),
        unmet=_pair(None if first is None else first.unmet, None if second is None else second.unmet),
        note=note,
    )


def _printed(counts: Counts | None, target: TargetFigures) -> str:
    if counts is None:
        return DASH
    if target.is_mean:
        return DASH if counts.value is None else plain_number(counts.value)
    return percent_text(counts.percent)


def _change(first: Counts | None, second: Counts | None, target: TargetFigures) -> str:
    """Return the change of the figures as printed: +1.3; a dash where one is not known."""
    if first is None or second is None:
        return DASH
    old, new = (each.value if target.is_mean else each.percent for each in (first, second))
    if old is None or new is None:
        return DASH
    return display_change(round(new - old, 2), decimals=2 if target.is_mean else 1)


def _pair(first: int | None, second: int | None) -> str:
    """Return 96 → 97, or one number where both are equal."""
    old, new = display_number(first), display_number(second)
    return new if old == new else f"{old} → {new}"
