"""Filters of users and departments."""

from __future__ import annotations

from typing import ClassVar

import django_filters
from django.db.models import Q
from django.http import HttpRequest

from accounts.models import ROLES_OF_PEOPLE, Department, DepartmentQuerySet, User, UserQuerySet
from changzhi_portal.pages.filters import FilterForm
from communities.filters import PlaceFilterSet

STATES = [
    ("active", "在用"),
    ("locked", "已锁定"),
    ("never", "还没有登录过"),
    ("first", "须改首次密码"),
    ("inactive", "已停用"),
]


class DepartmentFilterForm(FilterForm):
    """Form that always shows place and state."""

    up_front: ClassVar[tuple[str, ...]] = ("q", "county", "town", "state")
    search_hint: ClassVar[str] = "部门名称"


class DepartmentFilterSet(PlaceFilterSet):
    """Filter of departments by name, place and whether they still exist."""

    state = django_filters.ChoiceFilter(
        label="状态", choices=[("open", "在用"), ("closed", "已撤销")], method="filter_state"
    )

    class Meta:
        model = Department
        fields = ()

    def search(self, text: str) -> Q:
        """Return the condition that the name contains the text."""
        return Q(name__icontains=text)

    def filter_state(self, queryset: DepartmentQuerySet, name: str, value: str) -> DepartmentQuerySet:
        """Filter for departments that still exist, or for closed ones."""
        return queryset.active() if value == "open" else queryset.filter(closed_on__isnull=False)


class UserFilterForm(FilterForm):
    """Form that always shows role and state."""

    up_front: ClassVar[tuple[str, ...]] = ("q", "county", "town", "role", "state")
    search_hint: ClassVar[str] = "姓名或用户名"


def department_choices(request: HttpRequest | None) -> DepartmentQuerySet:
    """Return the departments to choose from: those of the user's own area; none without a user."""
    found = Department.objects.visible_to(getattr(request, "user", None))
    return found.with_place().order_by("division__code", "name")


class DepartmentFilter(django_filters.ModelChoiceFilter):
    """A filter by department, which is called with its division."""

    class DepartmentField(django_filters.fields.ModelChoiceField):
        """A choice of departments."""

        def label_from_instance(self, department: Department) -> str:
            """Return the division and the name."""
            return f"{department.division.full_name}{department}"

    field_class = DepartmentField


class UserFilterSet(PlaceFilterSet):
    """Filter by name or user name, place, role and state."""

    role = django_filters.ChoiceFilter(label="角色", choices=[(role.value, role.label) for role in ROLES_OF_PEOPLE])
    state = django_filters.ChoiceFilter(label="状态", choices=STATES, method="filter_state")
    department = DepartmentFilter(
        label="所在部门", queryset=department_choices, to_field_name="ref", empty_label="全部"
    )
    unmask = django_filters.ChoiceFilter(
        label="可看原文", choices=[("yes", "是"), ("no", "否")], method="filter_unmask"
    )

    class Meta:
        model = User
        fields = ()

    def search(self, text: str) -> Q:
        """Return the condition that the name or the user name contains the text."""
        return Q(full_name__icontains=text) | Q(username__icontains=text)

    def filter_state(self, queryset: UserQuerySet, name: str, value: str) -> UserQuerySet:
        """Filter by what the column 状态 says; 在用 includes all who may sign in."""
        match value:
            case "inactive":
                return queryset.filter(is_active=False)
            case "locked":
                return queryset.active().filter(is_locked_out=True)
            case "never":
                return queryset.active().filter(last_login__isnull=True)
            case "first":
                return queryset.active().filter(must_change_password=True)
        return queryset.active()

    def filter_unmask(self, queryset: UserQuerySet, name: str, value: str) -> UserQuerySet:
        """Filter by the right to see personal data in clear."""
        return queryset.filter(may_unmask=value == "yes")
