"""Pages of signing in, the user's own account, and changes of divisions, which move users. Import from here."""

from accounts.views.division_changes import DivisionChanges
from accounts.views.own import OwnAccount, OwnPassword, SignIn, SignOut

__all__ = ["DivisionChanges", "OwnAccount", "OwnPassword", "SignIn", "SignOut"]
