"""Filters of the list of a month's results."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters
from django import forms
from django.db.models import Q
from django.http import QueryDict

from changzhi_portal.pages.filters import FilterForm, RegisterFilterSet
from changzhi_portal.search import SearchText
from communities.filters import PlaceFilter
from communities.models import Community, Division
from communities.models.division import short_code
from communities.search import Communities
from targets.addresses import NOW, THEN
from targets.judgement import Verdict
from targets.models import CommunityMeasure
from targets.models.measure import CommunityMeasureQuerySet
from targets.results import Question

# What the question is; the others narrow its answer.
_ASKED = ("period", "target", "plan", "boundaries")


class ResultFilterForm(FilterForm):
    """Filter form of the results; what is asked less often is under 更多条件, so that the list begins on a telephone."""

    up_front: ClassVar[tuple[str, ...]] = ("period", "target", "county", "verdict")
    search_hint: ClassVar[str] = "社区名称、代码或拼音首字母"

    @property
    def opens_further(self) -> bool:
        """Return whether a folded field is in use or wrong; boundaries always have a value."""
        return any(bound.value() not in ("", None, THEN) or bound.errors for bound in self.further_fields)


class ResultFilterFormOfCounty(ResultFilterForm):
    """The same for users of one county (or town), who look at a town rather than at their only county."""

    up_front: ClassVar[tuple[str, ...]] = ("period", "target", "town", "verdict")


def _asked(label: str, **options: Any) -> django_filters.ChoiceFilter:
    """Return a field of the question: it decides which rows there are, and filters none of them."""
    return django_filters.ChoiceFilter(label=label, method="filter_nothing", **options)


class ResultFilterSet(RegisterFilterSet):
    """Month, target, plan and boundaries of the question; and place, verdict and name, which narrow its answer."""

    source = Communities()
    period = _asked("统计月", empty_label=None)
    target = _asked("目标", empty_label=None)
    county = PlaceFilter(
        label="县（市、区）", queryset=None, to_field_name="code", method="filter_county", empty_label="全部"
    )
    town = PlaceFilter(
        label="街道（乡镇）", queryset=None, to_field_name="code", method="filter_town", empty_label="全部"
    )
    verdict = django_filters.MultipleChoiceFilter(
        label="结果（不勾选就是全部）", choices=Verdict.choices, widget=forms.CheckboxSelectMultiple, distinct=False
    )
    plan = _asked("目标方案", empty_label="本月所用的方案")
    boundaries = _asked("区划", empty_label=None, choices=[(THEN, "按当时区划"), (NOW, "按现行区划")])

    class Meta:
        model = CommunityMeasure
        fields = ()

    def __init__(self, data: QueryDict, *args: Any, question: Question, **kwargs: Any) -> None:
        self.question = question
        super().__init__(_with_defaults(data, question), *args, **kwargs)
        self.filters["period"].extra["choices"] = [(period.code, str(period)) for period in question.periods]
        self.filters["target"].extra["choices"] = [(target.code, target.name) for target in question.targets]
        self.filters["plan"].extra["choices"] = [(plan.code, plan.title) for plan in question.plans]
        divisions = question.divisions()
        towns = divisions.towns().filter(parent__code=self.data["county"]) if self.data.get("county") else None
        own = question.user.division
        if towns is None and own.level != Division.Level.CITY:
            towns = divisions.towns()
        no_county = f"{question.whose_boundaries}里没有这个县（市、区）。"
        self.filters["county"].extra["error_messages"] = {"invalid_choice": no_county}
        self.filters["county"].extra["queryset"] = divisions.counties().order_by("code")
        self.filters["town"].extra["queryset"] = (divisions.none() if towns is None else towns).order_by("code")
        if own.level == Division.Level.TOWN:
            del self.filters["county"], self.filters["town"]

    @property
    def is_narrowed(self) -> bool:
        """Return whether place, verdict or name narrow the answer."""
        return any(self.data.get(name) for name in self.filters if name not in _ASKED)

    @property
    def dependent_fields(self) -> list[forms.BoundField]:
        """Return the fields whose choices depend on month, plan, boundaries and county."""
        return [self.form[name] for name in ("target", "county", "town") if name in self.filters]

    def everything_but_verdict(self) -> CommunityMeasureQuerySet:
        """Return the rows of the chosen place and name with any verdict, for the counts above the list."""
        rows = self.queryset
        for name, value in self.form.cleaned_data.items():
            if name != "verdict":
                rows = self.filters[name].filter(rows, value)
        return rows

    def filter_nothing(self, queryset: CommunityMeasureQuerySet, name: str, value: str) -> CommunityMeasureQuerySet:
        """Return all rows: they are those of the question already."""
        return queryset

    def filter_county(self, queryset: CommunityMeasureQuerySet, name: str, value: Division) -> CommunityMeasureQuerySet:
        """Return the communities that the county had in that month, or has today."""
        return queryset.filter(**{self.question.county_lookup: value})

    def filter_town(self, queryset: CommunityMeasureQuerySet, name: str, value: Division) -> CommunityMeasureQuerySet:
        """Return the communities that the town had in that month, or has today."""
        return queryset.filter(**{self.question.town_lookup: value})

    def search(self, text: str) -> Q:
        """Return the condition for the community, also by the name that it had in that month."""
        found = Community.objects.filter(self.source.matching(SearchText.without_numbers(text)))
        return Q(name__contains=text) | Q(community__in=found.order_by().values("pk"))


def _with_defaults(data: QueryDict, question: Question) -> QueryDict:
    """Return the address with month and target filled in, codes of 12 digits shortened, and without the month's own plan."""
    asked = data.copy()
    for name, answer in (("period", question.period), ("target", question.target)):
        if not asked.get(name) and answer is not None:
            asked[name] = answer.code
    if not asked.get("boundaries"):
        asked["boundaries"] = THEN
    if question.uses_own_plan and question.plan is not None and asked.get("plan") == question.plan.code:
        del asked["plan"]
    county, town = (short_code(str(asked.get(name, ""))) for name in ("county", "town"))
    # A town of another county was chosen before its county was.
    asked["county"], asked["town"] = county, town if town.startswith(county) else ""
    return asked
