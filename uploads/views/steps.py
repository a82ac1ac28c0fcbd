"""Steps around one batch: which column is which, its month, a locked month, a wrong cell, taking it back."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.generic.base import TemplateResponseMixin

from changzhi_portal.pages import Crumb
from changzhi_portal.pages.base import number_in
from changzhi_portal.refusals import PortalError
from changzhi_portal.registers.registry import register_named
from uploads.actions import request_undo
from uploads.correcting import correctable_cells
from uploads.forms import LockedReasonForm, MonthForm
from uploads.mapping import choices_for, file_columns
from uploads.models import UploadBatch, UploadRow
from uploads.rechecking import alter_locked_months, change_month, correct_cell, map_columns
from uploads.views.batch import UploadPage, find_batch

BESIDE_ROWS = "rows"  # messages so tagged stand above the rows, where the page is opened
_COLUMN = "column-"  # how the fields of the mapping form are called, before the column's number


class BatchStep(TemplateResponseMixin, UploadPage):
    """A page that prepares one decision about a batch; the way back leads to the batch."""

    batch: UploadBatch

    def get_crumbs(self) -> list[Crumb]:
        """Back to the batch."""
        crumbs = super().get_crumbs()
        if hasattr(self, "batch"):
            crumbs.append(Crumb(self.batch.file_name, reverse("uploads:batch", args=[self.batch.ref])))
        return crumbs

    def back(self, query: str = "") -> HttpResponse:
        """To the batch's page, at the tab that the person came from."""
        address = reverse("uploads:batch", args=[self.batch.ref])
        return redirect(f"{address}?{query}#rows" if query else address)


class MapColumns(BatchStep):
    """Which column of the file is which of the register, changed by hand."""

    title = "列的对应"
    template_name = "uploads/mapping.html"

    def get(self, request: HttpRequest, ref: str) -> HttpResponse:
        """The file's columns, each with a choice."""
        self.batch = find_batch(request, ref)
        if not (self.batch.can_be_checked_again and self.batch.mapping):
            messages.info(request, "这个批次现在不能改列的对应。")
            return self.back()
        return self._form({})

    def post(self, request: HttpRequest, ref: str) -> HttpResponse:
        """Remember the choices and have the batch checked again."""
        self.batch = find_batch(request, ref)
        columns = file_columns(self.batch, register_named(self.batch.register)())
        sent = request.POST
        chosen = {
            column.name: sent[f"{_COLUMN}{number}"]
            for number, column in enumerate(columns)
            if f"{_COLUMN}{number}" in sent and sent.get(f"header-{number}") == column.name
        }
        try:
            is_changed = map_columns(batch=self.batch, chosen=chosen, by=request.user)
        except PortalError as refusal:
            return self._form(chosen, refusal=str(refusal), status=422)
        if not is_changed:
            messages.info(request, "列的对应没有变化。")
        return self.back()

    def _form(self, chosen: dict[str, str], *, refusal: str = "", status: int = 200) -> HttpResponse:
        sheet = register_named(self.batch.register)()
        lines = [
            {"number": number, "column": column, "choice": chosen.get(column.name, column.choice)}
            for number, column in enumerate(file_columns(self.batch, sheet))
        ]
        context = self.get_context_data(
            batch=self.batch, sheet=sheet, lines=lines, choices=choices_for(sheet), refusal=refusal
        )
        return self.render_to_response(context, status=status)


class ChangeMonth(BatchStep):
    """The month that a checked batch counts for."""

    title = "改统计月"
    template_name = "uploads/month.html"

    def get(self, request: HttpRequest, ref: str) -> HttpResponse:
        """The open months."""
        self.batch = find_batch(request, ref)
        if self.batch.state != UploadBatch.State.CHECKED:
            messages.info(request, "只有待确认的批次可以改统计月。")
            return self.back()
        form = MonthForm(initial={"period": self.batch.period})
        return self.render_to_response(self.get_context_data(batch=self.batch, form=form))

    def post(self, request: HttpRequest, ref: str) -> HttpResponse:
        """Change it and have the batch compared again."""
        self.batch = find_batch(request, ref)
        form = MonthForm(request.POST)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(batch=self.batch, form=form), status=422)
        try:
            change_month(batch=self.batch, period=form.cleaned_data["period"], by=request.user)
        except PortalError as refusal:
            messages.error(request, str(refusal))
        return self.back()


class AlterLocked(BatchStep):
    """The bureau's reason for bringing in figures that are dated in a locked month."""

    title = "修改已锁定月份"
    template_name = "uploads/locked.html"
    requires = "may_alter_locked_months"

    def get(self, request: HttpRequest, ref: str) -> HttpResponse:
        """The form."""
        self.batch = find_batch(request, ref)
        if self.batch.state != UploadBatch.State.CHECKED:
            messages.info(request, "只有待确认的批次可以这样处理。")
            return self.back()
        return self.render_to_response(self.get_context_data(batch=self.batch, form=LockedReasonForm()))

    def post(self, request: HttpRequest, ref: str) -> HttpResponse:
        """Keep the reason and have the batch compared again."""
        self.batch = find_batch(request, ref)
        form = LockedReasonForm(request.POST)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(batch=self.batch, form=form), status=422)
        try:
            alter_locked_months(batch=self.batch, reason=form.cleaned_data["reason"], by=request.user)
        except PortalError as refusal:
            messages.error(request, str(refusal))
        return self.back()


class CorrectCell(BatchStep):
    """The cells of one row of the file, each to be corrected without uploading again."""

    title = "改这一行"
    template_name = "uploads/correct.html"

    def get(self, request: HttpRequest, ref: str) -> HttpResponse:
        """The row that `?row=` names by its position."""
        self.batch = find_batch(request, ref)
        if self.batch.state != UploadBatch.State.CHECKED or "row" not in request.GET:
            return self.back()
        row = self._row(request.GET["row"])
        sheet = register_named(self.batch.register)()
        cells = correctable_cells(self.batch, row, sheet)
        context = self.get_context_data(
            batch=self.batch,
            row=row,
            bad=[cell for cell in cells if cell.problems],
            others=[cell for cell in cells if not cell.problems],
            orphans=[p for p in row.problems if p["column"] not in {cell.header for cell in cells}],
        )
        return self.render_to_response(context)

    def post(self, request: HttpRequest, ref: str) -> HttpResponse:
        """Read the new text in place of the cell's, and show what has become of the row."""
        self.batch = find_batch(request, ref)
        sent = request.POST
        try:
            correct_cell(
                batch=self.batch,
                position=number_in(sent.get("row", "")),
                field=sent.get("field", ""),
                text=sent.get("text", "").strip(),
                by=request.user,
            )
        except PortalError as refusal:
            messages.error(request, str(refusal), extra_tags=BESIDE_ROWS)
            return self.back(_tab_query(sent.get("back", "")))
        self.batch.refresh_from_db()
        if self.batch.is_at_work:
            return self.back()
        row = self.batch.staged_rows.filter(position=number_in(sent.get("row", ""))).first()
        if row is not None and row.outcome == UploadRow.Outcome.ERROR:
            left = "；".join(problem["message"] for problem in row.problems if problem["level"] == "error")
            messages.warning(request, f"已改，第{row.row_number}行还有错误：{left}", extra_tags=BESIDE_ROWS)
        elif row is not None:
            said = f"已改，第{row.row_number}行没有错误了（{row.get_outcome_display()}）。"
            messages.success(request, said, extra_tags=BESIDE_ROWS)
        return self.back(_tab_query(sent.get("back", "")))

    def _row(self, position: str) -> UploadRow:
        row: UploadRow | None = self.batch.staged_rows.filter(position=number_in(position)).first()
        if row is None:
            raise Http404("No such row.")
        return row


class UndoBatch(BatchStep):
    """Taking a committed batch back, after saying what will happen."""

    title = "撤销入库"
    template_name = "uploads/undo.html"

    def get(self, request: HttpRequest, ref: str) -> HttpResponse:
        """What will happen, and the button."""
        self.batch = find_batch(request, ref)
        if self.batch.state != UploadBatch.State.COMMITTED:
            return self.back()
        return self.render_to_response(
            self.get_context_data(batch=self.batch, sheet=register_named(self.batch.register))
        )

    def post(self, request: HttpRequest, ref: str) -> HttpResponse:
        """Ask for it and go back to the batch, which shows the progress or why it was refused."""
        self.batch = find_batch(request, ref)
        try:
            request_undo(batch=self.batch, by=request.user)
        except PortalError as refusal:
            messages.error(request, str(refusal))
        return self.back()


def _tab_query(sent: str) -> str:
    """The tab, page and filters that the person came from, as far as they are known ones."""
    asked = QueryDict(sent[:500])
    return urlencode({name: asked[name] for name in ("tab", "page", "q", "code") if asked.get(name)})
