"""Cells that were corrected in the page, stored with the batch and read instead of the file's.

They are stored apart from the staged rows, so that they apply when the file is read again with another mapping, and so
that everybody sees what was changed in the page, and by whom. The text of a personal column is stored as ciphertext.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any, NamedTuple

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from changzhi_portal.personal import decrypt, encrypt, is_wiped, mask_left
from changzhi_portal.personal_numbers import kinds_in
from changzhi_portal.refusals import InvalidError
from changzhi_portal.registers.columns import Column, DecimalColumn, IntegerColumn
from changzhi_portal.registers.problems import cell_address
from changzhi_portal.registers.register import RegisterSheet
from changzhi_portal.registers.rows import RegisterRow
from changzhi_portal.rights import Actor
from uploads.column_mapping import header_in_unit, unit_of_file
from uploads.models import UploadBatch, UploadRow
from uploads.places import correction_of
from uploads.rows.cleaning import CellRereader
from uploads.rows.file_columns import FileColumns

MOST_CORRECTIONS = 200  # more corrections are faster in the file
LONGEST_TEXT = 2_000


class CorrectedCell(NamedTuple):
    """A corrected cell as the office's own workbook shows it; `text` is plain in personal columns too."""

    sheet: str
    address: str
    text: str
    is_figure: bool


class MadeCorrection(NamedTuple):
    """A correction as the page lists it; `header` has the file's unit, as `shown` has."""

    row: str
    cell: str
    header: str
    shown: str
    by: str
    at: datetime.datetime | None


def check_correction(column: Column, text: str) -> None:
    """Raise InvalidError for a text that no cell of a column may be corrected to: too long, or with a personal number."""
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


def add_corrections(batch: UploadBatch, row: UploadRow, texts: Iterable[tuple[Column, str]], *, by: Actor) -> None:
    """Add to the batch, without saving it, corrections of cells of a row to new texts: all of them or, raising, none.

    Raises InvalidError with the field of the first cell that is refused.
    """
    positions = FileColumns(batch.mapping).positions(row.sheet, row.row_number)
    made = {(each["sheet"], each["row"], each["field"]): each for each in batch.corrections}
    for column, text in texts:
        if column.field not in positions:
            raise InvalidError(absent_column_sentence(column.header), cure="No such column.", field=column.field)
        check_correction(column, text)
        cell = (row.sheet, row.row_number, column.field)
        made.pop(cell, None)  # the newest stands last
        if len(made) >= MOST_CORRECTIONS:
            raise InvalidError(
                f"页面上最多改{MOST_CORRECTIONS}格，请在文件里改好后重新上传。",
                cure="Too many corrections; mend the file.",
                field=column.field,
            )
        made[cell] = {
            "sheet": row.sheet,
            "row": row.row_number,
            "field": column.field,
            "label": row.label,
            "text": encrypt(text, correction_of(batch.ref, *cell)) if column.is_personal else text,
            "by": str(by),
            "at": timezone.now().isoformat(),
        }
    batch.corrections = list(made.values())


def absent_column_sentence(header: str) -> str:
    """Return what the user is told about a column of the register that the row's table does not have."""
    return f"文件里没有“{header}”列，请在文件里补上这一列后重新上传。"


def corrected_fields(batch: UploadBatch, row: UploadRow) -> set[str]:
    """Return the fields of the cells of a row that were corrected in the page."""
    return {made["field"] for made in batch.corrections if (made["sheet"], made["row"]) == (row.sheet, row.row_number)}


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
                rereader.correct(row, made["field"], _text_of(batch, made, sheet.column(made["field"])))


def made_corrections(batch: UploadBatch, sheet: RegisterSheet) -> list[MadeCorrection]:
    """Return the corrections made in the page, the newest first; personal text masked."""
    file_columns = FileColumns(batch.mapping)
    listed = []
    for made in reversed(batch.corrections):
        column = sheet.column(made["field"])
        index = file_columns.positions(made["sheet"], made["row"]).get(made["field"])
        multiplier = file_columns.multiplier(made["sheet"], made["row"], made["field"])
        listed.append(
            MadeCorrection(
                row=made["label"],
                cell=cell_address(made["row"], index) if index is not None else "",
                header=header_in_unit(column, unit_of_file(multiplier)),
                shown=column.shown(_text_of(batch, made, column)),
                by=made["by"],
                at=parse_datetime(made["at"]),
            )
        )
    return listed


def corrected_cells(batch: UploadBatch, sheet: RegisterSheet) -> list[CorrectedCell]:
    """Return the corrected cells whose columns are in the file, with their plain text."""
    file_columns = FileColumns(batch.mapping)
    cells = []
    for made in batch.corrections:
        column = sheet.column(made["field"])
        index = file_columns.positions(made["sheet"], made["row"]).get(made["field"])
        if index is not None:
            is_figure = isinstance(column, IntegerColumn | DecimalColumn)
            address = cell_address(made["row"], index)
            cells.append(CorrectedCell(made["sheet"], address, _text_of(batch, made, column), is_figure))
    return cells


def _text_of(batch: UploadBatch, made: dict[str, Any], column: Column) -> str:
    text: str = made["text"]
    if not column.is_personal:
        return text
    if is_wiped(text):
        return mask_left(text)
    return decrypt(text, correction_of(batch.ref, made["sheet"], made["row"], made["field"]))
