"""Figures of divisions: what the paper's other systems say of a city, county or town each month (docs/domain.md §5.12).

An app declares them beside its indicators, in `<app>/indicators.py`:

    MULTI_USE = Figure(
        code="multi_use", name="一室多用的设施占比", unit="%", clause="四（一）2", kind=FigureKind.STOCK, shown=Shown.RATE,
        rows=lambda first, last: Facility.objects.in_effect_on(last).values("community_id").annotate(numerator=…, denominator=…),
        reported=lambda last: Facility.objects.filter(opened_on__lte=last).values("community_id"),
    )

`targets` finds them, adds their rows up by the city, county and town of the month, stores the sums as `FigureResult`,
freezes them with the lock, and lets a plan's target judge one. The app says only which rows there are and where they lie.

Raise a figure's `version` whenever its rows are counted in another way: open months are then computed again.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.db.models import QuerySet

from changzhi_portal.discovery import instances_in


class FigureKind(StrEnum):
    """What a figure says: `STOCK` how things are on the last day of the month, `FLOW` what happened in the month."""

    STOCK = "stock"
    FLOW = "flow"


class Shown(StrEnum):
    """How numerator and denominator become the number that people read.

    `RATE`: numerator ÷ denominator in percent; over places, each place with a row that counts is counted once. `MEAN`:
    numerator ÷ denominator in the figure's unit. `TOTAL`: the numerator alone. `CHANGE`: by how many percent the
    numerator differs from the denominator, which is the earlier sum.
    """

    RATE = "rate"
    MEAN = "mean"
    TOTAL = "total"
    CHANGE = "change"


class CountedOver(StrEnum):
    """What the denominator is: that of the rows themselves, or the number of places in a division.

    `COMMUNITIES` are those that targets score, each counted once, with or without a row; `TOWNS` and `COUNTIES` are
    those of the month.
    """

    ROWS = "rows"
    COMMUNITIES = "communities"
    TOWNS = "towns"
    COUNTIES = "counties"


Rows = QuerySet[Any, dict[str, Any]] | tuple[QuerySet[Any, dict[str, Any]], ...]


def no_list(division: Any, period: Any) -> str:
    """Return "": there is no list behind the figure."""
    return ""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """An indicator of a division and month, as a numerator and a denominator.

    `rows(first, last)`: the rows that count for the days `first` to `last`, as values: the place (`community_id`, or
    `division_id`, or both with one of them null), `numerator`, `denominator` where it is counted over rows, `part` where
    the figure has parts. Several rows of one place and part are added up. A stock uses `last` alone. Several querysets are
    returned in a tuple, not as a union. Rows of a model that follows its community, with its own column `community_id`, are
    taken one by one back to where they were on `last`; rows that compute `community_id` must know it (`community_on`).
    `reported(last)`: the places (`community_id` or `division_id`) with any row in the register by that day. A county
    without one has not reported, so that its figure is unknown and not 0 (docs/domain.md §5.12); the places of a figure
    over places are those of counties that have. A register whose rows nobody must have names the divisions themselves.
    `scored_only`: rows of communities that targets do not score are left out; always so over communities.
    `applies_below`: a row of a division counts for every division below it too, and once for those above; these have
    then reported as well.
    `list_url(division, period)`: the address of the list of the rows behind the figure; "" where there is none.
    `parts`: the values of `part` with their labels; every part is stored, and "" for all together.
    `is_daily`: its rows change without a change set (moves of a flow), so that it makes no month stale; it is refreshed
    each night and at the lock.
    `decimals`: of the printed number, at most four. `fewer_is_better`: whether a smaller number is the better one; None where neither is.
    """

    code: str
    name: str
    unit: str
    clause: str
    kind: FigureKind
    shown: Shown
    rows: Callable[[datetime.date, datetime.date], Rows]
    reported: Callable[[datetime.date], Rows]
    over: CountedOver = CountedOver.ROWS
    scored_only: bool = False
    applies_below: bool = False
    parts: Mapping[str, str] = field(default_factory=dict)
    is_daily: bool = False
    list_url: Callable[[Any, Any], str] = no_list
    decimals: int = 1
    fewer_is_better: bool | None = False
    version: int = 1


def declared_figures() -> tuple[Figure, ...]:
    """Return every declared figure, in the apps' order and in that of their declaration."""
    return instances_in("indicators", Figure)


def declared_figure(code: str) -> Figure:
    """Return the figure with this code. Raises LookupError for one that no app declares."""
    by_code = {figure.code: figure for figure in declared_figures()}
    if code not in by_code:
        raise LookupError(f"No app declares the figure {code!r}. There are: {', '.join(by_code)}.")
    return by_code[code]
