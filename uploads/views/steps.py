"""Steps on one batch: mapping its columns, its month, a locked month, undoing it, its rest, discarding it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.forms import Form
from django.urls import reverse

from changzhi_portal.pages import Crumb, FormPage
from changzhi_portal.refusals import PortalError
from changzhi_portal.registers.registry import register_named
from uploads.actions import (
    alter_locked_months,
    change_month,
    choose_register,
    discard_batch,
    drop_rest,
    map_columns,
    request_undo,
)
from uploads.column_mapping import file_columns
from uploads.forms import ColumnsForm, LockedReasonForm, MonthForm, RegisterForm
from uploads.models import UploadBatch
from uploads.views.batch import UploadPage, find_batch

State = UploadBatch.State


class BatchStep(UploadPage, FormPage):
    """A page with one decision about a batch, whose breadcrumbs lead to the batch."""

    batch: UploadBatch

    def load(self) -> None:
        """Load the batch; raises Http404."""
        self.batch = find_batch(self.request, self.kwargs["ref"])

    def get_crumbs(self) -> list[Crumb]:
        """Add the batch."""
        crumbs = super().get_crumbs()
        if hasattr(self, "batch"):
            crumbs.append(Crumb(self.batch.title, self.batch_url()))
        return crumbs

    def batch_url(self) -> str:
        """Return the URL of the batch's page."""
        return reverse("uploads:batch", args=[self.batch.ref])

    def get_success_url(self) -> str:
        """Return the URL of the batch's page."""
        return self.batch_url()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the batch and its register."""
        sheet = register_named(self.batch.register) if self.batch.register else None
        return super().get_context_data(batch=self.batch, sheet=sheet, **kwargs)


class ChooseRegister(BatchStep):
    """The register of a file, chosen by hand where it was not recognised, or chosen wrongly."""

    title = "选登记表"
    template_name = "uploads/register.html"
    form_class = RegisterForm
    submit_label = "按这张登记表检查"
    busy_label = "正在提交…"
    cancel_label = "不选了"
    unavailable_message = "这个批次的登记表已经确定。"

    def is_available(self) -> bool:
        """Return whether the file was refused for its register."""
        return self.batch.can_change_register

    def get_initial(self) -> dict[str, Any]:
        """Return the register chosen before."""
        return {"register": self.batch.register}

    def act(self, form: RegisterForm) -> str:
        """Store the register and have the batch checked again."""
        choose_register(batch=self.batch, register=form.cleaned_data["register"], by=self.request.user)
        return ""


class MapColumns(BatchStep):
    """The mapping of the file's columns to the register's, changed by hand."""

    help_at = "列的对应"
    title = "列的对应"
    template_name = "uploads/mapping.html"
    form_class = ColumnsForm
    unavailable_message = "这个批次现在不能改列的对应。"

    def is_available(self) -> bool:
        """Return whether the batch can be checked again and its file has columns."""
        return bool(self.batch.can_be_checked_again and self.batch.mapping)

    def get_form_kwargs(self) -> dict[str, Any]:
        """Add the file's columns and the register."""
        sheet = register_named(self.batch.register)()
        return {**super().get_form_kwargs(), "columns": file_columns(self.batch, sheet), "sheet": sheet}

    def get_form(self, form_class: Any = None) -> ColumnsForm:
        """Return the form, and keep it for `field_of`."""
        self.form: ColumnsForm = super().get_form(form_class)
        return self.form

    def act(self, form: ColumnsForm) -> str:
        """Store the choices and have the batch checked again."""
        if not map_columns(batch=self.batch, chosen=form.chosen, by=self.request.user):
            messages.info(self.request, "列的对应没有变化。")
        return ""

    def field_of(self, refusal: PortalError) -> str:
        """Return the field of the column that the refusal names."""
        return self.form.field_of(refusal.field)


class ChangeMonth(BatchStep):
    """The month of a checked batch."""

    title = "改统计月"
    form_class = MonthForm
    submit_label = "保存并重新核对"
    cancel_label = "不改了"
    unavailable_message = "只有待确认的批次可以改统计月。"

    def is_available(self) -> bool:
        """Return whether the batch waits for a decision."""
        return self.batch.state == State.CHECKED and not self.batch.has_written

    def get_initial(self) -> dict[str, Any]:
        """Return the current month."""
        return {"period": self.batch.period}

    def act(self, form: MonthForm) -> str:
        """Change the month and have the batch compared again."""
        change_month(batch=self.batch, period=form.cleaned_data["period"], by=self.request.user)
        return ""


class AlterLocked(BatchStep):
    """The bureau's reason for changing figures that are dated in a locked month."""

    title = "修改已锁定月份"
    template_name = "uploads/locked.html"
    requires = "may_alter_locked_months"
    form_class = LockedReasonForm
    submit_label = "说明原因并重新核对"
    cancel_label = "不改了"
    unavailable_message = "只有待确认的批次可以这样处理。"

    def is_available(self) -> bool:
        """Return whether the batch waits for a decision."""
        return self.batch.state == State.CHECKED

    def act(self, form: LockedReasonForm) -> str:
        """Store the reason and have the batch compared again."""
        alter_locked_months(batch=self.batch, reason=form.cleaned_data["reason"], by=self.request.user)
        return ""

    def field_of(self, refusal: PortalError) -> str:
        """Return the form's field of the reason."""
        return "reason" if refusal.field == "locked_reason" else refusal.field


class UndoBatch(BatchStep):
    """Undoing of a committed batch, after a page that says what will happen."""

    help_at = "入库以后"
    title = "撤销入库"
    template_name = "uploads/undo.html"
    submit_label = "撤销入库"
    busy_label = "正在提交…"
    cancel_label = "不撤销"

    def is_available(self) -> bool:
        """Return whether the batch is committed, also while its remaining rows wait for a decision."""
        return self.batch.can_be_undone

    def act(self, form: Form) -> str:
        """Queue the undoing; the batch's page shows the progress."""
        request_undo(batch=self.batch, by=self.request.user)
        return ""


class DropRest(BatchStep):
    """The decision not to want the rows that a committed batch has not written, after a page that says what happens."""

    title = "余下的不要了"
    template_name = "uploads/drop_rest.html"
    submit_label = "余下的不要了"
    busy_label = "正在提交…"
    cancel_label = "还要补入库"
    unavailable_message = "这个批次没有余下的行。"

    def is_available(self) -> bool:
        """Return whether rows of the batch were left behind."""
        return self.batch.can_drop_rest

    def act(self, form: Form) -> str:
        """Leave the rows out; the batch's page says so."""
        drop_rest(batch=self.batch, by=self.request.user)
        return ""


class DiscardBatch(BatchStep):
    """Discarding of a batch that has written nothing, after a page that says what goes and what stays."""

    title = "放弃这个批次"
    template_name = "uploads/discard.html"
    submit_label = "放弃这个批次"
    busy_label = "正在提交…"
    cancel_label = "不放弃"
    unavailable_message = "只有等待处理、没有写入过数据的批次可以放弃。"

    def is_available(self) -> bool:
        """Return whether the batch waits for a decision and has written nothing."""
        return self.batch.can_be_discarded

    def act(self, form: Form) -> str:
        """Discard the batch; its page says so."""
        discard_batch(batch=self.batch, by=self.request.user)
        return ""
