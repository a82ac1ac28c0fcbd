"""Writing of the staged rows of a batch: those of a check, or those of an earlier upload of the same file."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection, transaction

from changelog.models import ChangeRecord
from changzhi_portal.bulk import insert_values
from changzhi_portal.registers.register import RegisterSheet
from changzhi_portal.registers.rows import RegisterRow
from uploads.models import UploadBatch, UploadRow
from uploads.rows.staged import STAGED_FIELDS, staged_values


def replace_staged_rows(*, batch: UploadBatch, rows: Sequence[RegisterRow], sheet: RegisterSheet) -> None:
    """Replace the batch's staged rows by checked rows, numbered from 1 in their order."""
    columns = {column.field: column for column in sheet.columns}
    with transaction.atomic():
        batch.staged_rows.all().delete()
        insert_values(
            UploadRow,
            STAGED_FIELDS,
            (staged_values(batch, position, row, sheet, columns) for position, row in enumerate(rows, 1)),
        )


def copy_staged_rows(*, batch: UploadBatch, earlier: UploadBatch, sheet: RegisterSheet) -> None:
    """Copy the rows of an earlier committed batch as unchanged rows, and set the batch's counters (unsaved).

    Must run inside a transaction. A row that was new then refers to the record that it has created.
    """
    batch.staged_rows.all().delete()
    rows, records = UploadRow._meta.db_table, ChangeRecord._meta.db_table
    change_set = earlier.commit_change_set
    quoted = connection.ops.quote_name("values")
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Right after a commit PostgreSQL has no statistics of either table, and would join row by row.
            cursor.execute("SET LOCAL enable_nestloop = off")
        cursor.execute(
            f"INSERT INTO {rows} (batch_id, position, sheet, row_number, label, outcome, has_warning, record_id,"
            f" {quoted}, raw, changes, also, seen, problems, codes, undo_outcome, undo_note)\n"
            f"SELECT %s, staged.position, staged.sheet, staged.row_number, staged.label, %s, %s,"
            f" COALESCE(staged.record_id, made.object_id), staged.{quoted}, '{{}}', '[]', '[]', '', '[]', '', '', ''\n"
            f"FROM {rows} AS staged LEFT JOIN {records} AS made ON made.change_set_id = %s AND made.model = %s"
            " AND made.kind = %s AND made.batch_row = staged.position\n"
            "WHERE staged.batch_id = %s",
            [
                batch.pk, UploadRow.Outcome.UNCHANGED.value, False, change_set.pk if change_set else None,
                sheet.model._meta.label_lower, ChangeRecord.Kind.CREATED.value, earlier.pk,
            ],
        )  # fmt: skip
    batch.rows = batch.unchanged = earlier.rows
    batch.growth = []
    batch.skipped, batch.problems, batch.mapping = earlier.skipped, earlier.problems, earlier.mapping
    batch.read_as, batch.month_in_file = earlier.read_as, earlier.month_in_file
    batch.period = earlier.period
