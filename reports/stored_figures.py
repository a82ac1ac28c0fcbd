"""The figures that a briefing stores: frozen, versioned, and equal whenever they are read (docs/domain.md §7.4).

`Briefing.figures` stores them as JSON. `to_json` writes the current version; `from_json` reads it and every older one.
A change of these classes that does not fit older JSON must raise VERSION and add an entry to `_UPGRADES`. Days are ISO
text (2018-06-30), months are 2018-06; percentages have one decimal; whole amounts stay whole numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from cattrs import Converter

from changzhi_portal.briefings import TERMS, Span, Term, make_converter
from changzhi_portal.refusals import UnavailableError
from targets.pace import Outlook

# 1: before versions were stored; without reports, pace, or what means and coverages need. 2: with all of them.
# 3: without the best and the weakest, which follow from the rates; with what differs from last month: plan, standard, divisions.
# 4: `sections` has what apps store for the sections and annexes that they declare; the trends of twelve months.
VERSION = 4

# A JSON number: 500 stays 500, 12817.84 is a float.
Number: TypeAlias = float


@dataclass(frozen=True)
class Edition:
    """The division of an issue, and the office that issues it."""

    code: str
    name: str
    level: str
    office: str


@dataclass(frozen=True)
class Plan:
    """The plan of the month; `ends_on` is "" in figures that were stored before the pace was introduced.

    `title_last_month` is the title of the plan that last month was judged by, if that is another one; else "".
    """

    title: str
    document: str
    ends_on: str = ""
    title_last_month: str = ""


@dataclass(frozen=True)
class PaceFigures:
    """The outlook of the mean monthly progress: see `targets.pace.Pace`. Progress and need are per month, two decimals."""

    outlook: Outlook
    progress: Number | None
    months_counted: int
    attained_in: str | None
    needed: Number | None
    months_left: int


@dataclass(frozen=True)
class Progress:
    """The change of a figure. `change_unit` is "" for percentage points, else the unit of the mean: 平方米/百户.

    `change_on_last_month` is since the end of what an issue of the same `span` covered before: last month, quarter, year.
    """

    change_on_last_month: Number | None = None
    change_on_year_before: Number | None = None
    change_unit: str = ""
    pace: PaceFigures | None = None
    span: Span = "month"

    @property
    def term(self) -> Term:
        """Return what this time and the time before are called: 本月, 上月."""
        return TERMS[self.span]


@dataclass(frozen=True)
class TrendPoint:
    """A month's figure in a trend: a rate in percent, a mean or a number; None where it is not known.

    `starts_anew`: the target judged otherwise the month before, so that no line leads here from there.
    """

    month: str
    value: Number | None
    starts_anew: bool = False


@dataclass(frozen=True)
class Counts:
    """Counts of the judged units. `rate` is a fraction of 1, `percent` the printed rate; `value` that of a mean."""

    judged: int = 0
    met: int = 0
    over: int = 0
    unmet: int = 0
    not_applicable: int = 0
    unknown: int = 0
    rate: Number | None = None
    percent: Number | None = None
    gap: Number = 0
    value: Number | None = None
    verdict: str = ""

    @property
    def reached(self) -> int:
        """The number of units that have met the target, those above its range included."""
        return self.met + self.over


@dataclass(frozen=True, kw_only=True)
class DivisionFigures(Counts, Progress):
    """One county (in a county's edition: one town) under one target."""

    code: str
    name: str


@dataclass(frozen=True)
class FarthestCommunity:
    """A community that falls short of a target, with its figure and what it lacks, in the target's unit."""

    county: str
    town: str
    code: str
    name: str
    value: Number
    missing: Number


@dataclass(frozen=True)
class Farthest:
    """The communities that lack most. When many lack equally much, `number` counts them instead."""

    missing: Number
    number: int
    rows: tuple[FarthestCommunity, ...]


@dataclass(frozen=True, kw_only=True)
class TargetFigures(Counts, Progress):
    """One target: what it requires, the result of the division, and those of its counties or towns.

    `standard_last_month` is what it required last month (its bound), if the two months were not judged alike; else "".
    `trend` are the months before and this one, twelve in all, those that were measured; () in figures of older versions.
    `figure` is the name of the figure of divisions that the target judges, whose `value` is that of the division itself; ""
    for a target of the registers.
    """

    code: str
    name: str
    short_name: str
    clause: str
    level: str
    kind: str
    minimum_population: int | None
    urban_districts_only: bool
    at_least: Number | None
    at_most: Number | None
    unit: str
    value_unit: str
    per: str
    aggregate: str
    coverage_at_least: Number | None
    divisions: tuple[DivisionFigures, ...]
    farthest: Farthest | None
    standard_last_month: str = ""
    trend: tuple[TrendPoint, ...] = ()
    figure: str = ""

    @property
    def is_mean(self) -> bool:
        """Return whether the target is a mean: its figure is then a value beside the bound, and not a rate."""
        return self.aggregate == "mean"

    @property
    def judges_counties(self) -> bool:
        """Return whether each whole county is one judged unit."""
        return self.level == "county"


@dataclass(frozen=True)
class Workforce:
    """Workers with an open posting, and professionals among them; None if no register has been reported.

    `trend` are the workers of twelve months, as that of a target.
    """

    workers: int | None
    professionals: int | None
    percent: Number | None
    last_month_workers: int | None
    trend: tuple[TrendPoint, ...] = ()


@dataclass(frozen=True)
class ShortfallCell:
    """A community's figure for one urban target of 附件1."""

    value: Number | None
    is_short: bool


@dataclass(frozen=True)
class ShortCommunity:
    """An urban community of 附件1, with its figure for each urban target, by the target's code."""

    county: str
    town: str
    code: str
    name: str
    figures: Mapping[str, ShortfallCell]


@dataclass(frozen=True)
class Shortfalls:
    """附件1: the codes of the urban targets, and the communities that miss one of them."""

    targets: tuple[str, ...]
    rows: tuple[ShortCommunity, ...]


@dataclass(frozen=True)
class ChangedDivisions:
    """A change of divisions in the month: their names before and after, and what was done: 合并为, 更名为, 拆分为."""

    before: tuple[str, ...]
    verb: str
    after: tuple[str, ...]


@dataclass(frozen=True)
class BriefingFigures:
    """Every figure that one issue prints.

    `sections` has what the apps store for the sections and annexes that they declare in `<app>/briefing.py`, by code.
    """

    period: str
    as_of: str
    is_demo: bool
    division: Edition
    plan: Plan
    targets: tuple[TargetFigures, ...]
    workforce: Workforce
    shortfalls: Shortfalls
    sections: Mapping[str, Any] = field(default_factory=dict)
    changed_divisions: tuple[ChangedDivisions, ...] = ()
    span: Span = "month"
    version: int = VERSION

    @property
    def term(self) -> Term:
        """Return what this time and the time before are called: 本月, 上月."""
        return TERMS[self.span]


def _make_converter() -> Converter:
    converter = make_converter()
    converter.register_unstructure_hook(Outlook, str)
    return converter


CONVERTER = _make_converter()


def to_json(figures: BriefingFigures) -> dict[str, Any]:
    """Return the figures as plain JSON values of the current version."""
    plain: dict[str, Any] = CONVERTER.unstructure(figures)
    return plain


def from_json(stored: Mapping[str, Any]) -> BriefingFigures:
    """Return the figures that `to_json` wrote, in this version or an older one. Raises UnavailableError for a newer one."""
    version = stored.get("version", 1)
    if version > VERSION:
        raise UnavailableError(
            "这期简报的数据由更新版本的系统保存，当前版本不能读取，请系统管理员先升级系统。",
            cure=f"Figures of version {version} were stored by a newer release; this one reads up to {VERSION}: upgrade.",
        )
    values = dict(stored)
    for older in range(version, VERSION):
        values = _UPGRADES[older](values)
    return CONVERTER.structure(values, BriefingFigures)


def _from_version_1(stored: dict[str, Any]) -> dict[str, Any]:
    """Fill in the fields of a target that version 1 lacks: it only knew bounds of each unit."""
    of_target = {"per": "", "aggregate": "each", "coverage_at_least": None}
    targets = [{**of_target, "value_unit": target["unit"], **target} for target in stored["targets"]]
    return {**stored, "targets": targets, "version": 2}


def _from_version_2(stored: dict[str, Any]) -> dict[str, Any]:
    """Drop the best and the weakest of each target."""
    dropped = {"best", "weakest"}
    targets = [{name: value for name, value in target.items() if name not in dropped} for target in stored["targets"]]
    return {**stored, "targets": targets, "version": 3}


def _from_version_3(stored: dict[str, Any]) -> dict[str, Any]:
    """Put purchases and reports where the sections' figures are."""
    kept = dict(stored)
    sections = {code: kept.pop(code) for code in ("services", "reporting") if kept.get(code) is not None}
    kept.pop("reporting", None)
    return {**kept, "sections": sections, "version": 4}


# By version: the function that turns figures of that version into figures of the next.
_UPGRADES: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] = {
    1: _from_version_1,
    2: _from_version_2,
    3: _from_version_3,
}
