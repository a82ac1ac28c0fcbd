"""Documents and stories in the API."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from changzhi_portal.api.endpoints import RegisterEndpoint, RowsEndpoint
from changzhi_portal.api.expansions import Expansions
from changzhi_portal.refusals import NotFoundError
from communities.api import PLACE_EXPANSIONS, CommunitySerializer, DivisionSerializer
from practice.filters import DocumentFilterSet, StoryFilterSet
from practice.flow import FLOW
from practice.models import Document, Story
from practice.sheets import DocumentSheet


class Documents(RegisterEndpoint):
    """制度文件."""

    register = DocumentSheet
    example: ClassVar[dict[str, Any]] = {
        "county": "城区",
        "kind": "plan",
        "number": "演示城民发〔2018〕3号",
        "title": "城区推进“三社联动”实施方案（演示）",
        "issued_on": "2018-03-01",
    }
    queryset = Document.objects.all()
    filterset = DocumentFilterSet
    sorts = {"issued_on": "issued_on", "valid_to": "valid_to", "number": "number"}
    expands: ClassVar[Expansions] = PLACE_EXPANSIONS
    requires = "may_see_figures"


class StorySerializer(serializers.ModelSerializer):
    """What is said of a story."""

    division = serializers.CharField(source="division.code", label="报送单位的代码")
    community = serializers.CharField(source="community.code", allow_null=True, label="社区的代码")

    class Meta:
        model = Story
        fields = (
            *("ref", "kind", "title", "on", "division", "community", "outlet", "level", "url", "clause", "summary"),
            *("body", "state", "submitted_on", "chosen_on", "version"),
        )


class Stories(RowsEndpoint):
    """宣传与案例: what the area reports, and the chosen ones of all; people alone report and choose."""

    slug = "stories"
    title = "宣传与案例"
    requires = "may_see_figures"
    queryset = Story.objects.all()
    filterset = StoryFilterSet
    serializer_class = StorySerializer
    sorts: ClassVar[dict[str, str]] = {"on": "on", "chosen_on": "chosen_on", "title": "title"}
    expands: ClassVar[Expansions] = {
        "division": ("division", DivisionSerializer),
        "community": ("community", CommunitySerializer),
    }
    found_by = "ref"
    flow = FLOW
    takes_moves = False

    def get_steps(self, request: Request, ref: str) -> Response:
        """See Moves.get_steps. Raises NotFoundError also for a chosen story of another area: its steps name people there."""
        if not self.find(request, ref).is_of_area(request.user):
            raise NotFoundError(
                "这一条不是本单位范围内报送的，看不到办理经过。", cure="Steps are shown to those of the area alone."
            )
        return super().get_steps(request, ref)
