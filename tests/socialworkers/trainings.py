"""What tests of trainings and hours share: rows of their sheets, and somebody who attends."""

from __future__ import annotations

from typing import Any

from socialworkers.models import SocialWorker, Training
from tests.factories import Place, id_number, make_training, make_worker

PERSON = id_number(701)


def training_row(**changes: Any) -> dict[str, Any]:
    """Return a row of 培训."""
    return {
        "编号": "PX-1",
        "名称": "演示社会工作实务培训",
        "培训类型": "继续教育",
        "开始日期": "2018-05-07",
        "结束日期": "2018-05-09",
        "学时": "24",
        "社区专职工作者": "40",
    } | changes


def hours_row(**changes: Any) -> dict[str, Any]:
    """Return a row of 培训学时."""
    return {"培训编号": "PX-1", "身份证号": PERSON, "学时": "24"} | changes


def attended(place: Place) -> tuple[SocialWorker, Training]:
    """Create the person and the training of `hours_row`."""
    return make_worker(place.communities[0], id_number=PERSON), make_training(place.county, "PX-1")
