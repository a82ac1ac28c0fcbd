"""The mapping of a file's columns to those of the register, which the clerk sees and can change.

A mapping that an office has chosen is stored by header (`ColumnMapping`), normalised as the reader normalises it, and
applies to the office's next files. Of columns that have the same name in one table each is stored with its ordinal and how many they are.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from changzhi_portal.personal_numbers import mask_numbers_in, mask_slipped_numbers
from changzhi_portal.refusals import InvalidError
from changzhi_portal.registers.cleaning import as_text
from changzhi_portal.registers.columns import Column
from changzhi_portal.registers.register import RegisterSheet
from uploads.models import ColumnMapping, UploadBatch
from uploads.reading.grid import Grid
from uploads.reading.header_search import LAST_FIRST_ROW, HeaderSearch
from uploads.reading.headers import Header, HeaderColumn, is_serial, normal_header, number_repeated
from uploads.reading.layout import NO_HEADER, names_of_repeated
from uploads.reading.recognition import Recogniser
from uploads.reading.tables import TableFinder

IGNORED: Final = "ignored"  # the form's value for 忽略此列
AUTOMATIC: Final = ""  # the form's value for a column that the reader maps
TEACHABLE: Final = frozenset({"header_not_found", "missing_column"})  # refusals that a mapping may resolve
LONGEST_HEADER: Final = ColumnMapping._meta.get_field("header").max_length or 0
_FEWEST_LABELS: Final = 2  # a header row has at least two
_MOST_SAMPLES: Final = 3  # values of a column that the page shows
_LONGEST_SAMPLE: Final = 20
_SAMPLED_ROWS: Final = 200
_UNITS: Final = {
    Decimal(100_000_000): "亿元",
    Decimal(1_000_000): "百万元",
    Decimal(10_000): "万元",
    Decimal(1_000): "千元",
}


def unit_of(multiplier: Decimal) -> str:
    """Return a file's unit of money, given the `multiplier` that converts its figures to yuan."""
    return _UNITS.get(multiplier, "元")


def unit_of_file(multiplier: Decimal) -> str:
    """Return the unit of a file's column with this multiplier, "" if it is the register's."""
    return "" if multiplier == 1 else unit_of(multiplier)


def header_in_unit(column: Column, unit: str) -> str:
    """Return a column's header with the file's unit instead of the register's: 预算金额（元） → 预算金额（万元）."""
    return f"{column.header.removesuffix('（元）')}（{unit}）" if unit else column.header


@dataclass(frozen=True, slots=True)
class FileColumn:
    """A column of the file as the mapping page lists it; columns of the same name in several sheets are one.

    `choice` is the field it is mapped to, IGNORED, or AUTOMATIC if it fits no column. `samples` are its first different
    values, personal ones masked. `may_be` is the header of the register's column that it may be, like another one, so
    that the user must choose.
    """

    header: str
    name: str  # by which its mapping is stored: the header, normalised (`uploads.reading.headers.mapping_name`)
    sheets: tuple[str, ...]
    choice: str
    title: str  # header of the register's column, "" if there is none
    unit: str
    samples: tuple[str, ...] = ()
    may_be: str = ""

    @property
    def can_be_mapped(self) -> bool:
        """Return whether the column's header is present and short enough to be stored."""
        return self.header != NO_HEADER and 0 < len(self.name) <= LONGEST_HEADER


def file_columns(batch: UploadBatch, sheet: RegisterSheet) -> list[FileColumn]:
    """Return the columns of a batch's file, first those that fit no column of the register."""
    columns: dict[str, FileColumn] = {}
    for part in batch.mapping:
        for header, choice, multiplier in _columns_of(part):
            name = part.get("names", {}).get(header) or normal_header(header)
            earlier = columns.get(name)
            sheets = (*(earlier.sheets if earlier else ()), part["sheet"] or "")
            if earlier is not None and earlier.choice != AUTOMATIC:
                choice = earlier.choice
            title = sheet.column(choice).header if choice not in {AUTOMATIC, IGNORED} else ""
            unit = "" if multiplier == 1 else unit_of(multiplier)
            samples = (*(earlier.samples if earlier else ()), *part.get("samples", {}).get(header, ()))
            doubt = part.get("doubts", {}).get(header, "")
            columns[name] = FileColumn(
                header,
                name,
                tuple(dict.fromkeys(sheets)),
                choice,
                title,
                unit,
                tuple(dict.fromkeys(samples))[:_MOST_SAMPLES],
                sheet.column(doubt).header if doubt else "",
            )
    return sorted(columns.values(), key=lambda column: (not column.may_be, column.choice != AUTOMATIC))


def samples_of(
    rows: Iterable[Sequence[object]], headers: Mapping[str, tuple[int, str]], sheet: RegisterSheet
) -> dict[str, list[str]]:
    """Return the first different values of each column, by header as written, masked where they may be personal.

    `headers` gives by header the index of its column and its field, "" for a column that is not read.
    """
    samples: dict[str, list[str]] = {header: [] for header in headers}
    for _, row in zip(range(_SAMPLED_ROWS), rows, strict=False):
        for header, (index, name) in headers.items():
            known = samples[header]
            cell = row[index] if index < len(row) else ""
            if cell == "" or len(known) >= _MOST_SAMPLES:
                continue
            shown = sheet.column(name).shown(cell) if name else mask_numbers_in(as_text(cell)[:100])
            if shown and shown[:_LONGEST_SAMPLE] not in known:
                known.append(shown[:_LONGEST_SAMPLE])
    return {mask_slipped_numbers(header): known for header, known in samples.items() if known}


def masked_names(names: Mapping[str, str]) -> dict[str, str]:
    """Return `SheetLayout.names` for `UploadBatch.mapping`, personal numbers masked."""
    return {mask_slipped_numbers(header): mask_slipped_numbers(name) for header, name in names.items()}


def _columns_of(part: Mapping[str, Any]) -> Iterable[tuple[str, str, Decimal]]:
    """Yield (header, choice, multiplier) of every column of one sheet."""
    for column in part["columns"]:
        yield column["header"], column["field"], Decimal(column.get("multiplier", 1))
    for header in part["unknown"]:
        yield header, AUTOMATIC, Decimal(1)
    for header in part.get("ignored", ()):
        yield header, IGNORED, Decimal(1)


def choices_for(sheet: RegisterSheet) -> list[tuple[str, str]]:
    """Return (choice, title) of each target of a mapping: AUTOMATIC, IGNORED, or a column of the register."""
    return [(AUTOMATIC, "按列名自动识别"), (IGNORED, "忽略此列"), *((c.field, c.header) for c in sheet.columns)]


def check_choices(columns: Sequence[FileColumn], chosen: Mapping[str, str], sheet: RegisterSheet) -> None:
    """Raise InvalidError for an unknown choice or a column of the register that is chosen twice."""
    known = {choice for choice, _ in choices_for(sheet)}
    taken: dict[tuple[str, str], str] = {}
    for column in columns:
        choice = chosen.get(column.name, column.choice)
        if choice not in known:
            raise InvalidError(
                "选择的列不在这张登记表里，请重新选择。", cure=f"{choice!r} is not a column.", field=column.name
            )
        if choice in {AUTOMATIC, IGNORED}:
            continue
        for name in column.sheets:
            if (name, choice) in taken:
                raise InvalidError(
                    f"“{taken[name, choice]}”和“{column.header}”都对应到“{sheet.column(choice).header}”，"
                    "请只留一列，另一列选“忽略此列”。",
                    cure="Two columns of the file are mapped to one column. Change one of them.",
                    field=column.name,
                )
            taken[name, choice] = column.header


def changed_choices(columns: Sequence[FileColumn], chosen: Mapping[str, str]) -> dict[str, str]:
    """Return the choices, by name of the column, that differ from the present mapping.

    Names that cannot be stored are left out.
    """
    changed = {c.name: chosen[c.name] for c in columns if c.name in chosen and chosen[c.name] != c.choice}
    return {name: choice for name, choice in changed.items() if 0 < len(name) <= LONGEST_HEADER}


def plausible_headers(
    grids: Sequence[Grid],
    sheet: RegisterSheet,
    others: Sequence[RegisterSheet],
    remembered: Mapping[str, str],
    *,
    month: datetime.date | None,
    today: datetime.date,
    recogniser: Recogniser | None = None,
) -> list[dict[str, Any]]:
    """Return the possible headers of a refused file, in the form of `UploadBatch.mapping`.

    For files without a header, with missing columns or with several columns for one. Each table contributes its header;
    a sheet without one the row that fits best, or if none fits the row with the most labels. A table that fits far less
    well than another, such as the explanations in our template, contributes none. With a `recogniser` a sheet of other
    registers' tables contributes none either.
    """
    finder = TableFinder(sheet, others, remembered, month=month, today=today, recogniser=recogniser)
    candidates: list[tuple[Grid, Header]] = []
    for grid in grids:
        found = finder.tables(grid)
        tables = [table for table in found if table.other is None and table.header.columns]
        candidates += [(grid, table.header) for table in tables]
        if recogniser is not None and found:
            continue
        if not tables and (header := finder.nearest(HeaderSearch(grid)) or _row_with_most_labels(grid)):
            candidates.append((grid, header))
    most = max((len(header.mentioned) for _, header in candidates), default=0)
    return [_described(grid, header, sheet) for grid, header in candidates if 2 * len(header.mentioned) >= most]


def _row_with_most_labels(grid: Grid) -> Header | None:
    """Return the row with the most labels among the first ones, the topmost of equals; None without labels."""
    best: list[HeaderColumn] = []
    for number, row in enumerate(grid.rows[:LAST_FIRST_ROW]):
        labels = [
            HeaderColumn(index, number, (cell.strip(),))
            for index, cell in enumerate(row)
            if isinstance(cell, str) and cell.strip() and not _is_figure(cell.strip())
        ]
        if len(labels) > len(best):
            best = labels
    if len(best) < _FEWEST_LABELS:
        return None
    number_repeated(best)
    return Header(best[0].row, best[0].row, best)


def _is_figure(text: str) -> bool:
    """Return whether a text is a number or a personal number, which is no header and must not be stored as plain text."""
    return text.isdecimal() or mask_slipped_numbers(text) != text


def _described(grid: Grid, header: Header, sheet: RegisterSheet) -> dict[str, Any]:
    read = header.fields.keys() | header.ignored
    headers = {column.title: (column.index, header.fields.get(column.index, "")) for column in header.columns}
    doubts = {mask_slipped_numbers(column.title): name for name, columns in header.doubts.items() for column in columns}
    return {
        "sheet": grid.name,
        "header_rows": [header.first + 1, header.last + 1],
        "samples": samples_of(grid.rows[header.last + 1 : header.last + 1 + _SAMPLED_ROWS], headers, sheet),
        "columns": [
            {
                "field": header.fields[column.index],
                "header": mask_slipped_numbers(column.title),
                "index": column.index,
            }
            for column in header.columns
            if column.index in header.fields
        ],
        "unknown": [
            mask_slipped_numbers(column.title)
            for column in header.columns
            if column.index not in read and not is_serial(normal_header(column.text))
        ],
        "ignored": [mask_slipped_numbers(column.title) for column in header.columns if column.index in header.ignored],
        "names": masked_names(names_of_repeated(header)),
        "doubts": doubts,
    }
