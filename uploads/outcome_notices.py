"""Notices to the uploader of a batch about the end of its work."""

from __future__ import annotations

from django.urls import reverse

from notices.actions import Message, notify
from uploads.models import UploadBatch

OUTCOME = "upload_outcome"  # the kind of these notices
State = UploadBatch.State


def notify_uploader(batch: UploadBatch) -> None:
    """Notify the uploader, in the portal only, of the result of work on a batch that has just ended.

    Must run inside the transaction that ends the work. Nobody is notified when a page or command has done the work
    while the user waited (`UploadBatch.notifies_uploader`).
    """
    if not batch.notifies_uploader:
        return
    title, detail = _outcome(batch, batch.register_title if batch.register else "上传的表格")
    message = Message(
        user=batch.uploaded_by,
        title=title,
        text=f"{batch.file_name}：{detail}",
        url=reverse("uploads:batch", args=[batch.ref]),
        about=batch.ref,
        kind=OUTCOME,
        by_mail=False,
    )
    notify([message])


def _outcome(batch: UploadBatch, register: str) -> tuple[str, str]:
    """Return title and detail of the notice; `register` is the register's title."""
    match batch.state:
        case State.CHECKED:
            return _checked(batch, register)
        case State.REJECTED if batch.needs_register:
            return "认不出是哪张登记表的文件，请打开选定", f"{batch.message}。"
        case State.REJECTED if batch.needs_mapping:
            return f"{register}的文件要对应列，请打开选定", f"{batch.message}。"
        case State.REJECTED:
            file = f"{register}的文件" if batch.register else "上传的文件"
            return f"{file}不能用，请看原因", f"{batch.message}。"
        case State.COMMITTED if batch.undone_by_id:
            return f"{register}的入库没有撤销成", batch.message
        case State.COMMITTED:
            written = f"新增{batch.new}行，修改{batch.changed}行，未变{batch.unchanged}行。"
            left_out = f"有错误的{batch.errors}行没有入库。" if batch.errors else ""
            return f"{register}已入库", _with_name(written + left_out, batch.confirmed_by, batch)
        case State.UNDONE:
            return f"{register}的入库已撤销", _with_name(batch.message, batch.undone_by, batch)
        case State.DISCARDED:
            return f"{register}的批次已放弃", f"由{batch.discarded_by}放弃，原文件和逐行结果已删除，没有写入任何数据。"
        case _:
            return f"{register}处理出错，没有写入数据", batch.message


def _checked(batch: UploadBatch, register: str) -> tuple[str, str]:
    if batch.rest:
        return _rest_checked(batch, register)
    if batch.confirmed_by_id and batch.message:
        return f"{register}没有入库，请看原因", batch.message
    rows = (
        f"共{batch.rows}行，新增{batch.new}行，修改{batch.changed}行，未变{batch.unchanged}行，有错误{batch.errors}行。"
    )
    if batch.errors:
        return f"{register}检查完了，有{batch.errors}行错误", rows
    if batch.is_same_as_register:
        return f"{register}检查完了，与登记表一致，不用确认", f"{rows}已算报过，不用再办。"
    return f"{register}检查完了，请确认入库", rows


def _rest_checked(batch: UploadBatch, register: str) -> tuple[str, str]:
    if batch.needs_check:
        return f"{register}余下的行没有核对完，请重新核对", batch.message
    if batch.message:
        return f"{register}余下的行没有入库，请看原因", batch.message
    rest = batch.to_decide
    rows = f"已入库{batch.written['rows']}行，还剩{rest['rows']}行：新增{rest['new']}行，修改{rest['changed']}行，有错误{rest['errors']}行。"
    return f"{register}余下的行检查完了，请确认入库", rows


def _with_name(sentence: str, by: object, batch: UploadBatch) -> str:
    """Return the sentence with the name of the acting user, if that is not the uploader."""
    return sentence if by in (None, batch.uploaded_by) else f"{sentence}办理人：{by}。"
