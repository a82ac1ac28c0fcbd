"""Divisions, communities and facilities in the API."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters
from django.db.models import Q
from rest_framework import serializers

from changzhi_portal.api.endpoints import RegisterEndpoint, RowsEndpoint
from changzhi_portal.api.expansions import Expansions
from changzhi_portal.pages.filters import DayFilter, InEffectFilter, RegisterFilterSet
from communities.filters import CommunityFilterSet, FacilityFilterSet
from communities.models import Community, Division, DivisionChange, Facility, ServicePoint
from communities.points.filters import PointFilterSet
from communities.search import Divisions as DivisionSource
from communities.sheets import CommunitySheet, FacilitySheet, PointSheet


class DivisionFilterSet(RegisterFilterSet):
    """Filters of divisions, closed ones included."""

    source = DivisionSource()
    level = django_filters.ChoiceFilter(label="级别", choices=Division.Level.choices)
    on_day = InEffectFilter("某日存在", *Division.dated_by)

    class Meta:
        model = Division
        fields = ()


class DivisionSerializer(serializers.ModelSerializer):
    """What is said of a division; a code may have stood for several divisions, one after the other."""

    parent = serializers.CharField(source="parent.code", allow_null=True, label="上级的代码")
    successor = serializers.CharField(source="successor.ref", allow_null=True, label="承接的区划的记录编号")

    class Meta:
        model = Division
        fields = (
            *("ref", "code", "name", "level", "parent", "successor"),
            *("is_urban_district", "is_statistical", "valid_from", "valid_to"),
        )


class CommunitySerializer(serializers.ModelSerializer):
    """What is said of a community beside a record that lies in it."""

    town = serializers.CharField(source="town.code", label="街道（乡镇）的代码")

    class Meta:
        model = Community
        fields = ("ref", "code", "name", "kind", "town", "closed_on")


# The related records of what lies at a community, or at a town or county itself.
PLACE_EXPANSIONS: Expansions = {
    "community": ("community", CommunitySerializer),
    "division": ("division", DivisionSerializer),
}


class Communities(RegisterEndpoint):
    """社区, each with its newest figures."""

    register = CommunitySheet
    example: ClassVar[dict[str, Any]] = {
        "community_code": "140402001001",
        "community_name": "和平社区",
        "households": 1800,
        "as_of": "2018-06-30",
        "residents": 5200,
    }
    queryset = Community.objects.all()
    filterset = CommunityFilterSet
    sorts = {"name": "sort_key", "code": "code"}
    expands: ClassVar[Expansions] = {
        "town": ("town", DivisionSerializer),
        "county": ("town__parent", DivisionSerializer),
    }
    requires = "may_see_figures"


class Facilities(RegisterEndpoint):
    """服务设施."""

    register = FacilitySheet
    example: ClassVar[dict[str, Any]] = {
        "county": "城区",
        "town": "东街街道办事处",
        "community_name": "和平社区",
        "name": "文化中心",
        "kind": "activity",
        "opened_on": "2016-05-04",
        "area": "120.00",
    }
    queryset = Facility.objects.all()
    filterset = FacilityFilterSet
    sorts = {"area": "area", "opened_on": "opened_on"}
    expands: ClassVar[Expansions] = {"community": ("community", CommunitySerializer)}


class ServicePoints(RegisterEndpoint):
    """服务站点."""

    register = PointSheet
    example: ClassVar[dict[str, Any]] = {
        "county": "城区",
        "town": "东街街道办事处",
        "community_name": "",
        "name": "东街便民服务中心",
        "functions": ["window", "volunteer"],
        "windows": 6,
        "opened_on": "2018-03-01",
    }
    queryset = ServicePoint.objects.all()
    filterset = PointFilterSet
    sorts = {"opened_on": "opened_on", "closed_on": "closed_on"}
    expands: ClassVar[Expansions] = PLACE_EXPANSIONS


class Divisions(RowsEndpoint):
    """区划, with its past."""

    slug = "divisions"
    title = "区划"
    requires = "may_see_figures"
    queryset = Division.objects.all()
    filterset = DivisionFilterSet
    serializer_class = DivisionSerializer
    sorts: ClassVar[dict[str, str]] = {"code": "code", "valid_from": "valid_from"}
    expands: ClassVar[Expansions] = {
        "parent": ("parent", DivisionSerializer),
        "successor": ("successor", DivisionSerializer),
    }
    found_by = "ref"


class DivisionChangeFilterSet(RegisterFilterSet):
    """Filters of changes of divisions."""

    kind = django_filters.ChoiceFilter(label="变更", choices=DivisionChange.Kind.choices)
    level = django_filters.ChoiceFilter(label="级别", choices=DivisionChange.Level.choices)
    effective_from = DayFilter("生效日期从", "effective_on", "gte")
    effective_to = DayFilter("生效日期到", "effective_on", "lte")

    class Meta:
        model = DivisionChange
        fields = ()

    def search(self, text: str) -> Q:
        """Find changes by a code or a name, old or new."""
        named = Q(from_name__contains=text) | Q(to_name__contains=text)
        return named | Q(from_code__startswith=text) | Q(to_code__startswith=text)


class DivisionChangeSerializer(serializers.ModelSerializer):
    """What is said of a change of divisions; several to one code are a merge, one to several a split."""

    class Meta:
        model = DivisionChange
        fields = (
            *("kind", "level", "effective_on", "from_code", "from_name", "to_code", "to_name"),
            *("document", "source", "households", "residents", "applied_at"),
        )


class DivisionChanges(RowsEndpoint):
    """区划变更, the same for everybody: from which code to which, on which day."""

    slug = "division-changes"
    title = "区划变更"
    requires = "may_see_figures"
    queryset = DivisionChange.objects.all()
    filterset = DivisionChangeFilterSet
    serializer_class = DivisionChangeSerializer
    sorts: ClassVar[dict[str, str]] = {"effective_on": "effective_on"}
    is_scoped = False
