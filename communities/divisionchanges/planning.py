"""Planning the changes of one day. Only reads, with a fixed number of queries."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from django.db.models import Q, QuerySet
from django.utils import timezone

from communities.divisionchanges.communities import plan_communities
from communities.divisionchanges.counties_and_towns import DivisionPlanner
from communities.divisionchanges.plan import ChangePlan
from communities.models import CommunityPlacement, CrosswalkRow, Division, DivisionChange


def pending_changes() -> QuerySet[DivisionChange]:
    """Return the noted changes whose day has come and that are not applied yet, the earliest first."""
    today = timezone.localdate()
    return DivisionChange.objects.filter(applied_at__isnull=True, effective_on__lte=today).order_by(
        "effective_on", "level", "from_code", "to_code"
    )


def plan_changes(changes: Sequence[DivisionChange]) -> ChangePlan:
    """Return the effects of these changes, all of one day, on divisions and communities.

    Raises ValueError for no changes, or for changes of more than one day.
    """
    (day,) = {change.effective_on for change in changes}
    plan = ChangePlan(effective_on=day, changes=changes)
    rows = list(CrosswalkRow.objects.filter(effective_on=day))
    planner = DivisionPlanner(plan, list(Division.objects.current().select_related("parent")))
    planner.plan_counties()
    placements = _placements(planner.affected_towns(), day)
    planner.plan_towns(placements, rows)
    plan_communities(plan, planner, placements, rows)
    _choose_successors(plan)
    _refuse_later_history(plan, planner.divisions_with_changes())
    return plan


def _placements(towns: Sequence[Division], day: datetime.date) -> list[CommunityPlacement]:
    """Return the placements in these towns on the day or later, with the communities loaded."""
    lasting = Q(valid_to__isnull=True) | Q(valid_to__gt=day)
    placements = CommunityPlacement.objects.filter(lasting, town__in=[town.pk for town in towns])
    return list(placements.select_related("community", "town").order_by("code", "valid_from"))


def _choose_successors(plan: ChangePlan) -> None:
    """Set the successor after a split: the division that gets most communities, of equal ones the lower code."""
    for move in plan.closing:
        if len(move.successors) == 1:
            continue
        received = dict.fromkeys((successor.code for successor in move.successors), 0)
        for community in plan.moves:
            old_town = community.placement.town
            is_town = move.old.level == Division.Level.TOWN
            if (old_town.pk if is_town else old_town.parent_id) != move.old.pk:
                continue
            part = community.town if is_town else community.town.parent
            if part is not None and part.code in received:
                received[part.code] += 1
        move.successor = min(move.successors, key=lambda successor: (-received[successor.code], successor.code))


def _refuse_later_history(plan: ChangePlan, divisions_with_changes: Sequence[Division]) -> None:
    """Add a problem for each division that later changes have closed or opened: changes are applied in order of days."""
    keys = [division.pk for division in divisions_with_changes]
    later = Division.objects.filter(Q(pk__in=keys) | Q(parent__in=keys)).filter(
        Q(valid_from__gt=plan.effective_on) | Q(valid_to__gt=plan.effective_on)
    )
    # A division that an earlier run opened on the same day may become a successor, but may not be closed.
    closing = Division.objects.filter(pk__in=[move.old.pk for move in plan.closing], valid_from=plan.effective_on)
    for division in [*later, *closing]:
        plan.problems.append(
            f"“{division.full_name}”在{plan.effective_on:%Y-%m-%d}当日或以后已有变动，区划变更应按生效日期先后应用，请核对。"
        )
