"""Divisions, communities and facilities in the API."""

from __future__ import annotations

from typing import ClassVar

import django_filters
from rest_framework import serializers

from changzhi_portal.api.endpoints import RegisterEndpoint, RowsEndpoint
from changzhi_portal.pages.filters import InEffectFilter, RegisterFilterSet
from communities.filters import CommunityFilterSet, FacilityFilterSet
from communities.models import Community, Division, Facility
from communities.search import Divisions as DivisionSource
from communities.sheets import CommunitySheet, FacilitySheet


class Communities(RegisterEndpoint):
    """社区, each with its newest figures."""

    register = CommunitySheet
    queryset = Community.objects.all()
    filterset = CommunityFilterSet
    sorts = {"name": "sort_key", "code": "code"}
    requires = "may_see_figures"


class Facilities(RegisterEndpoint):
    """服务设施."""

    register = FacilitySheet
    queryset = Facility.objects.all()
    filterset = FacilityFilterSet
    sorts = {"area": "area", "opened_on": "opened_on"}


class DivisionFilterSet(RegisterFilterSet):
    """Filters of divisions, closed ones included."""

    source = DivisionSource()
    level = django_filters.ChoiceFilter(label="级别", choices=Division.Level.choices)
    on_day = InEffectFilter("某日存在", *Division.dated_by)

    class Meta:
        model = Division
        fields = ()


class DivisionSerializer(serializers.Serializer):
    """What is said of a division; a code may have stood for several divisions, one after the other."""

    ref = serializers.CharField(label="记录编号")
    code = serializers.CharField(label="代码", help_text="市、县6位，街道（乡镇）9位")
    name = serializers.CharField(label="名称")
    level = serializers.ChoiceField(choices=Division.Level.choices, label="级别")
    parent = serializers.CharField(source="parent.code", allow_null=True, label="上级的代码")
    successor = serializers.CharField(source="successor.ref", allow_null=True, label="承接的区划的记录编号")
    is_urban_district = serializers.BooleanField(label="市辖区")
    is_statistical = serializers.BooleanField(label="仅统计用")
    valid_from = serializers.DateField(label="起")
    valid_to = serializers.DateField(allow_null=True, label="止", help_text="这一天起不再存在")


class Divisions(RowsEndpoint):
    """区划, with its past."""

    slug = "divisions"
    title = "区划"
    requires = "may_see_figures"
    queryset = Division.objects.all()
    filterset = DivisionFilterSet
    serializer_class = DivisionSerializer
    sorts: ClassVar[dict[str, str]] = {"code": "code", "valid_from": "valid_from"}
