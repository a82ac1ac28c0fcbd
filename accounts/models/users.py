"""Users (docs/domain.md §1), each with one role and one division."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.models import AbstractUser, UserManager
from django.core.checks import CheckMessage, Error
from django.db import models
from django.db.models import Exists, OuterRef, Q

from accounts.models.attempts import AttemptCount
from accounts.models.roles import MANAGED_BY_COUNTIES, NEVER_UNMASK, ROLES_OF_PEOPLE, Role, RoleField
from accounts.models.settings import AccountSettings
from changelog.models import SYSTEM_USER
from changzhi_portal.personal import SealedField
from changzhi_portal.records import Record
from changzhi_portal.scope import ScopedModel, ScopedQuerySet, paths_above
from communities.models import Division
from communities.models.division import DivisionQuerySet


class UserQuerySet(ScopedQuerySet):
    """Queries of users."""

    def active(self) -> Self:
        """Filter for users who may sign in."""
        return self.filter(is_active=True).exclude(role=Role.CLIENT)

    def with_own_office(self) -> Self:
        """Load the division, and whether counties manage clerks: what every page asks about the signed-in user."""
        allows = AccountSettings.objects.filter(counties_manage_clerks=True)
        return self.select_related("division").annotate(counties_manage_clerks=Exists(allows))

    def administrators(self) -> Self:
        """Filter for active users who manage the users of every role."""
        return self.active().filter(role__in=[role for role in Role if role.manages_all_users])

    def managed_by(self, user: User) -> Self:
        """Filter for the users that `user` manages (docs/domain.md §1.4); none for a user who manages nobody."""
        return self.people().visible_to(user).filter(role__in=user.managed_roles)

    def listed_for(self, user: User) -> Self:
        """Filter for the users that `user` sees in the list: those managed, for auditors all of the own area."""
        if user.role is Role.AUDITOR:
            return self.people().visible_to(user)
        return self.managed_by(user)

    def people(self) -> Self:
        """Leave out who is no person: what stands for the portal itself in the change log, and other systems."""
        return self.exclude(username=SYSTEM_USER).exclude(role=Role.CLIENT)

    def with_lockout(self) -> Self:
        """Add `is_locked_out`: whether too many wrong passwords or codes keep the user from signing in somewhere now."""
        return self.annotate(is_locked_out=Exists(AttemptCount.objects.closed().filter(user=OuterRef("pk"))))

    def clerks_of(self, counties: Iterable[Division]) -> Self:
        """Filter for active clerks who report for any of these counties or for a successor of one."""
        paths = {above for county in counties for above in paths_above(county.path)}
        return self.active().filter(role=Role.DISTRICT_CLERK, division__path__in=paths)

    def reviewers_of(self, county: Division) -> Self:
        """Filter for active users of the bureau who review the reports of a county."""
        return self.who_may("may_review", county)

    def who_may(self, right: str, division: Division) -> Self:
        """Filter for active users whose role has a right and whose area contains a division: of its own and of those above it."""
        roles = [role for role in Role if getattr(role, right)]
        return self.active().filter(role__in=roles, division__path__in=paths_above(division.path))


class PortalUserManager(UserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    """Django's user manager with the scoped queryset."""


class User(AbstractUser, Record, ScopedModel):
    """A user with a role and a division, who sees only that division's subtree (docs/domain.md §1.2)."""

    record_page = "accounts:user_detail"

    full_name = models.CharField("姓名", max_length=50, blank=True)
    role = RoleField("角色", max_length=20, choices=Role)
    division = models.ForeignKey("communities.Division", models.PROTECT, related_name="users", verbose_name="所属区划")
    department = models.ForeignKey(
        "accounts.Department", models.PROTECT, null=True, blank=True, related_name="users", verbose_name="所在部门"
    )
    may_unmask = models.BooleanField("可查看个人信息原文", default=False)
    must_change_password = models.BooleanField("首次登录须改密码", default=True)
    email = models.EmailField("电子邮箱", blank=True)
    phone = SealedField("联系电话", kind="phone", null=True, blank=True)
    is_active = models.BooleanField("在用", default=True)
    password_set_at = models.DateTimeField("密码设置时间", null=True, blank=True)
    sessions_ended_at = models.DateTimeField("退出所有登录的时间", null=True, blank=True)
    unlocked_at = models.DateTimeField("解锁时间", null=True, blank=True)
    # Repeats that there is a `SecondFactor`: every request asks, and the change log says when it was set up or removed.
    second_factor_set_at = models.DateTimeField("启用两步验证的时间", null=True, blank=True)

    scope_lookups: ClassVar[tuple[str, ...]] = ("division",)
    objects = PortalUserManager()
    REQUIRED_FIELDS: ClassVar[list[str]] = ["role", "division"]

    class Meta:
        verbose_name = verbose_name_plural = "用户"
        ordering = ("username",)
        constraints = (
            models.CheckConstraint(
                condition=~Q(role__in=sorted(role.value for role in NEVER_UNMASK), may_unmask=True),
                name="role_never_unmasks",
                violation_error_message="领导、系统管理员、窗口受理员、部门经办员和对接系统不能有查看个人信息原文的权限。",
            ),
            models.CheckConstraint(
                condition=Q(role=Role.DEPARTMENT_CLERK.value, department__isnull=False)
                | (~Q(role=Role.DEPARTMENT_CLERK.value) & Q(department__isnull=True)),
                name="department_clerk_has_department",
                violation_error_message="部门经办员应选择所在部门，其他角色没有部门。",
            ),
            models.CheckConstraint(
                condition=Q(role__in=[role.value for role in Role]),
                name="user_role_known",
                violation_error_message="请选择角色。",
            ),
            # As `set_unusable_password` writes it: no password is equal to that.
            models.CheckConstraint(
                condition=~Q(role=Role.CLIENT.value) | Q(password__startswith=UNUSABLE_PASSWORD_PREFIX),
                name="client_has_no_password",
                violation_error_message="对接系统没有密码，不能登录。",
            ),
        )

    def __str__(self) -> str:
        return self.full_name or self.username

    @classmethod
    def check(cls, **kwargs: Any) -> list[CheckMessage]:
        """Add an error for a role in `TOTP_REQUIRED_ROLES` that does not exist: nobody would be asked for a second factor."""
        people = sorted(role.value for role in ROLES_OF_PEOPLE)
        unknown = sorted(set(settings.TOTP_REQUIRED_ROLES) - set(people))
        said = f"TOTP_REQUIRED_ROLES names roles that do not exist: {', '.join(unknown)}."
        found = [Error(said, hint=f"Choose from {', '.join(people)}.", id="accounts.E001")] if unknown else []
        return [*super().check(**kwargs), *found]

    @classmethod
    def gone_before(cls, moment: datetime.datetime) -> models.QuerySet[User]:
        """Return the users who are deactivated and have not signed in since a moment (docs/privacy.md)."""
        not_since = Q(last_login__isnull=True) | Q(last_login__lt=moment)
        return cls._base_manager.filter(not_since, is_active=False)

    @property
    def is_person(self) -> bool:
        """Return whether it is somebody who signs in, and no other system."""
        return self.role.value != Role.CLIENT.value

    @property
    def managed_roles(self) -> frozenset[Role]:
        """Return the roles of the users that this one manages within the own division (docs/domain.md §1.4)."""
        if self.role.manages_all_users:
            return frozenset(ROLES_OF_PEOPLE)
        is_entrusted = self.role is Role.DISTRICT_CLERK and self._counties_manage_clerks()
        return MANAGED_BY_COUNTIES if is_entrusted else frozenset()

    @property
    def assignable_roles(self) -> frozenset[Role]:
        """Return the roles that this user gives to others: one that grants unmasking only if the own does, too."""
        may_grant = self.role.may_grant_unmasking
        return frozenset(role for role in self.managed_roles if may_grant or not role.may_grant_unmasking)

    def _counties_manage_clerks(self) -> bool:
        """Return what the bureau has decided; known already for the signed-in user (`with_own_office`)."""
        known: bool | None = getattr(self, "counties_manage_clerks", None)
        return AccountSettings.current().counties_manage_clerks if known is None else known

    @property
    def may_manage_users(self) -> bool:
        """Return whether this user creates and changes users, of whichever roles."""
        return bool(self.managed_roles)

    @property
    def may_see_users(self) -> bool:
        """Return whether this user sees the list of users: whoever manages some, and auditors."""
        return self.role is Role.AUDITOR or self.may_manage_users

    @property
    def may_answer_subjects(self) -> bool:
        """Return whether this user finds what is held on a person who asks (个人信息保护法第四十五条)."""
        return self.role is Role.BUREAU_ADMIN and self.may_unmask

    # --- Passwords (docs/domain.md §9.5) ---

    @property
    def is_password_too_old(self) -> bool:
        """Return whether the password was older than `PASSWORD_MAX_DAYS` at the last sign-in; work is not interrupted."""
        if not settings.PASSWORD_MAX_DAYS or self.last_login is None:
            return False
        set_at = self.password_set_at or self.date_joined
        return self.last_login - set_at >= datetime.timedelta(days=settings.PASSWORD_MAX_DAYS)

    @property
    def needs_new_password(self) -> bool:
        """Return whether only the page that changes the password is open to the user."""
        return self.must_change_password or self.is_password_too_old

    # --- Second factor (ADR 0024) ---

    @property
    def has_second_factor(self) -> bool:
        """Return whether a sign-in takes a code besides the password."""
        return self.second_factor_set_at is not None

    @property
    def must_have_second_factor(self) -> bool:
        """Return whether the role is one of `TOTP_REQUIRED_ROLES`."""
        return self.role.value in settings.TOTP_REQUIRED_ROLES

    @property
    def needs_second_factor(self) -> bool:
        """Return whether only the page that sets a second factor up is open to the user."""
        return self.must_have_second_factor and not self.has_second_factor

    @property
    def is_held_up(self) -> bool:
        """Return whether the user has to do something before any other page is open."""
        return self.needs_new_password or self.needs_second_factor

    # --- Sessions (ADR 0022) ---

    def get_session_auth_hash(self) -> str:
        """Return what a session must hold to go on; another one once the password or `sessions_ended_at` changes."""
        return self._hash_since_end(super().get_session_auth_hash())

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        """Yield what a session may hold under the secret keys of before."""
        for earlier in super().get_session_auth_fallback_hash():
            yield self._hash_since_end(earlier)

    def _hash_since_end(self, of_password: str) -> str:
        if self.sessions_ended_at is None:
            return of_password
        ended = self.sessions_ended_at.astimezone(datetime.UTC).isoformat()
        # The hash of the password is keyed already, by the secret key of today or of before.
        return hashlib.sha256(f"{of_password} {ended}".encode()).hexdigest()

    def visible_counties(self) -> DivisionQuerySet:
        """Return the current counties in the user's scope by code, including those without any data."""
        return Division.objects.counties().current().visible_to(self).order_by("code")

    def visible_towns(self, day: datetime.date) -> DivisionQuerySet:
        """Return the towns in the user's scope where communities lie on `day`."""
        return Division.objects.towns().visible_to(self).with_communities_on(day).order_by()
