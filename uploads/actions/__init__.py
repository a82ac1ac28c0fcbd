"""What happens to a batch, from the file's arrival to its commit. Tasks, pages and commands call these alike."""

from uploads.actions.check import check_batch, check_queued_batch
from uploads.actions.commit import commit_batch, commit_queued_batch, request_commit
from uploads.actions.receive import check_may_alter_locked, receive_file
from uploads.actions.undo import request_undo, undo_batch, undo_queued_batch

__all__ = [
    "check_batch",
    "check_may_alter_locked",
    "check_queued_batch",
    "commit_batch",
    "commit_queued_batch",
    "receive_file",
    "request_commit",
    "request_undo",
    "undo_batch",
    "undo_queued_batch",
]
