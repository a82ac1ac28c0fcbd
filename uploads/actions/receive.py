"""Receiving a file: it is stored encrypted and queued to be checked as a batch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import DatabaseError, transaction

from changelog.trail import TrailKind, record_event
from changzhi_portal.personal_numbers import mask_slipped_numbers, refuse_personal_numbers
from changzhi_portal.records import new_ref
from changzhi_portal.refusals import InvalidError, NotAllowedError, PortalError, UnavailableError
from changzhi_portal.registers.registry import register_named
from changzhi_portal.rights import Actor
from periods.models import ReportingPeriod
from uploads import storage
from uploads.jobs import CHECK
from uploads.models import UploadBatch
from uploads.reading.refusal import FileRefusedError

State = UploadBatch.State
FILE_NAME_LENGTH = 255


def receive_file(
    *,
    file: Iterable[bytes],
    file_name: str,
    register: str,
    by: Actor,
    period: ReportingPeriod | None = None,
    locked_reason: str = "",
    queue: bool = True,
    group: str = "",
) -> UploadBatch:
    """Store a file encrypted, create its batch, queue the check, and return the batch.

    `file` yields chunks of bytes; ID and mobile numbers in its name are masked. Without a register ("") the check finds
    it out. `group` is shared by the batches of one upload. Without `queue` the caller checks the batch and shows the
    result: no worker takes it, and nobody is notified. `locked_reason` is the bureau's reason for altering figures of a
    locked month. Raises FileRefusedError for a file that is too large, PortalError for an unknown register, a role that
    may not upload, a reason with a personal number, and a disk that refuses the file.
    """
    if register:
        register_named(register)
    if not by.role.may_upload:
        raise NotAllowedError(
            "您的角色不能上传表格，请联系市局管理员。", cure=f"The role of {by.username} may not upload."
        )
    if locked_reason:
        check_may_alter_locked(by, locked_reason)
    data = storage.read_within_limit(file)
    batch = UploadBatch(
        register=register,
        division_id=by.division.pk,
        period=period,
        locked_reason=locked_reason,
        uploaded_by_id=by.pk,
        file_name=mask_slipped_numbers(file_name)[-FILE_NAME_LENGTH:],
        file_size=len(data),
        sha256=storage.sha256_of(data),
        **(CHECK.queued() if queue else CHECK.begun()),
        notifies_uploader=queue,
    )
    batch.group = group or batch.ref
    batch.stored_as = storage.keep_original(batch.ref, data)
    try:
        with transaction.atomic():
            batch.save()
            detail = {"register": register, "sha256": batch.sha256, "bytes": batch.file_size}
            record_event(TrailKind.UPLOADED, by=by, about=batch, label=batch.file_name, detail=detail)
            if queue:
                CHECK.announce(batch.pk)
    except DatabaseError:
        storage.forget_original(batch.stored_as)
        raise
    return batch


@dataclass(slots=True)
class Receipt:
    """What became of the files of one upload: their batches, and the refusal of each other file, by the file's name."""

    batches: list[UploadBatch] = field(default_factory=list)
    refused: list[tuple[str, PortalError]] = field(default_factory=list)


def receive_files(
    *,
    files: Iterable[tuple[str, Iterable[bytes]]],
    register: str,
    by: Actor,
    period: ReportingPeriod | None = None,
) -> Receipt:
    """Receive several files, given by name and chunks of bytes, one after the other; each becomes a batch.

    A file that cannot be received keeps no other one out. Raises PortalError for what concerns them all: an unknown
    register, a role that may not upload.
    """
    receipt = Receipt()
    group = new_ref()
    for name, chunks in files:
        try:
            batch = receive_file(file=chunks, file_name=name, register=register, by=by, period=period, group=group)
        except (FileRefusedError, UnavailableError) as refusal:
            receipt.refused.append((mask_slipped_numbers(name), refusal))
        else:
            receipt.batches.append(batch)
    return receipt


def check_may_alter_locked(by: Actor, reason: str) -> None:
    """Raise PortalError unless `by` is of the bureau and gives a valid reason (docs/domain.md §6.8)."""
    if not by.role.may_alter_locked_months:
        raise NotAllowedError("只有市局可以修改已锁定月份的数据。", cure="Only the bureau may alter locked months.")
    longest = UploadBatch._meta.get_field("locked_reason").max_length or 0
    if not 0 < len(reason.strip()) <= longest:
        raise InvalidError(
            f"请写明修改已锁定月份数据的原因，不超过{longest}个字。",
            cure=f"Give a reason of at most {longest} characters.",
            field="locked_reason",
        )
    refuse_personal_numbers(reason, what="原因", field="locked_reason")
