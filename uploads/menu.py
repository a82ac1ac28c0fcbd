"""Entry of uploads in the menu."""

from changzhi_portal.display import display_number
from changzhi_portal.menu import TASKS, MenuItem
from changzhi_portal.rights import Actor
from uploads.models import UploadBatch


def _unsettled(user: Actor) -> str:
    number = UploadBatch.objects.visible_to(user).unsettled().count()
    return f"没有办完的{display_number(number)}个" if number else ""


UPLOADS = MenuItem(
    "填报",
    "uploads:list",
    ("uploads:",),
    "may_see_uploads",
    group=TASKS,
    position=10,
    explanation="下载模板、上传表格、看检查结果、确认入库；传过的都在这里。",
    remark=_unsettled,
    help_at="上传表格",
)
