"""Figures of divisions as pages show them: one line a figure (or part) and division, with value, change and sums."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from changzhi_portal.figures import CountedOver, Figure, FigureKind, Shown
from communities.models import Division
from targets.figure_values import change_of, change_text, unit_of, value_of, value_text
from targets.models import FigureResult

NOT_REPORTED = "未填报"
# A figure, its part and a division's key.
Key = tuple[str, str, int]


def by_key(results: Iterable[FigureResult]) -> dict[Key, FigureResult]:
    """Return the rows by figure, part and division."""
    return {(row.code, row.part, row.division_id): row for row in results}


@dataclass(frozen=True)
class FigureLine:
    """A figure of a division in one month, beside the month before and what the registers say now; each may be missing."""

    figure: Figure
    part: str
    division: Division
    result: FigureResult | None
    before: FigureResult | None = None
    live: FigureResult | None = None
    url: str = ""
    list_url: str = ""

    @classmethod
    def of(
        cls,
        figure: Figure,
        part: str,
        division: Division,
        *,
        now: Mapping[Key, FigureResult],
        before: Mapping[Key, FigureResult],
        live: Mapping[Key, FigureResult] | None = None,
        url: str = "",
        list_url: str = "",
    ) -> FigureLine:
        """Return the line of a figure and division, found among the rows of the months."""
        key = (figure.code, part, division.pk)
        return cls(figure, part, division, now.get(key), before.get(key), (live or {}).get(key), url, list_url)

    @property
    def name(self) -> str:
        """Return the name of the figure, or of its part."""
        return self.figure.parts[self.part] if self.part else self.figure.name

    @property
    def is_reported(self) -> bool:
        """Return whether there is a number at all; without one the register is 未填报."""
        return self.result is not None

    @property
    def value(self) -> Decimal | None:
        """Return the printed value; None where nothing was reported, or there is nothing to divide by."""
        return _value(self.figure, self.result)

    @property
    def text(self) -> str:
        """Return the value with its unit, 未填报, or a dash where there is none, as for a town of a figure over counties."""
        if not self.is_reported and not self._is_of_counties_alone:
            return NOT_REPORTED
        return value_text(self.figure, self.value)

    @property
    def _is_of_counties_alone(self) -> bool:
        return self.figure.over is CountedOver.COUNTIES and self.division.level == Division.Level.TOWN

    @property
    def unit(self) -> str:
        """Return the unit of the value."""
        return unit_of(self.figure)

    @property
    def change(self) -> Decimal | None:
        """Return the change on the month before; None without one."""
        return change_of(self.value, _value(self.figure, self.before))

    @property
    def change_text(self) -> str:
        """Return the change with sign and unit."""
        return change_text(self.figure, self.change)

    @property
    def tone(self) -> str:
        """Return "good" or "bad" for a change to the better or the worse; "" where neither is."""
        if not self.change or self.figure.fewer_is_better is None:
            return ""
        return "good" if (self.change < 0) is self.figure.fewer_is_better else "bad"

    @property
    def is_flow(self) -> bool:
        """Return whether there is a value since 1 January."""
        return self.figure.kind is FigureKind.FLOW

    @property
    def value_year(self) -> Decimal | None:
        """Return the printed value since 1 January; None for a stock."""
        if self.result is None or not self.is_flow:
            return None
        return value_of(self.figure, self.result.numerator_year, self.result.denominator_year)

    @property
    def year_text(self) -> str:
        """Return the value since 1 January with its unit, or a dash."""
        return value_text(self.figure, self.value_year)

    @property
    def has_denominator(self) -> bool:
        """Return whether the figure is made of two sums."""
        return self.figure.shown is not Shown.TOTAL

    @property
    def differs_now(self) -> bool:
        """Return whether the registers give other sums now than those stored."""
        return _sums(self.result) != _sums(self.live)

    @property
    def live_text(self) -> str:
        """Return what the registers give now: 80.0%; 未填报 where they have no row any more."""
        if self.live is None:
            return NOT_REPORTED
        return value_text(self.figure, _value(self.figure, self.live))

    @property
    def live_change(self) -> Decimal | None:
        """Return by how much the numerator differs now from the stored one."""
        if self.live is None or self.result is None:
            return None
        return self.live.numerator - self.result.numerator


def _value(figure: Figure, row: FigureResult | None) -> Decimal | None:
    return None if row is None else value_of(figure, row.numerator, row.denominator)


def _sums(row: FigureResult | None) -> tuple[Decimal | None, ...] | None:
    return None if row is None else (row.numerator, row.denominator)
