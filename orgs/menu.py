"""Entries of social organizations, their filings and what supports them in the menu."""

from changzhi_portal.display import display_number
from changzhi_portal.menu import REGISTERS, MenuItem
from changzhi_portal.rights import Actor
from orgs.models import Filing, SocialOrganization, Support


def _organizations(user: Actor) -> str:
    return f"{display_number(SocialOrganization.objects.visible_to(user).count())}个"


def _filings(user: Actor) -> str:
    return f"待办{display_number(Filing.objects.visible_to(user).waiting().count())}件"


def _supports(user: Actor) -> str:
    return f"{display_number(Support.objects.visible_to(user).count())}条"


ORGANIZATIONS = MenuItem(
    "社会组织",
    "orgs:list",
    ("orgs:list", "orgs:det"),
    "may_see_registers",
    group=REGISTERS,
    position=30,
    register="organizations",
    explanation="登记的、街道备案的和社区指导的社会组织。",
    remark=_organizations,
)
FILINGS = MenuItem(
    "社会组织备案",
    "orgs:filings",
    ("orgs:filing",),
    "may_see_registers",
    group=REGISTERS,
    position=31,
    explanation="街道（乡镇）办理的备案、变更、转登记和注销，10个工作日内办结。",
    remark=_filings,
    help_at="社会组织备案和扶持",
)
SUPPORTS = MenuItem(
    "组织扶持",
    "orgs:supports",
    ("orgs:support",),
    "may_see_registers",
    group=REGISTERS,
    position=32,
    register="supports",
    explanation="给社区社会组织和社工机构的场地、经费、人才、培训等扶持。",
    remark=_supports,
    help_at="社会组织备案和扶持",
)
