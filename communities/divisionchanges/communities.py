"""Planning where communities go when divisions change: by the crosswalk, otherwise with their town."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from changzhi_portal.bulk import in_batches
from communities.divisionchanges.counties_and_towns import TOWN_CODE, DivisionPlanner
from communities.divisionchanges.numbering import COMMUNITY_CLASSES, code_within
from communities.divisionchanges.plan import ChangePlan, CommunityMove, NewCommunity, Route
from communities.divisionchanges.villages import VillagePlanner
from communities.models import CommunityPlacement, Division

# The most names that a sentence lists before 等.
_NAMES_SHOWN = 5


def plan_communities(
    plan: ChangePlan, planner: DivisionPlanner, placements: Sequence[CommunityPlacement], routes: Sequence[Route]
) -> None:
    """Add the communities to a plan.

    `placements` are those of the affected towns on the plan's day and later, and those that the routes of changes of
    communities begin at.
    """
    routes_of: dict[str, list[Route]] = defaultdict(list)
    for route in routes:
        if route.from_code:
            routes_of[route.from_code].append(route)
    villages = VillagePlanner(plan, planner)
    lost: list[CommunityPlacement] = []
    following: list[tuple[CommunityPlacement, Division]] = []
    for placement in placements:
        own = [each for each in routes_of.get(placement.code, ()) if villages.leads_somewhere(each)]
        if own and placement.valid_to is None:
            villages.add(placement, own)
        elif own and (town := planner.town_with_code(own[0].to_code[:TOWN_CODE])) is not None:
            plan.add_move(placement, town, own[0].to_code, own[0].to_name or placement.name, has_row=True)
        elif (successor := planner.successor_of_town(placement.town_id)) is not None:
            following.append((placement, successor))
        elif planner.is_affected_town(placement.town_id):
            lost.append(placement)
    villages.arrange(routes)
    _move_with_towns(plan, following, routes_of)
    _add_new(plan, planner, routes)
    _refuse_lost(plan, lost)
    _refuse_clashes(plan)


def _move_with_towns(
    plan: ChangePlan, following: Iterable[tuple[CommunityPlacement, Division]], routes_of: dict[str, list[Route]]
) -> None:
    """Move communities without a row of the crosswalk with their town; they keep their number in the town if it is free."""
    taken = {move.code for move in plan.moves if move.is_open} | {new.code for new in plan.new_communities}
    leaving = _leaving(plan)  # one that receives another keeps its number
    taken |= _codes_in({town.pk for _, town in following if town.pk is not None}, leaving)
    for placement, town in following:
        if placement.pk in leaving:
            continue
        code = placement.code
        if town.code != placement.town.code:
            code = code_within(town.code, placement.code[TOWN_CODE:], taken, COMMUNITY_CLASSES)
        if placement.valid_to is None:
            taken.add(code)
        move = CommunityMove(placement, town, code, placement.name, has_row=False, is_open=placement.valid_to is None)
        is_moved = plan.add_move(placement, town, code, placement.name, has_row=False)
        if is_moved and move.is_open and placement.code in routes_of:
            plan.without_counterpart.append(move)


def _leaving(plan: ChangePlan) -> set[int]:
    """Return the keys of the placements that the plan ends."""
    return {move.placement.pk for move in plan.moves} | {ending.placement.pk for ending in plan.endings}


def _codes_in(towns: set[int], leaving: set[int]) -> set[str]:
    """Return the codes in use in these towns, except those of communities that leave them."""
    placements = CommunityPlacement.objects.filter(town__in=towns, valid_to__isnull=True).values_list("pk", "code")
    return {code for pk, code in placements if pk not in leaving}


def _add_new(plan: ChangePlan, planner: DivisionPlanner, routes: Sequence[Route]) -> None:
    """Add the communities that are new in the crosswalk and lie in a division that these changes affect, and founded ones."""
    new = [each for each in routes if not each.from_code and (each.change or planner.is_affected(each.to_code))]
    there = CommunityPlacement.objects.filter(code__in=[each.to_code for each in new if each.change is None])
    known = set(there.values_list("code", flat=True)) if new else set()
    for route in new:
        town = planner.town_with_code(route.to_code[:TOWN_CODE])
        if town is not None and route.to_code not in known:
            plan.new_communities.append(NewCommunity(town, route.to_code, route.to_name))
        elif route.change is not None:
            plan.problems.append(f"{route.change}：代码{route.to_code}所属的街道（乡镇）不存在，请核对。")


def _refuse_lost(plan: ChangePlan, lost: Sequence[CommunityPlacement]) -> None:
    if lost and not plan.problems:
        plan.problems.append(f"拆分后{_listed(p.name for p in lost)}归哪里没有写明，请在对照表中补上这些社区。")


def _refuse_clashes(plan: ChangePlan) -> None:
    """Add problems for codes that would not be unique in the city and names that would not be unique in their town."""
    leaving = _leaving(plan)
    now = [(move.town, move.code, move.name) for move in plan.moves if move.is_open]
    now += [(new.town, new.code, new.name) for new in plan.new_communities]
    open_placements = CommunityPlacement.objects.filter(valid_to__isnull=True)
    codes = Counter(code for _, code, _ in now)
    for batch in in_batches(list(codes)):
        used = open_placements.filter(code__in=batch).values_list("pk", "code")
        codes.update(code for pk, code in used if pk not in leaving)
    names = Counter((town.code, name) for town, _, name in now)
    code_of = {town.pk: town.code for town, _, _ in now if town.pk is not None}
    for pk, town_id, name in open_placements.filter(town__in=code_of).values_list("pk", "town_id", "name"):
        if pk not in leaving:
            names[code_of[town_id], name] += 1
    if twice := [code for code, number in codes.items() if number > 1]:
        plan.problems.append(f"社区代码{_listed(twice)}会重复，请在对照表中改正。")
    if twice := [name for (_, name), number in names.items() if number > 1]:
        plan.problems.append(f"同一街道（乡镇）内会有重名的{_listed(twice)}，请在对照表中写明新名称。")


def _listed(names: Iterable[str]) -> str:
    listed = list(names)
    shown = "、".join(f"“{name}”" for name in listed[:_NAMES_SHOWN])
    return f"{shown}等{len(listed)}个" if len(listed) > _NAMES_SHOWN else shown
