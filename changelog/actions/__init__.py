"""Writing records together with their change log, editing single ones, and taking such writes back. Import from here."""

from changelog.actions.apply import apply_writes
from changelog.actions.bulk import MOST_AT_ONCE, BulkEdit, BulkLine, check_bulk, edit_in_bulk
from changelog.actions.distinct import distinct_among, mark_distinct, unmark_distinct
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
    merged_parts,
    merging_of,
    takes_from_merged,
    undo_merge,
    values_of_kept,
)
from changelog.actions.reverse import Reversal, reverse_change_set
from changelog.actions.rows import write_rows
from changelog.actions.undo import Undoing, find_undoing, is_undoable, undo_changes

__all__ = [
    "MOST_AT_ONCE",
    "PLACE",
    "BulkEdit",
    "BulkLine",
    "Edit",
    "EditsTogether",
    "LoggedChange",
    "MergePair",
    "Reversal",
    "Undoing",
    "WantedEdit",
    "apply_writes",
    "begin_change_set",
    "change_of",
    "check_bulk",
    "check_edit",
    "check_together",
    "differing",
    "differing_fields",
    "distinct_among",
    "edit_in_bulk",
    "edit_record",
    "edit_together",
    "find_merged",
    "find_pair",
    "find_undoing",
    "is_undoable",
    "log_changes",
    "mark_distinct",
    "merge_records",
    "merged_columns",
    "merged_parts",
    "merging_of",
    "reverse_change_set",
    "takes_from_merged",
    "undo_changes",
    "undo_merge",
    "unmark_distinct",
    "values_of_kept",
    "write_rows",
]
