"""Entries of communities, facilities and service points in the menu."""

from changzhi_portal.display import display_number
from changzhi_portal.menu import REGISTERS, TASKS, MenuItem
from changzhi_portal.rights import Actor
from communities.models import Community, Facility, ServicePoint


def _communities(user: Actor) -> str:
    return f"{display_number(Community.objects.current().visible_to(user).count())}个"


def _facilities(user: Actor) -> str:
    return f"{display_number(Facility.objects.visible_to(user).count())}处"


def _points(user: Actor) -> str:
    return f"{display_number(ServicePoint.objects.visible_to(user).count())}处"


COMMUNITIES = MenuItem(
    "社区",
    "communities:community_list",
    ("communities:community",),
    "may_see_figures",
    group=REGISTERS,
    position=10,
    register="communities",
    explanation="城市社区和农村社区：户数、人口、组织体系，各项目标是否达标。",
    remark=_communities,
)
FACILITIES = MenuItem(
    "服务设施",
    "communities:facility_list",
    ("communities:facility",),
    "may_see_registers",
    group=REGISTERS,
    position=20,
    register="facilities",
    explanation="综合服务设施、活动场所、公益性服务设施的面积和功能。",
    remark=_facilities,
)
POINTS = MenuItem(
    "服务站点",
    "communities:point_list",
    ("communities:point",),
    "may_see_registers",
    group=REGISTERS,
    position=25,
    register="points",
    explanation="一站式服务窗口、社会组织服务平台、社会工作站（室）、志愿服务站：在哪里，有几个窗口和岗位。",
    remark=_points,
    help_at="服务站点",
)
MONTHLY = MenuItem(
    "逐社区填报",
    "communities:monthly",
    ("communities:monthly",),
    "may_upload",
    group=TASKS,
    position=15,
    explanation="不用表格，一个社区一页填完本月的数据。",
)
