"""Panels of the home page: a department's applications, and those that wait for a decision."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q
from django.utils import timezone

from changzhi_portal.pages.base import PortalRequest
from changzhi_portal.pages.panels import FIRST_STEP, LAST_STEP, MOST_ROWS, NOTHING_TO_DO, HomePanel
from periods.workdays import workdays_between
from workload.flow import MAY_DECIDE, MAY_PROPOSE
from workload.models import WorkItem

State = WorkItem.State


class OwnApplications(HomePanel):
    """For a department: its applications in hand, those that were returned first."""

    position = 25
    template_name = "workload/own_applications_panel.html"
    requires = MAY_PROPOSE

    def context(self, request: PortalRequest) -> dict[str, Any]:
        """Return the applications in hand, how many of its items are in force, and how many begin later."""
        user, today = request.user, timezone.localdate()
        own = WorkItem.objects.visible_to(user).filter(department=getattr(user, "department_id", None))
        in_hand = {
            state: list(own.filter(state=state).order_by("pk")[:MOST_ROWS])
            for state in (State.RETURNED, State.DRAFT, State.SUBMITTED)
        }
        standing = own.standing_on(today).aggregate(
            in_force=Count("pk", filter=Q(valid_from__lte=today)), later=Count("pk", filter=Q(valid_from__gt=today))
        )
        return {
            "groups": [(State(state).label, items) for state, items in in_hand.items() if items],
            **standing,
            "urgency": FIRST_STEP if in_hand[State.RETURNED] else LAST_STEP,
        }


class WaitingApplications(HomePanel):
    """For those who decide: the applications that wait, with the working days left."""

    position = 26
    template_name = "workload/waiting_panel.html"
    requires = MAY_DECIDE

    def context(self, request: PortalRequest) -> dict[str, Any]:
        """Return the most urgent applications with the days left, and how many there are."""
        user, today = request.user, timezone.localdate()
        waiting = list(WorkItem.objects.visible_to(user).decided_by(user).waiting().select_related("department"))
        shown = [
            (item, workdays_between(today, item.due_on), item.due_on < today)
            for item in waiting[:MOST_ROWS]
            if item.due_on is not None
        ]
        is_late = any(late for _, _, late in shown)
        return {"shown": shown, "total": len(waiting), "urgency": LAST_STEP if is_late else NOTHING_TO_DO}
