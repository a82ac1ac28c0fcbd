"""Entry of purchased services in the menu."""

from changzhi_portal.display import display_number
from changzhi_portal.menu import REGISTERS, MenuItem
from changzhi_portal.rights import Actor
from services.models import ServiceProject


def _projects(user: Actor) -> str:
    return f"{display_number(ServiceProject.objects.visible_to(user).count())}个项目"


PROJECTS = MenuItem(
    "购买服务",
    "services:list",
    ("services:",),
    "may_see_registers",
    group=REGISTERS,
    position=50,
    register="projects",
    explanation="政府购买服务项目：资金、承接主体、服务的社区。",
    remark=_projects,
)
