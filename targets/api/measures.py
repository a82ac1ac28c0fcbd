"""Measures of communities in the API, and what targets say of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import django_filters
from django.db.models import F, QuerySet
from rest_framework import serializers
from rest_framework.request import Request

from changzhi_portal.api.endpoints import ComputedEndpoint, RowsEndpoint
from changzhi_portal.api.expansions import Expansions
from changzhi_portal.api.fields import MonthField
from changzhi_portal.pages.filters import RegisterFilterSet
from changzhi_portal.refusals import NotFoundError
from communities.api import CommunitySerializer, DivisionSerializer
from communities.models import Community
from periods.api import MonthFilter
from targets.api.results import month_named
from targets.figures import JSON_COLUMN
from targets.judgement import Verdict
from targets.models import CommunityMeasure, Computation, Target

_FIGURES = tuple(
    field.name
    for field in CommunityMeasure._meta.concrete_fields
    if field.name not in {"id", "period", "community", *CommunityMeasure.place_columns, "county", "town", JSON_COLUMN}
)


class MeasureFilterSet(RegisterFilterSet):
    """Filters of measures: month, community, and the county or town that it lay in then."""

    q = None
    period = MonthFilter()
    community = django_filters.CharFilter(label="社区代码", field_name="code")
    county = django_filters.CharFilter(label="当时的县（市、区）代码", field_name="county__code")
    town = django_filters.CharFilter(label="当时的街道（乡镇）代码", field_name="town__code")
    kind = django_filters.ChoiceFilter(label="类型", choices=Community.Kind.choices)

    class Meta:
        model = CommunityMeasure
        fields = ()


class PlacedSerializer(serializers.ModelSerializer):
    """Where a community lay in the month, and where it lies today: the base of what is said of measures."""

    period = MonthField(source="period.month", label="统计月")
    community = serializers.CharField(source="community.ref", label="社区的记录编号")
    kind = serializers.ChoiceField(choices=Community.Kind.choices, label="类型")
    county = serializers.CharField(source="county.code", label="当时的县（市、区）代码")
    town = serializers.CharField(source="town.code", label="当时的街道（乡镇）代码")
    county_of_today = serializers.CharField(source="community.town.parent.code", label="现在的县（市、区）代码")
    town_of_today = serializers.CharField(source="community.town.code", label="现在的街道（乡镇）代码")


_PLACED = ("period", "community", "code", "name", "kind", "county", "town", "county_of_today", "town_of_today")


class MeasureSerializer(PlacedSerializer):
    """The figures of one community in one month; what is not known is null."""

    class Meta:
        model = CommunityMeasure
        fields = (*_PLACED, *_FIGURES, JSON_COLUMN)


class CommunityMeasures(RowsEndpoint):
    """月度测量 of communities, with the county and town of that month and those of today."""

    slug = "measures"
    title = "月度测量"
    requires = "may_see_figures"
    queryset = CommunityMeasure.objects.all()
    filterset = MeasureFilterSet
    serializer_class = MeasureSerializer
    expands: ClassVar[Expansions] = {
        "community": ("community", CommunitySerializer),
        "county": ("county", DivisionSerializer),
        "town": ("town", DivisionSerializer),
    }
    sorts: ClassVar[dict[str, str]] = {"period": "period__month", "code": "code"}


class CommunityResultFilterSet(MeasureFilterSet):
    """What is asked of the verdicts of one target on the communities of one month."""

    period = MonthFilter(required=True)
    target = django_filters.CharFilter(label="目标代码", required=True)
    verdict = django_filters.ChoiceFilter(label="判定", choices=Verdict.choices)

    class Meta:
        model = CommunityMeasure
        fields = ()


class CommunityResultSerializer(PlacedSerializer):
    """The verdict of one target on one community in one month."""

    verdict = serializers.ChoiceField(choices=Verdict.choices, label="判定")
    value = serializers.DecimalField(max_digits=14, decimal_places=2, allow_null=True, label="数值")
    missing = serializers.DecimalField(max_digits=14, decimal_places=2, allow_null=True, label="缺口")

    class Meta:
        model = CommunityMeasure
        fields = (*_PLACED, "verdict", "value", "missing")


class CommunityResults(ComputedEndpoint):
    """The verdicts of one target on the communities of one month, by the plan that the month was judged by."""

    slug = "community-results"
    title = "社区达标情况"
    requires = "may_see_figures"
    filterset = CommunityResultFilterSet
    serializer_class = CommunityResultSerializer

    def rows(self, request: Request, asked: Mapping[str, Any]) -> Sequence[CommunityMeasure]:
        """See ComputedEndpoint.rows. Raises NotFoundError for a month or a target that there is not."""
        period = month_named(asked["period"])
        plan = Computation.objects.filter(period=period).values("plan")
        target = Target.objects.filter(plan__in=plan, level=Target.Level.COMMUNITY, code=asked["target"]).first()
        if target is None:
            raise NotFoundError(
                f"{period}没有评社区的目标“{asked['target'][:50]}”。",
                cure="The month was not judged by such a target for communities.",
                field="target",
            )
        judged: QuerySet = CommunityMeasure.objects.visible_to(request.user).for_period(period).judged_by(target)
        named = {"code": "community", "county__code": "county", "town__code": "town", "kind": "kind"}
        for lookup, name in (*named.items(), ("verdict", "verdict")):
            if asked[name]:
                judged = judged.filter(**{lookup: asked[name]})
        return _Lazily(
            judged.select_related("period", "county", "town", "community__town__parent").order_by(F("code"), "pk")
        )


class _Lazily(Sequence[CommunityMeasure]):
    """The rows of a queryset, of which a page is read at a time."""

    def __init__(self, rows: QuerySet) -> None:
        self.rows = rows

    def __len__(self) -> int:
        return self.rows.count()

    def __getitem__(self, chosen: Any) -> Any:
        return list(self.rows[chosen]) if isinstance(chosen, slice) else self.rows[chosen]
