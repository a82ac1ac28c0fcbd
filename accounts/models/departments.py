"""Departments: the offices that decide residents' matters and ask communities for work (docs/domain.md §1.7)."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.db.models import Count, F, Q

from changzhi_portal.records import Record
from changzhi_portal.rights import Viewer
from changzhi_portal.scope import ScopedModel, ScopedQuerySet


class DepartmentQuerySet(ScopedQuerySet):
    """Queries of departments."""

    def active(self) -> Self:
        """Filter for departments that still exist."""
        return self.filter(closed_on__isnull=True)

    def with_place(self) -> Self:
        """Load the division and the one above it, for lists."""
        return self.select_related("division__parent")

    def with_users(self) -> Self:
        """Add `users_now`: how many people who may sign in work there."""
        return self.annotate(users_now=Count("users", filter=Q(users__is_active=True)))

    def of_user(self, user: Viewer) -> Self:
        """Filter for the department that a user works in; none for users without one."""
        return self.filter(pk=getattr(user, "department_id", None))


class Department(Record, ScopedModel):
    """An office of a division, such as 民政局 or 社会事务办公室. It is closed with a date, never deleted."""

    division = models.ForeignKey(
        "communities.Division", models.PROTECT, related_name="departments", verbose_name="所属区划"
    )
    name = models.CharField("名称", max_length=50)
    opened_on = models.DateField("设立日期", null=True, blank=True)
    closed_on = models.DateField("撤销日期", null=True, blank=True)
    note = models.CharField("备注", max_length=500, blank=True)

    record_page: ClassVar[str] = "accounts:department_detail"

    scope_lookups: ClassVar[tuple[str, ...]] = ("division",)
    objects = DepartmentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "部门"
        ordering = ("division", "name")
        constraints = (
            models.UniqueConstraint(
                fields=["division", "name"],
                condition=Q(closed_on__isnull=True),
                name="department_once",
                violation_error_message="这个区划已有同名的部门。",
            ),
            models.CheckConstraint(
                condition=~Q(name=""), name="department_has_name", violation_error_message="请填写部门的名称。"
            ),
            models.CheckConstraint(
                condition=Q(closed_on__isnull=True) | Q(opened_on__isnull=True) | Q(closed_on__gt=F("opened_on")),
                name="department_closes_after_opening",
                violation_error_message="撤销日期应晚于设立日期。",
            ),
        )

    def __str__(self) -> str:
        return self.name
