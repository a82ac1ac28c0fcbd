"""Entry of changes of divisions in the menu."""

from changzhi_portal.menu import MANAGEMENT, MenuItem

DIVISION_CHANGES = MenuItem(
    "区划变更",
    "accounts:division_changes",
    ("accounts:division_changes",),
    "may_change_divisions",
    group=MANAGEMENT,
    position=10,
    explanation="县（市、区）、街道（乡镇）和社区的合并、拆分、更名、改码和撤销。",
)
