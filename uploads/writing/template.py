"""Templates and exports of a register, from its declared columns (docs/spreadsheets.md §4.7).

Both have the same layout and can be uploaded again: uploaded unchanged, they change no record. Personal values are
masked, and a masked value in an upload means "no change".
"""

from __future__ import annotations

import datetime
import io
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple

import xlsxwriter
from django.conf import settings
from django.utils import timezone
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from changzhi_portal.personal import Sealed
from changzhi_portal.refusals import NotAllowedError
from changzhi_portal.registers.cleaning import CLEAR_WORD
from changzhi_portal.registers.columns import Column, DateColumn, DecimalColumn, IntegerColumn
from changzhi_portal.registers.register import RegisterSheet
from changzhi_portal.rights import Actor
from changzhi_portal.scope import scope_path_of
from periods.models import ReportingPeriod
from uploads.reading.grid import is_error_text
from uploads.reading.rows import is_ditto
from uploads.template_stamp import (
    DICTIONARY_HEADING,
    DICTIONARY_SHEET,
    GUIDE_HEADING,
    GUIDE_SHEET,
    TEMPLATE_VERSION,
    version_stamp,
)
from uploads.writing.advice import TEXT, advice_on, choices_of, number_format_of, width_of

SPARE_ROWS: Final = 200  # formatted rows for new records
REQUIRED_MARK: Final = "*"  # behind the header of a required column; reading leaves it out
_LONGEST_INLINE_LIST: Final = 255  # characters; Excel's limit
_HEADER_ROW: Final = 2  # from 0
_DICTIONARY_ROWS: Final = 2  # above the choices: the heading and the lists' names
_A4: Final = 9  # Excel's number of the paper
_FRAME: Final = {"border": 1, "border_color": "#BFBFBF"}
# Excel counts 1900-02-29 as a day, so earlier days are written as text.
_FIRST_SAFE_DAY: Final = datetime.date(1900, 3, 1)
_GENERAL_RULES: Final = (
    "请不要改表头的列名；列的先后可以调整，不用的列可以删去（带*号的橙色必填列除外）。",
    "“记录编号”由系统生成：已有的记录不要改动，新增的行留空。",
    "单元格空着，表示这一项不改（已有的记录）或不填（新增的记录）；要清空已有的内容，请写“清空”。",
    "0是数值，不等于空着。",
    "身份证号、电话带*号的是已有的号码，不改就不用动；要改就写完整的号码。",
    "身份证号、各种代码的单元格请保持“文本”格式，否则Excel会丢掉末几位。",
    "改好后在“填报—上传表格”中上传；先检查，由您确认后才入库。",
)


def write_template(sheet: RegisterSheet, *, division: Any, period: ReportingPeriod, by: Actor, filled: bool) -> bytes:
    """Return the template of a register for an office and a month as .xlsx; with `filled` it has the current records.

    Raises NotAllowedError when the division is not in the user's scope.
    """
    _require_scope(division, by)
    records: Iterable[dict[str, Any]] = ()
    if filled:
        records = (sheet.prefilled(record, period.as_of) for record in sheet.template_records(division.path))
    return _Workbook(sheet, division, f"{period}").write(records, spare=SPARE_ROWS)


class ExportedWorkbook(NamedTuple):
    """An export: the file's bytes, and how many records it has."""

    data: bytes
    rows: int


def write_export(sheet: RegisterSheet, *, division: Any, by: Actor, in_clear: str = "") -> ExportedWorkbook:
    """Return all records of a register in a division as .xlsx, personal values masked.

    With `in_clear`, a note that says who has exported them and when, they stand in clear: whoever calls it has checked
    the right and recorded the reason. Raises NotAllowedError when the division is not in the user's scope.
    """
    _require_scope(division, by)
    today = timezone.localdate()
    book = _Workbook(sheet, division, f"{today.year}年{today.month}月{today.day}日导出", in_clear=in_clear)
    data = book.write(sheet.records(division.path), spare=0)
    return ExportedWorkbook(data, book.record_count)


def _require_scope(division: Any, by: Actor) -> None:
    path = scope_path_of(by)
    if path is None or not division.path.startswith(path):
        raise NotAllowedError("只能下载本单位范围内的表格。", cure="The division is not in the user's scope.")


class _Workbook:
    """Writer of one workbook: the register's sheet, the guide, and the hidden lists of the drop-downs."""

    def __init__(self, sheet: RegisterSheet, division: Any, when: str, in_clear: str = "") -> None:
        self._sheet = sheet
        self._in_clear = in_clear
        self.record_count = 0
        self._division = division
        label = "（演示数据）" if settings.DEMO else ""
        self._title = f"{division.full_name}{sheet.title}登记表（{when}）{label}"
        self._lists = sheet.offered(division.path)

    def write(self, records: Iterable[dict[str, Any]], *, spare: int) -> bytes:
        """Return the file's bytes; `spare` is the number of blank formatted rows after the records."""
        target = io.BytesIO()
        with xlsxwriter.Workbook(target, {"constant_memory": True}) as book:
            book.set_properties({"title": self._title})
            book.set_custom_property("模板版本", TEMPLATE_VERSION)
            self._formats = {column.field: book.add_format(_looks_of(column)) for column in self._sheet.columns}
            # Without a frame, so that only filled rows are printed.
            self._spare = {
                column.field: book.add_format({"num_format": number_format_of(column)})
                for column in self._sheet.columns
            }
            self._text = book.add_format({"num_format": TEXT} | _FRAME)
            page = book.add_worksheet(self._sheet.title)
            self._head(book, page)
            last = self._rows(page, records, spare)
            page.autofilter(_HEADER_ROW, 0, max(last, _HEADER_ROW + 1), len(self._sheet.columns) - 1)
            self._set_up_page(book, page, last - spare, last)
            self._drop_downs(book, page, last)
            self._guide(book)
        return target.getvalue()

    def _head(self, book: xlsxwriter.Workbook, page: Worksheet) -> None:
        plain = {"bold": True, "border": 1, "align": "center", "valign": "vcenter", "text_wrap": True}
        optional = book.add_format(plain | {"bg_color": "#DDEBF7"})
        required = book.add_format(plain | {"bg_color": "#FCE4D6"})
        small = book.add_format({"font_size": 9, "font_color": "#7F7F7F"})
        for index, column in enumerate(self._sheet.columns):
            page.set_column(index, index, width_of(column), self._spare[column.field])
        page.set_row(0, 26)
        page.write_string(0, 0, self._title, book.add_format({"bold": True, "font_size": 14, "valign": "vcenter"}))
        if self._in_clear:
            page.write_string(0, 8, self._in_clear, book.add_format({"bold": True, "font_color": "#C00000"}))
        page.write_string(1, 0, f"填报单位：{self._division.full_name}", small)
        page.write_string(1, 4, version_stamp(), small)
        if any(column.required for column in self._sheet.columns):
            page.write_string(1, 6, f"带{REQUIRED_MARK}号的橙色列必填", small)
        page.set_row(_HEADER_ROW, 32)
        for index, column in enumerate(self._sheet.columns):
            header = f"{column.header}{REQUIRED_MARK}" if column.required else column.header
            page.write_string(_HEADER_ROW, index, header, required if column.required else optional)
            page.write_comment(_HEADER_ROW, index, _note_of(column), {"x_scale": 1.6})
        page.freeze_panes(_HEADER_ROW + 1, _frozen_columns(self._sheet.columns))

    def _rows(self, page: Worksheet, records: Iterable[dict[str, Any]], spare: int) -> int:
        """Write the records and the spare rows, and return the last row's number from 0."""
        columns = [(index, column, self._formats[column.field]) for index, column in enumerate(self._sheet.columns)]
        last = _HEADER_ROW
        for last, record in enumerate(records, start=_HEADER_ROW + 1):
            for index, column, cell_format in columns:
                self._write_cell(page, last, index, column, record.get(column.field), cell_format)
        self.record_count = last - _HEADER_ROW
        for row in range(last + 1, last + 1 + spare):
            for index, column, _ in columns:
                page.write_blank(row, index, None, self._spare[column.field])
        return last + spare

    def _set_up_page(self, book: xlsxwriter.Workbook, page: Worksheet, last_filled: int, last: int) -> None:
        """Print A4 across, one page wide, with the header on each page; a spare row gets its frame once it is filled."""
        page.repeat_rows(_HEADER_ROW)
        _print_across(page)
        width = len(self._sheet.columns)
        if last > last_filled:
            first = last_filled + 2  # of the spare rows, from 1
            filled = f"=COUNTA($A{first}:{xl_col_to_name(width - 1, True)}{first})>0"
            rule = {"type": "formula", "criteria": filled, "format": book.add_format(_FRAME)}
            page.conditional_format(first - 1, 0, last, width - 1, rule)

    def _write_cell(
        self, page: Worksheet, row: int, index: int, column: Column, value: Any, cell_format: Format
    ) -> None:
        """Write a value so that reading it again returns the same.

        Text is never written as a formula, and its cell has the format of text: other programs make numbers, dates and
        formulas of 0012, 2018-06 and =甲楼.
        """
        if value is None or value == "" or value == []:
            page.write_blank(row, index, None, cell_format)
        elif isinstance(column, IntegerColumn | DecimalColumn) and isinstance(value, int | Decimal):
            page.write_number(row, index, value, cell_format)
        elif isinstance(column, DateColumn) and value >= _FIRST_SAFE_DAY:
            page.write_datetime(row, index, value, cell_format)
        else:
            text = self._shown(value) if isinstance(value, Sealed) else column.written(value)
            if _would_be_interpreted(text):
                page.write_blank(row, index, None, cell_format)
            else:
                page.write_string(row, index, text, self._text)

    def _shown(self, value: Sealed) -> str:
        return value.reveal() if self._in_clear else str(value)

    def _drop_downs(self, book: xlsxwriter.Workbook, page: Worksheet, last: int) -> None:
        """Add a list to each column of choices. Long lists and lists of places are named ranges on a hidden sheet.

        They are referred to by name, because programs other than Excel may lose references to another sheet.
        """
        hidden_lists: list[tuple[str, Sequence[str]]] = []
        bottom = last + SPARE_ROWS
        for index, column in enumerate(self._sheet.columns):
            words = choices_of(column) or self._lists.get(column.field, ())
            if not words:
                continue
            rule = {"validate": "list", "error_type": "warning", "error_title": column.header[:32]}
            rule["error_message"] = "列表里没有这一项，检查时可能报错。仍要这样填吗？"
            is_short = column.field not in self._lists and len(",".join(words)) <= _LONGEST_INLINE_LIST
            if not is_short:
                hidden_lists.append((column.header, words))
            name = f"{DICTIONARY_SHEET}_{column.field}"
            page.data_validation(
                _HEADER_ROW + 1, index, bottom, index, rule | {"source": list(words) if is_short else f"={name}"}
            )
            if not is_short:
                letter = chr(ord("A") + len(hidden_lists) - 1)
                top = _DICTIONARY_ROWS + 1
                book.define_name(name, f"={DICTIONARY_SHEET}!${letter}${top}:${letter}${_DICTIONARY_ROWS + len(words)}")
        if hidden_lists:
            self._dictionary(book, hidden_lists)

    @staticmethod
    def _dictionary(book: xlsxwriter.Workbook, hidden_lists: Sequence[tuple[str, Sequence[str]]]) -> None:
        page = book.add_worksheet(DICTIONARY_SHEET)
        page.hide()
        page.write_string(0, 0, f"{DICTIONARY_HEADING}（系统生成，不是数据，请不要改动）")
        for index, (header, _) in enumerate(hidden_lists):
            # Not the bare header, so that no program's copy of the sheet looks like a table of the register.
            page.write_string(1, index, f"“{header}”可选")
        for number in range(max(len(words) for _, words in hidden_lists)):
            for index, (_, words) in enumerate(hidden_lists):
                if number < len(words):
                    page.write_string(_DICTIONARY_ROWS + number, index, words[number])

    def _guide(self, book: xlsxwriter.Workbook) -> None:
        page = book.add_worksheet(GUIDE_SHEET)
        bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
        _print_across(page)
        page.set_column(0, 0, 26, wrapped)
        page.set_column(1, 1, 8, wrapped)
        page.set_column(2, 2, 90, wrapped)
        page.write_string(0, 0, f"{self._sheet.title}{GUIDE_HEADING}", bold)
        unwrapped = book.add_format({"text_wrap": False})
        for number, rule in enumerate(_GENERAL_RULES, start=1):
            page.write_string(number, 0, f"{number}. {rule}", unwrapped)
        top = len(_GENERAL_RULES) + 2
        for index, text in enumerate(("表头", "必填", "怎样填")):
            page.write_string(top, index, text, bold)
        for number, column in enumerate(self._sheet.columns, start=top + 1):
            page.write_string(number, 0, column.header, wrapped)
            page.write_string(number, 1, "必填" if column.required else "", wrapped)
            page.write_string(number, 2, f"{column.note}{'。' if column.note else ''}{advice_on(column)}", wrapped)


def _note_of(column: Column) -> str:
    parts = ["必填。" if column.required else "", f"{column.note}。" if column.note else "", advice_on(column)]
    return "".join(parts) or column.header


def _frozen_columns(columns: Sequence[Column]) -> int:
    """Return how many columns to freeze: 记录编号 and, where it comes next, the record's name."""
    return 2 if len(columns) > 1 and columns[1].field == "name" else 1


def _looks_of(column: Column) -> dict[str, Any]:
    return {"num_format": number_format_of(column)} | _FRAME


def _print_across(page: Worksheet) -> None:
    page.set_landscape()
    page.set_paper(_A4)
    page.fit_to_pages(1, 0)
    page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    page.set_footer("&C第&P页，共&N页")


def _would_be_interpreted(text: str) -> bool:
    """Return whether reading would interpret the text: 清空, 同上, #REF!. A blank cell is written instead."""
    return text.strip() == CLEAR_WORD or is_ditto(text) or is_error_text(text)
