"""XML of the sheet 问题汇总, which lists every problem with a link to its cell."""

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
FIRST_ROW: Final = 4  # first row of problems (from 1), below the heading, the advice and the headers


class SheetStyles(NamedTuple):
    """The style indexes that the sheet uses."""

    plain: int
    bold: int
    link: int


def problem_sheet(entries: list[Entry], styles: SheetStyles) -> str:
    """Return the worksheet's XML. Texts are inline strings, which are never evaluated as formulas."""
    listed = entries[:MOST_LISTED]
    rows = [
        _row(1, [heading_of(entries)], [styles.bold]),
        _row(2, [ADVICE], [0]),
        _row(3, list(HEADERS), [styles.bold] * len(HEADERS)),
    ]
    links = []
    row_styles = [styles.plain] * len(HEADERS)
    row_styles[_CELL_COLUMN] = styles.link
    for number, entry in enumerate(listed, start=FIRST_ROW):
        texts = [LEVEL_WORDS[entry.level], entry.sheet or "", entry.cell, entry.column, entry.value, entry.message]
        rows.append(_row(number, texts, row_styles))
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


def _row(number: int, texts: list[str], styles: list[int]) -> str:
    cells = "".join(
        f'<c r="{cell_address(number, index)}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{plain(text)}</t></is></c>'
        for index, (text, style) in enumerate(zip(texts, styles, strict=True))
    )
    return f'<row r="{number}">{cells}</row>'
