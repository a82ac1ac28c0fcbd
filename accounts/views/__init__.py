"""Pages of accounts: signing in, the own account, and changes of divisions, which move people. Import from here."""

from accounts.views.division_changes import DivisionChanges
from accounts.views.own import OwnAccount, OwnPassword, SignIn, SignOut

__all__ = ["DivisionChanges", "OwnAccount", "OwnPassword", "SignIn", "SignOut"]
