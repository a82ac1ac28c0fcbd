"""Entries of results and target plans in the menu."""

from changzhi_portal.menu import PROGRESS, MenuItem

RESULTS = MenuItem(
    "达标情况",
    "targets:results",
    ("targets:results",),
    "may_see_figures",
    group=PROGRESS,
    position=25,
    explanation="哪些社区达标、哪些未达标、差多少，可以按地方筛选。",
)
PLANS = MenuItem(
    "目标方案",
    "targets:plans",
    ("targets:plan",),
    "may_see_figures",
    group=PROGRESS,
    position=50,
    explanation="目标的依据、考核对象和要求。",
    help_at="目标方案",
)
