"""Social workers in the API."""

from __future__ import annotations

from typing import Any, ClassVar

from changzhi_portal.api.endpoints import RegisterEndpoint
from changzhi_portal.api.expansions import Expansions
from communities.api import CommunitySerializer, DivisionSerializer
from socialworkers.filters import WorkerFilterSet
from socialworkers.models import SocialWorker
from socialworkers.sheets import WorkerSheet


class Workers(RegisterEndpoint):
    """社会工作者, each with the newest posting."""

    register = WorkerSheet
    example: ClassVar[dict[str, Any]] = {
        "county": "城区",
        "town": "东街街道办事处",
        "community_name": "和平社区",
        "name": "李演示",
        "id_number": "140402197001010014",
        "level": "none",
        "started_on": "2018-03-01",
        "position": "社区工作者",
    }
    queryset = SocialWorker.objects.with_newest_posting()
    filterset = WorkerFilterSet
    expands: ClassVar[Expansions] = {
        "community": ("newest__community", CommunitySerializer),
        "division": ("newest__division", DivisionSerializer),
    }
    sorts = {"name": "sort_key"}
