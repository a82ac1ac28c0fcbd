"""Closing communities, and handing their records and population to their successors (docs/domain.md §3.9, ADR 0021)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from django.db import IntegrityError
from django.db.models import F, OuterRef, Q, Subquery

from changelog.actions import LoggedChange, change_of
from changelog.models import ChangeSet
from changzhi_portal.bulk import in_batches, insert_rows, update_rows
from changzhi_portal.names import comparable
from changzhi_portal.records import field_of, followers
from changzhi_portal.refusals import InvalidError
from changzhi_portal.violations import violation_in_words
from communities.divisionchanges import ChangePlan
from communities.divisionchanges.facts import populations_after, records_at
from communities.models import Community, CommunityPlacement, CommunityProfile, RecordMove


def close_communities(plan: ChangePlan, log: list[LoggedChange]) -> None:
    """End the last placement of each community that closes, and close it; its successor follows in `hand_over`."""
    for ending in plan.endings:
        placement, community = ending.placement, ending.community
        log.append(
            change_of(
                placement,
                division=placement.town_id,
                before={"valid_to": placement.valid_to},
                after={"valid_to": plan.effective_on},
            )
        )
        placement.valid_to = community.closed_on = plan.effective_on
        community.version += 1
    update_rows(CommunityPlacement, [ending.placement for ending in plan.endings], ["valid_to"])
    update_rows(Community, [ending.community for ending in plan.endings], ["closed_on", "version"])


def hand_over(plan: ChangePlan, into: ChangeSet, log: list[LoggedChange]) -> None:
    """Name the successors, and give them records and population from the plan's day on. New communities must exist."""
    _name_successors(plan, log)
    towns = {receiver.community.pk: receiver.town.pk for receiver in plan.receivers.values() if receiver.community}
    for model in followers():
        destinations = dict(_destinations(plan, model))
        if hasattr(model, "dated_by"):
            _move_records(plan, model, destinations, towns, into, log)
        else:
            _add_links(model, destinations, towns, log)
    _write_populations(plan, log)


def _name_successors(plan: ChangePlan, log: list[LoggedChange]) -> None:
    for ending in plan.endings:
        ending.community.successor = ending.into.community if ending.into is not None else None
    update_rows(Community, [ending.community for ending in plan.endings], ["successor"])
    # First in the log, so that undoing restores them last: their codes and names may have been given to others.
    log[:0] = [
        change_of(
            ending.community,
            division=ending.placement.town_id,
            before={"closed_on": None, "successor": None},
            after={"closed_on": plan.effective_on, "successor": ending.community.successor_id},
        )
        for ending in plan.endings
    ]


def _destinations(plan: ChangePlan, model: Any) -> Iterator[tuple[int, int]]:
    """Yield the key of each record of a model that changes its community, and the key of the community it goes to."""
    chosen: set[int] = set()
    rest: dict[int, int] = {}
    for handover in plan.handovers:
        to = handover.into.community
        if to is None:
            raise ValueError(f"The community {handover.into.code} has not been created.")
        if handover.records is None:
            rest[handover.source.pk] = to.pk
            continue
        keys = handover.records.get(model._meta.label_lower, ())
        here = records_at(model, [handover.source.pk], plan.effective_on).filter(pk__in=keys)
        for key in here.values_list("pk", flat=True):
            chosen.add(key)
            yield key, to.pk
    for batch in in_batches(list(rest)):
        for key, community in records_at(model, batch, plan.effective_on).values_list("pk", "community"):
            if key not in chosen:
                yield key, rest[community]


# --- Dated records ---


def _move_records(
    plan: ChangePlan,
    model: Any,
    destinations: dict[int, int],
    towns: dict[int, int],
    into: ChangeSet,
    log: list[LoggedChange],
) -> None:
    """Let records name their new community, and note where they belonged until the plan's day."""
    names = [field.name for field in model._meta.concrete_fields]
    renamed = _renamed(model, destinations) if {"name", "name_key"} <= set(names) else {}
    label = model._meta.label_lower
    moves = []
    rows = _loaded(model, list(destinations))
    for row in rows:
        to = destinations[row.pk]
        moves.append(
            RecordMove(
                model=label,
                record_id=row.pk,
                from_community_id=row.community_id,
                to_community_id=to,
                moved_on=plan.effective_on,
                name_key=row.name_key if row.pk in renamed else "",
                change_set=into,
            )
        )
        before: dict[str, Any] = {"community": row.community_id}
        after: dict[str, Any] = {"community": to}
        if row.pk in renamed:
            before["name"], after["name"] = row.name, renamed[row.pk]
        log.append(change_of(row, division=towns[to], before=before, after=after))
    try:
        insert_rows(RecordMove, moves)
    except IntegrityError as error:
        raise InvalidError(
            f"{violation_in_words(error, (RecordMove,))}变更没有应用，请改用以后的日期，或先撤销那次变更。",
            cure="A record has been moved on this day. Take a later day, or undo that change first.",
        ) from error
    _rename(model, rows, renamed)
    here = RecordMove.objects.filter(change_set=into, model=label, record_id=OuterRef("pk"))
    changed: dict[str, Any] = {"community": Subquery(here.values("to_community")[:1])}
    if "version" in names:
        changed["version"] = F("version") + 1
    for batch in in_batches(list(destinations)):
        model._base_manager.filter(pk__in=batch).update(**changed)
    _count_up_owners(model, rows)


def _loaded(model: Any, keys: Sequence[int]) -> list[Any]:
    """Return the records with what their texts in the log need."""
    related = [f.name for f in model._meta.concrete_fields if f.many_to_one and f.name in {"worker", "community"}]
    rows: list[Any] = []
    for batch in in_batches(keys):
        rows += model._base_manager.filter(pk__in=batch).select_related(*related)
    return rows


def _count_up_owners(model: Any, rows: Sequence[Any]) -> None:
    """Raise the version of the workers whose postings move: whoever has a worker's form open sees the posting too."""
    if "worker" not in {field.name for field in model._meta.concrete_fields}:
        return
    owner: Any = field_of(model, "worker").related_model
    for batch in in_batches([row.worker_id for row in rows]):
        owner._base_manager.filter(pk__in=batch).update(version=F("version") + 1)


def _renamed(model: Any, destinations: dict[int, int]) -> dict[int, str]:
    """Return the new names of records whose name the successor, or another record that goes there, has already."""
    unique = next(
        (each for each in model._meta.constraints if set(getattr(each, "fields", ())) == {"community", "name_key"}),
        None,
    )
    if unique is None:
        return {}
    condition = unique.condition or Q()
    taken: dict[int, set[str]] = defaultdict(set)
    for batch in in_batches(list(set(destinations.values()))):
        there = model._base_manager.filter(condition, community__in=batch).values_list("community", "name_key")
        for community, name_key in there:
            taken[community].add(name_key)
    new_names: dict[int, str] = {}
    for batch in in_batches(sorted(destinations)):
        coming = model._base_manager.filter(condition, pk__in=batch).order_by("pk")
        for pk, name, name_key, origin in coming.values_list("pk", "name", "name_key", "community__name"):
            used = taken[destinations[pk]]
            if name_key in used:
                new_names[pk] = name = _free_name(name, origin, used)
            used.add(comparable(name))
    return new_names


def _free_name(name: str, origin: str, used: set[str]) -> str:
    """Return the name with the former community behind it, and a number where that is taken too."""
    for number in range(1, len(used) + 2):
        ending = f"（原{origin}{number if number > 1 else ''}）"
        if comparable(new := f"{name[: 100 - len(ending)]}{ending}") not in used:
            return new
    raise ValueError(f"No name is left for {name}.")


def _rename(model: Any, rows: Sequence[Any], renamed: dict[int, str]) -> None:
    changed = [row for row in rows if row.pk in renamed]
    for row in changed:
        row.name = renamed[row.pk]
        row.prepare_keys()
        # Until `community` is set below, the name is unique in the former community as well.
    derived = [field.name for field in model._meta.concrete_fields if not field.editable and not field.unique]
    update_rows(model, changed, ["name", *(name for name in derived if name != "version")])


# --- Links ---


def _add_links(model: Any, destinations: dict[int, int], towns: dict[int, int], log: list[LoggedChange]) -> None:
    """Add the links of closed communities to their successors, once each; the old ones stay as the past."""
    (owner,) = (f for f in model._meta.concrete_fields if f.many_to_one and f.name != "community")
    wanted: dict[tuple[int, int], Any] = {}
    for row in _loaded(model, list(destinations)):
        wanted[getattr(row, owner.attname), destinations[row.pk]] = row
    for batch in in_batches(list({key for key, _ in wanted})):
        there = model._base_manager.filter(**{f"{owner.attname}__in": batch})
        for pair in there.values_list(owner.attname, "community"):
            wanted.pop(pair, None)
    added = [model(**{owner.attname: key}, community_id=to) for key, to in wanted]
    insert_rows(model, added)
    keys = [owner.attname, "community_id"]
    log += [
        change_of(
            row,
            division=towns[row.community_id],
            before={},
            after={name: getattr(row, name) for name in keys},
            label=str(model._meta.verbose_name),
        )
        for row in added
    ]


# --- Population ---


def _write_populations(plan: ChangePlan, log: list[LoggedChange]) -> None:
    """Write the population of the plan's day of communities that have taken others in, or that it is given for."""
    found = [each for each in populations_after(plan) if each.is_written and each.receiver.community is not None]
    keys = [each.receiver.community.pk for each in found if each.receiver.community is not None]
    known: dict[int, CommunityProfile] = {}
    for batch in in_batches(keys):
        of_day = CommunityProfile.objects.filter(community__in=batch, as_of=plan.effective_on)
        known |= {profile.community_id: profile for profile in of_day}
    added, changed = [], []
    for each in found:
        community = each.receiver.community
        if community is None:
            continue
        figures = {"households": each.households, "residents": each.residents}
        profile = known.get(community.pk)
        if profile is None:
            added.append(CommunityProfile(community=community, as_of=plan.effective_on, **figures))
            continue
        given = {name: value for name, value in figures.items() if value is not None}
        before = {name: getattr(profile, name) for name in given}
        for name, value in given.items():
            setattr(profile, name, value)
        changed.append(profile)
        log.append(change_of(profile, division=each.receiver.town.pk, before=before, after=given))
    insert_rows(CommunityProfile, added)
    update_rows(CommunityProfile, changed, ["households", "residents"])
    towns = {each.receiver.community.pk: each.receiver.town.pk for each in found if each.receiver.community}
    log += [
        change_of(
            profile,
            division=towns[profile.community_id],
            before={},
            after={
                "community_id": profile.community_id,
                "as_of": profile.as_of,
                "households": profile.households,
                "residents": profile.residents,
            },
        )
        for profile in added
    ]
