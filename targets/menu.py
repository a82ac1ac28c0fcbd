"""Entry of target plans in the menu."""

from changzhi_portal.menu import PROGRESS, MenuItem

PLANS = MenuItem(
    "目标方案",
    "targets:plans",
    ("targets:plan",),
    group=PROGRESS,
    position=50,
    explanation="目标的依据、考核对象和要求。",
    help_at="目标方案",
)
