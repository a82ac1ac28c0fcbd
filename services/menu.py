"""Entries of purchased services in the menu."""

from django.utils import timezone

from changzhi_portal.display import display_number
from changzhi_portal.menu import REGISTERS, TASKS, MenuItem
from changzhi_portal.rights import Actor
from periods.models import last_day_of
from services.models import CatalogueItem, Payment, Review, ServiceProject
from services.stages import with_progress


def _projects(user: Actor) -> str:
    return f"{display_number(ServiceProject.objects.visible_to(user).count())}个项目"


def _due(user: Actor) -> str:
    last = last_day_of(timezone.localdate().replace(day=1))
    due = with_progress(ServiceProject.objects.visible_to(user), last).exclude(stage="")
    return f"{display_number(due.count())}个项目"


def _catalogue(user: Actor) -> str:
    return f"{display_number(CatalogueItem.objects.visible_to(user).count())}项"


def _reviews(user: Actor) -> str:
    return f"{display_number(Review.objects.visible_to(user).count())}次"


def _payments(user: Actor) -> str:
    return f"{display_number(Payment.objects.visible_to(user).count())}笔"


PROJECTS = MenuItem(
    "购买服务",
    "services:list",
    ("services:list", "services:det"),
    "may_see_registers",
    group=REGISTERS,
    position=50,
    register="projects",
    explanation="政府购买服务项目：资金、承接主体、服务的社区。",
    remark=_projects,
    help_at="购买服务",
)
DUE = MenuItem(
    "购买服务待办",
    "services:due",
    ("services:due",),
    "may_see_registers",
    group=TASKS,
    position=46,
    explanation="本月要办的评估、验收和拨付。",
    remark=_due,
    help_at="购买服务",
)
CATALOGUE = MenuItem(
    "购买清单",
    "services:catalogue",
    ("services:catalogue",),
    "may_see_registers",
    group=REGISTERS,
    position=51,
    register="catalogue",
    explanation="可以购买哪些服务，哪些优先向社会组织购买。",
    remark=_catalogue,
    help_at="购买服务",
)
REVIEWS = MenuItem(
    "项目评估",
    "services:reviews",
    ("services:review",),
    "may_see_registers",
    group=REGISTERS,
    position=52,
    register="reviews",
    explanation="购买服务项目的中期评估、末期评估和验收。",
    remark=_reviews,
    help_at="购买服务",
)
PAYMENTS = MenuItem(
    "经费支付",
    "services:payments",
    ("services:payment",),
    "may_see_registers",
    group=REGISTERS,
    position=53,
    register="payments",
    explanation="付了多少钱，钱从哪里来，用在哪里。",
    remark=_payments,
    help_at="购买服务",
)
RECONCILIATION = MenuItem(
    "经费对账",
    "services:reconciliation",
    ("services:reconciliation",),
    "may_see_registers",
    group=TASKS,
    position=47,
    explanation="项目的已拨付、支付和资金来源对不对得上，差在哪里。",
    help_at="购买服务",
)
