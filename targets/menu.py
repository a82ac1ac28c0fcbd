"""Entries of results, figures of divisions and target plans in the menu."""

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
FIGURES = MenuItem(
    "工作指标",
    "targets:figures",
    ("targets:figure",),
    "may_see_figures",
    group=PROGRESS,
    position=28,
    explanation="平台、减负、购买服务、人才等各项工作每月的数，市、县、街道（乡镇）各是多少。",
    help_at="工作指标",
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
