"""Actions that write users, one module for each kind of write. Import from here."""

from accounts.actions.division_changes import AppliedChanges, apply_division_changes, users_to_move
from accounts.actions.passwords import change_password
from accounts.actions.staff import AppointedStaff, appoint_staff, generate_password

__all__ = [
    "AppliedChanges",
    "AppointedStaff",
    "apply_division_changes",
    "appoint_staff",
    "change_password",
    "generate_password",
    "users_to_move",
]
