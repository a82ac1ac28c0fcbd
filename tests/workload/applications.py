"""Applications for what is to be asked of communities, in each of their states."""

from __future__ import annotations

import datetime
from typing import Any

from communities.models import Division
from periods.workdays import deadline
from tests.factories import make_work_item
from workload.models import WorkItem

State = WorkItem.State
SUBMITTED_ON = datetime.date(2018, 6, 4)


def application(division: Division, state: str = State.SUBMITTED, **fields: Any) -> WorkItem:
    """Return an application in a state, with the days that belong to it; it asks from September 2018 on."""
    days: dict[str, Any] = {}
    if state not in {State.DRAFT, State.APPROVED, State.ENDED}:
        days = {"submitted_on": SUBMITTED_ON, "due_on": deadline(SUBMITTED_ON, 15)}
    if state == State.REFUSED:
        days |= {"decided_on": SUBMITTED_ON, "decided_in": 0}
    return make_work_item(division, state=state, valid_from=datetime.date(2018, 9, 1), **{**days, **fields})
