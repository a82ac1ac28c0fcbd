"""The register's records that a file does not mention (docs/spreadsheets.md §4.2).

They are only shown: an upload never deletes them. They are queried while the batch waits for a decision; after its
commit its own new records would be among them.
"""

from __future__ import annotations

from typing import Any

from django.core.paginator import Page
from django.db.models import QuerySet

from changzhi_portal.pages.paging import ForgivingPaginator
from changzhi_portal.registers.register import RegisterSheet
from changzhi_portal.rights import Actor
from uploads.models import UploadBatch


def unmentioned_records(batch: UploadBatch, sheet: RegisterSheet) -> QuerySet[Any]:
    """Return the office's records that are in effect in the batch's month and that no row of the file mentions."""
    if batch.period is None:
        raise ValueError("Only a batch that has been checked has a month to compare with.")
    # Not EXISTS: right after the rows were written the database has no statistics of them, and would scan them once for
    # every record.
    return sheet.standing(batch.division.path, batch.period.as_of).exclude(pk__in=batch.staged_rows.record_ids())


def unmentioned_page(batch: UploadBatch, sheet: RegisterSheet, user: Actor, *, text: str, page: Any, size: int) -> Page:
    """Return one page of the unmentioned records that the user may see; `text` filters them by name."""
    records = unmentioned_records(batch, sheet)
    if text:
        records = records.filter(**{f"{sheet.name_lookup}__contains": text})
    paginator = ForgivingPaginator(records.values_list("pk", flat=True), size)
    if not text:
        paginator.count = batch.unmentioned
    current_page = paginator.get_page(page)
    # Keys first: sorting a whole register with all its columns and places takes twice as long.
    current_page.object_list = records.filter(pk__in=list(current_page.object_list)).visible_to(user)  # type: ignore[attr-defined]
    return current_page


def describe_record(record: Any, sheet: RegisterSheet) -> dict[str, str]:
    """Return what the page shows of a record: its name, its place, the URL of its page."""
    return {
        "name": str(record),
        "where": sheet.whereabouts(record),
        "url": record.get_absolute_url(),
    }
