"""联动工作: the section of the systems beside the targets, and the annex with all of their figures (docs/domain.md §7.3).

Numbers are those of `targets.models.FigureResult` for the month, frozen in a locked one; the apps say the words
(`changzhi_portal.linked`). A stock is compared with the end of the time before, its last month; a flow is that of the month, and
in an issue of a quarter or year that since 1 January, which is compared with nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from typing import Any, Final

from changzhi_portal.briefings import (
    TERMS,
    Block,
    BriefingAnnex,
    BriefingSection,
    Cell,
    Change,
    Column,
    Heading,
    IssueOf,
    Paragraph,
    Table,
    to_stored,
)
from changzhi_portal.display import DASH
from changzhi_portal.figures import CountedOver, FigureKind
from changzhi_portal.linked.declared import (
    SECTION,
    LinkedPart,
    ShownFigure,
    declared_texts,
    declared_works,
)
from changzhi_portal.linked.stored import (
    NOT_REPORTED,
    Below,
    LinkedFigures,
    StoredFigure,
    StoredWork,
    linked_of,
)
from changzhi_portal.linked.told import Told
from changzhi_portal.phrases import day_in_words, units_below, whole_of
from communities.models import Division
from reports.stored_figures import BriefingFigures
from targets.figure_lines import by_key
from targets.figure_values import change_of, value_of
from targets.models import CommunityMeasure, DivisionMeasure, FigureResult

_MOST_NAMED = 5
_MOST_SHARED: Final = 6  # columns of a table that works share
_NAME_WIDTH: Final = 24.0  # mm


# --- Figures ---


def _figures(issue: IssueOf) -> Any:
    return to_stored(linked_figures(issue))


def linked_figures(issue: IssueOf) -> LinkedFigures:
    """Return the declared figures of an issue's division and of those below it. Four queries."""
    return _Linked(issue).figures()


@dataclass(frozen=True)
class _Linked:
    issue: IssueOf

    def figures(self) -> LinkedFigures:
        works = tuple(
            StoredWork(work.code, work.title, tuple(self._figure(shown) for shown in work.figures))
            for work in declared_works()
        )
        return LinkedFigures(works, tuple(Below(each.code, each.name) for each in self._below))

    @cached_property
    def _below(self) -> list[Division]:
        """Return the counties of the city or the towns of the county in that month, by code."""
        if self.issue.division.level == Division.Level.CITY:
            measured = DivisionMeasure.objects.for_period(self.issue.period).values("division")
            below = Division.objects.counties().within(self.issue.division).filter(pk__in=measured)
        else:
            of_county = CommunityMeasure.objects.for_period(self.issue.period).filter(county=self.issue.division)
            below = Division.objects.filter(pk__in=of_county.order_by().values("town"))
        return list(below.order_by("code"))

    @cached_property
    def _now(self) -> Mapping[tuple[str, int], dict[str, FigureResult]]:
        """Return the rows of the month by figure and division, each by part."""
        shown = [self.issue.division.pk, *(each.pk for each in self._below)]
        rows: dict[tuple[str, int], dict[str, FigureResult]] = defaultdict(dict)
        for row in FigureResult.objects.of_period(self.issue.period).filter(division__in=shown):
            rows[row.code, row.division_id][row.part] = row
        return rows

    @cached_property
    def _before(self) -> Mapping[tuple[str, str, int], FigureResult]:
        """Return the rows of the division at the end of the time before, those that were counted alike."""
        months = TERMS[self.issue.span].months
        rows = FigureResult.objects.of_month_before(self.issue.period, months).of_all_parts()
        return by_key(rows.of_division(self.issue.division))

    def _figure(self, shown: ShownFigure) -> StoredFigure:
        figure, parts = shown.figure, self._now.get((shown.figure.code, self.issue.division.pk), {})
        unreported = StoredFigure(
            code=figure.code,
            name=figure.name,
            title=shown.title,
            register=shown.register,
            shown=figure.shown.value,
            unit=figure.unit,
            decimals=figure.decimals,
        )
        row = parts.get("")
        if row is None:
            return unreported
        numerator, denominator = self._sums(shown, row)
        value = value_of(figure, numerator, denominator)
        before = None if self._is_of_year(shown) else self._before.get((figure.code, "", self.issue.division.pk))
        covers_as_many = before is not None and before.counties == row.counties
        then = value_of(figure, before.numerator, before.denominator) if before is not None and covers_as_many else None
        return replace(
            unreported,
            numerator=_number(numerator),
            denominator=_number(denominator),
            value=_number(value),
            change=_number(change_of(value, then)),
            is_same=before is not None and (before.numerator, before.denominator) == (numerator, denominator),
            counties=row.counties,
            counties_before=before.counties if before is not None and not covers_as_many else None,
            parts={
                label: number
                for part, label in figure.parts.items()
                if part in parts and (number := _number(self._sums(shown, parts[part])[0])) is not None
            },
            places=self._places(shown),
        )

    def _places(self, shown: ShownFigure) -> dict[str, float | None]:
        if shown.figure.over is CountedOver.COUNTIES and self.issue.division.level != Division.Level.CITY:
            return {each.code: None for each in self._below}  # of a town it says nothing
        rows = {each.code: self._now.get((shown.figure.code, each.pk), {}).get("") for each in self._below}
        return {
            code: _number(value_of(shown.figure, *self._sums(shown, row)))
            for code, row in rows.items()
            if row is not None
        }

    def _is_of_year(self, shown: ShownFigure) -> bool:
        return self.issue.span != "month" and shown.figure.kind is FigureKind.FLOW

    def _sums(self, shown: ShownFigure, row: FigureResult) -> tuple[Decimal | None, Decimal | None]:
        """Return the sums of the month; for a flow in an issue of a longer time those since 1 January."""
        if self._is_of_year(shown):
            return row.numerator_year, row.denominator_year
        return row.numerator, row.denominator


def _number(value: Decimal | None) -> float | None:
    """Return 12817.84 as it is, 331.00 as 331."""
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)


# --- Blocks ---


def _blocks(stored: Any, figures: BriefingFigures) -> tuple[Block, ...]:
    """Return the parts that have something to say, each with its heading; () for an issue from before."""
    linked = linked_of(stored)
    if linked is None:
        return ()
    paragraphs: dict[LinkedPart, list[str]] = {part: [] for part in LinkedPart}
    for part, said in (*_of_works(linked, figures), *_of_texts(figures)):
        paragraphs[part] += said
    blocks: list[Block] = []
    for part, said in paragraphs.items():
        if said:
            blocks += [Heading(part.value), *(Paragraph(text) for text in said)]
    return tuple(blocks)


def _of_works(linked: LinkedFigures, figures: BriefingFigures) -> list[tuple[LinkedPart, list[str]]]:
    works = {work.code: work for work in linked.works}
    counties = len(linked.places) if figures.division.level == "city" else 0
    return [
        (
            work.part,
            list(
                work.paragraphs(
                    Told(works[work.code], whole_of(figures.division), figures.period, figures.span, counties)
                )
            ),
        )
        for work in declared_works()
        if work.code in works
    ]


def _of_texts(figures: BriefingFigures) -> list[tuple[LinkedPart, list[str]]]:
    return [
        (text.part, list(text.paragraphs(figures.sections.get(text.section), figures))) for text in declared_texts()
    ]


def _tables(_: Any, figures: BriefingFigures) -> tuple[Block, ...]:
    """Return a table for each work, of the figures that anybody has reported: the division, then those below it.

    Works with a few figures share one.
    """
    linked = linked_of(figures.sections.get(SECTION))
    if linked is None:
        return ()
    reported = [
        replace(work, figures=tuple(each for each in work.figures if each.is_reported)) for work in linked.works
    ]
    shared: list[StoredWork] = []
    for work in (work for work in reported if work.figures):
        if shared and len(shared[-1].figures) + len(work.figures) <= _MOST_SHARED:
            before = shared.pop()
            shared.append(replace(before, title=f"{before.title}、{work.title}", figures=before.figures + work.figures))
        else:
            shared.append(work)
    return tuple(_table(work, linked, figures) for work in shared)


def _table(work: StoredWork, linked: LinkedFigures, figures: BriefingFigures) -> Table:
    columns = (
        Column(units_below(figures.division), width=_NAME_WIDTH),
        *(Column(each.title, "number") for each in work.figures),
    )
    whole = tuple(_cell(each, each.value, is_reported=True, is_total=True) for each in work.figures)
    rows = [(Cell(f"{whole_of(figures.division)}合计", is_total=True), *whole)]
    rows += [
        (
            Cell(place.name),
            *(_cell(each, each.places.get(place.code), is_reported=place.code in each.places) for each in work.figures),
        )
        for place in linked.places
    ]
    return Table(f"{work.title}（截至{day_in_words(figures.as_of)}）", columns, tuple(rows), is_dense=True)


def _cell(figure: StoredFigure, value: float | None, *, is_reported: bool, is_total: bool = False) -> Cell:
    if not is_reported:
        return Cell(NOT_REPORTED, is_total=is_total)
    return Cell(figure.text_of(value), value, is_total=is_total)


# --- Corrections ---


def _changes(old: Any, new: Any) -> list[Change]:
    """Return the figures of the division that differ; of those below, who has differing ones, more than five only counted."""
    then, now = linked_of(old), linked_of(new)
    if then is None or now is None:
        return []
    before = {figure.code: figure for figure in then.figures}
    pairs = [(before[figure.code], figure) for figure in now.figures if figure.code in before]
    changes = [Change(figure.name, was.said or NOT_REPORTED, figure.said or NOT_REPORTED) for was, figure in pairs]
    differing = [
        place.name
        for place in now.places
        if any(was.places.get(place.code, DASH) != figure.places.get(place.code, DASH) for was, figure in pairs)
    ]
    if not differing:
        return changes
    names = "、".join(differing) if len(differing) <= _MOST_NAMED else f"{len(differing)}个区划"
    return [*changes, Change("", "", f"{names}的数据相应更正")]


LINKED = BriefingSection(
    code=SECTION,
    title="联动工作",
    position=30,
    figures=_figures,
    blocks=_blocks,
    changes=_changes,
    corrected_as="联动工作",
)
LINKED_FIGURES = BriefingAnnex(code="linked_figures", title="联动工作指标", position=30, blocks=_tables)
