"""Indicators: what the portal counts of its registers each month, as each app declares it in `<app>/indicators.py`.

A register declares how its rows are counted, and which indicators use these figures:

    FACILITIES = CountedRegister(
        code="facilities",
        model=Facility,
        community_figures=(CountedFigure("facilities", "综合服务设施数", Count("pk")),),
    )
    NUMBER_OF_FACILITIES = Indicator("facilities", "综合服务设施数", FACILITIES, {"": "facilities"}, "处")

`targets` finds the declarations, measures the figures of every open month, and offers the indicators in the form for
targets. A figure is stored in the measures' column of its name, if there is one, or else in their JSON column (ADR
0018).

Raise a figure's `version` whenever it is counted in another way. Open months are then measured again. Locked months
keep the old figure, and are no longer compared in it.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Func, Model, Q, QuerySet

from changzhi_portal.discovery import instances_in
from changzhi_portal.refusals import InvalidError

# The counting rule of a target: the values that count, by dimension, e.g. {"registration": ["registered"]}.
CountingRule = Mapping[str, list[str]]


@dataclass(frozen=True)
class Dimension:
    """A property that divides an indicator, so that a counting rule can select some of its values.

    `values`: each value with its label. `subject`: the name of what is divided, for the form that edits the rule.
    """

    code: str
    title: str
    values: Mapping[str, str]
    subject: str


@dataclass(frozen=True)
class CountedFigure:
    """A number that is counted from the rows of a register at one place.

    `name`: its column in the measures, or its key in their JSON column. `label`: its name on pages. `expression`: an
    aggregate over the register's rows. `version`: raised whenever it is counted in another way. `has_decimals`: it is
    measured (an area) with two decimals, not counted.
    """

    name: str
    label: str
    expression: Func
    version: int = 1
    has_decimals: bool = False


@dataclass(frozen=True)
class CountedRegister:
    """How the rows of a register are counted.

    `community_figures` are counted from the rows of each community; `division_figures` from all rows of a town, county
    or city; a figure may be in both. `at_divisions`: rows may belong to a town or county instead of a community.
    `through`: the foreign key to a related record that the expressions use as well.
    """

    code: str
    model: type[Model]
    community_figures: tuple[CountedFigure, ...]
    division_figures: tuple[CountedFigure, ...] = ()
    at_divisions: bool = False
    through: str = ""

    @property
    def figures(self) -> tuple[CountedFigure, ...]:
        """Return every figure, those of communities first, each once."""
        return (*self.community_figures, *self.figures_of_divisions_only)

    @property
    def figures_of_divisions_only(self) -> tuple[CountedFigure, ...]:
        """Return the division figures that communities do not have."""
        at_communities = {figure.name for figure in self.community_figures}
        return tuple(figure for figure in self.division_figures if figure.name not in at_communities)

    def by_community(self, day: datetime.date) -> QuerySet[Any, dict[str, Any]]:
        """Return `community_id` and the community figures, for every community with a row in effect on `day`."""
        rows = self._rows().in_effect_on(day).filter(community__isnull=False)
        return rows.values("community_id").annotate(**_expressions(self.community_figures))

    def by_place(self, day: datetime.date, only: Q | None = None) -> QuerySet[Any, dict[str, Any]]:
        """Return the figures of every place with a row in effect on `day`; `only` limits the rows.

        With `community_id` and, where rows may hang at divisions, `division_id`; one of the two is null.
        """
        rows = self._rows().filter(only or Q()).in_effect_on(day)
        return rows.values(*self._place).annotate(**_expressions(self.figures))

    def by_row(self, day: datetime.date, only: Q | None = None) -> QuerySet[Any, dict[str, Any]]:
        """Return `row_id`, its place, and the contribution of each row in effect on `day` to every figure."""
        # Not the plain key: PostgreSQL, grouping by it, would require the table whose primary key it is.
        rows = self._rows().filter(only or Q()).in_effect_on(day).values(*self._place, row_id=F("pk") + 0)
        return rows.annotate(**_expressions(self.figures))

    def other_communities(self, day: datetime.date) -> QuerySet[Any, dict[str, Any]]:
        """Return every `community_id` with a row that is not in effect on `day`."""
        return self._not_in_effect_on(day).filter(community__isnull=False).values("community_id").distinct()

    def other_divisions(self, day: datetime.date) -> QuerySet[Any, dict[str, Any]]:
        """Return every `division_id` with a row of its own that is not in effect; only for rows `at_divisions`."""
        return self._not_in_effect_on(day).filter(division__isnull=False).values("division_id").distinct()

    def _not_in_effect_on(self, day: datetime.date) -> Any:
        start, end = self.model.dated_by  # type: ignore[attr-defined]
        return self._rows().filter(Q(**{f"{start}__gt": day}) | Q(**{f"{end}__lte": day}))

    @property
    def _place(self) -> tuple[str, ...]:
        return ("community_id", "division_id") if self.at_divisions else ("community_id",)

    def _rows(self) -> Any:
        # The model's ordering is removed, because it would be added to the GROUP BY.
        return self.model._default_manager.order_by()


def _expressions(figures: Iterable[CountedFigure]) -> dict[str, Func]:
    return {figure.name: figure.expression for figure in figures}


@dataclass(frozen=True)
class Indicator:
    """A value that a target can judge: one figure, or the sum of several.

    `figures`: the names of the figures by value of `dimension`. An indicator with a single figure has no dimension, and
    the key is "". `unit`: the unit of the value. `is_of_divisions`: it judges whole divisions instead of communities,
    so its figures are division figures.
    """

    code: str
    name: str
    register: CountedRegister
    figures: Mapping[str, str]
    unit: str
    dimension: Dimension | None = None
    is_of_divisions: bool = False

    @property
    def has_decimals(self) -> bool:
        """Return whether it is measured with decimals (an area), not counted."""
        names = set(self.figures.values())
        return any(figure.has_decimals for figure in self.register.figures if figure.name in names)

    def figures_counted(self, rule: CountingRule) -> list[str]:
        """Return the names of the figures that count under `rule`; a dimension that it does not name counts whole.

        Raises InvalidError for a rule that names an unknown dimension or value, or leaves nothing to count.
        """
        allowed = {self.dimension.code: self.figures} if self.dimension else {}
        for dimension, values in rule.items():
            unknown = [dimension] if dimension not in allowed else [v for v in values if v not in self.figures]
            if unknown or not values:
                raise InvalidError(
                    f"“{self.name}”的计数规则不对：{'、'.join(unknown) or '没有选择任何取值'}，请改正后再保存。",
                    cure=f"The counting rule {dict(rule)!r} does not fit the indicator {self.code}, which knows "
                    f"{ {name: list(figures) for name, figures in allowed.items()} }.",
                    field="counting_rule",
                )
        chosen = rule.get(self.dimension.code) if self.dimension else None
        return [self.figures[value] for value in (self.figures if chosen is None else chosen)]


# --- What the apps have declared ---


def counted_registers() -> tuple[CountedRegister, ...]:
    """Return every declared register that is counted, in the apps' order."""
    return instances_in("indicators", CountedRegister)


def indicators() -> tuple[Indicator, ...]:
    """Return every declared indicator, in the apps' order and in that of their declaration."""
    return instances_in("indicators", Indicator)


def indicator_named(code: str) -> Indicator:
    """Return the indicator with this code. Raises InvalidError for an unknown one."""
    by_code = {indicator.code: indicator for indicator in indicators()}
    if code not in by_code:
        raise InvalidError(
            f"没有名为“{code}”的指标，请在方案中选择已有的指标。",
            cure=f"There is no indicator {code!r}. Choose one of {', '.join(by_code)}.",
            field="indicator",
        )
    return by_code[code]


def dimensions() -> dict[str, Dimension]:
    """Return by code every dimension of an indicator, in the order of the indicators."""
    return {indicator.dimension.code: indicator.dimension for indicator in indicators() if indicator.dimension}


def counted_figures() -> dict[str, CountedFigure]:
    """Return every figure by its name, in the order of the registers."""
    return {figure.name: figure for register in counted_registers() for figure in register.figures}


def figure_named(name: str) -> CountedFigure:
    """Return the figure with this name. Raises LookupError for one that no app declares."""
    by_name = counted_figures()
    if name not in by_name:
        raise LookupError(f"No register declares the figure {name!r}. There are: {', '.join(by_name)}.")
    return by_name[name]


def register_counting(name: str) -> CountedRegister:
    """Return the register that the figure with this name is counted from. Raises LookupError for an unknown one."""
    for register in counted_registers():
        if any(figure.name == name for figure in register.figures):
            return register
    raise LookupError(f"No register declares the figure {name!r}.")
