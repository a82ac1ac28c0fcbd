"""Purchased services in the API."""

from __future__ import annotations

from changzhi_portal.api.endpoints import RegisterEndpoint
from services.filters import ProjectFilterSet
from services.models import ServiceProject
from services.sheets import ProjectSheet


class Projects(RegisterEndpoint):
    """购买服务项目."""

    register = ProjectSheet
    queryset = ServiceProject.objects.all()
    filterset = ProjectFilterSet
    sorts = {"number": "number", "starts_on": "starts_on", "ends_on": "ends_on", "contract_amount": "contract_amount"}
