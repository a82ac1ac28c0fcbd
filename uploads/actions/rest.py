"""The rows that a commit has left behind, finished later in the same batch (补入库, docs/spreadsheets.md §4.9).

A committed batch keeps its rows with an error and those left out in the page. When one of them is changed, they become
its remaining rows (`UploadRow.is_remaining`): only they are checked and committed again, while the others stay written.
`UploadBatch.rest` counts them; the batch's own counters are always those of all its rows.
"""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from changzhi_portal.refusals import NotAllowedError, StaleError
from changzhi_portal.rights import Actor
from uploads.models import UploadBatch, UploadRow
from uploads.rows.left_out import add_rest_left_out

State = UploadBatch.State
Outcome = UploadRow.Outcome


def open_rest(batch: UploadBatch) -> None:
    """Make the rows that a committed, locked batch has left behind its remaining rows; the batch is not saved.

    Does nothing for a batch that is not committed: all its rows wait, or it is being finished already.
    """
    if batch.state != State.COMMITTED:
        return
    batch.staged_rows.not_written().update(is_remaining=True)
    batch.rest = batch.staged_rows.remaining().counted()
    batch.undone_by = None  # an undoing that failed earlier is no longer what the page is about


def close_rest(batch: UploadBatch) -> None:
    """End the finishing of a locked batch, which is committed again; the batch is not saved.

    Its confirmation is that of the last commit which has written something, not of one that was refused.
    """
    batch.staged_rows.remaining().update(is_remaining=False)
    batch.rest = {}
    batch.needs_check = False  # nothing of it waits any more
    batch.state = State.COMMITTED
    last = batch.written_change_sets.first()
    if last is not None:
        batch.confirmed_by_id = last.made_by_id


def recount(batch: UploadBatch) -> None:
    """Set the counters of a batch from its staged rows; the batch is not saved."""
    skipped_in_file = batch.skipped_in_file
    for name, number in batch.staged_rows.all().counted().items():
        setattr(batch, name, number)
    batch.skipped = skipped_in_file + batch.left_out
    batch.problem_counts = batch.staged_rows.all().count_problems()


def count_open_rows(batch: UploadBatch) -> None:
    """Set all counters of a batch, those of its rest too, from its staged rows; the batch is not saved."""
    if batch.rest:
        batch.rest = batch.open_rows.counted()
    recount(batch)


def written_in_words(batch: UploadBatch) -> str:
    """Return how many rows of a committed batch were written, in one sentence."""
    return f"已入库：新增{batch.new}行，修改{batch.changed}行，未变{batch.unchanged}行。"


def drop_rest(*, batch: UploadBatch, by: Actor) -> None:
    """Leave out all rows that a committed batch has not written (余下的不要了); it is committed without them.

    Raises NotAllowedError for a batch that is not the user's to handle, StaleError for one without such rows or one that
    is being worked on.
    """
    if not batch.may_be_handled_by(by):
        raise NotAllowedError("您不能修改这个批次。", cure="This user may not change this batch.")
    with transaction.atomic():
        locked = UploadBatch.objects.locked().get(pk=batch.pk)
        if not locked.can_drop_rest:
            raise StaleError(
                "这个批次正在处理，或者没有余下的行；页面上是它现在的状态。",
                cure="The batch is being worked on, or has no rows left behind.",
            )
        leave_out_rest(locked, by=by)
        locked.save()


def leave_out_rest(locked: UploadBatch, *, by: Actor) -> None:
    """Leave out what a locked batch has not written, and commit it as it is; the batch is not saved.

    Rows that say what the registers say are no loss and stay as they are, unless they may have been corrected since the
    last check that has ended.
    """
    open_rest(locked)
    rows = locked.staged_rows.remaining().exclude(outcome=Outcome.LEFT_OUT)
    if not locked.needs_check:
        rows = rows.exclude(outcome=Outcome.UNCHANGED)
    positions = list(rows.values_list("position", flat=True))
    rows.update(outcome=Outcome.LEFT_OUT, has_warning=False, changes=[], also=[], seen="", problems=[], codes="")
    if positions:
        add_rest_left_out(locked, positions, by=by)
    close_rest(locked)
    recount(locked)
    locked.message = written_in_words(locked)
    locked.heartbeat_at = timezone.now()  # whoever has the preview of these rows open must look again
