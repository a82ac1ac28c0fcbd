"""Forms of the pages on months: reopening a month, its dates, and the steps of a report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django import forms

from communities.models import Division
from submissions.actions.locking import REASON_LENGTH
from submissions.actions.submitting import NOTE_LENGTH
from submissions.explanations import is_explanation
from submissions.models import SubmissionStep


class ReopenForm(forms.Form):
    """The reason for reopening a locked month."""

    reason = forms.CharField(
        label="重新开放的原因",
        max_length=REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="会记入锁定记录，县（市、区）也能看到。",
        error_messages={
            "required": "请写明重新开放的原因。",
            "max_length": f"原因请控制在{REASON_LENGTH}个字以内。",
        },
    )


class PeriodDatesForm(forms.Form):
    """The dates of a month: its opening day, due day, and last day for late reports."""

    opens_on = forms.DateField(label="开放日", help_text="从这一天起可以上报。")
    due_on = forms.DateField(label="截止日", help_text="当天仍算按时。改了以后，已上报的会重新判定是否迟报。")
    late_until = forms.DateField(label="迟报截止日", help_text="过了这一天，只能由市局代为上报。")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
            field.error_messages = {"required": "请填写日期。", "invalid": "日期应写成2018-07-05这样。"}

    def clean(self) -> dict[str, Any]:
        """Raise ValidationError for dates out of order."""
        dates: dict[str, Any] = super().clean() or {}
        order = [dates[name] for name in ("opens_on", "due_on", "late_until") if name in dates]
        if order != sorted(order):
            raise forms.ValidationError("开放日、截止日、迟报截止日应依次不早于前一个。")
        return dates


class RemindForm(forms.Form):
    """The counties to remind; at first all that can be reminded today."""

    counties = forms.MultipleChoiceField(
        label="催报的县（市、区）",
        error_messages={
            "required": "请至少选择一个县（市、区）。",
            "invalid_choice": "有的县（市、区）已经上报，或者今天已经催过，请看过现在的名单再发。",
        },
    )

    def __init__(self, *args: Any, counties: Sequence[Division], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._counties = {str(county.ref): county for county in counties}
        field = cast(forms.MultipleChoiceField, self.fields["counties"])
        field.choices = [(ref, county.name) for ref, county in self._counties.items()]
        field.initial = list(self._counties)

    def chosen(self) -> list[Division]:
        """Return the chosen counties of a valid form."""
        return [self._counties[ref] for ref in self.cleaned_data["counties"]]

    def chosen_refs(self) -> list[str]:
        """Return the refs of the counties that the page shows as chosen."""
        return self["counties"].value() or []


class StepForm(forms.Form):
    """One step of a report: submitting with explanations, returning with a note, or accepting.

    `steps_seen` is the number of steps that the page showed. Explanations are fields named by
    `submissions.explanations`.
    """

    step = forms.ChoiceField(
        choices=SubmissionStep.Kind,
        widget=forms.HiddenInput,
        error_messages={"required": "请选择上报、退回或者接收。", "invalid_choice": "请选择上报、退回或者接收。"},
    )
    steps_seen = forms.IntegerField(required=False, widget=forms.HiddenInput)
    note = forms.CharField(
        label="有问题的，写明要改什么，退回重报",
        required=False,
        widget=forms.Textarea(attrs={"class": "form-control", "rows": 2, "maxlength": NOTE_LENGTH, "required": True}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in filter(is_explanation, self.data):
            self.fields[name] = forms.CharField(required=False)

    def clean_steps_seen(self) -> int:
        """Return the number of steps; 0 if it was not posted."""
        return self.cleaned_data["steps_seen"] or 0
