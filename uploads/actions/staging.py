"""Writing of the staged rows of a batch: those of a check, or those of an earlier upload of the same file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction

from changelog.models import ChangeRecord
from changzhi_portal.bulk import in_batches, insert_values
from changzhi_portal.registers.register import RegisterSheet
from changzhi_portal.registers.rows import RegisterRow
from uploads.models import UploadBatch, UploadRow
from uploads.rows.left_out import LeftOut, key_of, left_out_values
from uploads.rows.staged import STAGED_FIELDS, staged_values


def replace_staged_rows(
    *, batch: UploadBatch, rows: Sequence[RegisterRow], sheet: RegisterSheet, left_out: LeftOut | None = None
) -> None:
    """Replace the staged rows that a check has compared: all, numbered from 1 in their order, or the remaining ones.

    `left_out` are among the rows and were not compared.
    """
    with transaction.atomic():
        batch.open_rows.delete()
        if not batch.rest:
            for position, row in enumerate(rows, 1):
                row.position = position
        _insert(batch, rows, sheet, left_out or {})


def stage_again(*, batch: UploadBatch, rows: Sequence[RegisterRow], sheet: RegisterSheet) -> None:
    """Replace single staged rows of a batch by what they have become."""
    with transaction.atomic():
        for some in in_batches([row.position for row in rows]):
            batch.staged_rows.filter(position__in=some).delete()
        _insert(batch, rows, sheet, {})


def _insert(batch: UploadBatch, rows: Sequence[RegisterRow], sheet: RegisterSheet, left_out: LeftOut) -> None:
    columns = {column.field: column for column in sheet.columns}
    is_remaining = bool(batch.rest)

    def values_of(row: RegisterRow) -> tuple[Any, ...]:
        values = staged_values(batch, row.position or 0, row, sheet, columns)
        if left_out and (key := key_of(row)) in left_out:
            values = left_out_values(values, left_out[key])
        return (*values, is_remaining)

    insert_values(UploadRow, (*STAGED_FIELDS, "is_remaining"), map(values_of, rows))


def copy_staged_rows(*, batch: UploadBatch, earlier: UploadBatch, sheet: RegisterSheet) -> None:
    """Copy the rows of an earlier committed batch as unchanged rows, and set the batch's counters (unsaved).

    Must run inside a transaction. A row that was new then refers to the record that it has created.
    """
    batch.staged_rows.all().delete()
    rows, records = UploadRow._meta.db_table, ChangeRecord._meta.db_table
    # Their keys, not a subquery: with one PostgreSQL would read the whole change log.
    change_sets = list(earlier.written_change_sets.values_list("pk", flat=True)) or [None]
    marks = ", ".join(["%s"] * len(change_sets))
    quoted = connection.ops.quote_name("values")
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Right after a commit PostgreSQL has no statistics of either table, and would join row by row.
            cursor.execute("SET LOCAL enable_nestloop = off")
        cursor.execute(
            f"INSERT INTO {rows} (batch_id, position, sheet, row_number, label, outcome, has_warning, record_id,"
            f" {quoted}, raw, changes, also, seen, problems, codes, is_remaining, undo_outcome, undo_note)\n"
            f"SELECT %s, staged.position, staged.sheet, staged.row_number, staged.label, %s, %s,"
            f" COALESCE(staged.record_id, made.object_id), staged.{quoted}, '{{}}', '[]', '[]', '', '[]', '', %s, '', ''\n"
            f"FROM {rows} AS staged LEFT JOIN {records} AS made ON made.change_set_id IN ({marks})"
            " AND made.model = %s AND made.kind = %s AND made.batch_row = staged.position\n"
            "WHERE staged.batch_id = %s",
            [
                batch.pk, UploadRow.Outcome.UNCHANGED.value, False, False, *change_sets,
                sheet.model._meta.label_lower, ChangeRecord.Kind.CREATED.value, earlier.pk,
            ],
        )  # fmt: skip
    batch.rows = batch.unchanged = earlier.rows
    batch.growth = []
    batch.skipped, batch.problems, batch.mapping = earlier.skipped, earlier.problems, earlier.mapping
    batch.read_as, batch.month_in_file = earlier.read_as, earlier.month_in_file
    batch.period = earlier.period
