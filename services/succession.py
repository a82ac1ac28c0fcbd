"""What becomes of the purchase catalogue and the calls of a division that closes: they go on in the successor (docs/domain.md §3.10).

Projects, reviews, payments and calls that are closed are facts, and stay with the division that they were recorded at.
Proposals follow their call.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from changelog.actions import change_of
from changzhi_portal.bulk import in_batches, update_rows
from changzhi_portal.names import comparable
from changzhi_portal.records import not_ended
from changzhi_portal.succession import Handover, Succession, free_title
from services.models import LONGEST_TITLE, Call, CatalogueItem


def _move_catalogue(handover: Handover) -> list[str]:
    """Move the lines that hold to the successors; a line whose number the successor has ends, and that one goes on.

    What has ended stays with its division: it is past. Projects keep the line that they were bought under.
    """
    successors = handover.successors()
    coming: list[CatalogueItem] = []
    for batch in in_batches(sorted(successors)):
        lines = CatalogueItem.objects.filter(not_ended(handover.day, "valid_to"), division__in=batch)
        coming += lines.select_for_update(of=("self",)).select_related("division").order_by("code", "pk")
    taken: defaultdict[int, dict[str, CatalogueItem]] = defaultdict(dict)
    for batch in in_batches(sorted({division.pk for division in successors.values()})):
        for line in CatalogueItem.objects.filter(division__in=batch).order_by("pk"):
            taken[line.division_id][comparable(line.code)] = line
    said = []
    for line in coming:
        origin, successor = line.division, successors[line.division_id]
        there = taken[successor.pk].get(comparable(line.code))
        line.version += 1
        before: dict[str, Any]
        after: dict[str, Any]
        if there is None:
            before, after = {"division": origin.pk}, {"division": successor.pk}
            line.division_id = successor.pk
            taken[successor.pk][comparable(line.code)] = line
            said.append(f"{origin.name}“{line}”（{line.code}）转到{successor.name}")
        else:
            ends = max(handover.day, line.valid_from)
            before, after = {"valid_to": line.valid_to}, {"valid_to": ends}
            line.valid_to = ends
            handover.replace(line, there)
            said.append(f"{origin.name}“{line}”（{line.code}）停止购买：{successor.name}已有这个编号的“{there}”")
        handover.log.append(change_of(line, division=successor.pk, before=before, after=after))
    update_rows(CatalogueItem, coming, ["division", "valid_to", "version"])
    return said


CATALOGUE = Succession("购买清单", _move_catalogue)


def _move_calls(handover: Handover) -> list[str]:
    """Move the calls in hand to the successors, whose users go on with them.

    A title that the successor has gets the former office behind it.
    """
    successors = handover.successors()
    coming: list[Call] = []
    for batch in in_batches(sorted(successors)):
        held = Call.objects.in_hand().filter(division__in=batch).select_for_update(of=("self",))
        coming += held.select_related("division").order_by("closes_on", "pk")
    taken: defaultdict[int, set[str]] = defaultdict(set)
    for batch in in_batches(sorted({division.pk for division in successors.values()})):
        there = Call.objects.filter(division__in=batch).order_by()
        for division, title in there.values_list("division", "title"):
            taken[division].add(title)
    said = []
    for call in coming:
        origin, successor = call.division, successors[call.division_id]
        before: dict[str, Any] = {"division": origin.pk}
        after: dict[str, Any] = {"division": successor.pk}
        told = f"{origin.name}“{call}”转到{successor.name}"
        title = free_title(call.title, origin.name, LONGEST_TITLE, taken[successor.pk].__contains__)
        if title != call.title:
            before["title"], after["title"] = call.title, title
            told += f"，那里已有同名的，改称“{title}”"
            call.title = title
        call.division = successor
        call.prepare_keys()
        call.version += 1
        taken[successor.pk].add(title)
        handover.log.append(change_of(call, division=successor.pk, before=before, after=after))
        said.append(told)
    update_rows(Call, coming, ["division", "title", "readings", "version"])
    return said


CALLS = Succession("公益创投和认领", _move_calls)
