"""Changing the styles of cells in a worksheet's XML. Rows without such a cell are not changed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from changzhi_portal.registers.problems import Level, cell_address
from uploads.reading.grid import MergedRange
from uploads.writing.problem_list import Position, position_of
from uploads.writing.xml_text import UnusualWorkbookError

_ROW: Final = re.compile(rb"<(\w+:)?row\b([^>]*?)(/?)>")
_NUMBER: Final = re.compile(rb"\br=[\"'](\d+)[\"']")
_CELL: Final = re.compile(rb"<(?:\w+:)?c\b([^>]*?)(?:/>|>.*?</(?:\w+:)?c>)", re.DOTALL)
_REFERENCE: Final = re.compile(rb"\br=[\"']([A-Z]{1,3}\d+)[\"']")
_STYLE: Final = re.compile(rb"\bs=[\"'](\d+)[\"']")
_SPANS: Final = re.compile(rb"\s+spans=[\"'][^\"']*[\"']")
_MERGED: Final = re.compile(r"<(?:\w+:)?mergeCell\b[^>]*?\bref=[\"']([A-Z]+\d+):([A-Z]+\d+)[\"']")
_STYLED_CELL: Final = re.compile(rb"(<(?:\w+:)?c\b[^>]*?\bs=[\"'])(\d+)(?=[\"'])")
_LONGEST_ROW: Final = 4 * 1024 * 1024  # bytes; far more than any real row
Restyle = Callable[[int, Level], int]


def restyle_cells(rows: bytes, levels: Mapping[Position, Level], restyle: Restyle) -> bytes:
    """Return the rows' XML with the style of the cells at these positions replaced.

    `restyle` takes a cell's style index and its level, and returns the new style index. Missing cells are added, missing
    rows are not. Raises UnusualWorkbookError for rows without numbers.
    """
    by_row: dict[int, dict[int, Level]] = {}
    for (row, column), level in levels.items():
        by_row.setdefault(row, {})[column] = level
    pieces: list[bytes] = []
    position = 0
    for tag in _ROW.finditer(rows):
        number = _NUMBER.search(tag[2])
        if number is None:
            raise UnusualWorkbookError("rows without numbers")
        cells = by_row.get(int(number[1]) - 1)
        if cells is None:
            continue
        prefix = tag[1] or b""
        closing = b"</%srow>" % prefix
        end = tag.end() if tag[3] else rows.find(closing, tag.end())
        if end < 0:
            raise UnusualWorkbookError("a row without an end")
        content = b"" if tag[3] else rows[tag.end() : end]
        opening = b"<%srow%s>" % (prefix, _SPANS.sub(b"", tag[2]))
        pieces += [rows[position : tag.start()], opening]
        pieces += [_restyled(content, int(number[1]) - 1, cells, restyle, prefix, _style_of_row(tag[2])), closing]
        position = end if tag[3] else end + len(closing)
    return b"".join([*pieces, rows[position:]])


def _style_of_row(attributes: bytes) -> int:
    match = _STYLE.search(attributes)
    return int(match[1]) if match else 0


def _restyled(
    content: bytes, row: int, cells: Mapping[int, Level], restyle: Restyle, prefix: bytes, row_style: int
) -> bytes:
    if len(content) > _LONGEST_ROW:
        raise UnusualWorkbookError("a row of endless content")
    by_column: dict[int, bytes] = {}
    end = 0
    for cell in _CELL.finditer(content):
        reference = _REFERENCE.search(cell[1])
        place = position_of(reference[1].decode()) if reference else None
        if place is None:
            raise UnusualWorkbookError("cells without addresses")
        by_column[place[1]] = cell[0]
        end = cell.end()
    for column, level in cells.items():
        old = by_column.get(column)
        if old is None:
            address = cell_address(row + 1, column).encode()
            by_column[column] = b'<%sc r="%s" s="%d"/>' % (prefix, address, restyle(row_style, level))
        else:
            by_column[column] = _with_style(old, level, restyle)
    return b"".join(xml for _, xml in sorted(by_column.items())) + content[end:]


def _with_style(cell: bytes, level: Level, restyle: Restyle) -> bytes:
    end = cell.index(b">") + 1
    opening = cell[:end]
    match = _STYLE.search(opening)
    style = b's="%d"' % restyle(int(match[1]) if match else 0, level)
    if match:
        return opening[: match.start()] + style + opening[match.end() :] + cell[end:]
    return re.sub(rb"\s*(/?)>$", lambda tail: b" " + style + tail[1] + b">", opening) + cell[end:]


def replace_styles(rows: bytes, new_styles: Mapping[int, int]) -> bytes:
    """Return the rows' XML with the style indexes of all cells mapped by `new_styles`."""
    if not new_styles:
        return rows

    def changed(match: re.Match[bytes]) -> bytes:
        style = int(match[2])
        return match[1] + b"%d" % new_styles.get(style, style)

    return _STYLED_CELL.sub(changed, rows)


def merged_ranges(tail: str) -> list[MergedRange]:
    """Return the merged cells that a worksheet's XML lists after its rows."""
    ranges = []
    for first, last in _MERGED.findall(tail):
        top_left, bottom_right = position_of(first), position_of(last)
        if top_left is not None and bottom_right is not None:
            ranges.append((*top_left, *bottom_right))
    return ranges
