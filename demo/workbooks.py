"""Workbooks laid out as offices do: title lines, two-row headers, merged towns, 序号, subtotals, footers.

The headers come from the registers' declared columns, in some layouts in another spelling that the register accepts.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from changzhi_portal.registers.columns import (
    BooleanColumn,
    Column,
    CreditCodeColumn,
    DateColumn,
    DecimalColumn,
    IntegerColumn,
    MonthColumn,
    PersonalColumn,
    PlaceCodeColumn,
)
from changzhi_portal.registers.register import RegisterSheet

Row = dict[str, Any]
# Fields that share a heading in a two-row header.
HEADINGS = (
    ("所在地", ("county", "town", "community_name", "community_code")),
    (
        "组织体系",
        ("has_party", "has_committee", "has_supervision", "has_mass", "has_economic", "groups", "representatives"),
    ),
)


@dataclass(frozen=True, slots=True)
class Layout:
    """Layout options of one office's sheets."""

    attachment: bool = True  # 附件 line above the title
    serial_numbers: bool = True  # 序号
    spellings: bool = False  # other spellings of the headers
    two_row_header: bool = False
    merged_towns: bool = False  # county and town merged down
    sheet_per_town: bool = False
    subtotals: bool = False  # 小计 below every town
    total: bool = True  # 合计 below everything
    footer: bool = True
    written_dates: str = ""  # strftime pattern for dates written as text; blank: date cells
    signs: tuple[str, str] = ("是", "否")


# Chosen by the county's position in the list.
LAYOUTS = (
    Layout(),
    Layout(merged_towns=True, written_dates="%Y.%m.%d"),
    Layout(two_row_header=True, attachment=False, signs=("√", "×")),
    Layout(subtotals=True, spellings=True, written_dates="%Y年%m月%d日"),
    Layout(sheet_per_town=True, total=False, footer=False),
    Layout(serial_numbers=False, total=False, spellings=True, written_dates="%Y-%m-%d"),
    Layout(merged_towns=True, two_row_header=True, signs=("有", "无")),
)


@dataclass(frozen=True, slots=True)
class Formats:
    """The cell formats of a workbook."""

    title: Format
    line: Format
    header: Format
    cell: Format
    text: Format
    date: Format
    merged: Format


class Workbook:
    """A workbook with the rows of one register and one office."""

    def __init__(
        self, path: Path, register: RegisterSheet, layout: Layout, *, title: str, office: str, day: datetime.date
    ) -> None:
        self._path = path
        self._day = day
        self._layout = layout
        self._columns = [column for column in register.columns if column.field != "ref"]
        self._title = title
        self._office = office

    def write(self, rows: Sequence[Row]) -> None:
        """Write the file, replacing an existing one."""
        with xlsxwriter.Workbook(self._path) as book:
            book.set_properties(
                {
                    "title": self._title,
                    "comments": "演示数据",
                    "created": datetime.datetime.combine(self._day, datetime.time()),
                }
            )
            formats = _formats(book)
            if self._layout.sheet_per_town:
                for town, members in _by_town(rows):
                    self._sheet(book.add_worksheet(town[:31] or "县级"), members, formats)
            else:
                self._sheet(book.add_worksheet("Sheet1"), rows, formats)

    def _sheet(self, sheet: Worksheet, rows: Sequence[Row], formats: Formats) -> None:
        columns = [column for column in self._columns if self._is_used(column, rows)]
        first = 1 if self._layout.serial_numbers else 0
        top = self._title_lines(sheet, first + len(columns), formats)
        top = self._header(sheet, top, columns, first, formats)
        sheet.freeze_panes(top, 0)
        bottom = self._rows(sheet, top, columns, rows, first, formats)
        if self._layout.total:
            bottom = self._sums(sheet, bottom, "合计", columns, rows, first, formats)
        if self._layout.footer:
            sheet.write(bottom + 1, 0, "填表人：（演示）", formats.line)
            sheet.write(bottom + 1, max(len(columns) - 2, 1), "审核人：（演示）", formats.line)

    @staticmethod
    def _is_used(column: Column, rows: Sequence[Row]) -> bool:
        """Return whether the sheet has the column: a required one, the remark, or one with a value in some row."""
        return column.required or column.field == "note" or any(column.field in row for row in rows)

    def _title_lines(self, sheet: Worksheet, width: int, formats: Formats) -> int:
        line = 0
        if self._layout.attachment:
            sheet.write(line, 0, "附件1", formats.line)
            line += 1
        sheet.merge_range(line, 0, line, width - 1, self._title, formats.title)
        sheet.set_row(line, 30)
        sheet.write(line + 1, 0, f"填报单位（盖章）：{self._office}", formats.line)
        sheet.write(
            line + 1, width - 2, f"填报时间：{self._day.year}年{self._day.month}月{self._day.day}日", formats.line
        )
        return line + 2

    def _header(self, sheet: Worksheet, top: int, columns: list[Column], first: int, formats: Formats) -> int:
        height = 2 if self._layout.two_row_header else 1
        if first:
            _write_block(sheet, (top, 0, top + height - 1, 0), "序号", formats.header)
        headings = {field: heading for heading, fields in HEADINGS for field in fields} if height == 2 else {}
        place = first
        for heading, members in groupby(columns, key=lambda column: headings.get(column.field, "")):
            group = list(members)
            if heading:
                _write_block(sheet, (top, place, top, place + len(group) - 1), heading, formats.header)
            for column in group:
                above = top + 1 if heading else top
                _write_block(sheet, (above, place, top + height - 1, place), self._spelling(column), formats.header)
                sheet.set_column(place, place, 22 if isinstance(column, PersonalColumn | CreditCodeColumn) else 14)
                place += 1
        return top + height

    def _spelling(self, column: Column) -> str:
        return column.spellings[0] if self._layout.spellings and column.spellings else column.header

    def _rows(
        self, sheet: Worksheet, top: int, columns: list[Column], rows: Sequence[Row], first: int, formats: Formats
    ) -> int:
        line, serial = top, 0
        for _, members in _by_town(rows):
            first_line = line
            for row in members:
                serial += 1
                if first:
                    sheet.write_number(line, 0, serial, formats.cell)
                for place, column in enumerate(columns, start=first):
                    self._cell(sheet, line, place, column, row.get(column.field), formats)
                line += 1
            if self._layout.merged_towns and line - first_line > 1:
                self._merge_town(sheet, first_line, line - 1, columns, members[0], first, formats)
            if self._layout.subtotals:
                line = self._sums(sheet, line, "小计", columns, members, first, formats)
        return line

    @staticmethod
    def _merge_town(
        sheet: Worksheet, top: int, bottom: int, columns: list[Column], row: Row, first: int, formats: Formats
    ) -> None:
        for place, column in enumerate(columns, start=first):
            if column.field in {"county", "town"} and row.get(column.field):
                sheet.merge_range(top, place, bottom, place, row[column.field], formats.merged)

    def _cell(self, sheet: Worksheet, line: int, place: int, column: Column, value: Any, formats: Formats) -> None:
        if value is None or value == "":
            sheet.write_blank(line, place, None, formats.cell)
        elif isinstance(column, BooleanColumn):
            sheet.write_string(line, place, self._layout.signs[0 if value else 1], formats.cell)
        elif isinstance(column, MonthColumn):
            sheet.write_string(line, place, column.written(value), formats.text)
        elif isinstance(column, DateColumn):
            self._date(sheet, line, place, value, formats)
        elif isinstance(column, PersonalColumn | CreditCodeColumn | PlaceCodeColumn):
            sheet.write_string(line, place, str(value), formats.text)
        elif isinstance(value, int | Decimal):
            sheet.write_number(line, place, float(value), formats.cell)
        else:
            sheet.write_string(line, place, str(value), formats.cell)

    def _date(self, sheet: Worksheet, line: int, place: int, day: datetime.date, formats: Formats) -> None:
        if self._layout.written_dates:
            sheet.write_string(line, place, day.strftime(self._layout.written_dates), formats.cell)
        else:
            sheet.write_datetime(line, place, datetime.datetime.combine(day, datetime.time()), formats.date)

    @staticmethod
    def _sums(
        sheet: Worksheet,
        line: int,
        word: str,
        columns: list[Column],
        rows: Sequence[Row],
        first: int,
        formats: Formats,
    ) -> int:
        """Write a line that begins with `word` (小计 or 合计) and sums the numeric columns; return the next line."""
        sheet.write_string(line, 0, word, formats.header)
        for place, column in enumerate(columns, start=first):
            if place and isinstance(column, IntegerColumn | DecimalColumn):
                total = sum((row.get(column.field) or 0 for row in rows), start=Decimal(0))
                sheet.write_number(line, place, float(total), formats.header)
        return line + 1


def _by_town(rows: Sequence[Row]) -> Iterator[tuple[str, list[Row]]]:
    for town, members in groupby(rows, key=lambda row: str(row.get("town", ""))):
        yield town, list(members)


def _write_block(sheet: Worksheet, block: tuple[int, int, int, int], text: str, style: Format) -> None:
    top, left, bottom, right = block
    if (top, left) == (bottom, right):
        sheet.write(top, left, text, style)
    else:
        sheet.merge_range(top, left, bottom, right, text, style)


def _formats(book: xlsxwriter.Workbook) -> Formats:
    grid = {"border": 1, "font_name": "宋体", "font_size": 10}
    return Formats(
        title=book.add_format({"bold": True, "font_size": 16, "align": "center", "valign": "vcenter"}),
        line=book.add_format({"font_name": "宋体", "font_size": 10}),
        header=book.add_format({**grid, "bold": True, "align": "center", "valign": "vcenter", "text_wrap": True}),
        cell=book.add_format(grid),
        text=book.add_format({**grid, "num_format": "@"}),
        date=book.add_format({**grid, "num_format": "yyyy-mm-dd"}),
        merged=book.add_format({**grid, "align": "center", "valign": "vcenter"}),
    )
