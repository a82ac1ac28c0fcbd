"""People who sign in (docs/domain.md §1), one role and one division each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Self

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models import Q
from django.db.models.query_utils import DeferredAttribute

from changzhi_portal.records import new_ref
from changzhi_portal.scope import ScopedModel, ScopedQuerySet
from communities.models import Division
from communities.models.division import DivisionQuerySet


class Role(models.TextChoices):
    """What a person comes to do."""

    DISTRICT_CLERK = "district_clerk", "县区填报员"
    STREET_CLERK = "street_clerk", "街道填报员"
    BUREAU_OFFICER = "bureau_officer", "市局业务员"
    BUREAU_ADMIN = "bureau_admin", "市局管理员"
    LEADER = "leader", "领导"
    AUDITOR = "auditor", "审计员"

    @property
    def may_upload(self) -> bool:
        """Offices and the bureau bring in spreadsheets; leaders and auditors only read."""
        return self in {Role.DISTRICT_CLERK, Role.STREET_CLERK, Role.BUREAU_OFFICER, Role.BUREAU_ADMIN}

    @property
    def may_print_briefing(self) -> bool:
        """The bureau drafts and prints the briefing; everybody else reads it."""
        return self in {Role.BUREAU_OFFICER, Role.BUREAU_ADMIN}

    @property
    def may_submit(self) -> bool:
        """A county's office reports its month (上报); the bureau may do so on its behalf."""
        return self in {Role.DISTRICT_CLERK, Role.BUREAU_OFFICER, Role.BUREAU_ADMIN}

    @property
    def may_review(self) -> bool:
        """The bureau accepts or returns what counties report, and reminds those that have not."""
        return self in {Role.BUREAU_OFFICER, Role.BUREAU_ADMIN}

    @property
    def may_see_submissions(self) -> bool:
        """Whoever looks after a county or the city; a street's part in the month is its uploads."""
        return self is not Role.STREET_CLERK

    @property
    def may_manage_periods(self) -> bool:
        """Whoever is responsible for the calendar: due dates, locking a month, opening it again."""
        return self is Role.BUREAU_ADMIN

    @property
    def may_edit_plans(self) -> bool:
        """What the policy asks is entered and changed by the bureau's administrator; everybody reads it (docs/domain.md §1)."""
        return self is Role.BUREAU_ADMIN

    @property
    def may_change_divisions(self) -> bool:
        """Changes of divisions move communities and people: the bureau's administrator applies them (docs/domain.md §1)."""
        return self is Role.BUREAU_ADMIN

    @property
    def may_alter_locked_months(self) -> bool:
        """The bureau, giving a reason, may bring in figures dated in a locked month; its results stay as they are."""
        return self in {Role.BUREAU_OFFICER, Role.BUREAU_ADMIN}

    @property
    def may_see_registers(self) -> bool:
        """A leader never sees personal data, so registers of people and organizations are closed to that role."""
        return self is not Role.LEADER


class _RoleAttribute(DeferredAttribute):
    """Keep the value of a `RoleField` as a `Role` on the instance, wherever it comes from."""

    def __set__(self, instance: models.Model, value: str) -> None:
        # A value that is no role stays as it is: validation and the constraint `user_role_known` refuse it.
        instance.__dict__[self.field.attname] = Role(value) if value in Role.values else value


class RoleField(models.CharField):
    """A text column whose Python value is a `Role`, with the rights of that role."""

    descriptor_class = _RoleAttribute


# The division levels at which a role can sit.
ROLE_LEVELS: dict[Role, frozenset[str]] = {
    Role.DISTRICT_CLERK: frozenset({"county"}),
    Role.STREET_CLERK: frozenset({"town"}),
    Role.BUREAU_OFFICER: frozenset({"city"}),
    Role.BUREAU_ADMIN: frozenset({"city"}),
    Role.LEADER: frozenset({"city", "county"}),
    Role.AUDITOR: frozenset({"city", "county"}),
}


class UserQuerySet(ScopedQuerySet):
    """Reads of people."""

    def at_work(self) -> Self:
        """People who can still sign in."""
        return self.filter(is_active=True)

    def clerks_of(self, counties: Iterable[Division]) -> Self:
        """Who reports for any of these counties: the clerks who sit there, or at the county that succeeded it."""
        paths = {above for county in counties for above in paths_above(county.path)}
        return self.at_work().filter(role=Role.DISTRICT_CLERK, division__path__in=paths)


def paths_above(path: str) -> list[str]:
    """The paths of a division and of those it hangs under: "a/b/" gives "a/" and "a/b/"."""
    steps = path.rstrip("/").split("/")
    return ["/".join(steps[:length]) + "/" for length in range(1, len(steps) + 1)]


class PortalUserManager(UserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    """Django's own manager, with the scope."""


class User(AbstractUser, ScopedModel):
    """A person with a role and a division; sees that division's subtree only."""

    ref = models.CharField("编号", max_length=13, unique=True, editable=False, default=new_ref)
    full_name = models.CharField("姓名", max_length=50, blank=True)
    role = RoleField("角色", max_length=20, choices=Role)
    division = models.ForeignKey("communities.Division", models.PROTECT, related_name="users", verbose_name="所属区划")
    may_unmask = models.BooleanField("可查看个人信息原文", default=False)
    must_change_password = models.BooleanField("首次登录须改密码", default=True)

    scope_lookups: ClassVar[tuple[str, ...]] = ("division",)
    objects = PortalUserManager()
    REQUIRED_FIELDS: ClassVar[list[str]] = ["role", "division"]

    class Meta:
        verbose_name = verbose_name_plural = "用户"
        ordering = ("username",)
        constraints = (
            models.CheckConstraint(
                condition=~Q(role="leader", may_unmask=True),
                name="leader_never_unmasks",
                violation_error_message="领导角色不能查看个人信息原文。",
            ),
            models.CheckConstraint(
                condition=Q(role__in=[role.value for role in Role]),
                name="user_role_known",
                violation_error_message="请选择角色。",
            ),
        )

    def __str__(self) -> str:
        return self.full_name or self.username

    def counties_in_sight(self) -> DivisionQuerySet:
        """Today's counties in the own area, by code: also those that have not done anything yet."""
        return Division.objects.counties().standing().visible_to(self).order_by("code")
