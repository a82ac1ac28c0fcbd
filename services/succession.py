"""What becomes of the purchase catalogue of a division that closes: it holds in the successor (docs/domain.md §3.10).

Projects, reviews and payments are facts, and stay with the division that they were recorded at.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from changelog.actions import change_of
from changzhi_portal.bulk import in_batches, update_rows
from changzhi_portal.names import comparable
from changzhi_portal.records import not_ended
from changzhi_portal.succession import Handover, Succession
from services.models import CatalogueItem


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
