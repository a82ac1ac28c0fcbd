"""The forms of the clerk's page: one for each record that it shows, and some for new ones."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.http import QueryDict
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from changelog.actions import Edit, WantedEdit
from changelog.actions.edit import LONGEST_REASON
from changelog.forms import RecordForm
from changzhi_portal.display import display_number
from changzhi_portal.pages.base import parse_number
from changzhi_portal.registers.columns import BooleanColumn, Column, DateColumn
from changzhi_portal.registers.form_fields import YES_OR_NO, form_value
from changzhi_portal.registers.problems import Level
from changzhi_portal.registers.register import RegisterSheet
from changzhi_portal.rights import Actor
from communities.monthly.month import CommunityMonth, Row, Was, monthly_columns
from communities.sheets.place_columns import place_values_of

MOST_NEW = 20  # forms of new records of one register on one page


class MonthlyField(forms.BoundField):
    """A field that knows what it said the month before."""

    @property
    def was(self) -> Was | None:
        """Return what the field said the month before, None where that is the same or not known."""
        return getattr(self.form, "was", {}).get(self.name)

    @property
    def change(self) -> str:
        """Return the change of a number since the month before, with its sign: +50; "" where there is none to tell."""
        value = (getattr(self.form, "values", None) or {}).get(self.name)
        if self.was is None or self.was.number is None or value is None:
            return ""
        difference = Decimal(value) - self.was.number
        if not difference:
            return "持平"
        return f"{'+' if difference > 0 else '−'}{display_number(abs(difference))}"

    @property
    def is_group(self) -> bool:
        """Return whether the field consists of several inputs, which a legend names."""
        return bool(self.field.widget.use_fieldset)

    def build_widget_attrs(self, attrs: dict[str, Any], widget: forms.Widget | None = None) -> dict[str, Any]:
        """Add the classes of the stylesheet, and the number of the month before for the script that shows differences."""
        attrs = super().build_widget_attrs(attrs, widget)
        attrs.setdefault("id", self.auto_id)
        if not self.is_group:  # Django would give the class of several inputs to what holds them, too
            is_list = isinstance(widget or self.field.widget, forms.Select)
            css = "form-select form-select-sm" if is_list else "form-control form-control-sm"
            attrs["class"] = f"{css} is-invalid" if self.errors else css
        if self.was is not None and self.was.number is not None:
            attrs["data-was"] = str(self.was.number)
        return attrs

    def as_widget(
        self, widget: forms.Widget | None = None, attrs: dict[str, Any] | None = None, only_initial: bool = False
    ) -> SafeString:
        """Return the input. Lines and lists are written here: a page has hundreds, and a template for each takes most of its time."""
        used = widget or self.field.widget
        if only_initial or not isinstance(used, forms.TextInput | forms.Select):
            return super().as_widget(widget, attrs, only_initial)
        shown = used.get_context(self.html_name, self.value(), self.build_widget_attrs(attrs or {}, used))["widget"]
        if isinstance(used, forms.TextInput):
            value = {} if shown["value"] is None else {"value": shown["value"]}
            return format_html(
                "<input{}>", flatatt({"type": shown["type"], "name": shown["name"], **value, **shown["attrs"]})
            )
        options = (
            (each["value"], flatatt(each["attrs"]), each["label"])
            for _, group, _ in shown["optgroups"]
            for each in group
        )
        return format_html(
            "<select{}>{}</select>",
            flatatt({"name": shown["name"], **shown["attrs"]}),
            format_html_join("", '<option value="{}"{}>{}</option>', options),
        )


class RowForm(RecordForm):
    """The form of one record among others. What is blank stays as it is; 清空 takes a value away."""

    bound_field_class = MonthlyField

    def __init__(self, *args: Any, was: Mapping[str, Was], **kwargs: Any) -> None:
        self.values = kwargs["values"]
        super().__init__(*args, choices={}, offered={}, hints={}, url="", may_alter_locked=False, **kwargs)
        self.was = was
        for column in self.columns:
            if isinstance(column, BooleanColumn):
                field = forms.ChoiceField(
                    label=self.fields[column.field].label,
                    choices=YES_OR_NO,
                    required=False,
                    widget=forms.RadioSelect,
                    initial=self.fields[column.field].initial,
                    show_hidden_initial=True,
                )
                self.fields[column.field] = field

    def given(self, together: Iterable[Collection[str]] = ()) -> dict[str, Any]:
        """Return what the user has changed and not left blank, by field; see `RecordForm.given`."""
        return {name: value for name, value in super().given(together).items() if value not in ("", [])}

    @property
    def shown_before(self) -> list[SafeString]:
        """Return the hidden inputs with the version and with what each field showed when the page was opened."""
        version = self["version"].value()
        hidden = [(self["version"].html_name, "" if version is None else version)]
        for column in self.columns:
            name = self[column.field].html_initial_name
            shown = form_value(column, self.values.get(column.field))
            texts = shown if isinstance(shown, list) else [shown]
            if self.is_bound and name in self.data:
                texts = self.data.getlist(name)  # type: ignore[attr-defined]  # as a browser sends it
            hidden += [(name, text) for text in texts]
        return [format_html_join("", '<input type="hidden" name="{}" value="{}">', hidden)]

    def fields_of(self, columns: Iterable[Column]) -> list[forms.BoundField]:
        """Return the fields of some of the columns."""
        return [self[column.field] for column in columns]

    @property
    def shown(self) -> list[forms.BoundField]:
        """Return the fields of all columns."""
        return self.fields_of(self.columns)

    @property
    def figures(self) -> list[forms.BoundField]:
        """Return the fields of the dated figures, the day last."""
        own = [column for column in self.columns if column.field in self.register.fields_of_new_part]
        return self.fields_of(sorted(own, key=lambda column: isinstance(column, DateColumn)))

    @property
    def bodies(self) -> list[forms.BoundField]:
        """Return the fields of parts that are told apart by their kind: the bodies of self-government."""
        return self.fields_of(column for column in self.columns if column.where)

    @property
    def rest(self) -> list[forms.BoundField]:
        """Return the other fields."""
        dated = self.register.fields_of_new_part
        return self.fields_of(column for column in self.columns if not column.where and column.field not in dated)

    register: type[RegisterSheet]


class NewRowForm(RowForm):
    """The form of a new record; it asks for nothing as long as all of it is blank."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for column in self.columns:
            self.fields[column.field].show_hidden_initial = False

    @property
    def first(self) -> list[forms.BoundField]:
        """Return the fields that matter every month, or that a new record must have."""
        return self.fields_of(column for column in self.columns if self._matters(column))

    @property
    def further(self) -> list[forms.BoundField]:
        """Return the other fields."""
        return self.fields_of(column for column in self.columns if not self._matters(column))

    @property
    def has_further_errors(self) -> bool:
        """Return whether a field among the others has an error, so that they must be seen."""
        return any(bound.errors for bound in self.further)

    def given(self, together: Iterable[Collection[str]] = ()) -> dict[str, Any]:
        """Return every field that is not blank."""
        return {c.field: self.cleaned_data[c.field] for c in self.columns if self.cleaned_data[c.field]}

    def _matters(self, column: Column) -> bool:
        return column.required or column.is_key or column.field in self.register.monthly_fields


class PageForm(forms.Form):
    """What is asked once for the whole page."""

    locked_reason = forms.CharField(
        label="修改已锁定月份的原因",
        required=False,
        max_length=LONGEST_REASON,
        help_text="数据日期在已锁定的月份时填写。锁定的结果不变，差异列在“锁定后变动”里。",
        widget=forms.TextInput(attrs={"class": "form-control form-control-sm"}),
    )


class EntryForms:
    """All forms of a page, and what they ask for together. The forms are put into the rows and groups of the month."""

    def __init__(self, month: CommunityMonth, user: Actor, data: QueryDict | None = None) -> None:
        self.month, self.data = month, data
        self.page = PageForm(data) if user.role.may_alter_locked_months else None
        for row in self.rows:
            row.form = self._row_form(row)
        for group in month.groups:
            group.new = [self._new_form(group.register, index) for index in range(self._number_of_new(group.register))]

    @property
    def rows(self) -> Iterator[Row]:
        """Yield the rows that can be changed."""
        yield self.month.own
        for group in self.month.groups:
            yield from (row for row in group.rows if row.values)

    @property
    def forms(self) -> list[RowForm]:
        """Return the forms of all records and of all new ones, in the order of the page."""
        new = [form for group in self.month.groups for form in group.new]
        return [*(row.form for row in self.rows), *new]

    def is_valid(self) -> bool:
        """Return whether every input can be read; the errors are at their fields."""
        each = [form.is_valid() for form in self.forms]
        return all(each) and (self.page is None or self.page.is_valid())

    @property
    def locked_reason(self) -> str:
        """Return the reason for altering figures of a locked month. Call only when the forms are valid."""
        return self.page.cleaned_data["locked_reason"] if self.page is not None else ""

    def wanted(self) -> list[tuple[RowForm, WantedEdit]]:
        """Return the edits that the user asks for, each with its form. Call only when the forms are valid."""
        found: list[tuple[RowForm, WantedEdit]] = []
        own = self.month.own
        for row in self.rows:
            if given := row.form.given(row.register.given_together):
                # Figures of a new day are added; whatever else is dated is corrected, as in the form of one record.
                corrects = row is not own
                version = row.form.cleaned_data["version"] or 0
                found.append((row.form, WantedEdit(row.register, given, row.record.ref, version, corrects)))
        place = place_values_of(self.month.community)
        for group in self.month.groups:
            known = {column.field for column in group.register.columns}
            here = {name: text for name, text in place.items() if name in known}
            for form in group.new:
                if given := form.given():
                    found.append((form, WantedEdit(group.register, given | here)))
        return found

    def add_problems(self, wanted: Sequence[tuple[RowForm, WantedEdit]], edits: Sequence[Edit]) -> None:
        """Add the errors of edits to their fields, else to the form of their record."""
        for (form, _), edit in zip(wanted, edits, strict=True):
            for name, problems in edit.problems.items():
                for problem in problems:
                    if problem.level == Level.ERROR:
                        form.add_error(name if name in form.fields else None, f"{problem.message}。")

    def lost(self) -> int:
        """Return how many records the user has changed that are on the page no longer; they cannot be saved."""
        if self.data is None:
            return 0
        here = {f"{row.register.name}-{row.record.ref}" for row in self.rows}
        return sum(self._is_changed(shown) for shown in set(self.data.getlist("row")) - here)

    def _is_changed(self, prefix: str) -> bool:
        """Return whether what was typed into the fields of a record differs from what they showed."""
        data = self.data if self.data is not None else QueryDict()
        initial = f"initial-{prefix}-"
        names = [name for name in data if name.startswith(initial)]
        return any(data.getlist(name) != data.getlist(name.removeprefix("initial-")) for name in names)

    def warnings(
        self, wanted: Sequence[tuple[RowForm, WantedEdit]], edits: Sequence[Edit]
    ) -> list[tuple[str, str, str]]:
        """Return what must be asked before the edits are saved: whom each warning is about, its header and its sentence."""
        names = {row.form: str(row.record) for row in self.rows}
        return [
            (names.get(form, "新增的"), problem.column, problem.message)
            for (form, _), edit in zip(wanted, edits, strict=True)
            for problems in edit.problems.values()
            for problem in problems
            if problem.level == Level.WARNING
        ]

    def rebased(self, month: CommunityMonth) -> QueryDict:
        """Return the input as if the page had been opened on the present values: what the user has changed is kept."""
        present = {row.record.ref: row for row in [month.own, *(row for group in month.groups for row in group.rows)]}
        data = self.data.copy() if self.data is not None else QueryDict(mutable=True)
        for row in self.rows:
            now = present.get(row.record.ref)
            if now is not None and now.values:
                row.form.data = data
                data = row.form.rebased(now.values, now.record.version)
        return data

    def _row_form(self, row: Row) -> RowForm:
        is_own = row is self.month.own
        form = RowForm(
            self.data,
            prefix=f"{row.register.name}-{row.record.ref}",
            columns=row.register.form_columns() if is_own else monthly_columns(row.register),
            values=row.values,
            version=row.record.version,
            was=row.was,
        )
        form.register = row.register
        return form

    def _new_form(self, register: type[RegisterSheet], index: int) -> NewRowForm:
        columns = [
            column
            for column in register.form_columns()
            if column.model is not None and column.field != register.ends_with
        ]
        prefix = f"{register.name}-new{index}"
        form = NewRowForm(self.data, prefix=prefix, columns=columns, values={}, version=None, was={})
        form.register = register
        return form

    def _number_of_new(self, register: type[RegisterSheet]) -> int:
        if not register.may_be_added:
            return 0
        if self.data is None:
            return 1
        asked = parse_number(self.data.get(f"{register.name}-new", "")) + (self.data.get("more") == register.name)
        return min(max(asked, 1), MOST_NEW)
