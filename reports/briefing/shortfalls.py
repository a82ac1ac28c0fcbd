"""主要短板 and its annex 未达标城市社区名单: who is farthest, and every urban community that misses a target."""

from __future__ import annotations

from typing import Any

from changzhi_portal.briefings import Block, BriefingAnnex, BriefingSection, Cell, Column, Paragraph, Table
from changzhi_portal.display import display_number
from changzhi_portal.phrases import day_in_words, plain_number
from reports import words
from reports.stored_figures import BriefingFigures, ShortfallCell
from targets.wording import bound_text

_URBAN = "城市社区"


def _shortcomings(_: Any, figures: BriefingFigures) -> tuple[Block, ...]:
    said = [words.shortcoming(target, figures.division) for target in figures.targets]
    return tuple(Paragraph(text) for text in said if text)


def _annex(_: Any, figures: BriefingFigures) -> tuple[Block, ...]:
    """Return the table of the communities, each with its figure for every urban target; () if there are none.

    A county's edition leaves the county out.
    """
    short = figures.shortfalls
    if not short.rows:
        return ()
    targets = [target for target in figures.targets if target.code in short.targets]
    names_county = figures.division.level == "city"
    columns = [
        Column("序号", "label", width=8),
        *([Column("县（市、区）", width=19)] if names_county else []),
        Column("街道（乡镇）", width=34),
        Column("社区"),
        # The heading says that these are urban communities.
        *(Column(bound_text(target), "number", target.short_name.removeprefix(_URBAN), 16) for target in targets),
    ]
    rows = [
        (
            Cell(str(number), number),
            *([Cell(row.county)] if names_county else []),
            Cell(row.town),
            Cell(row.name),
            *(_cell(row.figures[target.code]) for target in targets),
        )
        for number, row in enumerate(short.rows, start=1)
    ]
    as_of = day_in_words(figures.as_of)
    caption = f"共{display_number(len(rows))}个社区（截至{as_of}；加底色的为未达标项）"
    return (Table(caption, tuple(columns), tuple(rows), is_dense=True),)


def _cell(cell: ShortfallCell) -> Cell:
    text = words.NOT_KNOWN if cell.value is None else plain_number(cell.value)
    return Cell(text, cell.value, is_short=cell.is_short)


SHORTCOMINGS = BriefingSection(code="shortcomings", title="主要短板", position=50, blocks=_shortcomings)
SHORTFALLS = BriefingAnnex(code="shortfalls", title="未达标城市社区名单", position=10, blocks=_annex)
