"""XML of the sheet 问题汇总, which lists every problem with a link to its cell."""

from __future__ import annotations

from typing import Final, NamedTuple

from uploads.writing.problem_list import (
    CELL_COLUMN,
    Entry,
    ProblemList,
    address_of,
    position_of,
)
from uploads.writing.xml_text import in_quotes, plain

_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
HEADER_ROWS: Final = 3  # the heading, the advice and the headers
FIRST_ROW: Final = HEADER_ROWS + 1  # first row of problems, from 1
# A4 across, one page wide, as many pages as it takes, with page numbers.
_PRINTED: Final = (
    '<pageMargins left="0.5" right="0.5" top="0.6" bottom="0.6" header="0.3" footer="0.3"/>'
    '<pageSetup paperSize="9" orientation="landscape" fitToWidth="1" fitToHeight="0"/>'
    "<headerFooter><oddFooter>&amp;C第&amp;P页，共&amp;N页</oddFooter></headerFooter>"
)


class SheetStyles(NamedTuple):
    """The style indexes that the sheet uses."""

    plain: int
    bold: int
    link: int


def problem_sheet(entries: list[Entry], styles: SheetStyles) -> str:
    """Return the worksheet's XML. Texts are inline strings, which are never evaluated as formulas."""
    listing = ProblemList(entries)
    columns = listing.columns
    linked_column = columns.index(CELL_COLUMN)
    rows = [
        _row(1, [listing.heading], [styles.bold]),
        _row(2, [listing.advice], [0]),
        _row(3, [column.header for column in columns], [styles.bold] * len(columns)),
    ]
    links = []
    row_styles = [styles.plain] * len(columns)
    row_styles[linked_column] = styles.link
    for number, entry in enumerate(listing.listed, start=FIRST_ROW):
        rows.append(_row(number, listing.texts_of(entry, sheet=entry.sheet or ""), row_styles))
        if entry.sheet is not None and position_of(entry.cell) is not None:
            quoted = entry.sheet.replace("'", "''")
            target = in_quotes(f"'{quoted}'!{entry.cell}")
            links.append(f'<hyperlink ref="{address_of((number - 1, linked_column))}" location={target}/>')
    widths = "".join(
        f'<col min="{index}" max="{index}" width="{column.width}" customWidth="1"/>'
        for index, column in enumerate(columns, start=1)
    )
    linked = f"<hyperlinks>{''.join(links)}</hyperlinks>" if links else ""
    frozen = f'<pane ySplit="{HEADER_ROWS}" topLeftCell="A{FIRST_ROW}" activePane="bottomLeft" state="frozen"/>'
    return (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<worksheet xmlns="{_MAIN}">'
        '<sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>'
        f'<sheetViews><sheetView tabSelected="1" workbookViewId="0">{frozen}</sheetView></sheetViews>'
        f'<sheetFormatPr defaultRowHeight="15"/><cols>{widths}</cols><sheetData>{"".join(rows)}</sheetData>'
        f"{linked}{_PRINTED}</worksheet>"
    )


def _row(number: int, texts: list[str], styles: list[int]) -> str:
    cells = "".join(
        f'<c r="{address_of((number - 1, index))}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{plain(text)}</t></is></c>'
        for index, (text, style) in enumerate(zip(texts, styles, strict=True))
    )
    return f'<row r="{number}">{cells}</row>'
