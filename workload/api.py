"""Burden relief in the API."""

from __future__ import annotations

from typing import Any, ClassVar

from changzhi_portal.api.endpoints import RegisterEndpoint
from changzhi_portal.api.expansions import Expansions
from communities.api import CommunitySerializer, DivisionSerializer
from workload.filters import AssessmentFilterSet, ItemFilterSet
from workload.flow import FLOW
from workload.models import Assessment, WorkItem
from workload.sheets import AssessmentSheet, WorkItemSheet


class WorkItems(RegisterEndpoint):
    """社区工作事项."""

    register = WorkItemSheet
    example: ClassVar[dict[str, Any]] = {
        "number": "140402-2018-0001",
        "name": "演示人口普查协助",
        "kind": "survey",
        "listed_as": "assisting",
        "county": "城区",
        "department_name": "统计局",
        "basis": "演示文件〔2018〕1号",
        "role": "assisting",
        "applies_to": "all",
        "valid_from": "2018-01-01",
        "conditions": "配备调查终端，培训一次",
        "yearly_funds": "800.00",
    }
    queryset = WorkItem.objects.select_related("division")
    flow = FLOW
    filterset = ItemFilterSet
    expands: ClassVar[Expansions] = {"division": ("division", DivisionSerializer)}
    sorts = {"number": "number", "valid_from": "valid_from", "valid_to": "valid_to", "yearly_funds": "yearly_funds"}


class Assessments(RegisterEndpoint):
    """社区考核."""

    register = AssessmentSheet
    example: ClassVar[dict[str, Any]] = {
        "county": "城区",
        "town": "东街街道办事处",
        "community_name": "和平社区居委会",
        "year": 2018,
        "work_score": "80.00",
    }
    queryset = Assessment.objects.all()
    filterset = AssessmentFilterSet
    expands: ClassVar[Expansions] = {"community": ("community", CommunitySerializer)}
    sorts = {"year": "year", "work_score": "work_score"}
