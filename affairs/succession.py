"""What becomes of the routes of divisions that close: they go on in the successor, one of each item (docs/domain.md §3.10)."""

from __future__ import annotations

import datetime
from collections import Counter, defaultdict
from typing import Any

from accounts.models import Department
from affairs.models import ItemRoute
from changelog.actions import change_of
from changzhi_portal.bulk import in_batches, update_rows
from changzhi_portal.records import not_ended
from changzhi_portal.succession import Handover, Succession
from communities.models import CommunityPlacement


def _move_routes(handover: Handover) -> list[str]:
    """Move the routes that last to the successors; of two of one item that of the division with most communities stays.

    The other one ends on the day of the change, so that no window closes and no item has two departments. Routes whose department
    has become one with another follow it, also where their division does not close.
    """
    successors = handover.successors()
    departments = handover.replaced(Department)
    coming = _lasting(handover.day, "division", successors)
    there = _lasting(handover.day, "division", {each.pk for each in successors.values()} - successors.keys())
    rivals: defaultdict[tuple[int, int], list[ItemRoute]] = defaultdict(list)
    for route in [*there, *coming]:
        at = successors.get(route.division_id)
        rivals[route.item_id, route.division_id if at is None else at.pk].append(route)
    weights = _communities_before(handover.day)
    said: list[str] = []
    ended: list[ItemRoute] = []
    changed: dict[int, ItemRoute] = {}
    log: dict[int, tuple[dict[str, Any], dict[str, Any]]] = defaultdict(lambda: ({}, {}))
    for (_, successor), routes in rivals.items():
        # The first of those that are equal: one of the successor itself, else by the code.
        kept = max(routes, key=lambda route: weights[route.division_id])
        target = successors.get(kept.division_id)
        if target is not None:
            origin = kept.division
            log[kept.pk][0]["division"], log[kept.pk][1]["division"] = origin.pk, successor
            kept.division = target
            changed[kept.pk] = kept
            said.append(f"{origin.full_name}“{kept.item}”的承办部门转到{target.full_name}")
        for other in routes:
            if other is kept:
                continue
            last = max(handover.day, other.valid_from)
            log[other.pk][0]["valid_to"], log[other.pk][1]["valid_to"] = other.valid_to, last
            other.valid_to = last
            ended.append(other)
            handover.replace(other, kept)
            said.append(
                f"{other.division.full_name}“{other.item}”的承办部门自{last}停止承办，"
                f"由{kept.division.full_name}的{kept.department}承办"
            )
    _follow_departments(
        handover.day, departments, {route.pk: route for route in [*there, *coming]}, ended, changed, log
    )
    for route in [*ended, *changed.values()]:
        route.version += 1
        before, after = log[route.pk]
        handover.log.append(change_of(route, division=route.division_id, before=before, after=after))
    # First those that end: an item has one lasting route in a division.
    update_rows(ItemRoute, ended, ["valid_to", "version"])
    update_rows(ItemRoute, list(changed.values()), ["division", "department", "version"])
    return said


def _lasting(day: datetime.date, lookup: str, keys: Any) -> list[ItemRoute]:
    """Return the routes of divisions (or departments) with these keys that have not ended by a day, held."""
    found: list[ItemRoute] = []
    for batch in in_batches(sorted(keys)):
        routes = ItemRoute.objects.filter(not_ended(day, "valid_to"), **{f"{lookup}__in": batch})
        held = routes.exclude(state=ItemRoute.State.CANCELLED).select_for_update(of=("self",))
        found += held.select_related("item", "department", "division__parent").order_by("division__code", "pk")
    return found


def _follow_departments(
    day: datetime.date,
    departments: dict[int, Any],
    known: dict[int, ItemRoute],
    ended: list[ItemRoute],
    changed: dict[int, ItemRoute],
    log: dict[int, tuple[dict[str, Any], dict[str, Any]]],
) -> None:
    """Give the routes of departments that have ended the department that goes on in its place."""
    past = {route.pk for route in ended}
    for found in _lasting(day, "department", departments):
        route = known.get(found.pk, found)
        if route.pk in past:
            continue
        kept = departments[route.department_id]
        log[route.pk][0]["department"], log[route.pk][1]["department"] = route.department_id, kept.pk
        route.department = kept
        changed[route.pk] = route


def _communities_before(day: datetime.date) -> Counter[int]:
    """Return how many communities each town and county had on the eve of a day, by its key."""
    eve = CommunityPlacement.objects.in_effect_on(day - datetime.timedelta(days=1)).order_by()
    found: Counter[int] = Counter()
    for town, county in eve.values_list("town_id", "town__parent_id"):
        found.update({town: 1, county: 1})
    return found


ROUTES = Succession("实施清单", _move_routes)
