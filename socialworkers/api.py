"""Social workers in the API."""

from __future__ import annotations

from typing import ClassVar

from changzhi_portal.api.endpoints import RegisterEndpoint
from changzhi_portal.api.expansions import Expansions
from communities.api import CommunitySerializer, DivisionSerializer
from socialworkers.filters import WorkerFilterSet
from socialworkers.models import SocialWorker
from socialworkers.sheets import WorkerSheet


class Workers(RegisterEndpoint):
    """社会工作者, each with the newest posting."""

    register = WorkerSheet
    queryset = SocialWorker.objects.with_newest_posting()
    filterset = WorkerFilterSet
    expands: ClassVar[Expansions] = {
        "community": ("newest__community", CommunitySerializer),
        "division": ("newest__division", DivisionSerializer),
    }
    sorts = {"name": "sort_key"}
