"""The batch that a command is given by its number."""

from __future__ import annotations

from accounts.models import User
from changzhi_portal.refusals import NotFoundError
from uploads.models import UploadBatch


def batch_numbered(number: int, user: User) -> UploadBatch:
    """Return the batch, if it is in the user's area. Raises NotFoundError."""
    batch = UploadBatch.objects.visible_to(user).filter(pk=number).first()
    if batch is None:
        raise NotFoundError(
            f"没有编号为{number}的批次，请核对。",
            cure=f"User {user.username!r} has no batch {number}. Check both.",
            field="batch",
        )
    return batch
