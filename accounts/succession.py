"""What becomes of the departments of divisions that close: those of one name become one (docs/domain.md §3.10)."""

from __future__ import annotations

import datetime

from accounts.models import Department
from changelog.actions import change_of
from changzhi_portal.bulk import update_rows
from changzhi_portal.succession import Handover, Succession


def _move_departments(handover: Handover) -> list[str]:
    """Move open departments to the successors of their divisions; one whose name is taken there ends and its users go over.

    The department that the successor has already goes on, else the first by the code of its division. Closed departments
    stay where they were: they are past.
    """
    successors = handover.successors()
    coming = list(
        Department.objects.active()
        .filter(division__in=successors)
        .select_related("division__parent")
        .select_for_update(of=("self",))
        .order_by("division__code", "pk")
    )
    there = Department.objects.active().filter(division__in={each.pk for each in successors.values()})
    standing = {
        (each.division_id, each.name): each
        for each in there.exclude(pk__in=[each.pk for each in coming]).select_related("division")
    }
    said, moved, ended = [], [], []
    for department in coming:
        origin, successor = department.division, successors[department.division_id]
        kept = standing.setdefault((successor.pk, department.name), department)
        if kept is department:
            handover.log.append(
                change_of(
                    department,
                    division=successor.pk,
                    before={"division": origin.pk},
                    after={"division": successor.pk},
                )
            )
            department.division = successor
            moved.append(department)
            said.append(f"{origin.full_name}“{department}”转到{successor.full_name}")
        else:
            last = _last_day(department, handover.day)
            handover.log.append(
                change_of(department, division=origin.pk, before={"closed_on": None}, after={"closed_on": last})
            )
            department.closed_on = last
            ended.append(department)
            handover.replace(department, kept)
            said.append(f"{origin.full_name}“{department}”并入{successor.full_name}的同名部门，原部门自{last}撤销")
    for department in [*moved, *ended]:
        department.version += 1
    update_rows(Department, moved, ["division", "version"])
    update_rows(Department, ended, ["closed_on", "version"])
    return said


def _last_day(department: Department, day: datetime.date) -> datetime.date:
    """Return the day on which a department closes: the day of the change, or the one after its first day if that is later."""
    if department.opened_on is None or department.opened_on < day:
        return day
    return department.opened_on + datetime.timedelta(days=1)


DEPARTMENTS = Succession("部门", _move_departments)
