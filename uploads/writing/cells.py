"""Changing cells in a worksheet's XML: their styles, and the values of corrected ones. Other rows stay as they are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from uploads.reading.grid import MergedRange
from uploads.writing.orders import Fix
from uploads.writing.problem_list import Position, address_of, position_of
from uploads.writing.xml_text import UnusualWorkbookError, plain

_ROW: Final = re.compile(rb"<(\w+:)?row\b([^>]*?)(/?)>")
_NUMBER: Final = re.compile(rb"\br=[\"'](\d+)[\"']")
_CELL: Final = re.compile(rb"<(?:\w+:)?c\b([^>]*?)(?:/>|>.*?</(?:\w+:)?c>)", re.DOTALL)
_REFERENCE: Final = re.compile(rb"\br=[\"']([A-Z]{1,3}\d+)[\"']")
_STYLE: Final = re.compile(rb"\bs=[\"'](\d+)[\"']")
_FORMULA: Final = re.compile(rb"<(?:\w+:)?f\b([^>]*)>")
_SPANS: Final = re.compile(rb"\s+spans=[\"'][^\"']*[\"']")
_MERGED: Final = re.compile(r"<(?:\w+:)?mergeCell\b[^>]*?\bref=[\"']([A-Z]+\d+):([A-Z]+\d+)[\"']")
_LONGEST_ROW: Final = 4 * 1024 * 1024  # bytes; far more than any real row


class CellStyles(Protocol):
    """What changes the style of a cell, given and returned as an index of cellXfs."""

    def marked(self, style: int, level: str) -> int:
        """Return the style with the fill colour of the level."""

    def as_text(self, style: int) -> int:
        """Return the style with the number format of text."""


@dataclass(slots=True)
class ChangedCells:
    """The changed XML in pieces, and whether a corrected cell had a formula."""

    pieces: list[bytes | memoryview]
    dropped_formula: bool = False


@dataclass(slots=True)
class _Change:
    level: str = ""
    fix: Fix | None = None


def change_cells(
    xml: bytes | bytearray,
    start: int,
    stop: int,
    levels: Mapping[Position, str],
    fixes: Mapping[Position, Fix],
    styles: CellStyles,
) -> ChangedCells:
    """Return the rows' XML, which `xml` has from `start` to `stop`, with cells marked by level and corrected cells written.

    Missing cells are added, missing rows are not. The rows in between are not copied. Raises UnusualWorkbookError for rows
    without numbers, and where a corrected cell lies in no row or has the formula that other cells share.
    """
    by_row: dict[int, dict[int, _Change]] = {}
    for (row, column), level in levels.items():
        by_row.setdefault(row, {}).setdefault(column, _Change()).level = level
    for (row, column), fix in fixes.items():
        by_row.setdefault(row, {}).setdefault(column, _Change()).fix = fix
    view = memoryview(xml)
    changed = ChangedCells([])
    position = start
    for tag in _ROW.finditer(xml, start, stop):
        number = _NUMBER.search(tag[2])
        if number is None:
            raise UnusualWorkbookError("rows without numbers")
        row = int(number[1]) - 1
        cells = by_row.pop(row, None)
        if cells is None:
            continue
        prefix = bytes(tag[1] or b"")
        closing = b"</%srow>" % prefix
        end = tag.end() if tag[3] else xml.find(closing, tag.end(), stop)
        if end < 0:
            raise UnusualWorkbookError("a row without an end")
        content = b"" if tag[3] else bytes(view[tag.end() : end])
        opening = b"<%srow%s>" % (prefix, _SPANS.sub(b"", tag[2]))
        changed.pieces += [view[position : tag.start()], opening]
        written = _Row(row, prefix, _style_of_row(tag[2]), styles)
        changed.pieces += [written.changed(content, cells), closing]
        changed.dropped_formula |= written.dropped_formula
        position = end if tag[3] else end + len(closing)
    if any(change.fix for cells in by_row.values() for change in cells.values()):
        raise UnusualWorkbookError("a corrected cell in a row that is not there")
    changed.pieces.append(view[position:stop])
    return changed


def _style_of_row(attributes: bytes) -> int:
    match = _STYLE.search(attributes)
    return int(match[1]) if match else 0


class _Row:
    """Writer of one row's cells."""

    def __init__(self, row: int, prefix: bytes, style: int, styles: CellStyles) -> None:
        self._row = row
        self._prefix = prefix
        self._style = style  # of the row, which a cell that is not there has
        self._styles = styles
        self.dropped_formula = False

    def changed(self, content: bytes, cells: Mapping[int, _Change]) -> bytes:
        """Return the row's content with these cells, by column, changed."""
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
        for column, change in cells.items():
            by_column[column] = self._cell(column, by_column.get(column), change)
        return b"".join(xml for _, xml in sorted(by_column.items())) + content[end:]

    def _cell(self, column: int, old: bytes | None, change: _Change) -> bytes:
        opening = old[: old.index(b">") + 1] if old is not None else b""
        match = _STYLE.search(opening)
        style = int(match[1]) if match else self._style if old is None else 0
        if change.fix is None and old is not None:
            return _with_style(old, opening, match, self._styles.marked(style, change.level))
        value, is_text = b"", False
        if change.fix is not None:
            self._check_formula(old or b"")
            value, is_text = self._value(change.fix)
            style = self._styles.as_text(style) if is_text else style
        if change.level:
            style = self._styles.marked(style, change.level)
        address = address_of((self._row, column)).encode()
        kind = b' t="inlineStr"' if is_text else b""
        return b'<%sc r="%s" s="%d"%s>%s</%sc>' % (self._prefix, address, style, kind, value, self._prefix)

    def _value(self, fix: Fix) -> tuple[bytes, bool]:
        """Return the XML of a corrected cell's value, and whether it is text."""
        p = self._prefix
        if number := fix.number:
            return b"<%sv>%s</%sv>" % (p, number.encode(), p), False
        if not fix.text.strip():
            return b"", False
        text = plain(fix.text).encode()
        return b'<%sis><%st xml:space="preserve">%s</%st></%sis>' % (p, p, text, p, p), True

    def _check_formula(self, old: bytes) -> None:
        formula = _FORMULA.search(old)
        if formula is None:
            return
        if b"ref=" in formula[1]:
            raise UnusualWorkbookError("a corrected cell has the formula of other cells too")
        self.dropped_formula = True


def _with_style(cell: bytes, opening: bytes, old: re.Match[bytes] | None, style: int) -> bytes:
    new = b's="%d"' % style
    rest = cell[len(opening) :]
    if old:
        return opening[: old.start()] + new + opening[old.end() :] + rest
    return re.sub(rb"\s*(/?)>$", lambda tail: b" " + new + tail[1] + b">", opening) + rest


def replace_styles(rows: memoryview, new_styles: Mapping[int, int]) -> bytes:
    """Return the rows' XML with the style indexes of all cells mapped by `new_styles`, of which there is at least one."""
    # Only these styles are searched for: a match for each cell of a large sheet would take several times its size.
    old = b"|".join(b"%d" % style for style in new_styles)
    cells = re.compile(rb"(<(?:\w+:)?c\b[^>]*?\bs=[\"'])(%s)(?=[\"'])" % old)
    return cells.sub(lambda match: bytes(match[1]) + b"%d" % new_styles[int(bytes(match[2]))], rows)


def merged_ranges(tail: str) -> list[MergedRange]:
    """Return the merged cells that a worksheet's XML lists after its rows."""
    ranges = []
    for first, last in _MERGED.findall(tail):
        top_left, bottom_right = position_of(first), position_of(last)
        if top_left is not None and bottom_right is not None:
            ranges.append((*top_left, *bottom_right))
    return ranges
