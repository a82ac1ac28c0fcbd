"""The form of one record of a register, made of its columns."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.safestring import SafeString

from changelog.models import LONGEST_REASON
from changzhi_portal.pages.base import parse_number
from changzhi_portal.registers.columns import Column
from changzhi_portal.registers.form_fields import (
    Choices,
    choices_to_set,
    datalist_id,
    form_field,
    form_value,
    values_of,
)
from changzhi_portal.registers.rows import read_input


class RecordForm(forms.Form):
    """Form with the columns of one record.

    Each field carries what it showed when the page was opened, so that only what the user has changed is sent on, and so
    that the changes of somebody else in between are not taken back.
    """

    version = forms.IntegerField(
        widget=forms.HiddenInput,
        required=False,
        error_messages={"invalid": "页面没有打开完整，没有保存；请重新打开这一页再填。"},
    )
    locked_reason = forms.CharField(
        label="修改已锁定月份的原因",
        required=False,
        max_length=LONGEST_REASON,
        help_text="数据日期在已锁定的月份时填写。锁定的结果不变，差异列在“锁定后变动”里。",
    )

    def __init__(
        self,
        *args: Any,
        columns: Sequence[Column],
        values: Mapping[str, Any],
        choices: Mapping[str, Choices],
        offered: Mapping[str, Sequence[str]],
        hints: Mapping[str, str],
        url: str,
        version: int | None,
        may_alter_locked: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.columns = columns
        self._offered = offered
        for column in columns:
            shown = form_value(column, values.get(column.field))
            chosen_from = choices.get(column.field)
            if chosen_from is not None and shown and shown not in values_of(chosen_from):
                chosen_from = [(shown, shown), *chosen_from]  # as the register has it, such as a town of before
            field = form_field(column, offered=offered.get(column.field), choices=chosen_from)
            field.help_text = field.help_text or hints.get(column.field, "")
            field.initial = shown
            field.show_hidden_initial = True
            self.fields[column.field] = field
        self._let_choices_narrow([name for name in self.fields if name in choices], url)
        self.fields["version"].initial = version
        if may_alter_locked:
            self.order_fields([column.field for column in columns])  # the reason comes last
        else:
            del self.fields["locked_reason"]

    def _let_choices_narrow(self, names: Sequence[str], url: str) -> None:
        """Let a choice fetch the words that the fields beside it offer, such as the communities of a town."""
        lists = ", ".join(f"#{id}" for id, _ in self.datalists)
        if not lists:
            return
        asked = {"hx-get": url, "hx-trigger": "change", "hx-select": lists, "hx-target": lists, "hx-swap": "outerHTML"}
        asked["hx-include"] = ", ".join(f"#id_{name}" for name in names)
        for name in names:
            self.fields[name].widget.attrs |= asked

    @property
    def datalists(self) -> list[tuple[str, Sequence[str]]]:
        """Return id and words of each list that a field offers."""
        return [
            (datalist_id(column), self._offered[column.field])
            for column in self.columns
            if column.field in self._offered
        ]

    @property
    def shown_before(self) -> list[SafeString]:
        """Return the hidden inputs that hold what each field showed when the page was opened."""
        return [self[column.field].as_hidden(only_initial=True) for column in self.columns]

    def given(self, together: Iterable[Collection[str]] = ()) -> dict[str, Any]:
        """Return what the user has changed, by field; of each group in `together` all fields where one has changed.

        Call only when the form is valid.
        """
        changed = set(self.changed_data)
        for group in together:
            if not changed.isdisjoint(group):
                changed |= set(group)
        return {c.field: self.cleaned_data[c.field] for c in self.columns if c.field in changed}

    def rebased(self, values: Mapping[str, Any], version: int | None) -> QueryDict:
        """Return the input as if the form had been opened on the present `values`: what the user has changed is kept."""
        changed, sent = set(self.changed_data), QueryDict(mutable=True)
        sent.update(self.data)
        for column in self.columns:
            shown = form_value(column, values.get(column.field))
            texts = shown if isinstance(shown, list) else [shown]
            sent.setlist(self[column.field].html_initial_name, texts)
            if column.field not in changed:
                sent.setlist(self[column.field].html_name, texts)
        sent[self["version"].html_name] = str(version)
        return sent


KEPT, MERGED = "kept", "merged"  # whose value the record that stays will have


class MergeForm(forms.Form):
    """Form of a merge: a choice for every differing field, the versions of both records, and the reason."""

    kept_version = forms.IntegerField(widget=forms.HiddenInput)
    merged_version = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label="合并的原因",
        max_length=LONGEST_REASON,
        help_text="例如：同一个组织，换证后又登记了一次。",
        error_messages={"required": "请写明合并的原因。"},
    )

    def __init__(
        self,
        *args: Any,
        proposed: Mapping[str, str],
        headers: Mapping[str, str],
        texts: Mapping[str, tuple[str, str]],
        versions: tuple[int, int],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kept_version"].initial, self.fields["merged_version"].initial = versions
        for name, choice in proposed.items():
            self.fields[name] = forms.ChoiceField(
                label=headers[name],
                choices=list(zip((KEPT, MERGED), texts[name], strict=True)),
                initial=choice,
                widget=forms.RadioSelect(attrs={"class": "form-check-input"}),
                error_messages={"required": f"请选择保留哪一个“{headers[name]}”。"},
            )
        self.order_fields([*proposed, "reason"])

    @property
    def reason_fields(self) -> list[forms.BoundField]:
        """Return the field below the comparison."""
        return [self["reason"]]


class BulkForm(forms.Form):
    """Form of a bulk edit: which records (refs, separated by blanks), which field, its new value, and the reason.

    `seen` is what the preview showed as changing: ref and version of each record. The page sets it, not the user.
    """

    selected = forms.CharField(widget=forms.HiddenInput)
    field = forms.CharField(widget=forms.HiddenInput)
    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    reason = forms.CharField(
        label="修改的原因",
        max_length=LONGEST_REASON,
        help_text="例如：按市局新的分类口径统一调整。",
        error_messages={"required": "请写明修改的原因。"},
    )

    def __init__(self, *args: Any, column: Column, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.column = column
        value = form_field(column)
        value.label, value.required = f"{column.header}改为", True
        told = "请选择要改成哪一个。" if isinstance(value, forms.ChoiceField) else "请填写要改成什么。"
        value.error_messages["required"] = told
        if isinstance(value, forms.ChoiceField):
            value.choices = choices_to_set(column)
        elif not column.required and not isinstance(value.widget, forms.DateInput):
            value.help_text = "所选的记录都改成这个；要清空的，填“清空”。"
        self.fields["value"] = value
        self.order_fields(["value", "reason"])

    @property
    def asked_fields(self) -> list[forms.BoundField]:
        """Return the fields that the user fills in."""
        return [self["value"], self["reason"]]

    @property
    def refs(self) -> list[str]:
        """Return the refs of the chosen records; call only when the form is valid."""
        return list(self.cleaned_data["selected"].split())

    @property
    def versions_seen(self) -> dict[str, int]:
        """Return by ref the versions that the preview showed; what is no such list counts as nothing seen."""
        pairs = (pair.partition(":") for pair in self.cleaned_data["seen"].split())
        return {ref: parse_number(version) for ref, _, version in pairs if parse_number(version)}

    def clean_value(self) -> Any:
        """Return the value as it was typed; raises ValidationError, with the column's own sentence, where it cannot be read."""
        typed = self.cleaned_data["value"]
        reading = read_input(self.column, typed)
        if reading.is_error:
            raise forms.ValidationError(f"{reading.message}。")
        if reading.is_blank:
            raise forms.ValidationError("请填写要改成什么。")
        return typed
