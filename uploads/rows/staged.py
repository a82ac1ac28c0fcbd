"""Conversion of checked rows to values of `UploadRow` and back. Personal values are staged as ciphertext."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from django.db.models import QuerySet

from changzhi_portal.display import display_value, told_apart
from changzhi_portal.personal import Sealed, digest
from changzhi_portal.personal_numbers import mask_slipped_numbers
from changzhi_portal.registers.columns import CLEAR, Column
from changzhi_portal.registers.register import RegisterSheet
from changzhi_portal.registers.rows import RegisterRow
from changzhi_portal.registers.writes import Wording, Write
from uploads.models import UploadBatch, UploadRow
from uploads.places import row_of_file
from uploads.rows.comparison import outcome_of
from uploads.rows.file_columns import FileColumns
from uploads.rows.raw_cells import cells_with_problems, restored

CLEARED = "__cleared__"  # the key of the names of 清空 fields
LABEL_LENGTH = 200
SEEN_LENGTH = 16  # hexadecimal digits of a digest, stored with each row
Outcome = UploadRow.Outcome
STAGED_FIELDS = (
    "batch", "position", "sheet", "row_number", "label", "outcome", "has_warning", "record_id", "values", "raw",
    "changes", "also", "seen", "problems", "codes", "undo_outcome", "undo_note",
)  # fmt: skip


class StagedRow(NamedTuple):
    """A staged row on its way to the register, and what the preview said of it."""

    row: RegisterRow
    outcome: str
    seen: str  # as of `digest_of_shown`


def staged_values(
    batch: UploadBatch, position: int, row: RegisterRow, sheet: RegisterSheet, columns: Mapping[str, Column]
) -> tuple[Any, ...]:
    """Return the values of STAGED_FIELDS of a checked row; `columns` are the register's by field."""
    place = row_of_file(batch.sha256, batch.register, position)
    values = {name: columns[name].to_json(value, place) for name, value in row.values.items() if value is not CLEAR}
    cleared = [name for name, value in row.values.items() if value is CLEAR]
    if cleared:
        values[CLEARED] = cleared
    outcome = outcome_of(row)
    changes = _with_sentences(describe_changes(row, sheet), row, sheet) if outcome == Outcome.CHANGED else []
    return (
        batch.pk,
        position,
        row.sheet or "",
        row.number,
        (mask_slipped_numbers(row.label) if row.problems else row.label)[:LABEL_LENGTH],
        str(outcome),
        row.has_warning,
        row.target.pk if row.target is not None else None,
        _as_json(values),
        _as_json(cells_with_problems(row, columns, place) if row.problems else {}),
        _as_json(changes),
        _as_json(list(row.also)) if row.also and outcome in {Outcome.NEW, Outcome.CHANGED} else "[]",
        digest_of_shown(row, outcome),
        _as_json([problem.as_json() for problem in row.problems]),
        _codes_of(row) if row.problems else "",
        "",
        "",
    )


def _codes_of(row: RegisterRow) -> str:
    """Return the codes of a row's problems, each between blanks, so that every database can search for one."""
    return f" {' '.join(sorted({problem.code for problem in row.problems}))} "


def _as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if value else "[]" if isinstance(value, list) else "{}"


def digest_of_shown(row: RegisterRow, outcome: str) -> str:
    """Return a digest of what the preview shows of a row besides its own values, "" for nothing.

    That is what the row changes or, of a row that counts as new, what else it does: the record of a person who comes
    from another office is there already.
    """
    if outcome == Outcome.CHANGED:
        return digest_of_changes(row)
    return digest(repr(row.also))[:SEEN_LENGTH] if outcome == Outcome.NEW and row.also else ""


def digest_of_changes(row: RegisterRow) -> str:
    """Return a keyed digest of what a row changes: which fields of which records, and their old values.

    It is equal for a preview and its commit while nobody changes these values in between; the words of the preview are
    not enough, as they mask personal values and may call two places alike.
    """
    parts: list[Any] = [row.target.pk if row.target is not None else None]
    for write in row.writes:
        old = [value.reveal() if isinstance(value, Sealed) else value for value in write.before.values()]
        parts += (write.instance._meta.label_lower, write.instance.pk, write.is_new, tuple(write.after), old)
        if write.follows:
            parts.append(list(write.follows.values()))
    return digest(repr(parts))[:SEEN_LENGTH]


def describe_changes(row: RegisterRow, sheet: RegisterSheet) -> list[dict[str, str]]:
    """Return column, old and new value as text of each field that the row changes; personal values masked.

    What a sentence of the row tells is left out. An old value is "" only where the register had none.
    """
    changes: list[dict[str, str]] = []
    for write in row.writes:
        if write.is_said:
            continue
        if write.follows:
            changes += _changes_of_part(write, sheet)
            continue
        told: set[Wording] = set()
        for name, new in write.after.items():
            wording = write.words.get(name)
            if wording is None:
                changes.append(_change(write, name, write.before.get(name), new, sheet))
            elif wording not in told:
                told.add(wording)
                changes.append(_change_of_keys(wording))
    return changes


def _with_sentences(changes: list[dict[str, str]], row: RegisterRow, sheet: RegisterSheet) -> list[dict[str, Any]]:
    """Return the changes, those that cause what the row does besides with the sentences about it under `also`."""
    said: dict[str, list[str]] = {}
    for sentence, field in zip(row.also, row.also_because, strict=True):
        if field:
            said.setdefault(sheet.column(field).header, []).append(sentence)
    return [change | {"also": said.pop(change["column"])} if change["column"] in said else change for change in changes]


def _changes_of_part(write: Write, sheet: RegisterSheet) -> Iterator[dict[str, str]]:
    """Yield what is other in a new part of a record than in the one before, which may have said what this one does not."""
    told: set[Wording] = set()
    for name in dict.fromkeys((*write.after, *write.follows)):
        old, new = write.follows.get(name), getattr(write.instance, name)
        wording = write.words.get(name)
        if old == new or (_is_empty(old) and _is_empty(new)) or wording in told:
            continue
        if wording is None:
            yield _change(write, name, old, new, sheet)
        else:
            told.add(wording)
            yield _change_of_keys(wording)


def _change(write: Write, name: str, old: Any, new: Any, sheet: RegisterSheet) -> dict[str, str]:
    column = sheet.column_for(write.instance, name)
    header = column.header if column is not None else _verbose_name(write.instance, name)
    old_words, new_words = _display(column, old), _display(column, new)
    if old_words == new_words:
        new_words = told_apart(old_words, new_words, is_personal=isinstance(new, Sealed))
    return {"column": header, "old": old_words, "new": new_words}


def _change_of_keys(wording: Wording) -> dict[str, str]:
    new = told_apart(wording.old, wording.new, is_personal=False)
    return {"column": wording.header, "old": wording.old, "new": new}


def _is_empty(value: Any) -> bool:
    return value is None or value == ""


def _verbose_name(instance: Any, name: str) -> str:
    return str(instance._meta.get_field(name).verbose_name)


def _display(column: Column | None, value: Any) -> str:
    if value is None or isinstance(value, bool):
        return display_value(value, empty="")
    if column is None or isinstance(value, Sealed):
        return str(value)
    if column.is_link:
        # Only how many: some may lie outside the user's scope. The row says which come and go.
        return f"{len(value)}个社区" if value else ""
    return column.written(value)


def slices_to_write(
    batch: UploadBatch, sheet: RegisterSheet, *, only_good: bool, size: int
) -> Iterator[list[StagedRow]]:
    """Yield the rows that a commit writes (`UploadRowQuerySet.to_write`), `size` at a time in the order of the file."""
    staged = batch.open_rows.to_write(only_good=only_good).in_file_order()
    last = 0
    while rows := list(_as_cleaned(staged.filter(position__gt=last)[:size], batch, sheet)):
        yield rows
        last = rows[-1].row.position or 0


def all_staged_rows(batch: UploadBatch, sheet: RegisterSheet) -> Iterator[RegisterRow]:
    """Yield every staged row that is checked again, with its stored cells, which `CellRereader.read_kept_cells` reads."""
    return (staged.row for staged in _as_cleaned(batch.open_rows.in_file_order(), batch, sheet))


def _as_cleaned(staged: QuerySet[UploadRow], batch: UploadBatch, sheet: RegisterSheet) -> Iterator[StagedRow]:
    """Yield the rows with the values that cleaning returned."""
    columns = {column.field: column for column in sheet.columns}
    file_columns = FileColumns(batch.mapping)
    fields = ("position", "sheet", "row_number", "label", "values", "raw", "outcome", "seen")
    rows = staged.values_list(*fields)
    for position, sheet_name, number, label, stored, kept, outcome, seen in rows.iterator(chunk_size=2_000):
        cleared = stored.pop(CLEARED, ())
        place = row_of_file(batch.sha256, batch.register, position)
        values: dict[str, Any] = {name: columns[name].from_json(value, place) for name, value in stored.items()}
        values |= dict.fromkeys(cleared, CLEAR)
        positions = file_columns.positions(sheet_name, number)
        row = RegisterRow(
            position=position,
            sheet=sheet_name or None,
            number=number,
            columns=positions,
            values=values,
            raw=restored(kept, positions, place) if kept else None,
            label=label,
        )
        yield StagedRow(row, outcome, seen)
