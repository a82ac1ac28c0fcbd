"""Writing records together with their change log, editing single ones, and taking such writes back. Import from here."""

from changelog.actions.apply import apply_writes
from changelog.actions.edit import Edit, check_edit, edit_record
from changelog.actions.edit_together import EditsTogether, WantedEdit, check_together, edit_together
from changelog.actions.log import LoggedChange, begin_change_set, change_of, differing, log_changes
from changelog.actions.merge import (
    PLACE,
    MergePair,
    differing_fields,
    find_merged,
    find_pair,
    merge_records,
    merged_columns,
    merging_of,
    takes_from_merged,
    undo_merge,
    values_of_kept,
)
from changelog.actions.reverse import Reversal, reverse_change_set

__all__ = [
    "PLACE",
    "Edit",
    "EditsTogether",
    "LoggedChange",
    "MergePair",
    "Reversal",
    "WantedEdit",
    "apply_writes",
    "begin_change_set",
    "change_of",
    "check_edit",
    "check_together",
    "differing",
    "differing_fields",
    "edit_record",
    "edit_together",
    "find_merged",
    "find_pair",
    "log_changes",
    "merge_records",
    "merged_columns",
    "merging_of",
    "reverse_change_set",
    "takes_from_merged",
    "undo_merge",
    "values_of_kept",
]
