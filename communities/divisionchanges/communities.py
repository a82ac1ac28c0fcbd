"""Planning where communities go when divisions change: by the crosswalk, otherwise with their town."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from changzhi_portal.bulk import in_batches
from communities.divisionchanges.counties_and_towns import TOWN_CODE, DivisionPlanner
from communities.divisionchanges.numbering import COMMUNITY_CLASSES, code_within
from communities.divisionchanges.plan import ChangePlan, CommunityMove, NewCommunity
from communities.models import CommunityPlacement, CrosswalkRow, Division

# The most names that a sentence lists before 等.
_NAMES_SHOWN = 5


def plan_communities(
    plan: ChangePlan,
    planner: DivisionPlanner,
    placements: Sequence[CommunityPlacement],
    rows: Sequence[CrosswalkRow],
) -> None:
    """Add the communities to a plan; `placements` are those of the affected towns on the plan's day and later."""
    row_of = {row.from_code: row for row in rows if row.from_code}
    known = {placement.code for placement in placements}
    lost: list[CommunityPlacement] = []
    following: list[tuple[CommunityPlacement, Division]] = []
    for placement in placements:
        row = row_of.get(placement.code)
        town = planner.town_with_code(row.to_code[:TOWN_CODE]) if row is not None and row.to_code else None
        if row is not None and town is not None:
            _add(plan, _move(placement, town, row.to_code, row.to_name or placement.name, has_row=True))
        elif (successor := planner.successor_of_town(placement.town_id)) is not None:
            following.append((placement, successor))
        else:
            lost.append(placement)
    _move_with_towns(plan, following, row_of)
    _add_new(plan, planner, rows)
    _list_unused_rows(plan, rows, known)
    _refuse_lost(plan, lost)
    _refuse_clashes(plan)


def _move(placement: CommunityPlacement, town: Division, code: str, name: str, *, has_row: bool) -> CommunityMove:
    return CommunityMove(placement, town, code, name, has_row, is_open=placement.valid_to is None)


def _add(plan: ChangePlan, move: CommunityMove) -> None:
    old = move.placement
    if (old.town, old.code, old.name) != (move.town, move.code, move.name):
        plan.moves.append(move)


def _move_with_towns(
    plan: ChangePlan, following: Iterable[tuple[CommunityPlacement, Division]], row_of: dict[str, CrosswalkRow]
) -> None:
    """Move communities without a row of the crosswalk with their town; they keep their number in the town if it is free."""
    taken = {move.code for move in plan.moves if move.is_open}
    taken |= _codes_in({town.pk for _, town in following if town.pk is not None}, _moving(plan))
    for placement, town in following:
        code = placement.code
        if town.code != placement.town.code:
            code = code_within(town.code, placement.code[TOWN_CODE:], taken, COMMUNITY_CLASSES)
        if placement.valid_to is None:
            taken.add(code)
        move = _move(placement, town, code, placement.name, has_row=False)
        _add(plan, move)
        if placement.code in row_of and move.is_open:
            plan.without_counterpart.append(move)


def _moving(plan: ChangePlan) -> set[int]:
    return {move.placement.pk for move in plan.moves}


def _codes_in(towns: set[int], moving: set[int]) -> set[str]:
    """Return the codes in use in these towns, except those of communities that leave them."""
    placements = CommunityPlacement.objects.filter(town__in=towns, valid_to__isnull=True).values_list("pk", "code")
    return {code for pk, code in placements if pk not in moving}


def _add_new(plan: ChangePlan, planner: DivisionPlanner, rows: Sequence[CrosswalkRow]) -> None:
    """Add the communities that are new in the crosswalk and lie in a division that these changes affect."""
    new = [row for row in rows if not row.from_code and planner.is_affected(row.to_code)]
    there = CommunityPlacement.objects.filter(code__in=[row.to_code for row in new])
    known = set(there.values_list("code", flat=True)) if new else set()
    for row in new:
        town = planner.town_with_code(row.to_code[:TOWN_CODE])
        if town is not None and row.to_code not in known:
            plan.new_communities.append(NewCommunity(town, row.to_code, row.to_name))


def _list_unused_rows(plan: ChangePlan, rows: Sequence[CrosswalkRow], known: set[str]) -> None:
    """List the unused rows of the crosswalk, separately for communities that stay and for unknown ones."""
    others = [row for row in rows if row.from_code and row.from_code not in known]
    existing: set[str] = set()
    for batch in in_batches([row.from_code for row in others]):
        existing |= set(CommunityPlacement.objects.filter(code__in=batch).values_list("code", flat=True))
    plan.untouched = [row for row in others if not row.to_code and row.from_code in existing]
    plan.unused = [row for row in others if row.from_code not in existing]


def _refuse_lost(plan: ChangePlan, lost: Sequence[CommunityPlacement]) -> None:
    if lost and not plan.problems:
        plan.problems.append(f"拆分后{_listed(p.name for p in lost)}归哪里没有写明，请在对照表中补上这些社区。")


def _refuse_clashes(plan: ChangePlan) -> None:
    """Add problems for codes that would not be unique in the city and names that would not be unique in their town."""
    moving = _moving(plan)
    now = [(move.town, move.code, move.name) for move in plan.moves if move.is_open]
    now += [(new.town, new.code, new.name) for new in plan.new_communities]
    open_placements = CommunityPlacement.objects.filter(valid_to__isnull=True)
    codes = Counter(code for _, code, _ in now)
    for batch in in_batches(list(codes)):
        used = open_placements.filter(code__in=batch).values_list("pk", "code")
        codes.update(code for pk, code in used if pk not in moving)
    names = Counter((town.code, name) for town, _, name in now)
    code_of = {town.pk: town.code for town, _, _ in now if town.pk is not None}
    for pk, town_id, name in open_placements.filter(town__in=code_of).values_list("pk", "town_id", "name"):
        if pk not in moving:
            names[code_of[town_id], name] += 1
    if twice := [code for code, number in codes.items() if number > 1]:
        plan.problems.append(f"社区代码{_listed(twice)}会重复，请在对照表中改正。")
    if twice := [name for (_, name), number in names.items() if number > 1]:
        plan.problems.append(f"同一街道（乡镇）内会有重名的{_listed(twice)}，请在对照表中写明新名称。")


def _listed(names: Iterable[str]) -> str:
    listed = list(names)
    shown = "、".join(f"“{name}”" for name in listed[:_NAMES_SHOWN])
    return f"{shown}等{len(listed)}个" if len(listed) > _NAMES_SHOWN else shown
