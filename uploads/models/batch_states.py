"""The states of a batch, and the conditions on batches that are made of them (docs/domain.md §6.12)."""

from __future__ import annotations

from typing import Final

from django.db import models
from django.db.models import Q

UNMAPPED = "missing_column"  # the problem of a file that is refused only until its columns are mapped
# The problems of a file that choosing a register, or another one, may cure.
UNRECOGNISED = frozenset({"header_not_found", "wrong_register"})
# Labels of states that are no `UploadBatch.State`.
NEEDS_REGISTER, NEEDS_MAPPING, NEEDS_CHECK, SAME_AS_REGISTER, REST_TO_CONFIRM = (
    "要选登记表",
    "要对应列",
    "要重新核对",
    "与登记表一致",
    "补入库待确认",
)


class BatchState(models.TextChoices):
    """queued → checking → checked | rejected; → commit_queued → committing → committed; → undo_queued … → undone."""

    QUEUED = "queued", "等待检查"
    CHECKING = "checking", "正在检查"
    CHECKED = "checked", "待确认"
    REJECTED = "rejected", "文件不能用"
    COMMIT_QUEUED = "commit_queued", "等待入库"
    COMMITTING = "committing", "正在入库"
    COMMITTED = "committed", "已入库"
    UNDO_QUEUED = "undo_queued", "等待撤销"
    UNDOING = "undoing", "正在撤销"
    UNDONE = "undone", "已撤销"
    FAILED = "failed", "系统出错"
    DISCARDED = "discarded", "已放弃"


# The states in which a batch waits for a worker, those in which it is worked on, and both.
WAITING: Final = frozenset({BatchState.QUEUED, BatchState.COMMIT_QUEUED, BatchState.UNDO_QUEUED})
RUNNING: Final = frozenset({BatchState.CHECKING, BatchState.COMMITTING, BatchState.UNDOING})
IN_PROGRESS: Final = WAITING | RUNNING
# The states in which somebody has to decide about a batch that has written nothing.
UNDECIDED: Final = frozenset({BatchState.CHECKED, BatchState.REJECTED, BatchState.FAILED})
# The states in which rows that are not written can be corrected in the page.
CORRECTABLE: Final = frozenset({BatchState.CHECKED, BatchState.COMMITTED})
# The states of a batch whose remaining rows are being finished, once others have been written.
FINISHING = ("queued", "checking", "checked", "commit_queued", "committing")
# The states of a batch that has come to nothing.
GIVEN_UP = ("rejected", "failed", "discarded")


def has_written() -> Q:
    """Return the condition that rows of a batch are in the registers by its own commit, whatever its state (`has_written`)."""
    return Q(committed_at__isnull=False) & ~Q(state=BatchState.UNDONE)


def is_same_as_register() -> Q:
    """Return the condition that a batch was checked and says what the registers say already."""
    return Q(state=BatchState.CHECKED, needs_check=False, rows__gt=0, errors=0, new=0, changed=0)


def is_open() -> Q:
    """Return the condition that a worker has a batch in hand, that it waits for a decision, or that it was refused."""
    states = BatchState
    refused = Q(state__in=(states.REJECTED, states.FAILED))
    return Q(state__in=IN_PROGRESS) | (Q(state=states.CHECKED) & ~is_same_as_register()) | refused


def has_bad_rows_left() -> Q:
    """Return the condition that a commit has left bad rows of a batch behind."""
    return Q(state=BatchState.COMMITTED, errors__gt=0)
