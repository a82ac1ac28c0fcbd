"""The form of one record of a register, made of its columns."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.safestring import SafeString

from changelog.actions.edit import LONGEST_REASON
from changzhi_portal.registers.columns import Column
from changzhi_portal.registers.form_fields import datalist_id, form_field, form_value, short_lists


class RecordForm(forms.Form):
    """Form with the columns of one record.

    Each field carries what it showed when the page was opened, so that only what the user has changed is sent on, and so
    that the changes of somebody else in between are not taken back.
    """

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
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
        offered: Mapping[str, Sequence[str]],
        version: int | None,
        may_alter_locked: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.columns = columns
        self._offered = short_lists(offered)
        for column in columns:
            field = form_field(column, offered=self._offered.get(column.field, ()))
            field.initial = form_value(column, values.get(column.field))
            field.show_hidden_initial = True
            self.fields[column.field] = field
        self.fields["version"].initial = version
        if may_alter_locked:
            self.order_fields([column.field for column in columns])  # the reason comes last
        else:
            del self.fields["locked_reason"]

    @property
    def datalists(self) -> list[tuple[str, Sequence[str]]]:
        """Return id and words of each list that a field offers."""
        return [
            (datalist_id(column), self._offered[column.field])
            for column in self.columns
            if self._offered.get(column.field)
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
