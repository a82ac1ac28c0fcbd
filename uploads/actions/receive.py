"""A file's arrival: kept encrypted, written down as a batch, queued to be checked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import DatabaseError, transaction
from django.utils import timezone

from changzhi_portal.errors import PortalError
from periods.models import ReportingPeriod
from uploads import storage
from uploads.actions.queueing import CHECK_TASK, tell_worker
from uploads.models import UploadBatch
from uploads.registry import register_named

State = UploadBatch.State
FILE_NAME_LENGTH = 255


def receive_file(
    *,
    file: Iterable[bytes],
    file_name: str,
    register: str,
    by: Any,
    period: ReportingPeriod | None = None,
    queue: bool = True,
) -> UploadBatch:
    """Take a file in: keep it encrypted, write its batch, and queue the check.

    `file` yields chunks of bytes. Without `queue` the caller does the work itself, and no worker takes the batch.
    Raises PortalError for a file that is too large, an unknown register, or a role that may not upload.
    """
    sheet = register_named(register)
    if not by.duty.may_upload:
        raise PortalError("您的角色不能上传表格，请联系市局管理员。", cure=f"The role of {by.username} may not upload.")
    data = storage.read_within_limit(file)
    batch = UploadBatch(
        register=sheet.name,
        division=by.division,
        period=period,
        uploaded_by=by,
        file_name=file_name[-FILE_NAME_LENGTH:],
        file_size=len(data),
        sha256=storage.sha256_of(data),
        state=State.QUEUED if queue else State.CHECKING,
        heartbeat_at=timezone.now(),
        seen_at=None if queue else timezone.now(),
    )
    batch.stored_as = storage.keep_original(batch.ref, data)
    try:
        with transaction.atomic():
            batch.save()
            if queue:
                queue_check(batch)
    except DatabaseError:
        storage.forget_original(batch.stored_as)
        raise
    return batch


def queue_check(batch: UploadBatch) -> None:
    """Once the transaction holds, tell the worker that a batch in state QUEUED waits to be checked."""
    transaction.on_commit(lambda: tell_worker(CHECK_TASK, batch.pk))
