"""What becomes of the work items of divisions that close: they hold in the successor (docs/domain.md §3.10).

Assessments and their schemes are facts of a year, and stay with their counties.
"""

from __future__ import annotations

from accounts.models import Department
from changelog.actions import change_of
from changzhi_portal.bulk import in_batches, update_rows
from changzhi_portal.records import not_ended
from changzhi_portal.succession import Handover, Succession
from workload.models import WorkItem

State = WorkItem.State
_IN_HAND = (State.DRAFT, State.SUBMITTED, State.RETURNED, State.APPROVED)


def _move_items(handover: Handover) -> list[str]:
    """Move items that hold or are in hand to the successors, with the departments that go on in the place of theirs.

    What has ended or was refused stays with its division: it is past. A number stays as it was given.
    """
    successors = handover.successors()
    departments = handover.replaced(Department)
    coming: list[WorkItem] = []
    for batch in in_batches(sorted(successors)):
        of_divisions = WorkItem.objects.filter(not_ended(handover.day, "valid_to"), division__in=batch)
        held = of_divisions.filter(state__in=_IN_HAND).select_for_update(of=("self",))
        coming += held.select_related("division").order_by("number", "pk")
    said = []
    for item in coming:
        origin, successor = item.division, successors[item.division_id]
        before = {"division": origin.pk}
        after = {"division": successor.pk}
        kept = departments.get(item.department_id)
        if kept is not None:
            before["department"], after["department"] = item.department_id, kept.pk
            item.department_id = kept.pk
        item.division_id = successor.pk
        item.version += 1
        handover.log.append(change_of(item, division=successor.pk, before=before, after=after))
        said.append(f"{origin.name}“{item}”（{item.number}）转到{successor.name}")
    update_rows(WorkItem, coming, ["division", "department", "version"])
    return said


ITEMS = Succession("社区工作事项", _move_items)
