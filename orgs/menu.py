"""Entry of social organizations in the menu."""

from changzhi_portal.display import display_number
from changzhi_portal.menu import REGISTERS, MenuItem
from changzhi_portal.rights import Actor
from orgs.models import SocialOrganization


def _organizations(user: Actor) -> str:
    return f"{display_number(SocialOrganization.objects.visible_to(user).count())}个"


ORGANIZATIONS = MenuItem(
    "社会组织",
    "orgs:list",
    ("orgs:",),
    "may_see_registers",
    group=REGISTERS,
    position=30,
    register="organizations",
    explanation="登记的、街道备案的和社区指导的社会组织。",
    remark=_organizations,
)
