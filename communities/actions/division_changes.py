"""Applying planned changes of divisions: records are ended and begun by date, never overwritten (ADR 0001, 0002)."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone

from changelog.actions import LoggedChange, change_of, differing, log_changes
from changelog.actions.edit import ONLY_ROW
from changelog.models import ChangeSet, RegisterLock
from changzhi_portal.bulk import in_batches, insert_rows, refresh_statistics, update_rows
from changzhi_portal.names import community_key
from changzhi_portal.records import field_of, followers
from changzhi_portal.refusals import InvalidError
from changzhi_portal.registers.registry import registers
from communities.actions.successions import close_communities, hand_over
from communities.divisionchanges import ChangePlan, CommunityMove
from communities.models import Community, CommunityPlacement, Division, DivisionChange, RecordMove
from communities.reference import ListedCommunity, is_virtual_name
from periods.models import ReportingPeriod


def apply_plan(plan: ChangePlan, *, into: ChangeSet) -> None:
    """Write the changes of a plan and log every record in the change set `into`. Must run inside its transaction.

    Divisions and placements end on the plan's day and new ones begin, so the past is kept. The paths of closed divisions
    lead through their successors, so that a successor's scope includes them. Raises InvalidError for a plan with problems.
    """
    if plan.problems:
        raise InvalidError(
            f"区划变更不能应用：{plan.problems[0]}",
            cure=f"The division changes cannot be applied, {len(plan.problems)} problem(s): {'; '.join(plan.problems)}",
        )
    _lock(plan)
    log: list[LoggedChange] = []
    _close_and_open_divisions(plan, log)
    rewrite_paths()
    close_communities(plan, log)
    _move_placements(plan, log)
    _move_communities(plan, log)
    _open_communities(plan, log)
    hand_over(plan, into, log)
    _mark_applied(plan, into, log)
    log_changes(into, (change._replace(batch_row=ONLY_ROW) for change in log))
    refresh_statistics(Division, Community, CommunityPlacement, RecordMove, *followers())


def _lock(plan: ChangePlan) -> None:
    """Lock the registers and the communities of the plan: wait for uploads that write them, and let new ones wait."""
    if plan.handovers or plan.endings:
        for register in registers():
            RegisterLock.objects.lock(register.name)
        ReportingPeriod.objects.keep_from_locking()
    ending = [ending.placement for ending in plan.endings]
    versions: dict[int, int] = {}
    keys = {move.placement.community_id for move in plan.moves} | {placement.community_id for placement in ending}
    for batch in in_batches(sorted(keys)):
        locked = Community.objects.select_for_update(of=("self",)).order_by("pk").filter(pk__in=batch)
        versions |= dict(locked.values_list("pk", "version"))
    for move in plan.moves:
        move.placement.community.version = versions[move.placement.community_id]
    for placement in ending:
        placement.community.version = versions[placement.community_id]


# --- Divisions ---


def _close_and_open_divisions(plan: ChangePlan, log: list[LoggedChange]) -> None:
    """Close divisions, open the new ones, then set the successors.

    Closing comes first because a new division may have the code or name of a closed one.
    """
    closing = [move.old for move in plan.closing]
    for division in closing:
        division.valid_to = plan.effective_on
        # A temporary path, because the successor may get the old one.
        division.path = f"closing/{division.pk}/"
        division.version += 1
    update_rows(Division, closing, ["valid_to", "path", "version"])
    for level in (Division.Level.COUNTY, Division.Level.TOWN):
        opening = [division for division in plan.opening if division.level == level]
        for division in opening:
            division.prepare_keys()
        insert_rows(Division, opening)
    for move in plan.closing:
        move.old.successor = move.successor
    update_rows(Division, closing, ["successor"])
    log += [
        change_of(
            d,
            division=d.pk,
            before={"valid_to": None, "successor": None},
            after={"valid_to": d.valid_to, "successor": d.successor_id},
        )
        for d in closing
    ]
    log += [
        change_of(
            d,
            division=d.pk,
            before={},
            after={"code": d.code, "name": d.name, "parent": d.parent_id, "valid_from": d.valid_from},
        )
        for d in plan.opening
    ]


def rewrite_paths() -> None:
    """Recompute all paths: a division lies below its successor if it has one, else below its parent."""
    divisions = {division.pk: division for division in Division.objects.all()}
    paths: dict[int, str] = {}

    def path_of(division: Division) -> str:
        if division.pk not in paths:
            above = division.successor_id or division.parent_id
            paths[division.pk] = f"{path_of(divisions[above]) if above else ''}{division.code}/"
        return paths[division.pk]

    moved = [division for division in divisions.values() if path_of(division) != division.path]
    for division in moved:
        division.path = paths[division.pk]
    update_rows(Division, moved, ["path"])


# --- Communities ---


def _move_placements(plan: ChangePlan, log: list[LoggedChange]) -> None:
    """End the old placements on the day and begin the new ones; correct those that begin on the day or later."""
    ending = [move for move in plan.moves if move.placement.valid_from < plan.effective_on]
    corrected = [move for move in plan.moves if move.placement.valid_from >= plan.effective_on]
    beginning = [_beginning(move, plan) for move in ending]
    for move in ending:
        before, after = {"valid_to": move.placement.valid_to}, {"valid_to": plan.effective_on}
        move.placement.valid_to = plan.effective_on
        log.append(change_of(move.placement, division=move.town.pk, before=before, after=after))
    update_rows(CommunityPlacement, [move.placement for move in ending], ["valid_to"])
    for move in corrected:
        log.append(_changed(move.placement, move))
        move.placement.name_key = community_key(move.name)
    update_rows(CommunityPlacement, [move.placement for move in corrected], ["town", "code", "name", "name_key"])
    insert_rows(CommunityPlacement, beginning)
    log += [_begun(placement) for placement in beginning]


def _beginning(move: CommunityMove, plan: ChangePlan) -> CommunityPlacement:
    return CommunityPlacement(
        community_id=move.placement.community_id,
        town=move.town,
        code=move.code,
        name=move.name,
        name_key=community_key(move.name),
        valid_from=plan.effective_on,
        valid_to=move.placement.valid_to,
    )


def _begun(placement: CommunityPlacement) -> LoggedChange:
    names = ("community", "town", "code", "name", "valid_from", "valid_to")
    after = {name: getattr(placement, field_of(CommunityPlacement, name).attname) for name in names}
    return change_of(placement, division=placement.town_id, before={}, after=after)


def _move_communities(plan: ChangePlan, log: list[LoggedChange]) -> None:
    """Copy town, code and name of the open placement to the communities (ADR 0002), and update `is_virtual` by name."""
    moves = [move for move in plan.moves if move.is_open]
    communities = [move.placement.community for move in moves]
    _free_exchanged_codes(moves)
    for move, community in zip(moves, communities, strict=True):
        former_name, was_virtual = community.name, community.is_virtual
        changed = _changed(community, move)
        if is_virtual_name(move.name) != is_virtual_name(former_name):
            community.is_virtual = is_virtual_name(move.name)
            changed.before["is_virtual"], changed.after["is_virtual"] = was_virtual, community.is_virtual
        log.append(changed)
        community.version += 1
        community.prepare_keys()
    update_rows(
        Community, communities, ("town", "code", "name", "name_key", "sort_key", "readings", "is_virtual", "version")
    )


def _free_exchanged_codes(moves: Sequence[CommunityMove]) -> None:
    """Replace codes that communities exchange by temporary ones, because databases check uniqueness row by row."""
    codes = {move.code for move in moves}
    exchanged = [move.placement.community for move in moves if move.placement.community.code in codes]
    original_codes = {community.pk: community.code for community in exchanged}
    for community in exchanged:
        community.code = f"~{community.pk}"
    update_rows(Community, exchanged, ["code"])
    for community in exchanged:
        community.code = original_codes[community.pk]


def _changed(row: Community | CommunityPlacement, move: CommunityMove) -> LoggedChange:
    """Set a row's town, code and name to those of a move and return the change for the log."""
    before = {"town": row.town_id, "code": row.code, "name": row.name}
    after = {"town": move.town.pk, "code": move.code, "name": move.name}
    row.town, row.code, row.name = move.town, move.code, move.name
    return change_of(row, division=move.town.pk, **differing(before, after))


def _open_communities(plan: ChangePlan, log: list[LoggedChange]) -> None:
    """Create the communities that are new in the crosswalk, with their first placement."""
    communities = []
    for new in plan.new_communities:
        listed = ListedCommunity(new.code, new.name, new.town.code)
        community = Community(
            town=new.town, code=new.code, name=new.name, kind=listed.default_kind, is_virtual=listed.is_virtual
        )
        community.prepare_keys()
        communities.append(community)
        if new.receiver is not None:
            new.receiver.community = community
    insert_rows(Community, communities)
    placements = [
        CommunityPlacement(
            community=community,
            town=community.town,
            code=community.code,
            name=community.name,
            name_key=community.name_key,
            valid_from=plan.effective_on,
        )
        for community in communities
    ]
    insert_rows(CommunityPlacement, placements)
    log += [
        change_of(
            c,
            division=c.town_id,
            before={},
            after={"town": c.town_id, "code": c.code, "name": c.name, "kind": c.kind},
        )
        for c in communities
    ]
    log += [_begun(placement) for placement in placements]


def _mark_applied(plan: ChangePlan, into: ChangeSet, log: list[LoggedChange]) -> None:
    now = timezone.now()
    for change in plan.changes:
        change.applied_at, change.applied_by = now, into.made_by
        after = {"applied_at": change.applied_at, "applied_by": change.applied_by.pk}
        log.append(change_of(change, division=into.division_id, before=dict.fromkeys(after), after=after))
    update_rows(DivisionChange, list(plan.changes), ["applied_at", "applied_by"])
