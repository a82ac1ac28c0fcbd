"""Actions on batches, from receiving a file to undoing its commit. Import from here.

Tasks, pages and commands call them alike.
"""

from uploads.actions.change_batch import (
    alter_locked_months,
    change_month,
    check_again,
    choose_register,
    correct_row,
    leave_out_row,
    map_columns,
    take_row_back,
)
from uploads.actions.check import check_batch, check_queued_batch
from uploads.actions.commit import commit_batch, commit_queued_batch, request_commit
from uploads.actions.discard import discard_batch
from uploads.actions.give_up import give_up_batch
from uploads.actions.receive import Receipt, check_may_alter_locked, receive_file, receive_files
from uploads.actions.rest import drop_rest
from uploads.actions.turns import work_on_next_batch
from uploads.actions.undo import request_undo, undo_batch, undo_queued_batch

__all__ = [
    "Receipt",
    "alter_locked_months",
    "change_month",
    "check_again",
    "check_batch",
    "check_may_alter_locked",
    "check_queued_batch",
    "choose_register",
    "commit_batch",
    "commit_queued_batch",
    "correct_row",
    "discard_batch",
    "drop_rest",
    "give_up_batch",
    "leave_out_row",
    "map_columns",
    "receive_file",
    "receive_files",
    "request_commit",
    "request_undo",
    "take_row_back",
    "undo_batch",
    "undo_queued_batch",
    "work_on_next_batch",
]
