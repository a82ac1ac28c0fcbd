"""Two issues beside each other, from their stored figures: every target, each county, and the lists of who falls short."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from changzhi_portal.display import DASH, display_change, display_number
from changzhi_portal.percent import percent, percent_text
from changzhi_portal.phrases import plain_number
from reports.same_places import SamePlaces, grouped_by_successor
from reports.stored_figures import BriefingFigures, Counts, DivisionFigures, ShortCommunity, TargetFigures
from targets.wording import bound_text

NOT_COMPARABLE = "区划有调整，不可比"


@dataclass(frozen=True)
class ComparedFigure:
    """A figure in the first and in the second issue, as printed, and the change between them; a dash for none.

    The counts are 96 → 97, or one number where both are equal. `note` says what differs otherwise: another standard, other
    divisions, or that a target stands in one of them alone.
    """

    name: str
    first: str
    second: str
    change: str
    judged: str
    reached: str
    unmet: str
    unknown: str
    note: str = ""


@dataclass(frozen=True)
class ComparedTarget:
    """A target with its figures in both issues, of the whole and of each county (town)."""

    code: str
    whole: ComparedFigure
    divisions: tuple[ComparedFigure, ...]


@dataclass(frozen=True)
class ListedCommunities:
    """Communities that one of the two lists has alone, named by county (in a county's edition by town) in the issue's order."""

    groups: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def number(self) -> int:
        """How many there are."""
        return sum(len(names) for _, names in self.groups)


@dataclass(frozen=True)
class IssueComparison:
    """What differs between two issues; `gone` and `new` are the urban communities that only one of the lists has."""

    targets: tuple[ComparedTarget, ...]
    gone: ListedCommunities
    new: ListedCommunities


def compare_issues(
    first: BriefingFigures, second: BriefingFigures, places: SamePlaces | None = None
) -> IssueComparison:
    """Return the comparison of an earlier and a later issue's figures, targets by the order of the second.

    `places` (`reports.same_places`) says which communities and counties are the same under another code.
    """
    places = places or SamePlaces()
    before, after = ({target.code: target for target in figures.targets} for figures in (first, second))
    codes = [*after, *(code for code in before if code not in after)]
    here, there = (
        {places.community(issue, row.code): row for row in figures.shortfalls.rows}
        for issue, figures in enumerate((first, second))
    )
    by = "town" if second.division.level == "county" else "county"
    return IssueComparison(
        targets=tuple(_target(before.get(code), after.get(code), places) for code in codes),
        gone=_grouped([row for key, row in here.items() if key not in there], by),
        new=_grouped([row for key, row in there.items() if key not in here], by),
    )


def _grouped(rows: list[ShortCommunity], by: str) -> ListedCommunities:
    groups: dict[str, list[str]] = {}
    for row in rows:
        name = row.name if by == "town" else f"{row.town}{row.name}"
        groups.setdefault(getattr(row, by), []).append(name)
    return ListedCommunities(tuple((place, tuple(names)) for place, names in groups.items()))


def _target(first: TargetFigures | None, second: TargetFigures | None, places: SamePlaces) -> ComparedTarget:
    target = second or first
    if target is None:
        raise ValueError("A target of neither issue cannot be compared.")
    note = ""
    if first is None or second is None:
        note = "只在前一期" if second is None else "只在后一期"
    elif bound_text(first) != bound_text(second):
        note = f"标准由{bound_text(first)}变为{bound_text(second)}"
    elif not places.is_same_area:
        note = NOT_COMPARABLE
    whole = _figure(first, second, target, name=target.short_name, note=note)
    return ComparedTarget(target.code, whole, tuple(_divisions(first, second, target, places)))


def _divisions(
    first: TargetFigures | None, second: TargetFigures | None, target: TargetFigures, places: SamePlaces
) -> Iterator[ComparedFigure]:
    """Yield the row of each county (town) of the later issue beside those it was made from, then of those that have no successor."""
    earlier, later = ({row.code: row for row in each.divisions} if each else {} for each in (first, second))
    sources = grouped_by_successor(earlier, places)
    for code in [*later, *(code for code in sources if code not in later)]:
        old, new = [earlier[each] for each in sources.get(code, ())], later.get(code)
        names = "、".join(row.name for row in old)
        note = f"原{names}" if new is not None and old and names != new.name else ""
        if code in places.reshaped or (len(old) > 1 and not _may_be_added(target)):
            row = old[0] if len(old) == 1 else None
            note = "，".join(filter(None, (note, NOT_COMPARABLE)))
            yield _figure(row, new, target, name="" if new is not None else names, note=note)
        else:
            yield _figure(_added(old), new, target, name="" if new is not None else names, note=note)


def _may_be_added(target: TargetFigures) -> bool:
    """Return whether the counts of merged divisions give those of the new one: of means, shares and whole counties they do not."""
    return target.aggregate == "each" and not target.judges_counties


def _added(rows: list[DivisionFigures]) -> DivisionFigures | None:
    """Return the counts of several divisions together, with the rate that they give."""
    if len(rows) < 2:
        return rows[0] if rows else None
    judged, met, over, unmet, unknown = (
        sum(getattr(row, name) for row in rows) for name in ("judged", "met", "over", "unmet", "unknown")
    )
    share = percent(met + over, judged)
    return replace(
        rows[0],
        judged=judged,
        met=met,
        over=over,
        unmet=unmet,
        unknown=unknown,
        percent=None if share is None else float(share),
    )


def _figure(
    first: Counts | None, second: Counts | None, target: TargetFigures, *, name: str = "", note: str = ""
) -> ComparedFigure:
    known = [each for each in (first, second) if isinstance(each, DivisionFigures)]
    return ComparedFigure(
        name=name or (known[-1].name if known else DASH),
        first=_printed(first, target),
        second=_printed(second, target),
        change=DASH if NOT_COMPARABLE in note else _change(first, second, target),
        judged=_pair(first, second, "judged"),
        reached=_pair(first, second, "reached"),
        unmet=_pair(first, second, "unmet"),
        unknown=_pair(first, second, "unknown"),
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


def _pair(first: Counts | None, second: Counts | None, name: str) -> str:
    """Return 96 → 97, or one number where both are equal."""
    old, new = (display_number(None if each is None else getattr(each, name)) for each in (first, second))
    return new if old == new else f"{old} → {new}"
