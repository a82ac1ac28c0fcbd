"""Social workers in the API."""

from __future__ import annotations

from changzhi_portal.api.endpoints import RegisterEndpoint
from socialworkers.filters import WorkerFilterSet
from socialworkers.models import SocialWorker
from socialworkers.sheets import WorkerSheet


class Workers(RegisterEndpoint):
    """社会工作者, each with the newest posting."""

    register = WorkerSheet
    queryset = SocialWorker.objects.with_newest_posting()
    filterset = WorkerFilterSet
    sorts = {"name": "sort_key"}
