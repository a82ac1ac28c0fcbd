"""Entries of burden relief in the menu."""

from django.utils import timezone

from changzhi_portal.display import display_number
from changzhi_portal.menu import REGISTERS, TASKS, MenuItem
from changzhi_portal.rights import Actor
from workload.flow import MAY_DECIDE
from workload.models import Assessment, WorkItem


def _items(user: Actor) -> str:
    in_force = WorkItem.objects.visible_to(user).in_force_on(timezone.localdate())
    return f"{display_number(in_force.count())}项"


def _waiting(user: Actor) -> str:
    return f"{display_number(WorkItem.objects.visible_to(user).decided_by(user).waiting().count())}件"


def _assessments(user: Actor) -> str:
    return f"{display_number(Assessment.objects.visible_to(user).count())}条"


WAITING = MenuItem(
    "待办准入",
    "workload:waiting",
    ("workload:waiting",),
    MAY_DECIDE,
    group=TASKS,
    position=45,
    explanation="部门申请要社区做的事，15个工作日内审定。",
    remark=_waiting,
    help_at="社区减负",
)
ITEMS = MenuItem(
    "事项清单",
    "workload:list",
    ("workload:list", "workload:item", "workload:apply", "workload:change", "workload:move"),
    "may_see_work_items",
    group=REGISTERS,
    position=75,
    register="work_items",
    explanation="可以要求社区做什么，给多少经费；没有列入的，社区可以不办。",
    remark=_items,
    help_at="社区减负",
)
ASSESSMENTS = MenuItem(
    "社区考核",
    "workload:assessments",
    ("workload:assessment", "workload:scheme"),
    "may_see_figures",
    group=REGISTERS,
    position=80,
    register="assessments",
    explanation="每年一次的社区综合考核，以居民满意度为主。",
    remark=_assessments,
    help_at="社区减负",
)
