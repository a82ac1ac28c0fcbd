"""Reports of counties, and what the checks find, in the API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import django_filters
from django.db.models import Q
from rest_framework import serializers
from rest_framework.request import Request

from changzhi_portal.api.endpoints import ComputedEndpoint, RowsEndpoint
from changzhi_portal.api.expansions import Expansions
from changzhi_portal.api.fields import MonthField
from changzhi_portal.pages.filters import RegisterFilterSet
from changzhi_portal.quality import Finding, Severity
from changzhi_portal.refusals import NotFoundError
from communities.api import DivisionSerializer
from communities.models import Division
from periods.api import MonthFilter
from submissions.kept_findings import kept_findings_for
from submissions.models import Submission
from targets.api.results import month_named


class SubmissionFilterSet(RegisterFilterSet):
    """Filters of reports: month, county and state."""

    period = MonthFilter()
    county = django_filters.CharFilter(label="县（市、区）代码", field_name="county__code")
    state = django_filters.ChoiceFilter(label="状态", choices=Submission.State.choices)

    class Meta:
        model = Submission
        fields = ()

    def search(self, text: str) -> Q:
        """Find the reports of counties by name."""
        return Q(county__name__contains=text)


class SubmissionSerializer(serializers.ModelSerializer):
    """What is said of the report of one county for one month."""

    period = MonthField(source="period.month", label="统计月")
    county = serializers.CharField(source="county.code", label="县（市、区）代码")
    county_name = serializers.CharField(source="county.name", label="县（市、区）")
    times_returned = serializers.IntegerField(label="退回次数")
    first_submitted_at = serializers.DateTimeField(allow_null=True, label="首次上报时间")

    class Meta:
        model = Submission
        fields = (
            *("period", "county", "county_name", "state", "is_late", "submitted_at", "first_submitted_at"),
            *("times_returned", "return_note", "reviewed_at"),
        )


class Submissions(RowsEndpoint):
    """上报, of the months in which a county has begun one."""

    slug = "submissions"
    title = "上报"
    requires = "may_see_submissions"
    queryset = Submission.objects.with_steps()
    filterset = SubmissionFilterSet
    serializer_class = SubmissionSerializer
    expands: ClassVar[Expansions] = {"county": ("county", DivisionSerializer)}
    sorts: ClassVar[dict[str, str]] = {"period": "period__month", "county": "county__code"}


class FindingFilterSet(RegisterFilterSet):
    """What is asked of findings: one month, and perhaps a division, a rule and how grave they are."""

    q = None
    period = MonthFilter(required=True)
    division = django_filters.CharFilter(label="区划代码")
    rule = django_filters.CharFilter(label="检查的代码")
    severity = django_filters.ChoiceFilter(label="程度", choices=Severity.choices)

    class Meta:
        model = Submission
        fields = ()


class FindingSerializer(serializers.Serializer):
    """One row that a check has found."""

    rule = serializers.CharField(source="rule.code", label="检查的代码")
    title = serializers.CharField(source="rule.title", label="检查")
    severity = serializers.ChoiceField(source="rule.severity", choices=Severity.choices, label="程度")
    ref = serializers.CharField(label="记录编号")
    label = serializers.CharField(label="记录")
    message = serializers.CharField(label="检查发现")
    place = serializers.CharField(label="所在")


class FindingRows(ComputedEndpoint):
    """数据质量: what the checks find in the registers as of a month."""

    slug = "findings"
    title = "检查发现"
    requires = "may_see_registers"
    filterset = FindingFilterSet
    serializer_class = FindingSerializer

    def rows(self, request: Request, asked: Mapping[str, Any]) -> Sequence[Finding]:
        """See ComputedEndpoint.rows. Raises NotFoundError for a month, a division or a check that there is not."""
        period, division = month_named(asked["period"]), request.user.division
        if asked["division"]:
            visible = Division.objects.visible_to(request.user).filter(code=asked["division"])
            division = visible.order_by("-valid_from").first()
        if division is None:
            raise NotFoundError(
                "没有找到这个区划。", cure="There is no such division in the user's area.", field="division"
            )
        found = kept_findings_for(period=period, division=division, user=request.user)
        if asked["rule"] and asked["rule"] not in {rule.code for rule in found.rules}:
            raise NotFoundError("没有这项检查。", cure="There is no such rule.", field="rule")
        return found.narrowed(rule=asked["rule"], severity=asked["severity"])
