"""Forms of the pages on months: reopening a month, its dates, and the steps of a report."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

from changzhi_portal.thresholds import Thresholds, declared_thresholds, thresholds_by_group
from communities.models import Division
from submissions.actions.locking import REASON_LENGTH
from submissions.actions.submitting import NOTE_LENGTH
from submissions.actions.thresholds import REASON_LENGTH as THRESHOLDS_REASON_LENGTH
from submissions.explanations import is_explanation
from submissions.models import FindingComment, SubmissionStep


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


class CommentForm(forms.Form):
    """A comment at a finding. `seen` is the number of comments that the page showed."""

    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)
    # No max_length: the action's sentence says how to help oneself; the browser stops typing by the attribute.
    text = forms.CharField(
        label="意见",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": FindingComment.LONGEST}),
        help_text=f"最多{FindingComment.LONGEST}个字。不要写身份证号、手机号。",
    )

    def clean_seen(self) -> int:
        """Return the number of comments; 0 if it was not posted."""
        return self.cleaned_data["seen"] or 0


class ThresholdsForm(forms.Form):
    """The thresholds of the checks, the month from which they hold, and why they are changed."""

    valid_from = forms.ChoiceField(
        label="从哪个月起",
        help_text="已锁定的月份不变。",
        error_messages={"required": "请选择月份。", "invalid_choice": "请选择还没有锁定的月份。"},
    )
    reason = forms.CharField(
        label="修改的原因",
        max_length=THRESHOLDS_REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="会记入修改记录，县（市、区）也能看到。",
        error_messages={
            "required": "请写明修改的原因。",
            "max_length": f"原因请控制在{THRESHOLDS_REASON_LENGTH}个字以内。",
        },
    )
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, current: Thresholds, months: Sequence[datetime.date], seen: int, **kwargs: Any):
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["valid_from"]).choices = [
            (f"{month:%Y-%m}", f"{month.year}年{month.month}月") for month in months
        ]
        self.fields["seen"].initial = seen
        for each in declared_thresholds():
            field = self.fields[each.code] = forms.IntegerField(
                label=f"{each.title}（{each.unit}）",
                initial=current[each],
                min_value=each.least,
                max_value=each.most,
                help_text=f"原定{each.in_words(each.default)}，可填{each.least:,}到{each.most:,}。",
            )
            # Django fills parameters into the sentence of a validator, so that a per cent sign is written twice.
            bounds = f"“{each.title}”应在{each.in_words(each.least)}到{each.in_words(each.most)}之间。".replace(
                "%", "%%"
            )
            field.error_messages |= {"required": f"请填写“{each.title}”。", "invalid": "请填写整数。"}
            field.validators = [MinValueValidator(each.least, bounds), MaxValueValidator(each.most, bounds)]

    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        """Return the fields of the thresholds by the title of their group."""
        return [(title, [self[each.code] for each in group]) for title, group in thresholds_by_group().items()]

    def month_fields(self) -> list[forms.BoundField]:
        """Return the field of the month, for the top of the page."""
        return [self["valid_from"]]

    def reason_fields(self) -> list[forms.BoundField]:
        """Return the field of the reason, for the end of the page."""
        return [self["reason"]]

    def values(self) -> dict[str, int]:
        """Return the values of a valid form, by code."""
        return {each.code: self.cleaned_data[each.code] for each in declared_thresholds()}


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
