"""Purchased services in the API."""

from __future__ import annotations

from typing import ClassVar

from changzhi_portal.api.endpoints import RegisterEndpoint
from changzhi_portal.api.expansions import Expansions
from communities.api import DivisionSerializer
from services.filters import ProjectFilterSet
from services.models import ServiceProject
from services.sheets import ProjectSheet


class Projects(RegisterEndpoint):
    """购买服务项目."""

    register = ProjectSheet
    queryset = ServiceProject.objects.all()
    filterset = ProjectFilterSet
    expands: ClassVar[Expansions] = {"division": ("division", DivisionSerializer)}
    sorts = {"number": "number", "starts_on": "starts_on", "ends_on": "ends_on", "contract_amount": "contract_amount"}
