"""Actions that write users, one module for each kind of write. Import from here."""

from accounts.actions.division_changes import (
    AppliedChanges,
    allot_records,
    apply_division_changes,
    note_changes,
    note_listed_changes,
    undo_division_changes,
    users_to_move,
    withdraw_change,
)
from accounts.actions.passwords import change_password
from accounts.actions.staff import AppointedStaff, appoint_staff, generate_password

__all__ = [
    "AppliedChanges",
    "AppointedStaff",
    "allot_records",
    "apply_division_changes",
    "appoint_staff",
    "change_password",
    "generate_password",
    "note_changes",
    "note_listed_changes",
    "undo_division_changes",
    "users_to_move",
    "withdraw_change",
]
