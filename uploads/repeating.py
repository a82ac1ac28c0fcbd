"""The very same file again, while nothing has changed since it was committed: known without reading it once more.

Clerks press the button twice, or bring in last week's file to be sure. What reading, cleaning and comparing would say
is known then, for every row: unchanged. Where anything could make them say something else, the file is read as usual.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Final

from django.db import connection
from django.utils import timezone

from changelog.models import ChangeRecord
from changzhi_portal.registers.register import RegisterSheet
from uploads.models import ColumnMapping, UploadBatch, UploadRow

# Counts up when files come to be read, or cells to be cleaned, otherwise than before.
READING_VERSION: Final = 2


def reading_key(remembered: Mapping[str, str]) -> str:
    """What, besides the file, decides what is read: our rules and the mapping that the office has taught."""
    said = json.dumps([READING_VERSION, sorted(remembered.items())], ensure_ascii=False)
    return hashlib.sha256(said.encode()).hexdigest()


def earlier_reading(batch: UploadBatch, sheet: RegisterSheet) -> UploadBatch | None:
    """The committed batch of the same file whose rows are, one by one, what this one's would be; None to read it.

    It was committed whole, without a problem and without a correction in the page; it was read by the same rules and
    counts for the same month; and no record that this register's check looks at has changed since, whoever changed it.
    """
    if not batch.needs_reading or batch.corrections:
        return None
    earlier = UploadBatch.objects.committed_before(batch)
    if earlier is None or earlier.errors or earlier.warnings or earlier.corrections:
        return None
    if earlier.read_as != reading_key(ColumnMapping.objects.of_office(batch)):
        return None
    return earlier if _is_same_month(batch, earlier) and not _has_changed_since(earlier, sheet) else None


def _is_same_month(batch: UploadBatch, earlier: UploadBatch) -> bool:
    if batch.period is not None:
        return batch.period_id == earlier.period_id
    month = earlier.month_in_file or timezone.localdate().replace(day=1)
    return earlier.period is not None and earlier.period.month == month


def _has_changed_since(earlier: UploadBatch, sheet: RegisterSheet) -> bool:
    """Whether others have changed the registers since the file arrived: before its own change, so that none is missed."""
    models = [model._meta.label_lower for model in (*sheet.writes_to, *sheet.looks_at)]
    since = ChangeRecord.objects.filter(change_set__made_at__gte=earlier.uploaded_at, model__in=models)
    return since.exclude(change_set__batch=earlier).exists()


def stage_again(batch: UploadBatch, earlier: UploadBatch, sheet: RegisterSheet) -> None:
    """Give a batch the rows of an earlier one as unchanged, and its counters. Must run inside a transaction."""
    batch.staged_rows.all().delete()
    rows, records = UploadRow._meta.db_table, ChangeRecord._meta.db_table
    change_set = earlier.change_sets.filter(reverses__isnull=True).first()
    quoted = connection.ops.quote_name("values")
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Right after a commit the database has no figures of either table, and would join row by row.
            cursor.execute("SET LOCAL enable_nestloop = off")
        # A row that was new then leads to the record that it created.
        cursor.execute(
            f"INSERT INTO {rows} (batch_id, position, sheet, row_number, label, outcome, has_warning, record_id,"
            f" {quoted}, raw, changes, problems, codes, undo_outcome, undo_note)\n"
            f"SELECT %s, staged.position, staged.sheet, staged.row_number, staged.label, %s, %s,"
            f" COALESCE(staged.record_id, made.object_id), staged.{quoted}, '{{}}', '[]', '[]', '', '', ''\n"
            f"FROM {rows} AS staged LEFT JOIN {records} AS made ON made.change_set_id = %s AND made.model = %s"
            " AND made.kind = %s AND made.batch_row = staged.position\n"
            "WHERE staged.batch_id = %s",
            [
                batch.pk, UploadRow.Outcome.UNCHANGED.value, False, change_set.pk if change_set else None,
                sheet.model._meta.label_lower, ChangeRecord.Kind.CREATED.value, earlier.pk,
            ],
        )  # fmt: skip
    batch.rows = batch.unchanged = earlier.rows
    batch.skipped, batch.problems, batch.mapping = earlier.skipped, earlier.problems, earlier.mapping
    batch.read_as, batch.month_in_file = earlier.read_as, earlier.month_in_file
    batch.period = earlier.period
