"""Entries of the dashboard and the briefings in the menu."""

from changzhi_portal.menu import BRIEFINGS, PROGRESS, MenuItem

DASHBOARD = MenuItem(
    "看板",
    "reports:dashboard",
    ("reports:dashboard",),
    group=PROGRESS,
    position=10,
    explanation="达标率、缺口、趋势，各县（市、区）比较，未达标的社区。",
)
BRIEFING_LIST = MenuItem(
    "简报",
    "reports:briefings",
    ("reports:briefing", "reports:print_briefing", "reports:correct_briefing"),
    group=BRIEFINGS,
    position=10,
)
