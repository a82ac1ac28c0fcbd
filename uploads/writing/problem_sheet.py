"""The sheet 问题汇总 as XML: every problem with a link to its cell."""

from __future__ import annotations

from typing import Final, NamedTuple

from changzhi_portal.registers.problems import cell_address
from uploads.writing.problem_list import (
    ADVICE,
    HEADERS,
    LEVEL_WORDS,
    MOST_LISTED,
    WIDTHS,
    Entry,
    heading_of,
    position_of,
)
from uploads.writing.xml_text import in_quotes, plain

_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_CELL_COLUMN: Final = HEADERS.index("单元格")
FIRST_ROW: Final = 4  # of the problems, from 1, below the heading, the advice and the headers


class Looks(NamedTuple):
    """The numbers of the looks that the sheet uses."""

    plain: int
    bold: int
    link: int


def problem_sheet(entries: list[Entry], looks: Looks) -> str:
    """The worksheet's XML. Texts are inline strings, so nothing in them is ever a formula."""
    listed = entries[:MOST_LISTED]
    rows = [
        _row(1, [heading_of(entries)], [looks.bold]),
        _row(2, [ADVICE], [0]),
        _row(3, list(HEADERS), [looks.bold] * len(HEADERS)),
    ]
    links = []
    looks_of_row = [looks.plain] * len(HEADERS)
    looks_of_row[_CELL_COLUMN] = looks.link
    for number, entry in enumerate(listed, start=FIRST_ROW):
        texts = [LEVEL_WORDS[entry.level], entry.sheet or "", entry.cell, entry.column, entry.value, entry.message]
        rows.append(_row(number, texts, looks_of_row))
        if entry.sheet is not None and position_of(entry.cell) is not None:
            quoted = entry.sheet.replace("'", "''")
            target = in_quotes(f"'{quoted}'!{entry.cell}")
            links.append(f'<hyperlink ref="{cell_address(number, _CELL_COLUMN)}" location={target}/>')
    columns = "".join(
        f'<col min="{index}" max="{index}" width="{width}" customWidth="1"/>'
        for index, width in enumerate(WIDTHS, start=1)
    )
    linked = f"<hyperlinks>{''.join(links)}</hyperlinks>" if links else ""
    frozen = f'<pane ySplit="3" topLeftCell="A{FIRST_ROW}" activePane="bottomLeft" state="frozen"/>'
    return (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<worksheet xmlns="{_MAIN}">'
        f'<sheetViews><sheetView tabSelected="1" workbookViewId="0">{frozen}</sheetView></sheetViews>'
        f'<sheetFormatPr defaultRowHeight="15"/><cols>{columns}</cols><sheetData>{"".join(rows)}</sheetData>'
        f"{linked}</worksheet>"
    )


def _row(number: int, texts: list[str], looks: list[int]) -> str:
    cells = "".join(
        f'<c r="{cell_address(number, index)}" s="{look}" t="inlineStr"><is><t xml:space="preserve">{plain(text)}</t></is></c>'
        for index, (text, look) in enumerate(zip(texts, looks, strict=True))
    )
    return f'<row r="{number}">{cells}</row>'
