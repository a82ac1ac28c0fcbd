"""The entry of a person's request in the menu."""

from changzhi_portal.menu import MANAGEMENT, MenuItem

SUBJECT = MenuItem(
    "个人信息查阅",
    "privacy:subject",
    ("privacy:",),
    "may_answer_subjects",
    group=MANAGEMENT,
    position=30,
    explanation="本人来问平台里有他哪些信息时，按身份证号列出来，交给本人或照他说的更正。",
    help_at="个人信息查阅",
)
