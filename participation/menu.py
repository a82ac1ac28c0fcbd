"""Entry of surveys in the menu."""

from changzhi_portal.display import display_number
from changzhi_portal.menu import REGISTERS, MenuItem
from changzhi_portal.rights import Actor
from participation.models import Survey


def _surveys(user: Actor) -> str:
    return f"{display_number(Survey.objects.visible_to(user).count())}个调查"


SURVEYS = MenuItem(
    "满意度调查",
    "participation:surveys",
    ("participation:",),
    "may_see_figures",
    group=REGISTERS,
    position=70,
    register="surveys",
    explanation="居民满意度调查和需求调查：各社区、各题目的结果。",
    remark=_surveys,
    help_at="满意度调查",
)
