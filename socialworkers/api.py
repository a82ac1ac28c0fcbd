"""Social workers, trainings and hours in the API."""

from __future__ import annotations

from typing import Any, ClassVar

from changzhi_portal.api.endpoints import RegisterEndpoint
from changzhi_portal.api.expansions import Expansions
from communities.api import CommunitySerializer, DivisionSerializer
from socialworkers.filters import TrainingFilterSet, TrainingRecordFilterSet, WorkerFilterSet
from socialworkers.models import SocialWorker, Training, TrainingRecord
from socialworkers.sheets import TrainingRecordSheet, TrainingSheet, WorkerSheet


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


class Trainings(RegisterEndpoint):
    """培训: what was held, and how many people of which kind attended."""

    register = TrainingSheet
    example: ClassVar[dict[str, Any]] = {
        "number": "PX2018-001",
        "name": "社会工作实务演示培训",
        "kind": "continuing",
        "starts_on": "2018-05-07",
        "ends_on": "2018-05-09",
        "hours": "24.0",
        "county": "城区",
        "community_workers": 40,
    }
    queryset = Training.objects.select_related("division")
    filterset = TrainingFilterSet
    expands: ClassVar[Expansions] = {"division": ("division", DivisionSerializer)}
    sorts = {"number": "number", "ends_on": "ends_on", "hours": "hours"}


class TrainingRecords(RegisterEndpoint):
    """培训学时: the hours of a worker in a training; the person is named by the ID number."""

    register = TrainingRecordSheet
    example: ClassVar[dict[str, Any]] = {
        "training": "PX2018-001",
        "id_number": "140402197001010014",
        "hours": "24.0",
    }
    queryset = TrainingRecord.objects.all()
    filterset = TrainingRecordFilterSet
    sorts: ClassVar[dict[str, str]] = {}
