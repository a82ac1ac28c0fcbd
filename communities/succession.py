"""What becomes of the service points of towns that close: they follow their town (docs/domain.md §3.10)."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from changelog.actions import change_of
from changzhi_portal.bulk import in_batches, update_rows
from changzhi_portal.names import comparable
from changzhi_portal.records import field_of, not_ended
from changzhi_portal.succession import Handover, Succession
from communities.models import ServicePoint

_LONGEST_NAME = field_of(ServicePoint, "name").max_length or 0


def _move_points(handover: Handover) -> list[str]:
    """Move the points of closing towns that are in use, or will be, to the towns' successors.

    A name that the successor has already gets the former town behind it. Points of communities go with their community
    (`communities.actions.successions`); one that has ended stays with its town.
    """
    successors = handover.successors()
    coming: list[ServicePoint] = []
    for batch in in_batches(sorted(successors)):
        of_towns = ServicePoint.objects.filter(not_ended(handover.day, "closed_on"), division__in=batch)
        coming += of_towns.select_related("division__parent").select_for_update(of=("self",)).order_by("pk")
    taken: defaultdict[int, set[str]] = defaultdict(set)
    for batch in in_batches(sorted({each.pk for each in successors.values()})):
        there = ServicePoint.objects.filter(division__in=batch).exclude(pk__in=[point.pk for point in coming])
        for division, name_key in there.values_list("division", "name_key"):
            taken[division].add(name_key)
    said = []
    for point in coming:
        origin = point.division
        if origin is None:
            raise ValueError(f"The point {point.pk} has no division.")
        successor = successors[origin.pk]
        before: dict[str, Any] = {"division": origin.pk}
        after: dict[str, Any] = {"division": successor.pk}
        name = _free_name(point.name, origin.name, taken[successor.pk])
        told = f"{origin.full_name}“{point}”转到{successor.full_name}"
        if name != point.name:
            before["name"], after["name"] = point.name, name
            told += f"，那里已有同名的站点，改称“{name}”"
            point.name = name
        point.division = successor
        point.prepare_keys()
        point.version += 1
        taken[successor.pk].add(point.name_key)
        handover.log.append(change_of(point, division=successor.pk, before=before, after=after))
        said.append(told)
    update_rows(ServicePoint, coming, ["division", "name", "name_key", "readings", "version"])
    return said


def _free_name(name: str, origin: str, taken: set[str]) -> str:
    """Return the name, with the former town behind it where it is taken, and a number where that is taken too."""
    if comparable(name) not in taken:
        return name
    for number in range(1, len(taken) + 2):
        ending = f"（原{origin}{number if number > 1 else ''}）"
        if comparable(new := f"{name[: _LONGEST_NAME - len(ending)]}{ending}") not in taken:
            return new
    raise ValueError(f"No name is left for {name}.")


POINTS = Succession("服务站点", _move_points)
