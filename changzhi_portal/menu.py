"""The menu, by role. A new page gets one line here."""

from __future__ import annotations

from typing import NamedTuple

from changzhi_portal.rights import EVERYBODY, Viewer, has_right


class MenuItem(NamedTuple):
    """One entry, shown to roles with the right, and marked as current on URLs whose name begins with one of `sections`."""

    title: str
    url_name: str
    sections: tuple[str, ...]
    right: str = EVERYBODY


MENU = (
    MenuItem("首页", "home", ("home",)),
    MenuItem("填报", "uploads:list", ("uploads:",), "may_upload"),
    MenuItem("上报", "submissions:submissions", ("submissions:submission",), "may_see_submissions"),
    MenuItem("统计月", "submissions:periods", ("submissions:period", "revisions:")),
    MenuItem("看板", "reports:dashboard", ("reports:dashboard",)),
    MenuItem("县区对照", "reports:matrix", ("reports:matrix",)),
    MenuItem("两月对比", "reports:compare", ("reports:compare",)),
    MenuItem("简报", "reports:briefings", ("reports:briefing",)),
    MenuItem("社区", "communities:community_list", ("communities:community",)),
    MenuItem("服务设施", "communities:facility_list", ("communities:facility",), "may_see_registers"),
    MenuItem("社会组织", "orgs:list", ("orgs:",), "may_see_registers"),
    MenuItem("社会工作者", "socialworkers:list", ("socialworkers:",), "may_see_registers"),
    MenuItem("购买服务", "services:list", ("services:",), "may_see_registers"),
    MenuItem("目标方案", "targets:plans", ("targets:plan",)),
    MenuItem("数据质量", "submissions:quality", ("submissions:quality",), "may_see_registers"),
    MenuItem("区划变更", "accounts:division_changes", ("accounts:division_changes",), "may_change_divisions"),
)


def menu_for(user: Viewer) -> list[MenuItem]:
    """Return the entries that the role of `user` may open; none for visitors."""
    return [item for item in MENU if has_right(user, item.right)]
