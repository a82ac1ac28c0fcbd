"""Entries of reports, data quality and months in the menu."""

from changzhi_portal.menu import TASKS, MenuItem

SUBMISSIONS = MenuItem(
    "上报",
    "submissions:submissions",
    ("submissions:submission",),
    "may_see_submissions",
    group=TASKS,
    position=20,
    explanation="各县（市、区）本月的上报：检查结果、审核、退回、接收、催报。",
    help_at="上报与审核",
)
QUALITY = MenuItem(
    "数据质量",
    "submissions:quality",
    ("submissions:quality",),
    "may_see_registers",
    group=TASKS,
    position=30,
    explanation="登记册里可能有错的记录，按规则列出。",
    help_at="数据质量",
)
PERIODS = MenuItem(
    "统计月",
    "submissions:periods",
    ("submissions:period", "revisions:"),
    "may_see_figures",
    group=TASKS,
    position=40,
    explanation="各月的开放、截止和锁定，锁定后的变动。",
    help_at="统计月",
)
