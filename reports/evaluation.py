"""工作评价: how the counties (of a county, its towns) stand in each target and system, with place and change (docs/domain.md §12.4).

There is no total: what a point of one figure is worth against another nobody has decided. All numbers are those that are
stored and frozen: results of targets (`reports.matrix`), figures of divisions (`targets.models.FigureResult`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

from changzhi_portal.display import DASH
from changzhi_portal.linked.declared import LinkedWork, ShownFigure
from communities.models import Division
from reports.matrix import FEWEST_RANKED, Cell, Matrix
from targets.figure_lines import FigureLine

# Of each system so many of its key figures, the first ones.
FIGURES_OF_WORK: Final = 2


@dataclass(frozen=True)
class Heading:
    """A column: its stable name, what it shows, and the target's requirement or the system that it belongs to."""

    key: str
    title: str
    remark: str


@dataclass(frozen=True)
class Mark:
    """One division in one column. `value` is the printed number, `rank` its place among the divisions; None without one."""

    label: str
    text: str
    url: str
    value: Decimal | None = None
    change: str = DASH
    rank: int | None = None
    shares_rank: bool = False
    is_reported: bool = True

    @property
    def place(self) -> str:
        """Return 第3, 并列第1; "" without a place."""
        return f"{'并列' if self.shares_rank else ''}第{self.rank}" if self.rank else ""


@dataclass(frozen=True)
class EvaluatedDivision:
    """A division with a mark in each column; None for a target that does not judge it."""

    division: Division
    marks: Sequence[Mark | None]
    is_whole: bool = False


def chosen_figures(works: Sequence[LinkedWork]) -> list[tuple[LinkedWork, ShownFigure]]:
    """Return the figures that stand for each work: the first of its key figures."""
    return [
        (work, shown) for work in works for shown in [each for each in work.figures if each.is_key][:FIGURES_OF_WORK]
    ]


def headings_of(matrix: Matrix, figures: Sequence[tuple[LinkedWork, ShownFigure]]) -> list[Heading]:
    """Return the headings: the targets, then the figures."""
    return [
        *(Heading(f"target_{target.code}", target.short_name, bound) for target, bound in matrix.headed),
        *(Heading(f"figure_{shown.figure.code}", shown.title, work.title) for work, shown in figures),
    ]


def marks_of_targets(matrix: Matrix, *, compares: bool) -> Mapping[int, list[Mark | None]]:
    """Return the marks of the targets by the key of the division; without `compares` no changes."""
    return {
        row.division.pk: [None if cell is None else _of_cell(cell, compares=compares) for cell in row.cells]
        for row in matrix.rows
    }


def _of_cell(cell: Cell, *, compares: bool) -> Mark:
    return Mark(
        label=cell.target.short_name,
        text=cell.figure,
        url=cell.lists.judged,
        value=cell.sorts_by,
        change=cell.on_last_month if compares else DASH,
        rank=cell.rank,
        shares_rank=cell.shares_rank,
    )


def mark_of_line(title: str, line: FigureLine, *, compares: bool) -> Mark:
    """Return the mark of a figure in the column with a title, without its place."""
    return Mark(
        label=title,
        text=line.text,
        url=line.url,
        value=line.value,
        change=line.change_text if compares else DASH,
        is_reported=line.is_reported,
    )


def ranked(rows: Sequence[list[Mark | None]], column: int, *, fewer_is_better: bool | None) -> None:
    """Give the marks of a column their places; equal values share one. None where neither more nor fewer is better."""
    if fewer_is_better is None:
        return
    known = [mark.value for row in rows if (mark := row[column]) is not None and mark.value is not None]
    if len(known) < FEWEST_RANKED:
        return
    for row in rows:
        mark = row[column]
        if mark is None or mark.value is None:
            continue
        value = mark.value
        better = sum(each < value if fewer_is_better else each > value for each in known)
        row[column] = replace(mark, rank=better + 1, shares_rank=known.count(value) > 1)


def value_for_file(mark: Mark | None) -> Any:
    """Return what a file holds of a mark: the number, 未填报, or nothing."""
    if mark is None:
        return None
    return mark.value if mark.is_reported else mark.text
