"""People who sign in, and what is kept of how they do: browsers, sessions, second factors, attempts. Import from here."""

from accounts.models.attempts import AttemptCount
from accounts.models.departments import Department, DepartmentQuerySet
from accounts.models.passwords import REMEMBERED_PASSWORDS, PastPassword
from accounts.models.roles import (
    MANAGED_BY_COUNTIES,
    NEVER_UNMASK,
    OF_MATTERS,
    ROLE_LEVELS,
    ROLES_OF_PEOPLE,
    Role,
    RoleField,
)
from accounts.models.second_factor import RecoveryCode, SecondFactor
from accounts.models.settings import AccountSettings
from accounts.models.sign_ins import KnownBrowser, SignInSession
from accounts.models.succession_lists import SuccessionList
from accounts.models.users import PortalUserManager, User, UserQuerySet

__all__ = [
    "MANAGED_BY_COUNTIES",
    "NEVER_UNMASK",
    "OF_MATTERS",
    "REMEMBERED_PASSWORDS",
    "ROLES_OF_PEOPLE",
    "ROLE_LEVELS",
    "AccountSettings",
    "AttemptCount",
    "Department",
    "DepartmentQuerySet",
    "KnownBrowser",
    "PastPassword",
    "PortalUserManager",
    "RecoveryCode",
    "Role",
    "RoleField",
    "SecondFactor",
    "SignInSession",
    "SuccessionList",
    "User",
    "UserQuerySet",
]
