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
from accounts.actions.own import edit_own_contact
from accounts.actions.passwords import change_password, generate_password
from accounts.actions.settings import change_account_settings
from accounts.actions.staff import AppointedStaff, appoint_staff
from accounts.actions.trail import log_new_users, portal_itself
from accounts.actions.users import (
    IssuedPassword,
    create_user,
    deactivate_user,
    edit_user,
    end_sessions,
    may_reset,
    reactivate_user,
    reset_password,
    unlock_user,
)

__all__ = [
    "AppliedChanges",
    "AppointedStaff",
    "IssuedPassword",
    "allot_records",
    "apply_division_changes",
    "appoint_staff",
    "change_account_settings",
    "change_password",
    "create_user",
    "deactivate_user",
    "edit_own_contact",
    "edit_user",
    "end_sessions",
    "generate_password",
    "log_new_users",
    "may_reset",
    "note_changes",
    "note_listed_changes",
    "portal_itself",
    "reactivate_user",
    "reset_password",
    "undo_division_changes",
    "unlock_user",
    "users_to_move",
    "withdraw_change",
]
