"""Rows that are about a record which another row of their batch has written already.

When a batch's remaining rows are compared alone, the register cannot know them as duplicates of rows that are not among
them; they would change what the office has just confirmed.
"""

from __future__ import annotations

from collections.abc import Sequence

from changelog.models import ChangeRecord
from changzhi_portal.bulk import in_batches
from changzhi_portal.registers.register import RegisterSheet
from changzhi_portal.registers.rows import RegisterRow
from uploads.models import UploadBatch


def report_written_already(batch: UploadBatch, rows: Sequence[RegisterRow], sheet: RegisterSheet) -> None:
    """Report `duplicate_in_file` on each row whose record a settled row of the batch is about, and name that row."""
    keys = sorted({row.target.pk for row in rows if row.target is not None})
    row_of: dict[int, int] = {}
    settled = batch.staged_rows.filter(is_remaining=False)
    made = ChangeRecord.objects.filter(
        change_set__in=batch.written_change_sets, model=sheet.model._meta.label_lower, kind=ChangeRecord.Kind.CREATED
    )
    for some in in_batches(keys):
        row_of |= dict(settled.filter(record_id__in=some).values_list("record_id", "row_number"))
        made_by = dict(made.filter(object_id__in=some).values_list("object_id", "batch_row"))
        numbers = dict(settled.filter(position__in=made_by.values()).values_list("position", "row_number"))
        row_of |= {key: numbers[position] for key, position in made_by.items() if position in numbers}
    for row in rows:
        if row.target is not None and row.target.pk in row_of:
            row.report("duplicate_in_file", f"与已入库的第{row_of[row.target.pk]}行是同一条记录，这一行请改为不入库")
