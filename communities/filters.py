"""Filters of communities and facilities, and the place filters that every register uses."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import django_filters
from django.core.exceptions import ValidationError
from django.db.models import F, Q
from django.http import HttpRequest
from django.utils import timezone

from changzhi_portal.pages.filters import DayFilter, InEffectFilter, RegisterFilterSet
from changzhi_portal.records import in_effect
from changzhi_portal.scope import ScopedQuerySet
from communities.models import Community, CommunityPlacement, Division, Facility, GovernanceBody, MonthlyReport
from communities.models.community import CommunityQuerySet
from communities.models.division import DivisionQuerySet
from communities.models.facility import FacilityQuerySet
from communities.search import Communities, Facilities, MonthlyReports


def county_choices(request: HttpRequest | None) -> DivisionQuerySet:
    """Return the counties to choose from, current ones first, then closed ones; none without a user.

    They are those in the user's scope, and those that its towns belong or belonged to: addresses name both.
    """
    user = getattr(request, "user", None)
    counties = Division.objects.counties()
    of_towns = Division.objects.towns().visible_to(user).values("parent")
    return _choices(counties.visible_to(user) | counties.filter(pk__in=of_towns))


def town_choices(request: HttpRequest | None) -> DivisionQuerySet:
    """Return the towns to choose from: those of the chosen county, or those of the user's own county or town.

    A user of the city gets towns only after choosing a county, because the city has 166; an address may name a town alone.
    """
    towns = _choices(Division.objects.towns().visible_to(getattr(request, "user", None)))
    county = request.GET.get("county", "") if request is not None else ""
    if county:
        return towns.filter(parent__code=county)
    division = getattr(getattr(request, "user", None), "division", None)
    level = division.level if division is not None else None
    if level == Division.Level.TOWN:
        return towns
    if level == Division.Level.COUNTY:
        return towns.filter(parent=division, valid_to__isnull=True)
    town = request.GET.get("town", "") if request is not None else ""
    return towns.filter(code=town) if town else towns.none()


def _choices(divisions: DivisionQuerySet) -> DivisionQuerySet:
    """Return the divisions with what a choice shows and filters by, current ones first."""
    named = divisions.select_related("successor__successor").only(*_OF_A_CHOICE)
    return named.order_by(F("valid_to").asc(nulls_first=True), "code")


_OF_A_CHOICE = (
    *("code", "name", "path", "valid_from", "valid_to"),
    *("successor__name", "successor__successor__name", "successor__successor__successor"),
)


class PlaceChoices(django_filters.fields.ModelChoiceIterator):
    """The choices of a `PlaceField`."""

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        """Yield the empty choice, then each division."""
        if self.field.empty_label is not None:
            yield "", self.field.empty_label
        for division in self.field.divisions:
            yield self.choice(division)


class PlaceField(django_filters.fields.ModelChoiceField):
    """A choice of counties or towns, including closed ones. They are read once, for the choices and the chosen one."""

    iterator = PlaceChoices

    @cached_property
    def divisions(self) -> list[Division]:
        """Return the newest division of each code; the code is the value of the choice."""
        if self.queryset.query.is_empty():
            return []
        found = list(self.queryset)
        newest = {division.code: division for division in sorted(found, key=lambda each: each.valid_from)}
        return [division for division in found if newest[division.code] is division]

    def to_python(self, value: Any) -> Division | None:
        """Return the division with this code; None for no code. Raises ValidationError for one that is no choice."""
        if value in self.empty_values:
            return None
        for division in self.divisions:
            if division.code == value:
                return division
        raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice", params={"value": value})

    def label_from_instance(self, division: Division) -> str:
        """Return the name, for a closed division with its last day and what is in its place: 城区（2018-11-23前，今潞州区）."""
        if division.valid_to is None:
            return division.name
        today = division.current_division
        now = f"，今{today.name}" if today.name != division.name else ""
        return f"{division.name}（{division.valid_to:%Y-%m-%d}前{now}）"


class PlaceFilter(django_filters.ModelChoiceFilter):
    """A filter by county or town."""

    field_class = PlaceField


def _without_town_of_another_county(data: Any) -> Any:
    """Return the query without a town whose code does not begin with the chosen county's code."""
    if data and data.get("county") and not data.get("town", "").startswith(data["county"]):
        data = data.copy()
        data.pop("town", None)
    return data


class PlaceFilterSet(RegisterFilterSet):
    """Filters by search text, county and town.

    A user of one county or town gets no filter for its own level, unless the address asks for it: numbers of a month before
    a change of divisions lead to a former county, and no list is wider than its address.
    """

    county = PlaceFilter(
        label="县（市、区）",
        queryset=county_choices,
        to_field_name="code",
        method="filter_place",
        empty_label="全部",
    )
    town = PlaceFilter(
        label="街道（乡镇）",
        queryset=town_choices,
        to_field_name="code",
        method="filter_place",
        empty_label="全部",
    )

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(_without_town_of_another_county(data), *args, **kwargs)
        division = getattr(getattr(self.request, "user", None), "division", None)
        level = division.level if division is not None else None
        if level in {Division.Level.COUNTY, Division.Level.TOWN} and "county" not in self.data:
            del self.filters["county"]
        if level == Division.Level.TOWN and "town" not in self.data:
            del self.filters["town"]

    def filter_place(self, queryset: ScopedQuerySet, name: str, value: Division) -> ScopedQuerySet:
        """Return the rows in the subtree of the chosen division, for a closed one also those of its former communities."""
        inside = queryset.model.in_subtree(value.path)
        if value.valid_to is not None:
            # The paths of a closed county's towns lead through the towns' successors, not through the county.
            once = CommunityPlacement.objects.filter(Q(town=value) | Q(town__parent=value)).values("community")
            for lookup in queryset.model.scope_lookups:
                community = lookup.removesuffix("town")
                below: dict[str, Any] = (
                    {f"{lookup}__parent": value} if community == lookup else {f"{community}pk__in": once}
                )
                inside |= Q(**below)
        return queryset.filter(inside)

    @property
    def dependent_fields(self) -> list[Any]:
        """Return the form fields whose choices depend on another field: the town depends on the county."""
        return [self.form["town"]] if {"county", "town"} <= set(self.filters) else []


class CommunityFilterSet(PlaceFilterSet):
    """Filters of communities; the search also finds former names and codes."""

    source = Communities()
    kind = django_filters.ChoiceFilter(
        label="类型", choices=[*Community.Kind.choices, ("none", "未定")], method="filter_kind"
    )
    bodies = django_filters.ChoiceFilter(
        label="组织健全", choices=GovernanceBody.Verdict.choices, method="filter_bodies"
    )
    status = django_filters.ChoiceFilter(
        label="状态", choices=[("closed", "已撤销")], method="filter_status", empty_label="现有"
    )

    class Meta:
        model = Community
        fields = ()

    def filter_kind(self, queryset: ScopedQuerySet, name: str, value: str) -> ScopedQuerySet:
        """Filter by kind; "none" selects the communities without a kind."""
        return queryset.filter(kind="" if value == "none" else value)

    def filter_bodies(self, queryset: CommunityQuerySet, name: str, value: str) -> CommunityQuerySet:
        """Filter by whether all bodies of self-government are there."""
        return queryset.with_bodies_verdict().filter(bodies_verdict=value)

    def filter_status(self, queryset: ScopedQuerySet, name: str, value: str) -> ScopedQuerySet:
        """Filter for closed communities, the only choice."""
        return queryset.filter(closed_on__isnull=False)

    def filter_queryset(self, queryset: CommunityQuerySet) -> CommunityQuerySet:
        """Exclude closed communities unless the filter `status` selects them."""
        if not self.form.cleaned_data.get("status"):
            queryset = queryset.current()
        return super().filter_queryset(queryset)


class FacilityFilterSet(PlaceFilterSet):
    """Filters of facilities."""

    source = Facilities()
    kind = django_filters.ChoiceFilter(label="设施类型", choices=Facility.Kind.choices)
    in_use = django_filters.ChoiceFilter(label="状态", choices=[("yes", "在用"), ("no", "已停用")], method="filter_use")
    construction_mode = django_filters.ChoiceFilter(label="建设方式", choices=Facility.ConstructionMode.choices)
    function = django_filters.ChoiceFilter(label="功能", choices=Facility.Function.choices, method="filter_function")
    tenure = django_filters.ChoiceFilter(label="产权", choices=Facility.Tenure.choices)
    community_kind = django_filters.ChoiceFilter(
        label="社区类型", choices=Community.Kind.choices, field_name="community__kind"
    )
    on_day = InEffectFilter("某日在用", *Facility.dated_by)
    opened_from = DayFilter("启用日期从", "opened_on", "gte")
    opened_to = DayFilter("启用日期至", "opened_on", "lte")

    class Meta:
        model = Facility
        fields = ()

    def filter_use(self, queryset: ScopedQuerySet, name: str, value: str) -> ScopedQuerySet:
        """Filter facilities that are in use today ("yes"), or closed or not opened yet ("no")."""
        in_use = in_effect(timezone.localdate(), *Facility.dated_by)
        return queryset.filter(in_use if value == "yes" else ~in_use)

    def filter_function(self, queryset: FacilityQuerySet, name: str, value: str) -> FacilityQuerySet:
        """Filter for the facilities that have a function."""
        return queryset.with_functions().filter(**{f"serves_{value}": 1})


class MonthlyReportFilterSet(PlaceFilterSet):
    """Filters of monthly reports."""

    source = MonthlyReports()
    month_from = DayFilter("月份从", "month", "gte")
    month_to = DayFilter("月份至", "month", "lte")

    class Meta:
        model = MonthlyReport
        fields = ()
