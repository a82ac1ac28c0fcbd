"""总体进展: paragraphs, and a table of every scored target."""

from __future__ import annotations

from typing import Any

from changzhi_portal.briefings import Block, BriefingSection, Cell, Column, Paragraph, Table
from changzhi_portal.display import display_number
from changzhi_portal.phrases import day_in_words, whole_of
from communities.models import Division
from reports import forecast, words
from reports.caveats import caveats_of
from reports.stored_figures import BriefingFigures, TargetFigures
from targets.result_lists import ResultLists
from targets.wording import bound_text

_REACHED, _CHANGES = "达标数", "增减（百分点）"


# 3,446 needs 8 mm, +100.0 10 mm, 2020年11月 17 mm; together they are as wide as the text block.
def _columns(figures: BriefingFigures) -> tuple[Column, ...]:
    """Return the columns of the table; a year is compared with the year before only once."""
    term = figures.term
    on_year_before = [] if figures.span == "year" else [Column("较上年同月", "number", _CHANGES, width=11.2)]
    return (
        Column("目标", width=27.5),
        Column("标准", "label", width=12.9),
        Column("参评数", "number", width=10.3),
        Column("合计", "number", _REACHED, width=10.3),
        Column("其中超出", "number", _REACHED, width=10.3),
        Column("未达标数", "number", width=10.3),
        Column("数据未报", "number", width=10.3),
        Column("达标率", "number", width=12),
        Column(f"较{term.last}", "number", _CHANGES, width=11.2),
        *on_year_before,
        Column(_mean_progress(figures), "number", _CHANGES, width=11.2),
        Column("预计完成", "label", width=18.5),
    )


def _mean_progress(figures: BriefingFigures) -> str:
    """Return 近6个月月均: over which months the pace is counted, as it differs from the change beside it; 月均 if they vary."""
    counted = {target.pace.months_counted for target in figures.targets if target.pace and target.pace.months_counted}
    return f"近{counted.pop()}个月月均" if len(counted) == 1 else "月均"


def _blocks(_: Any, figures: BriefingFigures) -> tuple[Block, ...]:
    table = Table(
        caption=f"{whole_of(figures.division)}各项目标达标情况（截至{day_in_words(figures.as_of)}）",
        columns=_columns(figures),
        rows=tuple(_row(target, figures) for target in figures.targets),
        is_dense=True,
    )
    return (*(Paragraph(text) for text in (*caveats_of(figures), *words.overview(figures))), table)


def _row(target: TargetFigures, figures: BriefingFigures) -> tuple[Cell, ...]:
    """Return a target's row; on the page each number leads to the list behind it, by the divisions of the month."""
    division = Division(code=figures.division.code, level=figures.division.level)  # only for the address
    lists = ResultLists(figures.period, target.code, division, is_mean=target.is_mean)
    over = None if target.at_most is None or target.figure else target.over
    return (
        Cell(target.short_name),
        Cell(bound_text(target)),
        _count(target.judged, lists.judged),
        _count(target.reached, lists.reached),
        _count(over, lists.over if over else ""),
        _count(target.unmet, lists.unmet),
        _count(target.unknown, lists.unknown),
        Cell(words.figure_in_words(target), target.value if target.is_mean else target.percent),
        Cell(words.change_cell(target, target.change_on_last_month), target.change_on_last_month),
        *_on_year_before(target),
        Cell(forecast.progress_cell(target), target.pace.progress if target.pace else None),
        Cell(forecast.outlook_cell(target)),
    )


def _on_year_before(target: TargetFigures) -> list[Cell]:
    if target.span == "year":
        return []
    return [Cell(words.change_cell(target, target.change_on_year_before), target.change_on_year_before)]


def _count(number: int | None, url: str) -> Cell:
    return Cell(display_number(number), number, url=url)


OVERVIEW = BriefingSection(code="overview", title="总体进展", position=10, blocks=_blocks)
