"""Quality rules of what communities are asked."""

from __future__ import annotations

from django.db.models import F, Q

from changzhi_portal.quality import Occasion, Severity, Subject, rule
from changzhi_portal.scope import ScopedQuerySet
from workload.models import FUNDED, SUPPORTED, WorkItem

ITEMS = Subject(WorkItem, community=None)


@rule(
    ITEMS,
    Severity.SOFT,
    "协助和准入事项没有经费或工作条件",
    "要求社区协助，没有填每社区年经费或者人员设备培训，请补填或者改列清单。",
)
def work_item_unfunded(occasion: Occasion) -> ScopedQuerySet:
    """Find items in force that ask for help without money or without the conditions of the work [四（一）4]."""
    nothing = Q(yearly_funds__isnull=True) | Q(yearly_funds=0) | Q(conditions="")
    in_force = WorkItem.objects.in_force_on(occasion.day)
    return in_force.filter(nothing, kind__in=FUNDED, listed_as__in=SUPPORTED)


@rule(
    ITEMS,
    Severity.SOFT,
    "准入申请超期未审定",
    "{submitted_on}提交的申请最迟应在{due_on}审定，现在还没有审定，请尽快办理。",
)
def application_overdue(occasion: Occasion) -> ScopedQuerySet:
    """Find applications that have waited longer than 15 working days."""
    return WorkItem.objects.waiting().order_by().filter(due_on__lt=occasion.day)


@rule(
    ITEMS,
    Severity.SOFT,
    "超期审定的准入申请",
    "{submitted_on}提交的申请到{decided_on}才审定，超过15个工作日的期限{due_on}，请说明。",
)
def application_decided_late(occasion: Occasion) -> ScopedQuerySet:
    """Find decisions of the month that came after their limit."""
    of_month = WorkItem.objects.filter(decided_on__gt=occasion.day_before, decided_on__lte=occasion.day)
    return of_month.filter(decided_on__gt=F("due_on"))
