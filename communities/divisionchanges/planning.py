"""Working out what changes of divisions amount to. Reads only; a fixed number of queries, whatever their size."""

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
    """The changes that are known, whose day has come, and that are not applied yet, the earliest first."""
    today = timezone.localdate()
    return DivisionChange.objects.filter(applied_at__isnull=True, effective_on__lte=today).order_by(
        "effective_on", "level", "from_code", "to_code"
    )


def plan_changes(changes: Sequence[DivisionChange]) -> ChangePlan:
    """What these changes, all of one day, would do to divisions and communities.

    Raises ValueError for none, or for changes of more than one day.
    """
    (day,) = {change.effective_on for change in changes}
    plan = ChangePlan(effective_on=day, changes=changes)
    rows = list(CrosswalkRow.objects.filter(effective_on=day))
    planner = DivisionPlanner(plan, list(Division.objects.standing().select_related("parent")))
    planner.plan_counties()
    placements = _placements(planner.towns_concerned(), day)
    planner.plan_towns(placements, rows)
    plan_communities(plan, planner, placements, rows)
    _choose_successors(plan)
    _refuse_later_history(plan, planner.concerned())
    return plan


def _placements(towns: Sequence[Division], day: datetime.date) -> list[CommunityPlacement]:
    """Where communities belonged to the towns on the day or later, with the communities themselves."""
    lasting = Q(valid_to__isnull=True) | Q(valid_to__gt=day)
    found = CommunityPlacement.objects.filter(lasting, town__in=[town.pk for town in towns])
    return list(found.select_related("community", "town").order_by("code", "valid_from"))


def _choose_successors(plan: ChangePlan) -> None:
    """After a split the successor is the heir that most communities went to; of equal ones that with the lower code."""
    for move in plan.closing:
        if len(move.heirs) == 1:
            continue
        received = dict.fromkeys((heir.code for heir in move.heirs), 0)
        for community in plan.moves:
            old_town = community.placement.town
            is_town = move.old.level == Division.Level.TOWN
            if (old_town.pk if is_town else old_town.parent_id) != move.old.pk:
                continue
            code = community.town.code if is_town else community.town.parent.code
            if code in received:
                received[code] += 1
        move.successor = min(move.heirs, key=lambda heir: (-received[heir.code], heir.code))


def _refuse_later_history(plan: ChangePlan, concerned: Sequence[Division]) -> None:
    """What closed or opened after the day cannot be told apart from what these changes do: they come too late."""
    keys = [division.pk for division in concerned]
    later = Division.objects.filter(Q(pk__in=keys) | Q(parent__in=keys)).filter(
        Q(valid_from__gt=plan.effective_on) | Q(valid_to__gt=plan.effective_on)
    )
    # A division that opened on the very day by an earlier run of the same day may take others in.
    closing = Division.objects.filter(pk__in=[move.old.pk for move in plan.closing], valid_from=plan.effective_on)
    for division in [*later, *closing]:
        plan.problems.append(
            f"“{division.full_name}”在{plan.effective_on:%Y-%m-%d}当日或以后已有变动，区划变更应按生效日期先后应用，请核对。"
        )
