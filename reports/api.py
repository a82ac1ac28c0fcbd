"""Briefings in the API, with their files."""

from __future__ import annotations

from typing import ClassVar

import django_filters
from django.db.models import Q
from django.http import FileResponse, HttpResponseBase
from rest_framework import serializers
from rest_framework.request import Request

from changelog.trail import TrailKind, record_event
from changzhi_portal.api.endpoints import RowsEndpoint
from changzhi_portal.api.expansions import Expansions
from changzhi_portal.api.fields import MonthField
from changzhi_portal.pages.filters import RegisterFilterSet
from changzhi_portal.refusals import NotFoundError
from communities.api import DivisionSerializer
from periods.api import MonthFilter
from reports.flow import FLOW
from reports.models import Briefing
from reports.storage import file_path


class IssueFilterSet(RegisterFilterSet):
    """Filters of briefings: month, division, span, how far it has got, and the state of its printing."""

    period = MonthFilter()
    division = django_filters.CharFilter(label="区划代码", field_name="division__code")
    span = django_filters.ChoiceFilter(label="范围", choices=Briefing.Span.choices)
    stage = django_filters.ChoiceFilter(label="编发进度", choices=Briefing.Stage.choices)
    state = django_filters.ChoiceFilter(label="状态", choices=Briefing.State.choices)

    class Meta:
        model = Briefing
        fields = ()

    def search(self, text: str) -> Q:
        """Find the briefings of divisions by name or code."""
        return Q(division__name__contains=text) | Q(division__code__startswith=text)


class BriefingSerializer(serializers.ModelSerializer):
    """What is said of one edition of an issue."""

    period = MonthField(source="period.month", label="统计月")
    division = serializers.CharField(source="division.code", label="区划代码")
    division_name = serializers.CharField(source="division.name", label="区划")

    class Meta:
        model = Briefing
        fields = (
            *("ref", "period", "division", "division_name", "issue_number", "total_number", "edition", "issued_on"),
            *(
                "span",
                "stage",
                "code",
                "figures_sha256",
                "correction_reason",
                "state",
                "message",
                "printed_at",
                "issued_at",
            ),
        )


class Briefings(RowsEndpoint):
    """简报: every edition of every issue."""

    slug = "briefings"
    title = "简报"
    requires = "may_see_figures"
    queryset = Briefing.objects.defer("figures", "lists", "text")
    filterset = IssueFilterSet
    serializer_class = BriefingSerializer
    expands: ClassVar[Expansions] = {"division": ("division", DivisionSerializer)}
    sorts: ClassVar[dict[str, str]] = {"period": "period__month", "issued_on": "issued_on"}
    found_by = "ref"
    files: ClassVar[dict[str, str]] = {"pdf": "get_pdf"}
    flow = FLOW
    takes_moves = False  # people read what they approve and issue (docs/domain.md §7.1)

    def get_pdf(self, request: Request, ref: str) -> HttpResponseBase:
        """Send the PDF of an issue. Raises NotFoundError, also while it is not printed yet."""
        briefing = self.find(request, ref)
        file = briefing.files.filter(kind="pdf").first() if briefing.stage != Briefing.Stage.WITHDRAWN else None
        path = file_path(file.name) if file is not None else None
        if path is None or not path.is_file():
            raise NotFoundError("这一期还没有PDF文件，请过一会儿再取。", cure="The issue has not been printed yet.")
        record_event(TrailKind.DOCUMENT, by=request.user, about=briefing, division=briefing.division)
        return FileResponse(path.open("rb"), filename=f"{ref}.pdf", content_type="application/pdf")
