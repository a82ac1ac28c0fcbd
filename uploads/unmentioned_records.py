"""The register's records that a file does not mention (docs/spreadsheets.md §4.2).

They are only shown: an upload never removes what it leaves out. They are looked up while the batch waits for a
decision; once it is committed, its own new records would stand among them.
"""

from __future__ import annotations

from typing import Any

from django.core.paginator import Page
from django.db.models import QuerySet

from changzhi_portal.pages.paging import ForgivingPaginator
from changzhi_portal.registers.register import RegisterSheet
from uploads.models import UploadBatch


def unmentioned_records(batch: UploadBatch, sheet: RegisterSheet) -> QuerySet[Any]:
    """Return the records of the office's area that stand in the batch's month and that no row of the file leads to."""
    if batch.period is None:
        raise ValueError("Only a batch that has been checked has a month to compare with.")
    # Not EXISTS: right after the rows were written the database has no figures of them, and would look through all
    # of them once for every record.
    return sheet.standing(batch.division.path, batch.period.as_of).exclude(pk__in=batch.staged_rows.record_ids())


def unmentioned_page(batch: UploadBatch, sheet: RegisterSheet, user: Any, *, text: str, page: Any, size: int) -> Page:
    """Return one page of the unmentioned records that the user may see; `text` narrows them by name."""
    records = unmentioned_records(batch, sheet)
    if text:
        records = records.filter(name__contains=text)
    paginator = ForgivingPaginator(records.values_list("pk", flat=True), size)
    if not text:
        paginator.count = batch.unmentioned
    found = paginator.get_page(page)
    # Keys first: sorting a whole register with all its columns and places takes twice as long.
    found.object_list = records.filter(pk__in=list(found.object_list)).visible_to(user)  # type: ignore[attr-defined]
    return found


def describe_record(record: Any, sheet: RegisterSheet) -> dict[str, str]:
    """Return what the page shows of a record: its name, where it belongs, the address of its page."""
    return {
        "name": str(record),
        "where": sheet.whereabouts(record),
        "url": record.get_absolute_url(),
    }
