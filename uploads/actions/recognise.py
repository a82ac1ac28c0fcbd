"""Finding out which registers an uploaded file holds, and one batch for each of them (docs/spreadsheets.md §2.7)."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from changzhi_portal.jobs import Claim
from changzhi_portal.records import new_ref
from changzhi_portal.registers.registry import registers
from uploads import storage
from uploads.jobs import CHECK
from uploads.models import ColumnMapping, UploadBatch
from uploads.progress import Reporter
from uploads.reading.grid import Grid
from uploads.reading.layout import recognised_registers
from uploads.reading.recognition import Recogniser
from uploads.rows.from_file import read_grids

State = UploadBatch.State


def recogniser_of(batch: UploadBatch) -> Recogniser:
    """Return the recogniser of tables of a batch's file, which knows the columns that its office had mapped by hand.

    It is the same for all batches of the file, so that each table belongs to one of them whatever is mapped later.
    """
    return Recogniser([sheet() for sheet in registers()], ColumnMapping.objects.for_recognising(batch))


def recognise(claim: Claim[UploadBatch], batch: UploadBatch, report: Reporter) -> list[Grid]:
    """Read the file of a batch without a register, and return its sheets.

    The batch gets the first register found in the file; for each further one a batch of its own is queued. Raises
    FileRefusedError when no register is found, ClaimLostError.
    """
    with storage.original_as_file(batch) as path:
        grids = read_grids(path, batch.file_name, report)
    report.step("识别登记表")
    batch.recognised_with = ColumnMapping.objects.by_register(batch)
    first, *others = recognised_registers(grids, recogniser_of(batch))
    batch.register, batch.is_recognised = first.name, True
    _split(claim, batch, [other.name for other in others])
    return grids


def _split(claim: Claim[UploadBatch], batch: UploadBatch, others: Sequence[str]) -> None:
    """Write the register of a claimed batch, and create the batches of the other registers in its file.

    All in one transaction, so that a batch has its register and the further ones exist, or none of this; a batch that
    is put back later has its register, and is not split again. When the transaction fails, no file is left behind.
    """
    parts = [_part(batch, register) for register in others]
    try:
        data = storage.original_bytes(batch) if parts else b""
        for part in parts:
            part.stored_as = storage.keep_original(part.ref, data)
        with transaction.atomic():
            claim.hold()
            UploadBatch.objects.filter(pk=batch.pk).update(
                register=batch.register, is_recognised=True, recognised_with=batch.recognised_with
            )
            for part in parts:
                part.save(force_insert=True)
                if part.notifies_uploader:
                    CHECK.announce(part.pk)
    except BaseException:
        for part in parts:
            if part.stored_as:
                storage.forget_original(part.stored_as)
        raise


def _part(batch: UploadBatch, register: str) -> UploadBatch:
    """Return the unsaved batch of one further register in the file of a batch, waiting to be checked.

    Where nobody is notified, the command that checks the batch checks it too, and no worker is told.
    """
    return UploadBatch(
        ref=new_ref(),
        group=batch.group,
        register=register,
        is_recognised=True,
        recognised_with=batch.recognised_with,
        split_from=batch,
        division=batch.division,
        period=batch.period,
        locked_reason=batch.locked_reason,
        uploaded_by=batch.uploaded_by,
        file_name=batch.file_name,
        file_size=batch.file_size,
        sha256=batch.sha256,
        notifies_uploader=batch.notifies_uploader,
        **CHECK.queued(),
    )
