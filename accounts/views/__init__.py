"""Pages of signing in, of the own account, of managing users and departments, and of changes of divisions. Import from here."""

from accounts.views.departments import (
    CloseDepartment,
    DepartmentDetail,
    DepartmentList,
    EditDepartment,
    NewDepartment,
    ReopenDepartment,
)
from accounts.views.division_changes import AllotRecords, DivisionChanges, UndoChanges, WithdrawChanges
from accounts.views.manage_user import (
    Deactivate,
    EditUser,
    EndSessions,
    NewUser,
    Reactivate,
    RemoveSecondFactor,
    ResetPassword,
    Unlock,
)
from accounts.views.note_change import NoteChange
from accounts.views.own import OwnAccount, OwnContact, OwnPassword, SecondStep, SignIn, SignOut
from accounts.views.second_factor import RemoveOwnSecondFactor, RenewRecoveryCodes, SetUpSecondFactor
from accounts.views.sessions import EndOtherSessions, EndOwnSession, EndUserSession
from accounts.views.users import ChangeSettings, UserDetail, UserList

__all__ = [
    "AllotRecords",
    "ChangeSettings",
    "CloseDepartment",
    "Deactivate",
    "DepartmentDetail",
    "DepartmentList",
    "DivisionChanges",
    "EditDepartment",
    "EditUser",
    "EndOtherSessions",
    "EndOwnSession",
    "EndSessions",
    "EndUserSession",
    "NewDepartment",
    "NewUser",
    "NoteChange",
    "OwnAccount",
    "OwnContact",
    "OwnPassword",
    "Reactivate",
    "RemoveOwnSecondFactor",
    "RemoveSecondFactor",
    "RenewRecoveryCodes",
    "ReopenDepartment",
    "ResetPassword",
    "SecondStep",
    "SetUpSecondFactor",
    "SignIn",
    "SignOut",
    "UndoChanges",
    "Unlock",
    "UserDetail",
    "UserList",
    "WithdrawChanges",
]
