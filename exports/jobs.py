"""Making the file of a long list as background work (see `changzhi_portal.jobs`)."""

from __future__ import annotations

import datetime

from changzhi_portal.celery import Queue
from changzhi_portal.jobs import JobKind
from exports.models import ListExport
from notices.actions import Message, notify

OUTCOME = "list_export"  # the kind of the notices
State = ListExport.State


def notify_of_outcome(export: ListExport) -> None:
    """Notify the person, in the portal only, that the file is ready or was not made; in the transaction that says so."""
    is_ready = export.state == State.READY
    title = f"{export.title}导出好了，请下载" if is_ready else f"{export.title}没有导出成"
    text = f"{export.get_file_format_display()}，共{export.rows_done}条。" if is_ready else export.message
    message = Message(
        user=export.asked_by, title=title, text=text, url=export.get_absolute_url(), about=export.ref, kind=OUTCOME,
        by_mail=False,
    )  # fmt: skip
    notify([message])


def _notify_of_failure(export_id: int) -> None:
    notify_of_outcome(ListExport.objects.select_related("asked_by").get(pk=export_id))


# A chunk of rows ends with a heartbeat. The longest step is packing the rows of a workbook: some seconds for 100,000.
MAKE = JobKind(
    model=ListExport,
    task="exports.tasks.make_export",
    queue=Queue.REPORTS,
    waiting=State.QUEUED,
    running=State.MAKING,
    failed=State.FAILED,
    shows_failure=State.FAILED,
    given_up="多次生成都中断，请减少一些条件内的记录再导出，或联系系统管理员检查服务器。",
    broken="生成文件时系统出错，请稍后再导出，仍不行请联系系统管理员。",
    unreachable="后台处理服务暂时连不上；恢复后会自动生成，不必重新导出。",
    cleared={"rows_done": 0},
    lease=datetime.timedelta(minutes=2),
    on_failure=_notify_of_failure,
)
