"""Rows that a user has left out in the page (这行不入库): neither compared, counted nor written.

They are stored with the batch, like corrections (`uploads.rows.corrections`), by sheet and row of the file, so that they
stay out when the file is read again with another mapping, and so that everybody sees who has left out what.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any, Final, NamedTuple

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from changzhi_portal.refusals import InvalidError
from changzhi_portal.registers.rows import RegisterRow
from changzhi_portal.rights import Actor
from uploads.models import UploadBatch, UploadRow
from uploads.rows.staged import STAGED_FIELDS

MOST_LEFT_OUT = 200  # more rows are deleted faster in the file
_NOTHING_TO_WRITE: Final = {
    "outcome": str(UploadRow.Outcome.LEFT_OUT),
    "has_warning": False,
    "changes": "[]",
    "also": "[]",
    "seen": "",
    "problems": "[]",
    "codes": "",
}
_RUNS: Final = "runs"  # of an entry for the rest of a batch: the positions of its rows
Key = tuple[str, int]  # sheet and row of the file
# The record that each left-out row was about when it was last compared; the file still mentions it.
LeftOut = dict[Key, int | None]


class LeftOutRow(NamedTuple):
    """A decision to leave out `number` rows as the page lists it: a single row, or the rest of a batch."""

    row: str
    number: int
    where: str
    by: str
    at: datetime.datetime | None


def add_left_out(batch: UploadBatch, row: UploadRow, *, by: Actor) -> None:
    """Add to the batch, without saving it, that a row is left out. Raises InvalidError when there are too many."""
    if sum(_RUNS not in each for each in batch.left_out_rows) >= MOST_LEFT_OUT:
        raise InvalidError(
            f"页面上最多定{MOST_LEFT_OUT}行不入库，请在文件里删去这些行后重新上传。",
            cure="Too many rows are left out; delete them in the file.",
        )
    batch.left_out_rows = [
        *batch.left_out_rows,
        {
            "sheet": row.sheet,
            "row": row.row_number,
            "label": row.label,
            "record": row.record_id,
            "by": str(by),
            "at": timezone.now().isoformat(),
        },
    ]


def add_rest_left_out(batch: UploadBatch, positions: Iterable[int], *, by: Actor) -> None:
    """Add to a committed batch, without saving it, that its remaining rows at these positions were left out all at once.

    They are one entry, however many they are, and do not count against MOST_LEFT_OUT.
    """
    entry = {"sheet": "", "row": 0, "label": "", "record": None, "by": str(by), "at": timezone.now().isoformat()}
    batch.left_out_rows = [*batch.left_out_rows, {**entry, _RUNS: _runs_of(positions)}]


def remove_left_out(batch: UploadBatch, row: UploadRow) -> None:
    """Remove from the batch, without saving it, that a row is left out, by itself or with the rest."""
    entries = []
    for each in batch.left_out_rows:
        if _RUNS in each:
            positions = [position for position in _positions_in(each[_RUNS]) if position != row.position]
            if positions:
                entries.append({**each, _RUNS: _runs_of(positions)})
        elif (each["sheet"], each["row"]) != (row.sheet, row.row_number):
            entries.append(each)
    batch.left_out_rows = entries


def _runs_of(positions: Iterable[int]) -> list[list[int]]:
    """Return positions as runs [first, last], which are few where the bad rows of a file stand together."""
    runs = []
    for _, run in groupby(enumerate(sorted(positions)), key=lambda each: each[1] - each[0]):
        members = [position for _, position in run]
        runs.append([members[0], members[-1]])
    return runs


def _positions_in(runs: Iterable[Sequence[int]]) -> list[int]:
    return [position for first, last in runs for position in range(first, last + 1)]


def rows_left_out(batch: UploadBatch, rows: Iterable[RegisterRow]) -> LeftOut:
    """Return the rows that a check leaves out, and give those of `rows` that were just read their label.

    Of a file that is read these are the rows stored with the batch, else the rows that are staged as left out.
    """
    if not batch.needs_reading:
        staged = batch.open_rows.left_out().values_list("sheet", "row_number", "record_id")
        return {(sheet, number): record for sheet, number, record in staged}
    labels = {(each["sheet"], each["row"]): each["label"] for each in batch.left_out_rows}
    if labels:
        for row in rows:
            row.label = labels.get(key_of(row), row.label)
    return {(each["sheet"], each["row"]): each["record"] for each in batch.left_out_rows}


def key_of(row: RegisterRow) -> Key:
    """Return sheet and row of the file."""
    return row.sheet or "", row.number or 0


def left_out_values(values: Sequence[Any], record_id: int | None) -> tuple[Any, ...]:
    """Return the values of STAGED_FIELDS of a row that is left out, from those of a row that was not compared.

    Its stored cells stay, so that it can be read again as at first.
    """
    staged = dict(zip(STAGED_FIELDS, values, strict=True))
    return tuple((staged | _NOTHING_TO_WRITE | {"record_id": record_id}).values())


def _number_of(entry: dict[str, Any]) -> int:
    """Return how many rows an entry of `UploadBatch.left_out_rows` leaves out."""
    return len(_positions_in(entry[_RUNS])) if _RUNS in entry else 1


def listed_left_out(batch: UploadBatch) -> list[LeftOutRow]:
    """Return the rows left out in the page, the newest first."""
    return [
        LeftOutRow(
            f"余下没有入库的{_number_of(each)}行" if _RUNS in each else each["label"],
            _number_of(each),
            f"{each['sheet']} 第{each['row']}行".strip() if each["row"] else "",
            each["by"],
            parse_datetime(each["at"]),
        )
        for each in reversed(batch.left_out_rows)
    ]
