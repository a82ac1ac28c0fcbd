"""Deciding which older uploads an upload replaces, once it counts as brought in (docs/domain.md §6.12).

The answer is stored (`UploadBatch.replaced_by`), because comparing the rows on every page would take too long.
"""

from __future__ import annotations

from django.db.models import F, Q, TextField, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce

from changzhi_portal.registers.register import RegisterSheet
from changzhi_portal.registers.registry import register_named
from uploads.models import UploadBatch, UploadRow
from uploads.models.batch import UploadBatchQuerySet
from uploads.models.row import UploadRowQuerySet

Outcome = UploadRow.Outcome


def replace_older(batch: UploadBatch) -> None:
    """Mark the older unsettled uploads of a batch's office that it replaces; the batch must be saved and `reported`.

    Must run in the transaction in which the batch becomes reported. Two statements for each of these uploads, which are
    few, whatever the number of rows.
    """
    if not UploadBatch.objects.reported().filter(pk=batch.pk).exists():
        return
    sheet = register_named(batch.register)()
    replaced = [older.pk for older in _candidates(batch) if not older.register or _covers(batch, older, sheet)]
    # Not one that somebody has taken in hand meanwhile.
    UploadBatch.objects.filter(pk__in=replaced).exclude(state__in=UploadBatch.IN_PROGRESS).update(replaced_by=batch)


def _candidates(batch: UploadBatch) -> UploadBatchQuerySet:
    """Return the older unsettled uploads of the same office that may be replaced.

    Those of the same register and month, and refused files: of an unknown month; of an unknown register, if this is the
    same file or one of that name. Batches of one upload are parts of one sending.
    """
    of_month = Q(register=batch.register) & (Q(period=batch.period_id) | Q(period__isnull=True))
    same_file = Q(register="") & (Q(sha256=batch.sha256) | Q(file_name=batch.file_name))
    older = UploadBatch.objects.filter(of_month | same_file, division=batch.division_id)
    older = older.filter(uploaded_at__lt=batch.uploaded_at).unsettled().exclude(pk=batch.pk)
    if batch.group:
        older = older.exclude(group=batch.group)
    return older.exclude(state__in=UploadBatch.IN_PROGRESS).order_by("pk")


def _covers(batch: UploadBatch, older: UploadBatch, sheet: RegisterSheet) -> bool:
    """Return whether nothing is lost without the older upload: each row that it has left is a row of the batch as well.

    A row is the same by its record, or without one by the name and the place that the file gives; by the name alone in
    a file that is sent again under its own name, since the place may be what was corrected. A refused file has no rows.
    """
    left = older.staged_rows.all().still_to_bring_in(older)
    rows = batch.staged_rows.exclude(outcome=Outcome.LEFT_OUT)
    of_records = left.filter(record_id__isnull=False)
    if _not_among(of_records, rows.filter(record_id__isnull=False), "record_id"):
        return False
    unmatched = left.filter(record_id__isnull=True)
    if unmatched.filter(label="").exists():
        return False
    known_by = [] if older.file_name == batch.file_name else _fields_of_place(sheet)
    return not _not_among(_with_cells(unmatched, known_by), _with_cells(rows, known_by), "label", *_names(known_by))


def _not_among(rows: UploadRowQuerySet, others: UploadRowQuerySet, *names: str) -> bool:
    """Return whether some of `rows` have values that none of `others` has; by EXCEPT, which no database runs row by row."""
    return rows.order_by().values_list(*names).difference(others.order_by().values_list(*names)).exists()


def _fields_of_place(sheet: RegisterSheet) -> list[str]:
    """Return the fields of the columns that are no part of a record but say where it belongs."""
    return [column.field for column in sheet.form_columns() if column.model is None]


def _names(fields: list[str]) -> list[str]:
    return [f"cell_{name}" for name in fields]


def _with_cells(rows: UploadRowQuerySet, fields: list[str]) -> UploadRowQuerySet:
    """Annotate what the cells of some fields say, "" for none."""
    cells = {
        name: Coalesce(KeyTextTransform(field, F("values")), Value("", TextField()))
        for name, field in zip(_names(fields), fields, strict=True)
    }
    return rows.annotate(**cells)
