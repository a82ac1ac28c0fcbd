"""附件 农村社区分乡镇配备情况: what the rural communities of each town have, by the targets of rural communities."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import reduce
from itertools import groupby
from operator import add
from typing import Any

from django.db.models import Count, Q, Sum

from changzhi_portal.briefings import (
    Block,
    BriefingAnnex,
    Cell,
    Change,
    Column,
    IssueOf,
    Table,
    from_stored,
    to_stored,
)
from changzhi_portal.display import display_number
from changzhi_portal.indicators import indicator_named
from changzhi_portal.percent import percent, percent_text
from changzhi_portal.phrases import day_in_words, whole_of
from communities.models import Community
from reports.stored_figures import BriefingFigures
from targets.figures import sum_of
from targets.judgement import Verdict
from targets.models import CommunityMeasure, Computation, Target

_REACHED = (Verdict.MET, Verdict.OVER)
_RURAL = "农村社区"
_MOST_NAMED = 5


@dataclass(frozen=True)
class TownCounts:
    """The judged units of one target in a town, and the sum of what it counts there; None if nothing of it is known."""

    judged: int
    reached: int
    unknown: int
    total: float | None

    def __add__(self, other: TownCounts) -> TownCounts:
        known = [each.total for each in (self, other) if each.total is not None]
        return TownCounts(
            self.judged + other.judged,
            self.reached + other.reached,
            self.unknown + other.unknown,
            sum(known) if known else None,
        )


@dataclass(frozen=True)
class RuralTown:
    """A town with its rural communities; `counts` by the codes of the targets."""

    county: str
    code: str
    name: str
    communities: int
    counts: Mapping[str, TownCounts]


@dataclass(frozen=True)
class RuralTowns:
    """The codes of the targets of rural communities, and the towns that have any, by code."""

    targets: tuple[str, ...]
    rows: tuple[RuralTown, ...]


# --- Figures ---


def _figures(issue: IssueOf) -> Any:
    """Return the towns of the month; None where there are none. One query a target."""
    plan = Computation.objects.get(period=issue.period).plan
    scored = plan.targets.filter(is_scored=True, level=Target.Level.COMMUNITY, kind=Community.Kind.RURAL)
    targets = list(scored.exclude(aggregate=Target.Aggregate.MEAN).order_by("position"))
    measures = CommunityMeasure.objects.for_period(issue.period)
    is_citys = issue.division.level == issue.division.Level.CITY
    mine = measures.within(issue.division) if is_citys else measures.filter(county=issue.division)
    found: dict[str, RuralTown] = {}
    counts: defaultdict[str, dict[str, TownCounts]] = defaultdict(dict)
    for target in targets:
        counted = Sum(sum_of(CommunityMeasure, indicator_named(target.indicator), target.counting_rule))
        rows = mine.judged_by(target).order_by("town__code").values("town__code", "town__name", "county__name")
        for row in rows.annotate(
            communities=Count("pk"),
            reached=Count("pk", filter=Q(verdict__in=_REACHED)),
            unknown=Count("pk", filter=Q(verdict=Verdict.UNKNOWN)),
            judged=Count("pk", filter=~Q(verdict=Verdict.NOT_APPLICABLE)),
            total=counted,
        ):
            code = row["town__code"]
            found[code] = RuralTown(row["county__name"], code, row["town__name"], row["communities"], {})
            total = row["total"]
            exact = total if total is None or total != int(total) else int(total)
            counts[code][target.code] = TownCounts(
                row["judged"], row["reached"], row["unknown"], float(exact) if isinstance(exact, Decimal) else exact
            )
    if not found:
        return None
    towns = tuple(replace(town, counts=counts[code]) for code, town in sorted(found.items()))
    return to_stored(RuralTowns(tuple(target.code for target in targets), towns))


# --- Blocks ---


def _blocks(stored: Any, figures: BriefingFigures) -> tuple[Block, ...]:
    """Return one table: in the city's edition by county, each after a row with its totals."""
    if stored is None:  # no rural community, or an issue from before the annex was introduced
        return ()
    towns = from_stored(stored, RuralTowns)
    targets = [target for target in figures.targets if target.code in towns.targets]
    columns = [Column("县（市、区）/街道（乡镇）" if _is_citys(figures) else "街道（乡镇）", width=40)]
    columns.append(Column("农村社区数", "number", width=16))
    for target in targets:
        name = target.short_name.removeprefix(_RURAL)
        titles = (["参评"] if target.minimum_population else []) + ["达标", "达标率", f"现有（{target.unit}）"]
        columns += [Column(title, "number", name) for title in titles]
    codes = [(target.code, bool(target.minimum_population)) for target in targets]
    rows = [_row(f"{whole_of(figures.division)}合计", towns.rows, codes, is_total=True)]
    for county, in_county in groupby(towns.rows, key=lambda town: town.county):
        of_county = list(in_county)
        if _is_citys(figures):
            rows.append(_row(county, of_county, codes, is_total=True))
        rows += [_row(town.name, [town], codes) for town in of_county]
    as_of = day_in_words(figures.as_of)
    caption = f"共{display_number(len(towns.rows))}个街道（乡镇）（截至{as_of}）"
    return (Table(caption, tuple(columns), tuple(rows), is_dense=True),)


def _is_citys(figures: BriefingFigures) -> bool:
    return figures.division.level == "city"


def _row(
    name: str, towns: Iterable[RuralTown], codes: Iterable[tuple[str, bool]], *, is_total: bool = False
) -> tuple[Cell, ...]:
    """Return the sums of some towns; a rate is computed from the counts, and is a dash where nothing is judged or known."""
    own = list(towns)
    communities = sum(town.communities for town in own)
    cells = [Cell(name), Cell(display_number(communities), communities)]
    for code, says_judged in codes:
        counts = reduce(add, (town.counts[code] for town in own))
        rate = None if counts.unknown == counts.judged else percent(counts.reached, counts.judged)
        cells += [Cell(display_number(counts.judged), counts.judged)] if says_judged else []
        cells += [
            Cell(display_number(counts.reached), counts.reached),
            Cell(percent_text(rate), None if rate is None else float(rate)),
            Cell(display_number(counts.total), counts.total),
        ]
    return tuple(replace(cell, is_total=True) for cell in cells) if is_total else tuple(cells)


# --- Corrections ---


def _changes(old: Any, new: Any) -> list[Change]:
    """Return the towns whose figures differ, by name; more than five are only counted."""
    before = {town.code: town for town in from_stored(old, RuralTowns).rows}
    after = {town.code: town for town in from_stored(new, RuralTowns).rows}
    is_citys = len({town.county for town in (*before.values(), *after.values())}) > 1
    differing = [
        f"{town.county if is_citys else ''}{town.name}"
        for code in sorted({*before, *after})
        if before.get(code) != (town := after.get(code) or before[code]) or code not in after
    ]
    if not differing:
        return []
    names = "、".join(differing) if len(differing) <= _MOST_NAMED else f"{len(differing)}个街道（乡镇）"
    return [Change("", "", f"{names}的数据相应更正")]


RURAL_TOWNS = BriefingAnnex(
    code="rural_towns",
    title="农村社区分乡镇配备情况",
    position=20,
    figures=_figures,
    blocks=_blocks,
    changes=_changes,
)
