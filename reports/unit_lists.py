"""The full lists behind an issue's numbers: every unit that a target of the month judges (docs/domain.md §7.6).

`issue_lists` reads them from the measures that `reports.figures` counts; `check_lists` refuses lists that do not add up to
the figures. A city has some 3,600 communities under six targets, so columns are stored, not rows. `lists_to_json` writes
the current version, `lists_from_json` reads it and every older one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple

from changzhi_portal.refusals import StaleError, UnavailableError
from communities.models import Division
from periods.models import ReportingPeriod
from reports.figures import check_has_briefing, plan_measured_by
from reports.stored_figures import CONVERTER, BriefingFigures, Counts, Number, TargetFigures
from targets.judgement import HUNDREDTHS, Verdict
from targets.models import CommunityMeasure, DivisionMeasure, Target
from targets.models.measure import CommunityMeasureQuerySet

# 1: communities, counties, and the units of each scored target.
VERSION = 1

# How a verdict is stored: one letter for each unit.
_LETTERS = {
    Verdict.MET: "m",
    Verdict.OVER: "o",
    Verdict.UNMET: "u",
    Verdict.NOT_APPLICABLE: "n",
    Verdict.UNKNOWN: "?",
}
_VERDICTS = {letter: verdict for verdict, letter in _LETTERS.items()}
# The counts of a result, by the verdict that they count.
_COUNTED = {
    Verdict.MET: "met",
    Verdict.OVER: "over",
    Verdict.UNMET: "unmet",
    Verdict.NOT_APPLICABLE: "not_applicable",
    Verdict.UNKNOWN: "unknown",
}
# A mean of figures that are rounded to hundredths, itself rounded, differs from the mean of the exact ones by less.
_MOST_ROUNDING = 0.011


@dataclass(frozen=True)
class ListedCommunities:
    """The communities of the division in that month, as columns of one length; `county` and `town` are codes."""

    code: tuple[str, ...] = ()
    name: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    county: tuple[str, ...] = ()
    town: tuple[str, ...] = ()
    households: tuple[int | None, ...] = ()
    residents: tuple[int | None, ...] = ()


@dataclass(frozen=True)
class TargetList:
    """The units of one target, as columns of one length.

    `units` are positions in `IssueLists.communities`; of a target for whole counties they are in `IssueLists.counties`.
    `verdicts` has one letter for each unit: m(et), o(ver), u(nmet), n(ot applicable), ? (unknown). `values` is the figure
    that is compared with the bounds, `missing` what an unmet unit lacks: numbers of at most two decimals.
    """

    target: str
    level: str
    units: tuple[int, ...]
    verdicts: str
    values: tuple[Number | None, ...]
    missing: tuple[Number | None, ...]


class ListedUnit(NamedTuple):
    """A line of a list; a county has no county, town and kind of its own, and no population here."""

    county: str
    town: str
    code: str
    name: str
    kind: str
    households: int | None
    residents: int | None
    value: Number | None
    verdict: Verdict
    missing: Number | None
    place: str  # the code of the county (in a county's edition: of the town) that counts it


@dataclass(frozen=True)
class IssueLists:
    """Every judged unit behind every number of one issue. `divisions` has the names of counties and towns by code."""

    period: str
    division: str
    is_by_town: bool
    divisions: Mapping[str, str]
    communities: ListedCommunities
    counties: tuple[str, ...]
    targets: tuple[TargetList, ...]
    version: int = VERSION

    def of(self, code: str) -> TargetList | None:
        """Return the list of a target by its code; None where the issue is silent about the target."""
        return next((each for each in self.targets if each.target == code), None)

    def units_of(self, listed: TargetList) -> Iterator[ListedUnit]:
        """Yield the units of a target by county, town and code."""
        judgements = zip(listed.units, listed.values, listed.verdicts, listed.missing, strict=True)
        if listed.level == Target.Level.COUNTY:
            for unit, value, letter, missing in judgements:
                code = self.counties[unit]
                verdict = _VERDICTS[letter]
                name = self.divisions[code]
                yield ListedUnit("", "", code, name, "", None, None, value, verdict, missing, code)
            return
        of = self.communities
        names, by = self.divisions, of.town if self.is_by_town else of.county
        for unit, value, letter, missing in judgements:
            yield ListedUnit(
                county=names[of.county[unit]],
                town=names[of.town[unit]],
                code=of.code[unit],
                name=of.name[unit],
                kind=of.kind[unit],
                households=of.households[unit],
                residents=of.residents[unit],
                value=value,
                verdict=_VERDICTS[letter],
                missing=missing,
                place=by[unit],
            )


def issue_lists(period: ReportingPeriod, division: Division) -> IssueLists:
    """Return the lists of the city's or one county's issue of a month, from the month's measures.

    Takes one query for the communities and one for each target. Raises PortalError as `briefing_figures` does.
    """
    check_has_briefing(period, division)
    return _Reading(period, division).lists()


@dataclass(frozen=True)
class _Reading:
    """The measures of one month in one division."""

    period: ReportingPeriod
    division: Division

    def lists(self) -> IssueLists:
        targets = plan_measured_by(self.period).targets.filter(is_scored=True).select_related("plan")
        found = [self._target(target) for target in targets.order_by("position")]
        # As in the figures: a county's issue is silent about a target that judges none of its units.
        listed = [each for each in found if each.units or each.level == Target.Level.COMMUNITY or self._is_citys]
        return IssueLists(
            period=self.period.code,
            division=self.division.code,
            is_by_town=not self._is_citys,
            divisions=self._names,
            communities=self._columns,
            counties=tuple(self._counties),
            targets=tuple(listed),
        )

    @property
    def _is_citys(self) -> bool:
        return self.division.level == Division.Level.CITY

    @property
    def _communities(self) -> CommunityMeasureQuerySet:
        measures = CommunityMeasure.objects.for_period(self.period).order_by()
        return measures.within(self.division) if self._is_citys else measures.filter(county=self.division)

    @cached_property
    def _places(self) -> list[dict[str, Any]]:
        """Return the communities by county, town and code."""
        rows = self._communities.order_by("county__code", "town__code", "code").values(
            *("community_id", "code", "name", "kind", "households", "residents"),
            *("county__code", "county__name", "town__code", "town__name"),
        )
        return list(rows)

    @cached_property
    def _positions(self) -> dict[int, int]:
        """Return the position of each community by its key."""
        return {row["community_id"]: position for position, row in enumerate(self._places)}

    @cached_property
    def _counties(self) -> dict[str, str]:
        """Return the names, by code, of the counties that a target judges as a whole; `_target` adds them."""
        return {}

    @property
    def _names(self) -> dict[str, str]:
        of_communities = {
            row[f"{level}__code"]: row[f"{level}__name"] for row in self._places for level in ("county", "town")
        }
        return dict(sorted({**of_communities, **self._counties}.items()))

    @property
    def _columns(self) -> ListedCommunities:
        def column(name: str) -> tuple[Any, ...]:
            return tuple(row[name] for row in self._places)

        return ListedCommunities(
            code=column("code"),
            name=column("name"),
            kind=column("kind"),
            county=column("county__code"),
            town=column("town__code"),
            households=column("households"),
            residents=column("residents"),
        )

    def _target(self, target: Target) -> TargetList:
        if target.level == Target.Level.COUNTY:
            units, judgements = self._judged_counties(target)
        else:
            rows = self._communities.judged_by(target).values_list("community_id", "verdict", "value", "missing")
            judged = sorted((self._positions[key], *judgement) for key, *judgement in rows)
            units, judgements = [row[0] for row in judged], [row[1:] for row in judged]
        return TargetList(
            target=target.code,
            level=target.level,
            units=tuple(units),
            verdicts="".join(_LETTERS[Verdict(verdict)] for verdict, _, _ in judgements),
            values=tuple(_number(value) for _, value, _ in judgements),
            missing=tuple(_number(missing) for _, _, missing in judgements),
        )

    def _judged_counties(self, target: Target) -> tuple[list[int], list[Sequence[Any]]]:
        measures = DivisionMeasure.objects.for_period(self.period).judged_by(target)
        mine = measures.within(self.division) if self._is_citys else measures.filter(division=self.division)
        rows = list(
            mine.order_by("division__code").values_list(
                "division__code", "division__name", "verdict", "value", "missing"
            )
        )
        for code, name, *_ in rows:
            self._counties.setdefault(code, name)
        positions = list(self._counties)
        return [positions.index(row[0]) for row in rows], [row[2:] for row in rows]


def _number(value: Decimal | None) -> Number | None:
    """Return 12817.84 as it is, 331.00 as 331."""
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)


# --- JSON ---


def lists_to_json(lists: IssueLists) -> dict[str, Any]:
    """Return the lists as plain JSON values of the current version."""
    plain: dict[str, Any] = CONVERTER.unstructure(lists)
    return plain


def lists_from_json(stored: Mapping[str, Any]) -> IssueLists:
    """Return the lists that `lists_to_json` wrote. Raises UnavailableError for those of a newer release."""
    version = stored.get("version", VERSION)
    if version > VERSION:
        raise UnavailableError(
            "这期简报的名单由更新版本的系统保存，当前版本不能读取，请系统管理员先升级系统。",
            cure=f"Lists of version {version} were stored by a newer release; this one reads up to {VERSION}: upgrade.",
        )
    return CONVERTER.structure(stored, IssueLists)


# --- Do they add up? ---


def check_lists(lists: IssueLists, figures: BriefingFigures) -> None:
    """Raise StaleError unless the lists add up to every number of the figures, of the division and of those below it.

    Lists and figures are read one after the other; a measurement in between makes them differ.
    """
    for fault in _faults(lists, figures):
        raise StaleError(
            "简报的数据和名单对不上，可能是生成时数据又有变动，请重新生成。",
            cure=f"Figures and lists of {figures.period} {figures.division.code} disagree: {fault}. Make the issue again.",
        )


def _faults(lists: IssueLists, figures: BriefingFigures) -> Iterator[str]:
    if (lists.period, lists.division) != (figures.period, figures.division.code):
        yield f"the lists are of {lists.period} {lists.division}"
    in_lists, in_figures = [each.target for each in lists.targets], [each.code for each in figures.targets]
    if in_lists != in_figures:
        yield f"targets {in_lists} and {in_figures}"
    for target in figures.targets:
        listed = lists.of(target.code)
        if listed is None:
            continue
        units = list(lists.units_of(listed))
        yield from (
            f"{target.code}: {fault}" for fault in (_mean_faults if target.is_mean else _count_faults)(target, units)
        )
    yield from _annex_faults(lists, figures)


def _count_faults(target: TargetFigures, units: Sequence[ListedUnit]) -> Iterator[str]:
    """Yield what differs for a target that judges each unit: of the division, and of each county or town."""
    below: defaultdict[str, list[ListedUnit]] = defaultdict(list)
    for unit in units:
        below[unit.place].append(unit)
    yield from _differences(target, units)
    for row in target.divisions:
        yield from (f"{row.code} {fault}" for fault in _differences(row, below.pop(row.code, [])))
    yield from (f"{code} is in the lists only" for code in below)


def _differences(counts: Counts, units: Sequence[ListedUnit]) -> Iterator[str]:
    for verdict, name in _COUNTED.items():
        listed = sum(unit.verdict == verdict for unit in units)
        if listed != getattr(counts, name):
            yield f"{name} {listed} listed, {getattr(counts, name)} counted"
    lacking = sum(_hundredths(unit.missing) for unit in units if unit.missing is not None)
    if lacking != _hundredths(counts.gap):
        yield f"gap {lacking / HUNDREDTHS} listed, {counts.gap} counted"


def _mean_faults(target: TargetFigures, units: Sequence[ListedUnit]) -> Iterator[str]:
    """Yield what differs for a target for the mean, whose one judged unit is the division itself."""
    is_unknown = any(unit.verdict == Verdict.UNKNOWN for unit in units)
    if target.judged and is_unknown != (target.verdict == Verdict.UNKNOWN):
        yield f"verdict {target.verdict}, unknown units: {is_unknown}"
    known = [(unit, unit.value) for unit in units if unit.verdict in {Verdict.MET, Verdict.OVER, Verdict.UNMET}]
    weights = [_weight(target, unit) for unit, _ in known]
    if target.value is None or not sum(weights):
        if known or target.value is not None:
            yield f"mean {target.value}, of {len(known)} known units"
        return
    mean = sum(weight * (value or 0) for weight, (_, value) in zip(weights, known, strict=True)) / sum(weights)
    if abs(mean - target.value) > _MOST_ROUNDING:
        yield f"mean {mean} listed, {target.value} counted"


def _weight(target: TargetFigures, unit: ListedUnit) -> int:
    """Return what a unit counts in the mean: its population for a ratio, else 1."""
    of = {"100_households": unit.households, "10000_residents": unit.residents}
    return of.get(target.per, 1) or 0


def _annex_faults(lists: IssueLists, figures: BriefingFigures) -> Iterator[str]:
    """Yield where the communities of 附件 are not those that the lists have as unmet."""
    short = set()
    for code in figures.shortfalls.targets:
        listed = lists.of(code)
        units = () if listed is None else lists.units_of(listed)
        short |= {unit.code for unit in units if unit.verdict == Verdict.UNMET}
    named = {row.code for row in figures.shortfalls.rows}
    if short != named:
        yield f"{len(short ^ named)} communities differ in the annex"


def _hundredths(number: Number) -> int:
    return round(number * HUNDREDTHS)
