"""Entries of documents, the library of practice cases and stories in the menu."""

from django.utils import timezone

from changzhi_portal.display import display_number
from changzhi_portal.menu import REGISTERS, MenuItem
from changzhi_portal.rights import Actor
from practice.models import Document, Story


def _documents(user: Actor) -> str:
    in_force = Document.objects.visible_to(user).in_force_on(timezone.localdate())
    return f"{display_number(in_force.count())}份有效"


def _chosen(user: Actor) -> str:
    return f"{display_number(Story.objects.visible_to(user).in_library().count())}篇"


DOCUMENTS = MenuItem(
    "制度文件",
    "practice:documents",
    ("practice:document",),
    "may_see_figures",
    group=REGISTERS,
    position=85,
    register="documents",
    explanation="各县（市、区）的实施方案、事项清单和各项制度，社区的发展规划：哪里还没有。",
    remark=_documents,
    help_at="制度文件",
)
LIBRARY = MenuItem(
    "案例库",
    "practice:library",
    ("practice:library", "practice:story"),
    "may_see_figures",
    group=REGISTERS,
    position=90,
    explanation="宣传报道和典型案例：报送、选用，入选的按条款查找。",
    remark=_chosen,
    help_at="案例库",
)
