"""Entries of surveys and activities in the menu."""

from changzhi_portal.display import display_number
from changzhi_portal.menu import REGISTERS, MenuItem
from changzhi_portal.rights import Actor
from participation.models import Activity, Survey


def _surveys(user: Actor) -> str:
    return f"{display_number(Survey.objects.visible_to(user).count())}个调查"


def _activities(user: Actor) -> str:
    return f"{display_number(Activity.objects.visible_to(user).count())}场"


SURVEYS = MenuItem(
    "满意度调查",
    "participation:surveys",
    ("participation:surv", "participation:coun"),
    "may_see_figures",
    group=REGISTERS,
    position=70,
    register="surveys",
    explanation="居民满意度调查和需求调查：各社区、各题目的结果。",
    remark=_surveys,
    help_at="满意度调查",
)
ACTIVITIES = MenuItem(
    "活动",
    "participation:activities",
    ("participation:activit",),
    "may_see_registers",
    group=REGISTERS,
    position=33,
    register="activities",
    explanation="社会组织和居民在社区开展的活动：参加人数、志愿服务时长、帮扶户数。",
    remark=_activities,
    help_at="活动",
)
