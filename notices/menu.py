"""Entry of the announcements in the menu."""

from changzhi_portal.menu import MANAGEMENT, MenuItem

ANNOUNCEMENTS = MenuItem(
    "公告",
    "notices:announcements",
    ("notices:announcement",),
    "may_announce",
    group=MANAGEMENT,
    position=70,
    explanation="显示在每个人每一页顶上的几句话：系统停机、填报要求；到期自动撤下。",
    help_at="公告",
)
