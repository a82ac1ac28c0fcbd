"""Steps on one batch: mapping its columns, its month, a locked month, a wrong cell, undoing it, discarding it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.forms import Form
from django.http import Http404, QueryDict
from django.urls import reverse

from changzhi_portal.pages import ActionPage, Crumb, FormPage
from changzhi_portal.pages.base import parse_number
from changzhi_portal.refusals import PortalError
from changzhi_portal.registers.registry import register_named
from uploads.actions import (
    alter_locked_months,
    change_month,
    correct_cell,
    discard_batch,
    drop_rest,
    leave_out_row,
    map_columns,
    request_undo,
    take_row_back,
)
from uploads.column_mapping import file_columns
from uploads.forms import CellForm, ColumnsForm, LockedReasonForm, MonthForm
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
        return super().get_context_data(batch=self.batch, sheet=register_named(self.batch.register), **kwargs)


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
        """Return whether the row can be corrected: it exists and is not written, and its batch waits."""
        return self.row is not None and self.row.can_be_changed

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


class LeaveOutRow(UploadPage, ActionPage):
    """The button that leaves one row out of the commit (这行不入库)."""

    batch: UploadBatch

    def load(self) -> None:
        """Load the batch; raises Http404."""
        self.batch = find_batch(self.request, self.kwargs["ref"])

    def act(self) -> str:
        """Leave the row out, and say so beside the rows."""
        position = parse_number(self.request.POST.get("row", ""))
        sentence = self.decide(position)
        if sentence:
            messages.add_message(self.request, messages.SUCCESS, sentence, extra_tags=BESIDE_ROWS)
        return ""

    def decide(self, position: int) -> str:
        """Leave out the row at a position; return a sentence, or "" while the worker checks the batch."""
        leave_out_row(batch=self.batch, position=position, by=self.request.user)
        row = self._row(position)
        return f"第{row.row_number}行不入库；要入库的，可以在“不入库的”里恢复。" if row else ""

    def _row(self, position: int) -> UploadRow | None:
        """Return the row after the check; None while the batch waits for the worker."""
        self.batch.refresh_from_db()
        return None if self.batch.is_in_progress else self.batch.staged_rows.filter(position=position).first()

    def get_success_url(self) -> str:
        """Return the URL of the batch's page, with the tab that the user came from."""
        query = _tab_query(self.request.POST.get("back", ""))
        address = reverse("uploads:batch", args=[self.batch.ref])
        return f"{address}?{query}#rows" if query else address


class TakeRowBack(LeaveOutRow):
    """The button that takes back a row that was left out (恢复这一行)."""

    def decide(self, position: int) -> str:
        """Take back the row at a position; return a sentence, or "" while the worker checks the batch."""
        take_row_back(batch=self.batch, position=position, by=self.request.user)
        row = self._row(position)
        return f"第{row.row_number}行已恢复（{row.get_outcome_display()}）。" if row else ""


class UndoBatch(BatchStep):
    """Undoing of a committed batch, after a page that says what will happen."""

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


def _tab_query(sent: str) -> str:
    """Return the query string of the tab, page and filters that the user came from, without unknown parameters."""
    query = QueryDict(sent[:500])
    return urlencode({name: query[name] for name in ("tab", "page", "q", "code") if query.get(name)})
