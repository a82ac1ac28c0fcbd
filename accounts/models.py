"""Users (docs/domain.md §1), each with one role and one division."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, Self

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models import Q
from django.db.models.query_utils import DeferredAttribute

from changzhi_portal.records import new_ref
from changzhi_portal.scope import ScopedModel, ScopedQuerySet
from communities.models import Division
from communities.models.division import DivisionQuerySet


class Role(models.TextChoices):
    """The role of a user, with its rights (docs/domain.md §1.1, §1.3)."""

    DISTRICT_CLERK = "district_clerk", "县区填报员"
    STREET_CLERK = "street_clerk", "街道填报员"
    BUREAU_OFFICER = "bureau_officer", "市局业务员"
    BUREAU_ADMIN = "bureau_admin", "市局管理员"
    LEADER = "leader", "领导"
    AUDITOR = "auditor", "审计员"

    @property
    def may_upload(self) -> bool:
        """Return whether the role uploads spreadsheets: clerks and the bureau."""
        return self in {Role.DISTRICT_CLERK, Role.STREET_CLERK, Role.BUREAU_OFFICER, Role.BUREAU_ADMIN}

    @property
    def may_print_briefing(self) -> bool:
        """Return whether the role prints briefings: the bureau."""
        return self in {Role.BUREAU_OFFICER, Role.BUREAU_ADMIN}

    @property
    def may_submit(self) -> bool:
        """Return whether the role reports a month (上报): clerks of counties, and the bureau on their behalf."""
        return self in {Role.DISTRICT_CLERK, Role.BUREAU_OFFICER, Role.BUREAU_ADMIN}

    @property
    def may_review(self) -> bool:
        """Return whether the role accepts and returns reports and reminds counties: the bureau."""
        return self in {Role.BUREAU_OFFICER, Role.BUREAU_ADMIN}

    @property
    def may_see_submissions(self) -> bool:
        """Return whether the role sees reports: all but clerks of streets, who only upload."""
        return self is not Role.STREET_CLERK

    @property
    def may_manage_periods(self) -> bool:
        """Return whether the role sets due dates and locks and reopens months."""
        return self is Role.BUREAU_ADMIN

    @property
    def may_edit_plans(self) -> bool:
        """Return whether the role edits target plans."""
        return self is Role.BUREAU_ADMIN

    @property
    def may_change_divisions(self) -> bool:
        """Return whether the role applies changes of divisions, which move communities and users."""
        return self is Role.BUREAU_ADMIN

    @property
    def may_alter_locked_months(self) -> bool:
        """Return whether the role may, with a reason, upload figures dated in a locked month; its results are kept."""
        return self in {Role.BUREAU_OFFICER, Role.BUREAU_ADMIN}

    @property
    def may_see_registers(self) -> bool:
        """Return whether the role sees the registers with personal data: all but leaders."""
        return self is not Role.LEADER


class _RoleAttribute(DeferredAttribute):
    """Descriptor that converts any value assigned to a `RoleField` to a `Role`."""

    def __set__(self, instance: models.Model, value: str) -> None:
        # An unknown value is kept as it is: validation and the constraint `user_role_known` refuse it.
        instance.__dict__[self.field.attname] = Role(value) if value in Role.values else value


if TYPE_CHECKING:
    _RoleColumn = models.CharField["Role | str", Role]
else:
    _RoleColumn = models.CharField


class RoleField(_RoleColumn):
    """A text column whose Python value is a `Role`."""

    descriptor_class = _RoleAttribute


# The levels of division that a role may have.
ROLE_LEVELS: dict[Role, frozenset[str]] = {
    Role.DISTRICT_CLERK: frozenset({"county"}),
    Role.STREET_CLERK: frozenset({"town"}),
    Role.BUREAU_OFFICER: frozenset({"city"}),
    Role.BUREAU_ADMIN: frozenset({"city"}),
    Role.LEADER: frozenset({"city", "county"}),
    Role.AUDITOR: frozenset({"city", "county"}),
}


class UserQuerySet(ScopedQuerySet):
    """Queries of users."""

    def active(self) -> Self:
        """Filter for users who may sign in."""
        return self.filter(is_active=True)

    def clerks_of(self, counties: Iterable[Division]) -> Self:
        """Filter for active clerks who report for any of these counties or for a successor of one."""
        paths = {above for county in counties for above in paths_above(county.path)}
        return self.active().filter(role=Role.DISTRICT_CLERK, division__path__in=paths)

    def reviewers_of(self, county: Division) -> Self:
        """Filter for active users of the bureau who review the reports of a county."""
        roles = [role for role in Role if role.may_review]
        return self.active().filter(role__in=roles, division__path__in=paths_above(county.path))


def paths_above(path: str) -> list[str]:
    """Return the paths of a division and of all divisions above it: "a/" and "a/b/" for "a/b/"."""
    steps = path.rstrip("/").split("/")
    return ["/".join(steps[:length]) + "/" for length in range(1, len(steps) + 1)]


class PortalUserManager(UserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    """Django's user manager with the scoped queryset."""


class User(AbstractUser, ScopedModel):
    """A user with a role and a division, who sees only that division's subtree (docs/domain.md §1.2)."""

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

    def visible_counties(self) -> DivisionQuerySet:
        """Return the current counties in the user's scope by code, including those without any data."""
        return Division.objects.counties().current().visible_to(self).order_by("code")

    def visible_towns(self, day: datetime.date) -> DivisionQuerySet:
        """Return the towns in the user's scope where communities lie on `day`."""
        return Division.objects.towns().visible_to(self).with_communities_on(day).order_by()
