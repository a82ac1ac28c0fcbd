"""Purchased services in the API."""

from __future__ import annotations

from typing import Any, ClassVar

from changzhi_portal.api.endpoints import RegisterEndpoint
from changzhi_portal.api.expansions import Expansions
from communities.api import DivisionSerializer
from services.filters import ProjectFilterSet
from services.models import ServiceProject
from services.sheets import ProjectSheet


class Projects(RegisterEndpoint):
    """购买服务项目."""

    register = ProjectSheet
    example: ClassVar[dict[str, Any]] = {
        "number": "YS-77",
        "name": "演示项目",
        "county": "城区",
        "buyer": "城区民政局",
        "provider_name": "演示中心",
        "field": "elderly",
        "beneficiaries": "all",
        "purchase_method": "open_tender",
        "funding_source": "lottery",
        "budget": "120000.00",
        "starts_on": "2018-01-01",
        "ends_on": "2018-12-31",
        "status": "performing",
    }
    queryset = ServiceProject.objects.all()
    filterset = ProjectFilterSet
    expands: ClassVar[Expansions] = {"division": ("division", DivisionSerializer)}
    sorts = {"number": "number", "starts_on": "starts_on", "ends_on": "ends_on", "contract_amount": "contract_amount"}
