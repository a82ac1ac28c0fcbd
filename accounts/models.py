"""People who sign in (domain.md §1): one role and one division each."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models import Q

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
    def may_see_registers(self) -> bool:
        """A leader never sees personal data, so registers of people and organizations are closed to that role."""
        return self is not Role.LEADER


# The division levels at which a role can sit.
ROLE_LEVELS: dict[Role, frozenset[str]] = {
    Role.DISTRICT_CLERK: frozenset({"county"}),
    Role.STREET_CLERK: frozenset({"town"}),
    Role.BUREAU_OFFICER: frozenset({"city"}),
    Role.BUREAU_ADMIN: frozenset({"city"}),
    Role.LEADER: frozenset({"city", "county"}),
    Role.AUDITOR: frozenset({"city", "county"}),
}


class PortalUserManager(UserManager.from_queryset(ScopedQuerySet)):  # type: ignore[misc]
    """Django's own manager, with the scope."""


class User(AbstractUser, ScopedModel):
    """A person with a role and a division; sees that division's subtree only."""

    ref = models.CharField("编号", max_length=13, unique=True, editable=False, default=new_ref)
    full_name = models.CharField("姓名", max_length=50, blank=True)
    role = models.CharField("角色", max_length=20, choices=Role)
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

    @property
    def duty(self) -> Role:
        """The role as the enumeration, with its rights."""
        return Role(self.role)
