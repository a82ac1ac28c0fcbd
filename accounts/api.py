"""Departments in the API, for systems that know who asks communities for what."""

from __future__ import annotations

from typing import ClassVar

from rest_framework import serializers

from accounts.filters import DepartmentFilterSet
from accounts.models import Department
from changzhi_portal.api.endpoints import RowsEndpoint
from changzhi_portal.api.expansions import Expansions
from communities.api import DivisionSerializer


class DepartmentSerializer(serializers.ModelSerializer):
    """What is said of a department; never of the people in it."""

    division = serializers.CharField(source="division.code", label="所属区划的代码")

    class Meta:
        model = Department
        fields = ("ref", "division", "name", "opened_on", "closed_on")


class Departments(RowsEndpoint):
    """部门, closed ones included."""

    slug = "departments"
    title = "部门"
    requires = "may_see_work_items"
    queryset = Department.objects.all()
    filterset = DepartmentFilterSet
    serializer_class = DepartmentSerializer
    sorts: ClassVar[dict[str, str]] = {"name": "name", "closed_on": "closed_on"}
    expands: ClassVar[Expansions] = {"division": ("division", DivisionSerializer)}
    found_by = "ref"
