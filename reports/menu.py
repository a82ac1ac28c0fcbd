"""Entries of the dashboard, the matrix, the comparison, the evaluation and the briefings in the menu."""

from changzhi_portal.menu import BRIEFINGS, PROGRESS, MenuItem

DASHBOARD = MenuItem(
    "看板",
    "reports:dashboard",
    ("reports:dashboard", "reports:linked"),
    "may_see_figures",
    group=PROGRESS,
    position=10,
    explanation="达标率、缺口、趋势，各县（市、区）比较，未达标的社区；另有联动工作。",
    help_at="看板",
)
MATRIX = MenuItem(
    "县区对照",
    "reports:matrix",
    ("reports:matrix",),
    "may_see_figures",
    group=PROGRESS,
    position=20,
    explanation="一张表看各县（市、区）的各项目标：达标率、名次、变化。",
    help_at="县区对照",
)
COMPARISON = MenuItem(
    "两月对比",
    "reports:compare",
    ("reports:compare",),
    "may_see_figures",
    group=PROGRESS,
    position=30,
    explanation="前后两个月变了多少，是哪些社区。",
    help_at="两月对比",
)
EVALUATION = MenuItem(
    "工作评价",
    "reports:evaluation",
    ("reports:evaluation",),
    "may_see_evaluation",
    group=PROGRESS,
    position=35,
    explanation="锁定月份里各县（市、区）的各项目标和各项工作：数值、名次、变化，不计总分。",
    help_at="工作评价",
)
BRIEFING_LIST = MenuItem(
    "简报",
    "reports:briefings",
    (
        "reports:briefing",
        "reports:print_briefing",
        "reports:print_briefings",
        "reports:briefing_month",
        "reports:move_briefings",
        "reports:correct_briefing",
        "reports:edit_briefing",
        "reports:move_briefing",
        "reports:briefing_settings",
        "reports:edit_briefing_settings",
        "reports:edit_briefing_recipients",
        "reports:send_briefing_again",
    ),
    "may_see_figures",
    group=BRIEFINGS,
    position=10,
)
