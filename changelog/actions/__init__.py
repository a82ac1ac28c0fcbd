"""Writing records together with their change log, editing single ones, and taking such writes back. Import from here."""

from changelog.actions.apply import apply_writes
from changelog.actions.edit import Edit, check_edit, edit_record
from changelog.actions.log import LoggedChange, begin_change_set, change_of, differing, log_changes
from changelog.actions.reverse import Reversal, reverse_change_set

__all__ = [
    "Edit",
    "LoggedChange",
    "Reversal",
    "apply_writes",
    "begin_change_set",
    "change_of",
    "check_edit",
    "differing",
    "edit_record",
    "log_changes",
    "reverse_change_set",
]
