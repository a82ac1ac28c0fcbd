"""Reuse of the reading of an earlier upload of the same file.

Clerks submit twice, or upload last week's file again. If nothing has changed since that file was committed, reading,
cleaning and comparing would find every row unchanged. If anything could change the result, the file is read as usual.
"""

from __future__ import annotations

import hashlib
import json
from typing import Final

from django.utils import timezone

from changelog.models import ChangeRecord
from changzhi_portal.registers.register import RegisterSheet
from uploads.models import ColumnMapping, UploadBatch

# Increase this whenever files are read, or cells cleaned, differently than before.
READING_VERSION: Final = 6


def key_of_reading(batch: UploadBatch) -> str:
    """Return a digest of what determines the reading besides the file: our rules and the office's own mapping.

    Two files with the same bytes and the same key give the same rows. Which tables are those of a register that was
    recognised depends on the office's mapping for every register at that moment.
    """
    remembered = sorted(ColumnMapping.objects.of_office(batch).by_header().items())
    rules: list[object] = [READING_VERSION, remembered]
    if batch.is_recognised:
        every = ColumnMapping.objects.for_recognising(batch)
        rules.append(sorted((register, sorted(headers.items())) for register, headers in every.items()))
        rules.append(batch.split_from_id is None)
    return hashlib.sha256(json.dumps(rules, ensure_ascii=False).encode()).hexdigest()


def reusable_batch(batch: UploadBatch, sheet: RegisterSheet) -> UploadBatch | None:
    """Return the committed batch of the same file whose rows this file would give, or None if the file must be read.

    That batch was committed whole, without problems and without corrections or rows left out in the page; it was read by
    the same rules and has the same month; and nobody has since changed a record that this register's check reads.
    """
    if not batch.needs_reading or batch.corrections or batch.left_out_rows:
        return None
    earlier = UploadBatch.objects.committed_before(batch)
    if (
        earlier is None
        or earlier.state != UploadBatch.State.COMMITTED
        or earlier.errors
        or earlier.warnings
        or earlier.corrections
        or earlier.left_out
        or earlier.values_wiped_at is not None
    ):
        return None
    if earlier.read_as != key_of_reading(batch):
        return None
    return earlier if _is_same_month(batch, earlier) and not _has_changed_since(earlier, sheet) else None


def _is_same_month(batch: UploadBatch, earlier: UploadBatch) -> bool:
    if batch.period is not None:
        return batch.period_id == earlier.period_id
    month = earlier.month_in_file or timezone.localdate().replace(day=1)
    return earlier.period is not None and earlier.period.month == month


def _has_changed_since(earlier: UploadBatch, sheet: RegisterSheet) -> bool:
    """Return whether the registers have changed since the earlier file arrived, except by its own commit.

    Its arrival is before its commit, so that no change in between is missed.
    """
    models = [model._meta.label_lower for model in (*sheet.writes_to, *sheet.looks_at)]
    since = ChangeRecord.objects.filter(change_set__made_at__gte=earlier.uploaded_at, model__in=models)
    return since.exclude(change_set__batch=earlier).exists()
