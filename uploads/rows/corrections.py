"""Cells that were corrected in the page, stored with the batch and read instead of the file's.

They are stored apart from the staged rows, so that they apply when the file is read again with another mapping, and so
that everybody sees what was changed in the page, and by whom. The text of a personal column is stored as ciphertext.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, NamedTuple

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from changzhi_portal.personal import decrypt, encrypt
from changzhi_portal.personal_numbers import kinds_in
from changzhi_portal.refusals import InvalidError
from changzhi_portal.registers.cleaning import CLEAR_WORD
from changzhi_portal.registers.columns import Column, DecimalColumn, IntegerColumn
from changzhi_portal.registers.problems import cell_address
from changzhi_portal.registers.register import RegisterSheet
from changzhi_portal.registers.rows import RegisterRow
from changzhi_portal.rights import Actor
from uploads.column_mapping import unit_of
from uploads.models import UploadBatch, UploadRow
from uploads.rows.cleaning import CellRereader
from uploads.rows.file_columns import FileColumns
from uploads.rows.staged import CLEARED

MOST_CORRECTIONS = 200  # more corrections are faster in the file
LONGEST_TEXT = 2_000


class CorrectableCell(NamedTuple):
    """A cell of a staged row that the page can change."""

    field: str
    header: str
    address: str
    shown: str  # its present text; masked in personal columns
    problems: list[str]
    is_personal: bool
    unit: str  # the file's unit, if it is not the register's: 万元


class CorrectedCell(NamedTuple):
    """A corrected cell as the office's own workbook shows it; `text` is plain in personal columns too."""

    sheet: str
    address: str
    text: str
    is_figure: bool


class MadeCorrection(NamedTuple):
    """A correction as the page lists it."""

    row: str
    cell: str
    header: str
    shown: str
    by: str
    at: datetime.datetime | None


def positions_of(batch: UploadBatch, row: UploadRow) -> dict[str, int]:
    """Return field → index of its column in the row's table."""
    return FileColumns(batch.mapping).positions(row.sheet, row.row_number)


def correctable_cells(batch: UploadBatch, row: UploadRow, sheet: RegisterSheet) -> list[CorrectableCell]:
    """Return the cells of a row whose column is in the file, in the file's order."""
    file_columns = FileColumns(batch.mapping)
    messages: dict[str, list[str]] = {}
    said: dict[str, str] = {}
    for problem in row.problems:
        messages.setdefault(problem["column"], []).append(problem["message"])
        said.setdefault(problem["column"], problem["value"])
    cells = []
    for field, index in sorted(positions_of(batch, row).items(), key=lambda item: item[1]):
        column, multiplier = sheet.column(field), file_columns.multiplier(row.sheet, row.row_number, field)
        shown = said.get(column.header) if column.header in said else _staged_text(column, row, multiplier)
        cells.append(
            CorrectableCell(
                field,
                column.header,
                cell_address(row.row_number, index),
                shown or "",
                messages.get(column.header, []),
                column.is_personal,
                "" if multiplier == 1 else unit_of(multiplier),
            )
        )
    return cells


def _staged_text(column: Column, row: UploadRow, multiplier: Decimal) -> str:
    """Return the cell's text for the input field, in the unit of its column of the file."""
    if column.field in row.values.get(CLEARED, ()):
        return CLEAR_WORD
    if column.field not in row.values:
        return ""
    value = column.from_json(row.values[column.field])
    return column.written(value if multiplier == 1 else format((value / multiplier).normalize(), "f"))


def add_correction(batch: UploadBatch, row: UploadRow, column: Column, text: str, *, by: Actor) -> None:
    """Add to the batch, without saving it, the correction of a cell to `text`. Raises InvalidError."""
    if column.field not in positions_of(batch, row):
        raise InvalidError(
            f"文件里没有“{column.header}”列，请在文件里补上这一列后重新上传。",
            cure="No such column.",
            field=column.field,
        )
    if len(text) > LONGEST_TEXT:
        raise InvalidError(
            f"内容过长，最多{LONGEST_TEXT}个字，请缩短后再改。", cure="The text is too long.", field=column.field
        )
    if not column.is_personal and (kinds := kinds_in(text, id_numbers_only=column.holds_issued_numbers)):
        raise InvalidError(
            f"改成的内容里有{'和'.join(kinds)}，“{column.header}”列不能写个人号码，没有改，请删去号码后再改。",
            cure="The text contains an ID or mobile number. Remove it.",
            field=column.field,
        )
    kept = [
        made
        for made in batch.corrections
        if (made["sheet"], made["row"], made["field"]) != (row.sheet, row.row_number, column.field)
    ]
    if len(kept) >= MOST_CORRECTIONS:
        raise InvalidError(
            f"页面上最多改{MOST_CORRECTIONS}格，请在文件里改好后重新上传。", cure="Too many corrections; mend the file."
        )
    batch.corrections = [
        *kept,
        {
            "sheet": row.sheet,
            "row": row.row_number,
            "field": column.field,
            "label": row.label,
            "text": encrypt(text) if column.is_personal else text,
            "by": str(by),
            "at": timezone.now().isoformat(),
        },
    ]


def apply_corrections(
    batch: UploadBatch, rows: Iterable[RegisterRow], sheet: RegisterSheet, rereader: CellRereader
) -> None:
    """Read the corrected cells instead of those of the file, before the rows are compared."""
    if not batch.corrections:
        return
    by_row: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for made in batch.corrections:
        by_row.setdefault((made["sheet"], made["row"]), []).append(made)
    for row in rows:
        for made in by_row.get((row.sheet or "", row.number or 0), ()):
            if made["field"] in row.columns:
                rereader.correct(row, made["field"], _text_of(made, sheet.column(made["field"])))


def made_corrections(batch: UploadBatch, sheet: RegisterSheet) -> list[MadeCorrection]:
    """Return the corrections made in the page, the newest first; personal text masked."""
    file_columns = FileColumns(batch.mapping)
    listed = []
    for made in reversed(batch.corrections):
        column = sheet.column(made["field"])
        index = file_columns.positions(made["sheet"], made["row"]).get(made["field"])
        listed.append(
            MadeCorrection(
                row=made["label"],
                cell=cell_address(made["row"], index) if index is not None else "",
                header=column.header,
                shown=column.shown(_text_of(made, column)),
                by=made["by"],
                at=parse_datetime(made["at"]),
            )
        )
    return listed


def corrected_cells(batch: UploadBatch, sheet: RegisterSheet) -> list[CorrectedCell]:
    """Return the corrected cells whose columns are in the file, with their plain text."""
    positions = {
        (part["sheet"] or "", column["field"]): column["index"] for part in batch.mapping for column in part["columns"]
    }
    cells = []
    for made in batch.corrections:
        column, index = sheet.column(made["field"]), positions.get((made["sheet"], made["field"]))
        if index is not None:
            is_figure = isinstance(column, IntegerColumn | DecimalColumn)
            address = cell_address(made["row"], index)
            cells.append(CorrectedCell(made["sheet"], address, _text_of(made, column), is_figure))
    return cells


def _text_of(made: dict[str, Any], column: Column) -> str:
    text: str = made["text"]
    return decrypt(text) if column.is_personal else text
