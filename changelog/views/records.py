"""Pages that add, change and end one record of any register: a batch of one row (docs/architecture.md §3.1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from changelog.actions import Edit, check_edit, edit_record
from changelog.forms import RecordForm
from changelog.history import last_change_of
from changzhi_portal.pages import Crumb, FormPage
from changzhi_portal.pages.base import PortalRequest
from changzhi_portal.records import Record
from changzhi_portal.refusals import NotFoundError, PortalError, StaleError
from changzhi_portal.registers.columns import Column, DateColumn
from changzhi_portal.registers.form_fields import Choices, value_in_words, values_of
from changzhi_portal.registers.problems import Level
from changzhi_portal.registers.register import RegisterSheet
from changzhi_portal.registers.registry import register_named
from periods.models import ReportingPeriod


class RecordPage(FormPage):
    """Base of the forms of one record: its register from the address, its values, and what comes of a save.

    A save with warnings asks once more, with the warnings at their fields.
    """

    help_at = "新增和修改"
    requires = "may_upload"
    template_name = "changelog/record_form.html"
    form_class = RecordForm
    register: RegisterSheet
    record: Record | None = None
    corrects = False  # see `edit_record`

    def load(self) -> None:
        """Load the register, and the record of a `ref`; raises Http404, also for a record of another area."""
        try:
            self.register = register_named(self.kwargs["register"])()
        except NotFoundError as error:
            raise Http404(error.cure) from error
        if "ref" in self.kwargs:
            visible = self.register.model.objects.visible_to(self.request.user)
            self.record = get_object_or_404(visible.distinct(), ref=self.kwargs["ref"])
            self.request.shown_records = [self.record]
        self.values = self.read_values()

    def read_values(self) -> dict[str, Any]:
        """Return what the register says of the record, by field; {} when nothing can be changed."""
        if self.record is None:
            return {}
        records = self.register.records(self.request.user.division.path, ref=self.record.ref)
        return next(records, {})

    def columns(self) -> Sequence[Column]:
        """Return the columns of the form."""
        return self.register.form_columns()

    def get_form_kwargs(self) -> dict[str, Any]:
        """Add the columns, the record's values, and what the office may choose from."""
        shown = self.shown_values()
        return {
            **super().get_form_kwargs(),
            "columns": self.columns(),
            "values": shown,
            "choices": self.choices,
            "offered": self._offered(shown),
            "hints": self.register.hints_in_forms,
            "url": self.request.path,
            "version": None if self.record is None else self.record.version,
            "may_alter_locked": self.register.has_dated_figures and self.request.user.role.may_alter_locked_months,
        }

    @cached_property
    def choices(self) -> dict[str, Choices]:
        """Return the choices of the fields that are chosen and not typed; {} for a form that says no place."""
        if all(column.model is not None for column in self.columns()):
            return {}
        return self.register.choices_in_forms(self.request.user.division.path)

    def _offered(self, shown: Mapping[str, Any]) -> dict[str, list[str]]:
        """Return the words beside fields, of the place that the form says.

        When another town is chosen, the page is fetched again with that town in its address (`RecordForm`).
        """
        if not self.choices:
            return {}
        said = {**self.request.GET.dict(), **self.request.POST.dict()}
        given = {name: str(said.get(name, shown.get(name) or "")) for name in self.choices}
        return self.register.offered_in_form(self.request.user.division.path, given)

    def shown_values(self) -> dict[str, Any]:
        """Return the values that the form opens with."""
        return self.values

    def post(self, request: PortalRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Save; without scripts, `show_places` only shows the form again with the words for what was chosen."""
        if "show_places" not in request.POST:
            return super().post(request, *args, **kwargs)
        self.load()
        return self.render_form(self.get_form())

    def given(self, form: Any) -> dict[str, Any]:
        """Return what the form says of the record, by field."""
        return form.given(self.register.given_together)

    def form_valid(self, form: Any) -> HttpResponse:
        """Check the edit; save it, or show the form with what must be put right or looked at first."""
        try:
            edit = check_edit(**self._edit(form))
        except PortalError as refusal:
            return self.refuse(form, refusal)
        if edit.has_error:
            self.add_problems(form, edit)
            return self.form_invalid(form)
        warnings = self.warnings_of(edit)
        if warnings and not self._is_previewed(form):
            return self.render_form(form, previewed=self._digest(form), warnings=warnings)
        return super().form_valid(form)

    def act(self, form: Any) -> str:
        """Save; the row is checked again in the transaction that writes it."""
        version = None if self.record is None else form.cleaned_data["version"]
        edit = edit_record(**self._edit(form), version=version or (None if self.record is None else 0))
        if edit.has_error:  # changed by somebody else since the check above
            raise StaleError(self._in_one_sentence(edit), cure="The row has an error by now.")
        self.saved = edit.record
        return self.done_message(edit)

    def done_message(self, edit: Edit) -> str:
        """Return the sentence about a save, and what it has done besides."""
        if edit.change_set is None:
            return "没有改动。"
        return "".join(["已保存。", *(f"{sentence}。" for sentence in edit.row.also)])

    def _edit(self, form: Any) -> dict[str, Any]:
        return {
            "register": self.register,
            "values": self.given(form),
            "by": self.request.user,
            "ref": "" if self.record is None else self.record.ref,
            "locked_reason": form.cleaned_data.get("locked_reason", ""),
            "corrects": self.corrects,
        }

    def add_problems(self, form: Any, edit: Edit) -> None:
        """Add the errors of an edit to their fields; those of a field that the form does not have to the form."""
        for name, problems in edit.problems.items():
            for problem in problems:
                if problem.level == Level.ERROR:
                    form.add_error(name if name in form.fields else None, f"{problem.message}。")

    def warnings_of(self, edit: Edit) -> list[tuple[str, str]]:
        """Return header and sentence of each warning of an edit."""
        found = [problem for problems in edit.problems.values() for problem in problems]
        return [(problem.column, problem.message) for problem in found if problem.level == Level.WARNING]

    @staticmethod
    def _in_one_sentence(edit: Edit) -> str:
        told = [problem.message for problems in edit.problems.values() for problem in problems]
        return f"没有保存：{'；'.join(told)}。"

    def refuse(self, form: Any, refusal: PortalError) -> HttpResponse:
        """Show the form again; where somebody else has changed the record, on its present values."""
        if not isinstance(refusal, StaleError) or self.record is None:
            return super().refuse(form, refusal)
        mine = set(form.changed_data)
        self.record.refresh_from_db()
        self.values = self.read_values()
        kwargs = self.get_form_kwargs()
        kwargs["data"] = form.rebased(self.values, self.record.version)
        present = self.form_class(**kwargs)
        present.is_valid()
        present.add_error(None, str(refusal))
        differing = mine & set(present.changed_data)
        contested = [column for column in present.columns if column.field in differing]
        by_others = [(column.header, value_in_words(column, self.values)) for column in contested]
        last = last_change_of(self.record, self.request.user, differing)
        return self.render_form(present, status=refusal.status, by_others=by_others, last_change=last)

    def get_crumbs(self) -> list[Crumb]:
        """Add the register's list, and the record."""
        if not hasattr(self, "register"):
            return []
        crumbs = [Crumb(self.register.title, reverse(self.register.list_page))]
        if self.record is not None:
            crumbs.append(Crumb(str(self.record), self.record.get_absolute_url()))
        return crumbs

    def get_success_url(self) -> str:
        """Return the URL of the record's page, else of the register's list."""
        record = getattr(self, "saved", None) or self.record
        return record.get_absolute_url() if record is not None else reverse(self.register.list_page)


class ChangeRecordPage(RecordPage):
    """All columns of a record. A posting's first day is corrected; a new posting has a page of its own."""

    corrects = True

    def get_unavailable_message(self) -> str:
        """Say why the office's sheet does not hold the record."""
        return f"这条记录{self.register.reason_against_writing(self.record)}。"

    def is_available(self) -> bool:
        """Return whether the office's sheet still contains the record."""
        return bool(self.values)

    def get_title(self) -> str:
        """Return the record's name."""
        return f"修改{self.register.title}" if hasattr(self, "register") else "修改"


class NewFactPage(RecordPage):
    """Base of the forms of what is not registered yet: what is left blank is not given."""

    def given(self, form: Any) -> dict[str, Any]:
        """Return every field that is not blank."""
        return {name: value for name, value in form.cleaned_data.items() if value and name in _fields(form.columns)}


class AddRecord(NewFactPage):
    """A new record; `?community_name=…` and other columns of its place may be given."""

    def load(self) -> None:
        """Load the register; raises Http404 for one that gets no new records."""
        super().load()
        if not self.register.may_be_added:
            raise Http404(f"{self.register.title}只随区划变更增加。")

    def shown_values(self) -> dict[str, Any]:
        """Return the columns of the place that the address gives, or of which the office has only one."""
        places = {column.field for column in self.columns() if column.model is None}
        choices = {name: values_of(each) for name, each in self.choices.items() if name in places}
        known = {name: next(iter(values)) for name, values in choices.items() if len(values) == 1}
        offered = self.register.offered_in_form(self.request.user.division.path, {})
        known |= {name: words[0] for name, words in offered.items() if len(words) == 1}
        asked = {name: text[:60] for name, text in self.request.GET.items() if name in places}
        # A town whose name another county has too is chosen with its county's name before it.
        with_county = f"{asked.get('county', '')}{asked.get('town', '')}"
        if with_county in choices.get("town", ()):
            asked["town"] = with_county
        return known | {name: text for name, text in asked.items() if name not in choices or text in choices[name]}

    def get_title(self) -> str:
        """Return the register's name."""
        return f"新增{self.register.title}" if hasattr(self, "register") else "新增"


class AddPart(NewFactPage):
    """A dated fact beside older ones: a new posting of a worker, which ends the one before."""

    def load(self) -> None:
        """Load the record; raises Http404 for a register without such facts."""
        super().load()
        if not self.register.fields_of_new_part:
            raise Http404(f"{self.register.title}没有这样的步骤。")

    def columns(self) -> Sequence[Column]:
        """Return the columns of the fact."""
        return self.register.form_columns(self.register.fields_of_new_part)

    def shown_values(self) -> dict[str, Any]:
        """Return what holds at present, but not its day: the day is the new one's."""
        days = {column.field for column in self.columns() if isinstance(column, DateColumn)}
        undated = {name: value for name, value in self.values.items() if name not in days}
        return self.register.prefilled(undated, ReportingPeriod.objects.for_month_or_in_hand(None).as_of)

    def get_title(self) -> str:
        """Return what adding it is called."""
        return self.register.new_part_label if hasattr(self, "register") else "新增"


class EndRecord(ChangeRecordPage):
    """The day on which a record ends: 注销, 停用, 离岗."""

    def load(self) -> None:
        """Load the record; raises Http404 for a register whose records have no such day."""
        super().load()
        if not self.register.ends_with:
            raise Http404(f"{self.register.title}没有这样的步骤。")

    def columns(self) -> Sequence[Column]:
        """Return the column of the day."""
        return self.register.form_columns((self.register.ends_with,))

    def get_title(self) -> str:
        """Return what ending is called."""
        return self.register.end_label if hasattr(self, "register") else "停用"


class ResumeRecord(EndRecord):
    """Taking back the day on which a record has ended."""

    template_name = "changelog/resume.html"
    submit_label = "恢复"

    def is_available(self) -> bool:
        """Return whether the record has ended."""
        return self.values.get(self.register.ends_with) is not None

    def columns(self) -> Sequence[Column]:
        """Return no column: there is nothing to type."""
        return ()

    def given(self, form: Any) -> dict[str, Any]:
        """Return a blank day."""
        return {self.register.ends_with: ""}

    def get_title(self) -> str:
        """Return the opposite of ending."""
        return f"撤销{self.register.end_label}" if hasattr(self, "register") else "恢复"


def _fields(columns: Iterable[Column]) -> set[str]:
    return {column.field for column in columns}
