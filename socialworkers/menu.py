"""Entry of social workers in the menu."""

from changzhi_portal.display import display_number
from changzhi_portal.menu import REGISTERS, MenuItem
from changzhi_portal.rights import Actor
from socialworkers.models import SocialWorker


def _workers(user: Actor) -> str:
    return f"{display_number(SocialWorker.objects.visible_to(user).count())}人"


WORKERS = MenuItem(
    "社会工作者",
    "socialworkers:list",
    ("socialworkers:",),
    "may_see_registers",
    group=REGISTERS,
    position=40,
    register="workers",
    explanation="社会工作者的职业水平和任职。",
    remark=_workers,
)
