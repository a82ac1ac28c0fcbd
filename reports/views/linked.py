"""联动工作, the second tab of the dashboard: the systems beside the targets, as cards and by county (docs/domain.md §6.13)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from django.http import HttpResponse

from changzhi_portal.figures import Figure
from changzhi_portal.linked.declared import LinkedWork, ShownFigure, declared_works
from changzhi_portal.pages.base import PortalRequest
from changzhi_portal.pages.exported import ShownList, column
from communities.models import Division
from targets.figure_lines import FigureLine
from targets.models.figure import FigureResultQuerySet
from targets.views.figures import FigurePage

BY_CODE = ""


class WorkCard(NamedTuple):
    """A work on the dashboard: the lines of its key figures; `covered` is how many counties the first reported one covers."""

    work: LinkedWork
    lines: list[FigureLine]
    covered: int | None


@dataclass(frozen=True)
class Row:
    """A division with a line for each figure, in the order of the columns."""

    division: Division
    lines: Sequence[FigureLine]
    is_whole: bool = False


class Heading(NamedTuple):
    """A heading of the table: the figure of its column, and the address that sorts by it, again for the other way."""

    shown: ShownFigure
    sort: str
    direction: str


class LinkedPage(FigurePage):
    """?period=2019-06&division=CODE&boundaries=now&sort=CODE or -CODE: every declared work in one division and month."""

    title = "联动工作"
    help_at = "联动工作"
    template_name = "reports/linked.html"

    def get(self, request: PortalRequest) -> HttpResponse:
        """Show the cards and the table; what to do where nobody has reported anything."""
        lines = [line for row in self.rows for line in row.lines]
        context = self.context_of(lines) | {
            "cards": self.cards,
            "headings": self.headings,
            "rows": self.rows,
            "is_reported": any(line.is_reported for line in lines),
            "level_below": self.division.level_below if self.division else "",
            "list_address": self.address("targets:figures"),
            **self.export_menu(len(self.rows)),
        }
        return self.render_to_response(self.get_context_data(**context))

    def shown(self, rows: FigureResultQuerySet) -> FigureResultQuerySet:
        """See FigurePage.shown: all figures together of the division and of those below it."""
        if self.division is None:
            return rows.none()
        return rows.of_all_parts().filter(division__in=[self.division, *self.below(self.division)])

    @cached_property
    def works(self) -> list[LinkedWork]:
        """Return what the apps declare, in the order of the briefing."""
        return declared_works()

    @cached_property
    def columns(self) -> list[ShownFigure]:
        """Return the figures of all works."""
        return [shown for work in self.works for shown in work.figures]

    @property
    def headings(self) -> list[Heading]:
        """Return the headings; one that the table is sorted by leads to the other direction."""
        return [
            Heading(
                shown,
                shown.figure.code if self.sort == f"-{shown.figure.code}" else f"-{shown.figure.code}",
                {shown.figure.code: "ascending", f"-{shown.figure.code}": "descending"}.get(self.sort, "none"),
            )
            for shown in self.columns
        ]

    @cached_property
    def sort(self) -> str:
        """Return the figure that the rows are sorted by, with - the highest first; "" by code, also for an unknown one."""
        asked = self.request.GET.get("sort", BY_CODE)
        return asked if asked.removeprefix("-") in {shown.figure.code for shown in self.columns} else BY_CODE

    @cached_property
    def rows(self) -> list[Row]:
        """Return the row of the division, then those below it in the order asked for."""
        if self.division is None or self.period is None:
            return []
        below = [Row(each, self._lines(each)) for each in self.below(self.division)]
        if self.sort:
            code = self.sort.removeprefix("-")
            place = next(at for at, shown in enumerate(self.columns) if shown.figure.code == code)
            known = [row for row in below if row.lines[place].value is not None]
            unknown = [row for row in below if row.lines[place].value is None]
            known.sort(key=lambda row: row.lines[place].value or 0, reverse=self.sort.startswith("-"))
            below = known + unknown
        return [Row(self.division, self._lines(self.division), is_whole=True), *below]

    def _lines(self, division: Division) -> list[FigureLine]:
        return [self._line(shown.figure, division) for shown in self.columns]

    def _line(self, figure: Figure, division: Division) -> FigureLine:
        address = self.address("targets:figure", figure=figure.code, division=division)
        return FigureLine.of(figure, "", division, now=self.now, before=self.before, url=address)

    @cached_property
    def cards(self) -> list[WorkCard]:
        """Return a card for each work with its key figures."""
        if not self.rows:
            return []
        lines = {line.figure.code: line for line in self.rows[0].lines}
        cards = []
        for work in self.works:
            shown = [lines[each.figure.code] for each in work.figures if each.is_key]
            counties = [line.result.counties for line in shown if line.result is not None]
            cards.append(WorkCard(work, shown, next(iter(counties), None)))
        return cards

    def shown_list(self) -> ShownList:
        """Return the divisions with the value of each figure."""
        columns = [column("division", "区划", lambda row: row.division.name)]
        columns += [
            column(shown.figure.code, shown.figure.name, _value_at(place)) for place, shown in enumerate(self.columns)
        ]
        title = f"{self.division.full_name if self.division else ''}{self.period or ''}{self.title}"
        return ShownList(title, self.title, tuple(columns), self.rows, len(self.rows))


def _value_at(place: int) -> Callable[[Row], Any]:
    """Return what finds a row's value for a file: the printed number, 未填报, or nothing."""

    def found(row: Row) -> Any:
        line = row.lines[place]
        return line.value if line.is_reported else line.text

    return found
