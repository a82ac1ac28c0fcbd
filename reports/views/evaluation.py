"""工作评价: the counties (towns) against targets and systems in a locked month, for leaders and the bureau."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

from django.http import HttpResponse

from changzhi_portal.linked.declared import LinkedWork, ShownFigure, declared_works
from changzhi_portal.pages.base import PortalRequest
from changzhi_portal.pages.exported import ShownList, column
from communities.models import Division
from periods.models import ReportingPeriod, month_after
from reports.dashboard import Board
from reports.evaluation import (
    EvaluatedDivision,
    Heading,
    Mark,
    chosen_figures,
    headings_of,
    mark_of_line,
    marks_of_targets,
    ranked,
    value_for_file,
)
from reports.matrix import Matrix, matrix_of
from targets.figure_lines import FigureLine, Key
from targets.models import FigureResult
from targets.models.figure import FigureResultQuerySet
from targets.views.figures import FigurePage


class EvaluationPage(FigurePage):
    """?period=2019-06&division=CODE: every locked month, by the divisions of that month.

    Only frozen numbers are compared. Where the month before is not locked (any more), no change is shown.
    """

    requires = "may_see_evaluation"
    title = "工作评价"
    help_at = "工作评价"
    template_name = "reports/evaluation.html"

    def get(self, request: PortalRequest) -> HttpResponse:
        """Show the table, or what to do where no month is locked."""
        context = self.context_of([]) | {
            "headings": self.headings,
            "rows": self.rows,
            "compares": self.compares,
            "level_below": self.division.level_below if self.division else "",
            **self.export_menu(len(self.rows)),
        }
        return self.render_to_response(self.get_context_data(**context))

    @cached_property
    def periods(self) -> list[ReportingPeriod]:
        """Return the locked months, newest first."""
        return [period for period in super().periods if period.is_locked]

    @cached_property
    def has_other_map(self) -> bool:
        """Return False: a frozen month is shown by its own divisions."""
        return False

    @cached_property
    def compares(self) -> bool:
        """Return whether the month before is locked too."""
        if self.period is None:
            return False
        last = month_after(self.period.month, -1)
        return any(period.month == last for period in self.periods)

    @cached_property
    def before(self) -> dict[Key, FigureResult]:
        """See FigurePage.before; none where the month before is not locked."""
        return super().before if self.compares else {}

    def shown(self, rows: FigureResultQuerySet) -> FigureResultQuerySet:
        """See FigurePage.shown: the chosen figures of the division and of those below it."""
        if self.division is None:
            return rows.none()
        codes = [shown.figure.code for _, shown in self.figures]
        return rows.of_all_parts().filter(code__in=codes, division__in=[self.division, *self.below(self.division)])

    @cached_property
    def figures(self) -> list[tuple[LinkedWork, ShownFigure]]:
        """Return the figures that are shown, by system."""
        return chosen_figures(declared_works())

    @cached_property
    def matrix(self) -> Matrix:
        """Return the results of the targets, as 县区对照 shows them."""
        if self.division is None or self.period is None:
            return Matrix((), ())
        return matrix_of(Board(self.request.user, self.period, self.division), link_to=self._link_to)

    def _link_to(self, division: Division) -> str:
        return self.address("reports:evaluation", division=division)

    @cached_property
    def headings(self) -> list[Heading]:
        """Return the columns."""
        return headings_of(self.matrix, self.figures)

    @cached_property
    def rows(self) -> list[EvaluatedDivision]:
        """Return the row of the whole division, then those below it by code, each with its places."""
        if self.division is None or self.period is None:
            return []
        of_targets = marks_of_targets(self.matrix, compares=self.compares)
        number = len(self.matrix.targets)
        divisions = [self.division, *self.below(self.division)]
        marks: list[list[Mark | None]] = [
            [
                *of_targets.get(division.pk, [None] * number),
                *(
                    mark_of_line(shown.title, self._line(shown, division), compares=self.compares)
                    for _, shown in self.figures
                ),
            ]
            for division in divisions
        ]
        for place, (_, shown) in enumerate(self.figures):
            ranked(marks[1:], number + place, fewer_is_better=shown.figure.fewer_is_better)
        return [
            EvaluatedDivision(division, own, is_whole=division == self.division)
            for division, own in zip(divisions, marks, strict=True)
        ]

    def _line(self, shown: ShownFigure, division: Division) -> FigureLine:
        address = self.address("targets:figure", figure=shown.figure.code, division=division)
        return FigureLine.of(shown.figure, "", division, now=self.now, before=self.before, url=address)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the ways to the pages that the numbers come from."""
        return super().get_context_data(
            matrix_url=self.address("reports:matrix"), linked_url=self.address("reports:linked"), **kwargs
        )

    def shown_list(self) -> ShownList:
        """Return the divisions with value, place and change in each column."""
        columns = [column("division", "区划", lambda row: row.division.name)]
        for place, heading in enumerate(self.headings):
            columns += [
                column(heading.key, heading.title, _at(place, value_for_file)),
                column(f"{heading.key}_rank", f"{heading.title}名次", _at(place, lambda mark: mark and mark.rank)),
                column(
                    f"{heading.key}_change", f"{heading.title}较上月", _at(place, lambda mark: mark and mark.change)
                ),
            ]
        title = f"{self.division.full_name if self.division else ''}{self.period or ''}{self.title}"
        return ShownList(title, self.title, tuple(columns), self.rows, len(self.rows))

    def get_crumbs(self) -> list[Any]:
        """Return no breadcrumbs: the page belongs to no other."""
        return []


def _at(place: int, find: Callable[[Mark | None], Any]) -> Callable[[EvaluatedDivision], Any]:
    return lambda row: find(row.marks[place])
