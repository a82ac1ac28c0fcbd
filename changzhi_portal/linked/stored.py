"""The figures of 联动工作 as an issue stores them: enough to print sentences and annex again, whatever is declared later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from changzhi_portal.briefings import from_stored
from changzhi_portal.display import DASH, MINUS, display_number
from changzhi_portal.figures import Shown
from changzhi_portal.percent import percent_text
from changzhi_portal.phrases import joined, units_below, whole_of

NOT_REPORTED = "未填报"
_MOST_NAMED = 3
_REGISTERS_NAMED = 5


@dataclass(frozen=True)
class StoredFigure:
    """A figure of the division and of those below it, at the end of what the issue covers.

    `numerator` None: nobody in the division has reported it. `value` is the printed one; None where there is nothing to
    divide by. In an issue of a month, a flow is that of the month; in one of a quarter or year, that since 1 January.
    `change` is the printed value less that at the end of the time before, None without a comparable one. `counties` is how
    many the city's figure covers, `counties_before` how many it covered then, if that is another number. `is_same`: it is made
    of the same sums as then. `parts` are the numerators by the label of the part. `places` has the values of the divisions
    below by code; one that is not there has not reported.
    """

    code: str
    name: str
    title: str
    register: str
    shown: str
    unit: str
    decimals: int
    numerator: float | None = None
    denominator: float | None = None
    value: float | None = None
    change: float | None = None
    is_same: bool = False
    counties: int | None = None
    counties_before: int | None = None
    parts: Mapping[str, float] = field(default_factory=dict)
    places: Mapping[str, float | None] = field(default_factory=dict)

    @property
    def is_reported(self) -> bool:
        """Return whether anybody in the division has reported it."""
        return self.numerator is not None

    def text_of(self, value: float | None) -> str:
        """Return a value for a table: 62.7%, −37.5%, 5.0, 1,280.00; a dash for None."""
        if value is None:
            return DASH
        if self.shown == Shown.RATE:
            return percent_text(value)
        sign = "%" if self.shown == Shown.CHANGE else ""
        return f"{value:,.{self.decimals}f}{sign}".replace("-", MINUS)

    @property
    def said(self) -> str:
        """Return the value with its unit, for 更正说明: 62.7%, 5块; "" where nobody has reported it."""
        if not self.is_reported:
            return ""
        if self.value is None or self.shown in {Shown.RATE, Shown.CHANGE}:
            return self.text_of(self.value)
        return f"{display_number(self.value)}{self.unit.replace('㎡', '平方米')}"


@dataclass(frozen=True)
class StoredWork:
    """A work with its figures, and its title as it was then."""

    code: str
    title: str
    figures: tuple[StoredFigure, ...]


@dataclass(frozen=True)
class Below:
    """A division one level below that of the issue."""

    code: str
    name: str


@dataclass(frozen=True)
class LinkedFigures:
    """All figures of 联动工作 of an issue, and the divisions one level below."""

    works: tuple[StoredWork, ...] = ()
    places: tuple[Below, ...] = ()

    @property
    def figures(self) -> list[StoredFigure]:
        """Return the figures of all works."""
        return [figure for work in self.works for figure in work.figures]


def linked_of(stored: Any) -> LinkedFigures | None:
    """Return the figures that an issue stores; None for one from before they were introduced."""
    return None if stored is None else from_stored(stored, LinkedFigures)


# --- Who has not reported ---


def unreported_sentence(stored: Any, division: Any) -> str:
    """Return 联动工作方面，全市未填报满意度调查；武乡县未填报服务设施、社区月报。 "" where everybody has reported everything.

    `stored` is what the section stores, `division` that of the issue. Counties are named in the city's edition alone:
    a county's towns have reported when their county has.
    """
    linked = linked_of(stored)
    if linked is None:
        return ""
    registers = _registers(linked.figures)
    by_nobody = [name for name, figures in registers.items() if not any(each.is_reported for each in figures)]
    parts = [_said([whole_of(division)], by_nobody)] if by_nobody else []
    if division.level == "city":
        rest = {name: figures for name, figures in registers.items() if name not in by_nobody}
        parts += _by_place(linked.places, rest, units_below(division))
    said = joined(parts, by="；")
    return f"联动工作方面，{said}。" if said else ""


def _registers(figures: Sequence[StoredFigure]) -> dict[str, list[StoredFigure]]:
    found: dict[str, list[StoredFigure]] = {}
    for figure in figures:
        found.setdefault(figure.register, []).append(figure)
    return found


def _by_place(places: Sequence[Below], registers: Mapping[str, Sequence[StoredFigure]], units: str) -> list[str]:
    """Return what is missing, the places that miss the same registers together."""
    missing: dict[tuple[str, ...], list[str]] = {}
    for place in places:
        names = tuple(
            name
            for name, figures in registers.items()
            if not any(place.code in each.places for each in figures if each.is_reported)
        )
        if names:
            missing.setdefault(names, []).append(place.name)
    return [_said(who, names, units) for names, who in missing.items()]


def _said(who: Sequence[str], registers: Sequence[str], units: str = "") -> str:
    named = "、".join(who[:_MOST_NAMED])
    others = f"等{len(who)}个{units}" if len(who) > _MOST_NAMED else ""
    more = f"等{len(registers)}项" if len(registers) > _REGISTERS_NAMED else ""
    return f"{named}{others}{'均' if len(who) > 1 else ''}未填报{'、'.join(registers[:_REGISTERS_NAMED])}{more}"
