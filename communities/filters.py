"""Filters of communities and facilities, and the filters by place that every register uses."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from changzhi_portal.names import community_key, comparable
from changzhi_portal.pages.filters import RegisterFilterSet, pinyin_pattern
from changzhi_portal.records import in_effect
from communities.models import Community, CommunityPlacement, Division, Facility
from communities.models.division import DivisionQuerySet


def counties_in_sight(request: Any) -> DivisionQuerySet:
    """The counties to choose from, in the user's scope: today's, then those there were; none without a user."""
    return _choices(Division.objects.counties(), request)


def towns_in_sight(request: Any) -> DivisionQuerySet:
    """The towns to choose from: those of the chosen county; for a county's office all of its own.

    The city's 166 towns are offered only after a county is chosen.
    """
    towns = _choices(Division.objects.towns(), request)
    county = request.GET.get("county", "") if request is not None else ""
    if county:
        return towns.filter(parent__code=county)
    division = getattr(getattr(request, "user", None), "division", None)
    is_county = division is not None and division.level == Division.Level.COUNTY
    return towns.filter(parent=division, valid_to__isnull=True) if is_county else towns.none()


def _choices(divisions: DivisionQuerySet, request: Any) -> DivisionQuerySet:
    """The newest division of each code, standing ones first: a code says which one is chosen."""
    newer = Division.objects.filter(code=OuterRef("code"), valid_from__gt=OuterRef("valid_from"))
    seen = divisions.visible_to(getattr(request, "user", None)).filter(~Exists(newer))
    return seen.order_by(F("valid_to").asc(nulls_first=True), "code")


class PlaceField(django_filters.fields.ModelChoiceField):
    """A choice of counties or towns, closed ones among them."""

    def label_from_instance(self, division: Any) -> str:
        """The name; of a closed one with the day since when it is no more."""
        return f"{division.name}（{division.valid_to:%Y-%m-%d}前）" if division.valid_to else division.name


class PlaceFilter(django_filters.ModelChoiceFilter):
    """A filter by county or town."""

    field_class = PlaceField


def _without_town_of_another_county(data: Any) -> Any:
    """What was asked, without the town when another county has been chosen since: codes of towns begin with the county's."""
    if data and data.get("county") and not data.get("town", "").startswith(data["county"]):
        data = data.copy()
        data.pop("town", None)
    return data


class PlaceFilterSet(RegisterFilterSet):
    """Search, county and town. An office that is one county or one town has no choice there, and gets no box."""

    county = PlaceFilter(
        label="县（市、区）",
        queryset=counties_in_sight,
        to_field_name="code",
        method="filter_place",
        empty_label="全部",
    )
    town = PlaceFilter(
        label="街道（乡镇）",
        queryset=towns_in_sight,
        to_field_name="code",
        method="filter_place",
        empty_label="全部",
    )

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(_without_town_of_another_county(data), *args, **kwargs)
        division = getattr(getattr(self.request, "user", None), "division", None)
        level = division.level if division is not None else None
        if level in {Division.Level.COUNTY, Division.Level.TOWN}:
            del self.filters["county"]
        if level == Division.Level.TOWN:
            del self.filters["town"]

    def filter_place(self, queryset: Any, name: str, value: Division) -> Any:
        """The rows in the subtree of the chosen division; of a closed one also what its communities have now."""
        inside = queryset.model.in_subtree(value.path)
        if value.valid_to is not None:
            # In the tree the towns of a closed county hang below their own successors.
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
        """The boxes whose choices depend on another box: towns on the county."""
        return [self.form["town"]] if {"county", "town"} <= set(self.filters) else []


def community_matches(text: str, prefix: str = "") -> Q:
    """The condition that a community has this name, code or pinyin, or once had; `prefix` leads to the community.

    Endings such as 居委会 do not matter, so 和平社区 finds 和平社区居委会.
    """
    lead = f"{prefix}__" if prefix else ""
    ended = CommunityPlacement.objects.filter(_named_or_coded(text), valid_to__isnull=False)
    condition = _named_or_coded(text, lead) | Q(**{f"{lead}pk__in": ended.values("community")})
    if pattern := pinyin_pattern(text):
        condition |= Q(**{f"{lead}sort_key__regex": pattern})
    return condition


def _named_or_coded(text: str, lead: str = "") -> Q:
    condition = Q(**{f"{lead}name__contains": text}) | Q(**{f"{lead}name_key__contains": community_key(text)})
    return condition | Q(**{f"{lead}code__startswith": text}) if text.isdecimal() else condition


class CommunityFilterSet(PlaceFilterSet):
    """Communities by name, code, pinyin, also by names and codes they had before."""

    kind = django_filters.ChoiceFilter(
        label="类型", choices=[*Community.Kind.choices, ("none", "未定")], method="by_kind"
    )
    standing = django_filters.ChoiceFilter(
        label="状态", choices=[("closed", "已撤销")], method="by_standing", empty_label="现有"
    )

    class Meta:
        model = Community
        fields = ()

    def search(self, text: str) -> Q:
        """Name, code and pinyin of today, name and code of before."""
        return community_matches(text)

    def by_kind(self, queryset: Any, name: str, value: str) -> Any:
        """城市社区, 农村社区, or those nobody has placed yet."""
        return queryset.filter(kind="" if value == "none" else value)

    def by_standing(self, queryset: Any, name: str, value: str) -> Any:
        """The communities that have been closed."""
        return queryset.filter(closed_on__isnull=False)

    def filter_queryset(self, queryset: Any) -> Any:
        """Today's communities, unless closed ones are asked for."""
        if not self.form.cleaned_data.get("standing"):
            queryset = queryset.standing()
        return super().filter_queryset(queryset)


class FacilityFilterSet(PlaceFilterSet):
    """Facilities by their name, or by the community they serve."""

    kind = django_filters.ChoiceFilter(label="设施类型", choices=Facility.Kind.choices)
    in_use = django_filters.ChoiceFilter(label="状态", choices=[("yes", "在用"), ("no", "已停用")], method="by_use")
    construction_mode = django_filters.ChoiceFilter(label="建设方式", choices=Facility.ConstructionMode.choices)
    tenure = django_filters.ChoiceFilter(label="产权", choices=Facility.Tenure.choices)
    community_kind = django_filters.ChoiceFilter(
        label="社区类型", choices=Community.Kind.choices, field_name="community__kind"
    )

    class Meta:
        model = Facility
        fields = ()

    def search(self, text: str) -> Q:
        """Name of the facility; name, code or pinyin of its community."""
        return Q(name_key__contains=comparable(text)) | community_matches(text, "community")

    def by_use(self, queryset: Any, name: str, value: str) -> Any:
        """In use today, or not (any more, or not yet)."""
        in_use = in_effect(timezone.localdate(), *Facility.dated_by)
        return queryset.filter(in_use if value == "yes" else ~in_use)
