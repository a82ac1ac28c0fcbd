"""Correcting cells of one row of an uploaded file in the page, or leaving the row out, without another upload."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.urls import reverse

from changzhi_portal.pages import ActionPage
from changzhi_portal.pages.base import parse_number
from changzhi_portal.refusals import PortalError, StaleError
from changzhi_portal.registers.form_fields import short_lists
from changzhi_portal.registers.registry import register_named
from uploads.actions import correct_row, leave_out_row, take_row_back
from uploads.models import UploadBatch, UploadRow
from uploads.preview import next_row_with_problem
from uploads.row_form import RowForm, text_name
from uploads.rows.row_cells import RowCell, cells_of, loose_problems
from uploads.views.batch import UploadPage, find_batch
from uploads.views.steps import BatchStep

BESIDE_ROWS = "rows"  # messages with this tag are shown above the rows, where the page opens
LISTED_ERRORS = "tab=errors"
PLACE_CODES = frozenset({"unknown_place", "ambiguous_place", "out_of_scope"})


class CorrectRow(BatchStep):
    """The cells of one row of the file as one form. The list of problems sends single cells here too (`field`, `text`)."""

    help_at = "改错误的行"
    title = "改这一行"
    template_name = "uploads/correct_row.html"
    form_class = RowForm
    submit_label = "保存并重新核对"
    busy_label = "核对中…"
    row: UploadRow | None
    cells: list[RowCell]
    query: str  # of the list that the user came from
    done_url: str = ""

    def load(self) -> None:
        """Load the batch, and the row whose position is `row` with its cells; raises Http404."""
        super().load()
        sent = self.request.POST if self.request.method == "POST" else self.request.GET
        self.row = self.batch.staged_rows.filter(position=parse_number(sent.get("row", ""))).first()
        self.query = _list_query(sent.get("back", LISTED_ERRORS))
        if self.request.method == "GET" and self.row is None and "row" in sent and self.batch.can_be_corrected:
            raise Http404("No such row.")
        self.sheet = register_named(self.batch.register)()
        self.cells = cells_of(self.batch, self.row, self.sheet) if self.is_available() and self.row else []

    def is_available(self) -> bool:
        """Return whether the row can be corrected: it exists and is not written, and its batch waits."""
        return self.row is not None and self.row.can_be_changed

    def get_form_kwargs(self) -> dict[str, Any]:
        """Add the row's cells; a single cell is taken as if it were typed into the form of its row."""
        kwargs = super().get_form_kwargs()
        if self._is_single_cell():
            sent = self.request.POST
            kwargs["data"] = self._data_of({sent["field"]: sent.get("text", "")})
        return kwargs | self._around()

    def _around(self) -> dict[str, Any]:
        return {"columns": self.sheet.columns, "cells": self.cells, "offered": self._offered()}

    def get_initial(self) -> dict[str, Any]:
        """Return the row, the check that is shown, and the list to go back to."""
        return self._sent_along()

    def _is_single_cell(self) -> bool:
        return "field" in self.request.POST

    def _sent_along(self) -> dict[str, str]:
        position = str(self.row.position) if self.row else ""
        return {"row": position, "back": self.query, "seen": self.batch.check_mark}

    def _data_of(self, typed: dict[str, str]) -> dict[str, str]:
        return RowForm.data_for(self.cells, typed, **self._sent_along())

    def _offered(self) -> dict[str, Sequence[str]]:
        """Return the office's own places to choose from, by field, if one of the row's cannot be found."""
        if not self.row or not any(problem["code"] in PLACE_CODES for problem in self.row.problems):
            return {}
        return short_lists(self.sheet.offered(self.batch.division.path))

    def act(self, form: RowForm) -> str:
        """Correct the cells that the user has changed, and say what has become of the row."""
        sent = self.request.POST
        position, texts = parse_number(sent.get("row", "")), form.changed_texts
        if self._is_single_cell() and not self._is_left_alone(sent["field"], texts):
            # Typing the same again says that it is meant so, such as the shown text of a formula.
            texts = {sent["field"]: sent.get("text", "").strip()}
        if texts:
            seen = None if self._is_single_cell() else form.cleaned_data["seen"]
            correct_row(batch=self.batch, position=position, texts=texts, seen=seen, by=self.request.user)
            self.batch.refresh_from_db()
        self._go_on(position, has_changed=bool(texts))
        return ""

    def _is_left_alone(self, field: str, texts: dict[str, str]) -> bool:
        """Return whether a single cell is a personal one into which nothing was typed."""
        return field not in texts and any(cell.field == field and cell.column.is_personal for cell in self.cells)

    def _go_on(self, position: int, *, has_changed: bool) -> None:
        """Choose the page to go on with, and add the message about the row to it."""
        if not self.batch.can_be_corrected:  # the worker compares it again, or somebody has decided about it
            self.done_url = self.batch_url()
            return
        row = self.batch.staged_rows.filter(position=position).first()
        has_error = row is not None and row.outcome == UploadRow.Outcome.ERROR
        following = None
        if "next" in self.request.POST:
            following = next_row_with_problem(self.batch, QueryDict(self.query), position)
        elif has_error and not self._is_single_cell():
            following = row
        if following is not None:
            self.done_url = self._row_url(following)
        tags = BESIDE_ROWS if following is None else ""
        if not has_changed:
            if "next" not in self.request.POST or following is None:
                messages.add_message(self.request, messages.INFO, "没有改动，没有重新核对。", extra_tags=tags)
        elif row is not None:
            level, sentence = _outcome_in_words(row, is_shown_again=following == row)
            messages.add_message(self.request, level, sentence, extra_tags=tags)

    def _row_url(self, row: UploadRow) -> str:
        address = reverse("uploads:correct", args=[self.batch.ref])
        return f"{address}?{urlencode({'row': row.position, 'back': self.query})}"

    def refuse(self, form: Any, refusal: PortalError) -> HttpResponse:
        """Show the form with the sentence; on the present row, with what was typed, if somebody else has changed it."""
        if isinstance(refusal, StaleError):
            typed, seen = form.changed_texts, form.seen_texts
            self.load()
            form = RowForm(self._data_of(typed), **self._around())
            form.tell_what_others_changed(seen)
        return super().refuse(form, refusal)

    def field_of(self, refusal: PortalError) -> str:
        """Return the field of the cell that the refusal names."""
        return text_name(refusal.field) if refusal.field else ""

    def render_form(self, form: Any, *, status: int = HTTPStatus.OK, **context: Any) -> HttpResponse:
        """Render the page; a form that was not saved asks again for the personal data that it does not keep."""
        if form.is_bound and self.is_available():
            form.ask_for_personal_data_again()
        return super().render_form(form, status=status, **context)

    def get_success_url(self) -> str:
        """Return the URL to go on with, by default the list that the user came from."""
        query = f"?{self.query}" if self.query else ""
        return self.done_url or f"{self.batch_url()}{query}#rows"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the row and its problems that no cell has."""
        loose = loose_problems(self.row, self.cells, self.sheet) if self.row else []
        return super().get_context_data(row=self.row, loose=loose, **kwargs)


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
        query = _list_query(self.request.POST.get("back", ""))
        address = reverse("uploads:batch", args=[self.batch.ref])
        return f"{address}?{query}#rows" if query else address


class TakeRowBack(LeaveOutRow):
    """The button that takes back a row that was left out (恢复这一行)."""

    def decide(self, position: int) -> str:
        """Take back the row at a position; return a sentence, or "" while the worker checks the batch."""
        take_row_back(batch=self.batch, position=position, by=self.request.user)
        row = self._row(position)
        return f"第{row.row_number}行已恢复（{row.get_outcome_display()}）。" if row else ""


def _outcome_in_words(row: UploadRow, *, is_shown_again: bool) -> tuple[int, str]:
    """Return level and sentence of the message about a corrected row; its form shows the remaining errors itself."""
    if row.outcome != UploadRow.Outcome.ERROR:
        return messages.SUCCESS, f"已改，第{row.row_number}行没有错误了（{row.get_outcome_display()}）。"
    if is_shown_again:
        return messages.WARNING, f"已改，第{row.row_number}行还有错误，请看下面写明的问题。"
    remaining = "；".join(problem["message"] for problem in row.problems if problem["level"] == "error")
    return messages.WARNING, f"已改，第{row.row_number}行还有错误：{remaining}"


def _list_query(sent: str) -> str:
    """Return the query string of the tab, page and filters that the user came from, without unknown parameters."""
    query = QueryDict(sent[:500])
    return urlencode({name: query[name] for name in ("tab", "page", "q", "code") if query.get(name)})
