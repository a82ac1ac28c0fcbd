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
from accounts.actions.managing import outranks
from accounts.actions.own import edit_own_contact
from accounts.actions.passwords import change_password, generate_password
from accounts.actions.second_factor import (
    LONGEST_REASON,
    WRONG_CODE,
    open_account,
    remove_own_second_factor,
    remove_second_factor,
    renew_recovery_codes,
    set_up_second_factor,
    use_code,
)
from accounts.actions.sessions import (
    OpenSession,
    end_other_sessions,
    end_session,
    forget_browsers,
    forget_session,
    forget_sessions,
    know_browser,
    note_session,
    open_sessions,
    rename_session,
)
from accounts.actions.settings import change_account_settings
from accounts.actions.staff import AppointedStaff, appoint_staff
from accounts.actions.trail import log_new_users, portal_itself
from accounts.actions.users import (
    IssuedPassword,
    create_user,
    deactivate_user,
    edit_user,
    end_sessions,
    reactivate_user,
    reset_password,
    unlock_user,
)

__all__ = [
    "LONGEST_REASON",
    "WRONG_CODE",
    "AppliedChanges",
    "AppointedStaff",
    "IssuedPassword",
    "OpenSession",
    "allot_records",
    "apply_division_changes",
    "appoint_staff",
    "change_account_settings",
    "change_password",
    "create_user",
    "deactivate_user",
    "edit_own_contact",
    "edit_user",
    "end_other_sessions",
    "end_session",
    "end_sessions",
    "forget_browsers",
    "forget_session",
    "forget_sessions",
    "generate_password",
    "know_browser",
    "log_new_users",
    "note_changes",
    "note_listed_changes",
    "note_session",
    "open_account",
    "open_sessions",
    "outranks",
    "portal_itself",
    "reactivate_user",
    "remove_own_second_factor",
    "remove_second_factor",
    "rename_session",
    "renew_recovery_codes",
    "reset_password",
    "set_up_second_factor",
    "undo_division_changes",
    "unlock_user",
    "use_code",
    "users_to_move",
    "withdraw_change",
]
