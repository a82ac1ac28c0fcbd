"""What tests of writing by the API share: records of each register, and the requests."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

from tests.changelog.editing import CASES, PERSON, SURVEY, TRAINING
from tests.factories import Place, id_number

HERE = {"county": "城区", "town": "东街街道办事处", "community_name": "和平社区"}
# A new record of each register that gets some.
NEW: dict[str, dict[str, Any]] = {
    "facilities": HERE | {"name": "文化中心", "kind": "activity", "area": "120.00", "opened_on": "2016-05-04"},
    "monthly": HERE | {"month": "2018-06-01", "signs_outside": 3, "meetings": 6},
    "organizations": HERE
    | {"name": "演示合唱团", "registration": "filed", "category": "culture_sports", "established_on": "2015-03-02"},
    "points": HERE | {"name": "演示服务点", "functions": ["window"], "windows": 2, "opened_on": "2016-05-04"},
    "workers": HERE | {"name": "李演示", "id_number": id_number(4711), "level": "none", "started_on": "2018-03-01"},
    "projects": {
        "number": "YS-77", "name": "演示项目", "county": "城区", "buyer": "城区民政局", "provider_name": "演示中心",
        "field": "elderly", "beneficiaries": "all", "purchase_method": "open_tender", "funding_source": "lottery",
        "budget": "120000.00", "starts_on": "2018-01-01", "ends_on": "2018-12-31", "status": "performing",
    },
    "trainings": {
        "number": "PX-77", "name": "演示培训", "kind": "continuing", "starts_on": "2018-05-07", "ends_on": "2018-05-09",
        "hours": "24.0",
    },
    "training_records": {"training": TRAINING, "id_number": PERSON, "hours": "8.0"},
    "supports": HERE | {"organization": "演示合唱团", "kind": "venue", "valid_from": "2018-03-02", "area": "60.00"},
    "activities": HERE | {"held_on": "2018-03-06", "title": "演示邻里节", "kind": "neighbours", "participants": 60},
    "catalogue": {
        "code": "QD-77", "name": "演示服务", "county": "城区", "field": "elderly", "valid_from": "2018-01-01",
    },
    "reviews": {
        "project_number": "YS-1", "county": "城区", "kind": "midterm", "reviewed_on": "2018-06-01", "score": "84.00",
    },
    "payments": {
        "voucher": "PZ-77", "county": "城区", "paid_on": "2018-06-01", "amount": "5000.00", "source": "lottery",
        "purpose": "activity",
    },
    "surveys": HERE | {"survey": SURVEY, "question": "物业", "sent": 60, "satisfied": 40},
    "work_items": {
        "number": "CQ-77", "name": "演示事项", "kind": "task", "listed_as": "assisting", "department_name": "统计局",
        "basis": "演示文件〔2018〕1号", "role": "assisting", "applies_to": "all", "valid_from": "2018-01-01",
        "yearly_funds": "800.00", "conditions": "配备设备",
    },
    "assessments": HERE | {"year": 2018, "work_score": "80.00"},
    "documents": {
        "county": "城区", "kind": "plan", "number": "演示〔2018〕77号", "title": "演示方案", "issued_on": "2018-03-01",
    },
}  # fmt: skip


def prepare(register: str, place: Place) -> None:
    """Create what a new record of a register refers to."""
    next(case for case in CASES if case.register == register).prepare(place)


def send(client: Client, method: str, address: str, body: Any, **headers: str) -> Any:
    """Send a body as JSON; text as it is."""
    text = body if isinstance(body, str | bytes) else json.dumps(body, ensure_ascii=False)
    return client.generic(method, address, text, content_type="application/json", headers=headers)


def post(client: Client, register: str, body: Any, **headers: str) -> Any:
    """Add a record."""
    return send(client, "POST", f"/api/v1/{register}/", body, **headers)


def patch(client: Client, register: str, ref: str, body: Any, etag: str) -> Any:
    """Change a record that was seen with an ETag."""
    return send(client, "PATCH", f"/api/v1/{register}/{ref}/", body, **{"If-Match": etag})


def bulk(client: Client, register: str, rows: Any = None, *, key: str = "", **body: Any) -> Any:
    """Write many records in one call."""
    said = body if rows is None else {"rows": rows, **body}
    headers = {"Idempotency-Key": key} if key else {}
    return send(client, "POST", f"/api/v1/{register}/bulk/", said, **headers)
