"""The page that takes back an edit of one record or of many; the entry in a record's history leads here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from changelog.actions import Undoing, find_undoing, undo_changes
from changelog.history import LoggedEdit, logged_lines
from changelog.models import ChangeRecord
from changzhi_portal.pages import Crumb, FormPage
from changzhi_portal.pages.base import PortalRequest, parse_number
from changzhi_portal.refusals import NotFoundError, StaleError


class UndoForm(forms.Form):
    """Which rows of the edit the page showed as being taken back."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)


@dataclass(frozen=True, slots=True)
class UndoneLine:
    """One record of the edit, what was done to it, and why it stays as it is ("" where it is taken back)."""

    edit: LoggedEdit
    is_new: bool
    kept: str


class UndoChangesPage(FormPage):
    """What an edit has changed, what of it can be taken back, and the button that does so."""

    help_at = "撤销修改"
    requires = "may_upload"
    template_name = "changelog/undo.html"
    form_class = UndoForm
    submit_label = "撤销这次修改"
    busy_label = "正在撤销…"
    undoing: Undoing

    def load(self) -> None:
        """Load the edit; raises Http404 for one of another area, and for what is no edit in a page."""
        try:
            self.undoing = find_undoing(ref=self.kwargs["ref"], by=self.request.user)
        except NotFoundError as error:
            raise Http404(str(error)) from error

    def get(self, request: PortalRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show what would be taken back; say so where it has been already."""
        try:
            return super().get(request, *args, **kwargs)
        except StaleError as gone:
            return self._gone(gone)

    def post(self, request: PortalRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Take it back; say so where it has been already."""
        try:
            return super().post(request, *args, **kwargs)
        except StaleError as gone:
            return self._gone(gone)

    def _gone(self, gone: StaleError) -> HttpResponse:
        messages.warning(self.request, str(gone))
        return redirect(reverse("home"))

    def get_initial(self) -> dict[str, Any]:
        """Return the rows that the page shows as being taken back."""
        return {"seen": self._seen()}

    def _seen(self) -> str:
        return " ".join(map(str, sorted(self.undoing.reversible)))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the lines of the edit, and what is now to be confirmed."""
        groups = list(self.undoing.rows.items())
        lines = [
            UndoneLine(edit, self._is_new(records), self.undoing.kept.get(row, ""))
            for (row, records), edit in zip(
                groups, logged_lines([records for _, records in groups], self.request.user), strict=True
            )
        ]
        around = {
            "lines": lines,
            "change_set": self.undoing.change_set,
            "seen_now": self._seen(),
            "goes_back": len(self.undoing.reversible),
            "stays": len(self.undoing.kept),
        }
        return super().get_context_data(**around | kwargs)

    def _is_new(self, records: Sequence[ChangeRecord]) -> bool:
        """Tell whether the edit has added the record itself, which is then removed."""
        models = {register.model._meta.label_lower for register in self.undoing.registers}
        return any(each.kind == ChangeRecord.Kind.CREATED and each.model in models for each in records)

    def act(self, form: Any) -> str:
        """Take the edit back."""
        words = form.cleaned_data["seen"].split()
        seen = frozenset(map(parse_number, words)) - {0}
        undo_changes(ref=self.undoing.change_set.ref, seen=seen, by=self.request.user)
        left = f"，另有{len(self.undoing.kept)}条后来又改过，保留现在的内容" if self.undoing.kept else ""
        return f"已撤销：{self.undoing.change_set.summary}{left}。"

    def get_title(self) -> str:
        """Return the page's heading."""
        return "撤销修改"

    def get_crumbs(self) -> list[Crumb]:
        """Add the register's list, and the record of an edit of one; nothing for an edit of several registers."""
        if not hasattr(self, "undoing") or len(self.undoing.registers) > 1:
            return []
        register = self.undoing.registers[0]
        crumbs = [Crumb(register.title, reverse(register.list_page))]
        record = self._record()
        return crumbs if record is None else [*crumbs, Crumb(str(record), record.get_absolute_url())]

    def _record(self) -> Any:
        """Return the record of an edit of one, where the user may see it; None after it was removed, and of many."""
        refs = {each.object_ref for records in self.undoing.rows.values() for each in records if each.object_ref}
        if len(refs) != 1 or len(self.undoing.registers) > 1:
            return None
        return self.undoing.registers[0].model.objects.visible_to(self.request.user).filter(ref__in=refs).first()

    def get_success_url(self) -> str:
        """Return the URL of the record, of many that of the (first) register's list."""
        record = self._record()
        return reverse(self.undoing.registers[0].list_page) if record is None else str(record.get_absolute_url())
