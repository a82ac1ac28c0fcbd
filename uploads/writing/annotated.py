"""The uploaded workbook with its problems marked (docs/spreadsheets.md §4.4)."""

from __future__ import annotations

import logging

from changzhi_portal.refusals import NotAllowedError, NotFoundError, StaleError
from changzhi_portal.rights import Actor
from uploads import storage
from uploads.models import UploadBatch
from uploads.reading.grid import NotReadableError
from uploads.reading.workbook import read_workbook
from uploads.writing.marked import mark_workbook
from uploads.writing.problem_list import Entry, entries_of
from uploads.writing.rebuilt import rebuild_workbook
from uploads.writing.xml_text import UnusualWorkbookError

logger = logging.getLogger(__name__)
_ZIP = b"PK\x03\x04"


def annotated_workbook(batch: UploadBatch, *, by: Actor) -> bytes:
    """Return the uploaded file as .xlsx with a coloured background and a note in each cell at fault, and a list in front.

    An .xlsx keeps its formats, formulas and sheets; other formats are rebuilt from their cells. The file contains personal
    data in plain text, so only its uploader may get it (docs/domain.md §9). Raises NotAllowedError for anybody else,
    StaleError for a batch that is not checked or was rejected, NotFoundError for a batch without problems, and PortalError
    when the original has been purged.
    """
    if batch.uploaded_by_id != by.pk:
        raise NotAllowedError(
            "标出问题的表格只发给上传人本人，请联系上传人。", cure="Only the uploader may fetch the annotated workbook."
        )
    if batch.is_in_progress or batch.state == UploadBatch.State.REJECTED:
        raise StaleError(
            "这个文件还没有逐行检查，没有可以标出的问题。", cure="The batch is not checked: there is nothing to mark."
        )
    entries = entries_of(batch)
    if not entries:
        raise NotFoundError("这个文件没有问题，不需要标出。", cure="The batch has no problems.")
    return _marked(batch, entries)


def _marked(batch: UploadBatch, entries: list[Entry]) -> bytes:
    data = storage.original_bytes(batch.stored_as)
    if data.startswith(_ZIP):
        try:
            return mark_workbook(data, entries)
        except (UnusualWorkbookError, NotReadableError) as reason:
            logger.info("Batch %s is rebuilt to be marked: %s", batch.pk, reason)
    with storage.original_as_file(batch.stored_as) as path:
        grids = read_workbook(path, file_name=batch.file_name)
    return rebuild_workbook(grids, entries)
