"""Steps on one batch: mapping its columns, its month, a locked month, a wrong cell, undoing it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.forms import Form
from django.http import Http404, QueryDict
from django.urls import reverse

from changzhi_portal.pages import Crumb, FormPage
from changzhi_portal.pages.base import parse_number
from changzhi_portal.refusals import PortalError
from changzhi_portal.registers.registry import register_named
from uploads.actions import (
    alter_locked_months,
    change_month,
    choose_register,
    correct_cell,
    map_columns,
    request_undo,
)
from uploads.column_mapping import file_columns
from uploads.forms import CellForm, ColumnsForm, LockedReasonForm, MonthForm, RegisterForm
from uploads.models import UploadBatch, UploadRow
from uploads.rows.corrections import correctable_cells
from uploads.views.batch import UploadPage, find_batch

BESIDE_ROWS = "rows"  # messages with this tag are shown above the rows, where the page opens
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
            crumbs.append(Crumb(self.batch.file_name, self.batch_url()))
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
        return self.batch.state == State.CHECKED

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


class CorrectCell(BatchStep):
    """The cells of one row of the file, each of which can be corrected without another upload."""

    title = "改这一行"
    template_name = "uploads/correct_row.html"
    form_class = CellForm
    row: UploadRow | None
    query: str

    def load(self) -> None:
        """Load the batch, and the row whose position is `row`; raises Http404."""
        super().load()
        sent = self.request.POST if self.request.method == "POST" else self.request.GET
        self.row = self.batch.staged_rows.filter(position=parse_number(sent.get("row", ""))).first()
        self.query = _tab_query(sent.get("back", ""))
        if self.request.method == "GET" and self.row is None and "row" in sent and self.batch.state == State.CHECKED:
            raise Http404("No such row.")

    def is_available(self) -> bool:
        """Return whether the row can be corrected: it exists, and its batch waits for a decision."""
        return self.row is not None and self.batch.state == State.CHECKED

    def act(self, form: CellForm) -> str:
        """Read the new text instead of the cell's, and return the new outcome of the row."""
        sent = form.cleaned_data
        position = parse_number(sent["row"])
        correct_cell(batch=self.batch, position=position, field=sent["field"], text=sent["text"], by=self.request.user)
        self.batch.refresh_from_db()
        if self.batch.is_in_progress:
            self.query = ""
            return ""
        row = self.batch.staged_rows.filter(position=position).first()
        if row is not None and row.outcome == UploadRow.Outcome.ERROR:
            remaining = "；".join(problem["message"] for problem in row.problems if problem["level"] == "error")
            self._say(messages.WARNING, f"已改，第{row.row_number}行还有错误：{remaining}")
        elif row is not None:
            self._say(messages.SUCCESS, f"已改，第{row.row_number}行没有错误了（{row.get_outcome_display()}）。")
        return ""

    def _say(self, level: int, sentence: str) -> None:
        messages.add_message(self.request, level, sentence, extra_tags=BESIDE_ROWS)

    def field_of(self, refusal: PortalError) -> str:
        """Return the text field, for every refusal; "" for a cell that the row does not have."""
        return "text" if self._field_sent() in {cell.field for cell in self._cells()} else ""

    def get_success_url(self) -> str:
        """Return the URL of the batch's page, with the tab that the user came from."""
        return f"{self.batch_url()}?{self.query}#rows" if self.query else self.batch_url()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the row's cells, and the one that was refused."""
        cells = self._cells()
        headers = {cell.header for cell in cells}
        return super().get_context_data(
            row=self.row,
            bad=[cell for cell in cells if cell.problems],
            others=[cell for cell in cells if not cell.problems],
            orphans=[problem for problem in self.row.problems if problem["column"] not in headers] if self.row else [],
            refused=self._field_sent() if kwargs["form"]["text"].errors else "",
            **kwargs,
        )

    def _cells(self) -> list[Any]:
        if self.row is None:
            return []
        return correctable_cells(self.batch, self.row, register_named(self.batch.register)())

    def _field_sent(self) -> str:
        return self.request.POST.get("field", "")


class UndoBatch(BatchStep):
    """Undoing of a committed batch, after a page that says what will happen."""

    title = "撤销入库"
    template_name = "uploads/undo.html"
    submit_label = "撤销入库"
    busy_label = "正在提交…"
    cancel_label = "不撤销"

    def is_available(self) -> bool:
        """Return whether the batch is committed."""
        return self.batch.state == State.COMMITTED

    def act(self, form: Form) -> str:
        """Queue the undoing; the batch's page shows the progress."""
        request_undo(batch=self.batch, by=self.request.user)
        return ""


def _tab_query(sent: str) -> str:
    """Return the query string of the tab, page and filters that the user came from, without unknown parameters."""
    query = QueryDict(sent[:500])
    return urlencode({name: query[name] for name in ("tab", "page", "q", "code") if query.get(name)})
