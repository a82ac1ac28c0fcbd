"""Pages of signing in, the user's own account, and changes of divisions, which move users. Import from here."""

from accounts.views.division_changes import AllotRecords, DivisionChanges, UndoChanges, WithdrawChanges
from accounts.views.note_change import NoteChange
from accounts.views.own import OwnAccount, OwnPassword, SignIn, SignOut

__all__ = [
    "AllotRecords",
    "DivisionChanges",
    "NoteChange",
    "OwnAccount",
    "OwnPassword",
    "SignIn",
    "SignOut",
    "UndoChanges",
    "WithdrawChanges",
]
