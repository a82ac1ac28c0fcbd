"""Entries of social workers, trainings and posts in the menu."""

from django.utils import timezone

from changzhi_portal.display import display_number
from changzhi_portal.menu import REGISTERS, MenuItem
from changzhi_portal.rights import Actor
from socialworkers.models import SocialWorker, Training
from socialworkers.posts import setting_posts


def _workers(user: Actor) -> str:
    return f"{display_number(SocialWorker.objects.visible_to(user).count())}人"


def _trainings(user: Actor) -> str:
    return f"{display_number(Training.objects.visible_to(user).count())}次"


def _points_with_posts(user: Actor) -> str:
    setting = setting_posts(timezone.localdate()).visible_to(user)
    return f"{display_number(setting.count())}处设岗"


WORKERS = MenuItem(
    "社会工作者",
    "socialworkers:list",
    ("socialworkers:list", SocialWorker.record_page),
    "may_see_registers",
    group=REGISTERS,
    position=40,
    register="workers",
    explanation="社会工作者的职业水平和任职。",
    remark=_workers,
)
TRAININGS = MenuItem(
    "培训",
    "socialworkers:training_list",
    ("socialworkers:training", "socialworkers:record"),
    "may_see_registers",
    group=REGISTERS,
    position=42,
    register="trainings",
    explanation="办了哪些培训，多少学时，哪些人参加。",
    remark=_trainings,
    help_at="培训和学时",
)
POSTS = MenuItem(
    "社工岗位",
    "socialworkers:post_list",
    ("socialworkers:post",),
    "may_see_registers",
    group=REGISTERS,
    position=44,
    explanation="各街道（乡镇）设了多少社工岗位，多少有专业人才在岗，还空多少。",
    remark=_points_with_posts,
    help_at="社工岗位",
)
