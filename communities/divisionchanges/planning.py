"""Planning the changes of one day. Only reads, with a fixed number of queries."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from django.db.models import Max, Q, QuerySet
from django.utils import timezone

from changzhi_portal.bulk import in_batches
from communities.divisionchanges.communities import plan_communities
from communities.divisionchanges.counties_and_towns import DivisionPlanner
from communities.divisionchanges.plan import ChangePlan, Route
from communities.models import Community, CommunityPlacement, CrosswalkRow, Division, DivisionChange, RecordMove
from periods.models import ReportingPeriod


def pending_changes() -> QuerySet[DivisionChange]:
    """Return the noted changes whose day has come and that are not applied yet, the earliest first."""
    today = timezone.localdate()
    return DivisionChange.objects.waiting().filter(effective_on__lte=today).in_order()


def plan_changes(changes: Sequence[DivisionChange]) -> ChangePlan:
    """Return the effects of these changes, all of one day, on divisions and communities.

    Raises ValueError for no changes, or for changes of more than one day.
    """
    (day,) = {change.effective_on for change in changes}
    plan = ChangePlan(effective_on=day, changes=changes)
    rows = list(CrosswalkRow.objects.filter(effective_on=day)) if plan.division_changes else []
    routes = _routes(plan, rows)
    planner = DivisionPlanner(plan, list(Division.objects.current().select_related("parent")))
    planner.plan_counties()
    placements = _placements(planner.affected_towns(), day, [change.from_code for change in plan.village_changes])
    planner.plan_towns(placements, routes)
    plan_communities(plan, planner, placements, routes)
    _list_unused_rows(plan, rows, {placement.code for placement in placements})
    _choose_successors(plan)
    _refuse_later_history(plan, planner.divisions_with_changes())
    _refuse_later_handovers(plan)
    _refuse_locked_months(plan)
    return plan


def _routes(plan: ChangePlan, rows: Sequence[CrosswalkRow]) -> list[Route]:
    """Return the routes of the crosswalk and of the changes of communities, which come first."""
    noted = [
        Route(each.from_code, each.from_name, each.to_code, each.to_name, each.to_town_name, each)
        for each in plan.village_changes
    ]
    changed = {route.from_code for route in noted if route.from_code}
    return noted + [
        Route(row.from_code, row.from_name, row.to_code, row.to_name, row.to_town_name)
        for row in rows
        if row.from_code not in changed
    ]


def _placements(towns: Sequence[Division], day: datetime.date, codes: Sequence[str]) -> list[CommunityPlacement]:
    """Return the placements in these towns on the day or later, and today's of these codes, with the communities loaded."""
    lasting = Q(valid_to__isnull=True) | Q(valid_to__gt=day)
    loaded = CommunityPlacement.objects.select_related("community", "town__parent").order_by("code", "valid_from")
    found = {placement.pk: placement for placement in loaded.filter(lasting, town__in=[town.pk for town in towns])}
    for batch in in_batches(list(dict.fromkeys(code for code in codes if code))):
        standing = loaded.filter(valid_to__isnull=True, community__closed_on__isnull=True, code__in=batch)
        found |= {placement.pk: placement for placement in standing}
    return list(found.values())


def _list_unused_rows(plan: ChangePlan, rows: Sequence[CrosswalkRow], known: set[str]) -> None:
    """List the unused rows of the crosswalk, separately for communities that stay and for unknown ones."""
    others = [row for row in rows if row.from_code and row.from_code not in known]
    existing: set[str] = set()
    for batch in in_batches([row.from_code for row in others]):
        existing |= set(CommunityPlacement.objects.filter(code__in=batch).values_list("code", flat=True))
    plan.untouched = [row for row in others if not row.to_code and row.from_code in existing]
    plan.unused = [row for row in others if row.from_code not in existing]


def _refuse_locked_months(plan: ChangePlan) -> None:
    """Add a problem for communities that would close, open or change in a locked month: its figures stay as they are."""
    if not (plan.endings or plan.handovers or plan.village_changes):
        return
    locked = ReportingPeriod.objects.locked().filter(month__gte=plan.effective_on.replace(day=1)).order_by("-month")
    newest = locked.first()
    if newest is not None:
        plan.problems.append(
            f"{newest}已锁定，社区的合并、拆分、撤销不能从{plan.effective_on:%Y-%m-%d}起生效，请改用{newest}以后的日期。"
        )


def _refuse_later_handovers(plan: ChangePlan) -> None:
    """Add a problem for each community that hands over and took others, or records, on the plan's day or later.

    What came later would go on with an earlier day, and would count nowhere in between. Records that left it on the very
    day do no harm: they counted for it until then.
    """
    day = plan.effective_on
    sources = {each.community.pk: each.community for each in plan.endings}
    sources |= {each.source.pk: each.source for each in plan.handovers}
    later: dict[int, datetime.date] = {}
    for batch in in_batches(sorted(sources)):
        merged = Community.objects.filter(successor__in=batch, closed_on__gte=day).values_list("successor", "closed_on")
        came = RecordMove.objects.filter(to_community__in=batch, moved_on__gte=day)
        left = RecordMove.objects.filter(from_community__in=batch, moved_on__gt=day)
        came_on = came.order_by().values("to_community").annotate(last=Max("moved_on"))
        left_on = left.order_by().values("from_community").annotate(last=Max("moved_on"))
        found = [*merged, *came_on.values_list("to_community", "last"), *left_on.values_list("from_community", "last")]
        for key, moved_on in found:
            later[key] = max(moved_on, later.get(key, moved_on))
    for key, moved_on in sorted(later.items()):
        plan.problems.append(
            f"“{sources[key].name}”在{moved_on:%Y-%m-%d}已承接或转出别的记录，不能从{day:%Y-%m-%d}起变更，"
            f"请改用{moved_on:%Y-%m-%d}以后的日期，或先撤销那次变更，再直接登记最后归入哪里。"
        )


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
