"""Forms of the upload pages."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils import timezone

from changzhi_portal.pages.filters import FilterForm
from changzhi_portal.registers.registry import registers
from periods.models import ReportingPeriod


class UploadForm(forms.Form):
    """Which register, which month, which file."""

    register = forms.ChoiceField(label="登记表")
    period = forms.ModelChoiceField(
        label="统计月",
        queryset=ReportingPeriod.objects.none(),
        required=False,
        empty_label="按文件里写的填报时间",
        help_text="数据日期没有填的行，按这个月最后一天计。",
    )
    file = forms.FileField(
        label="文件",
        max_length=255,
        help_text="Excel（.xlsx、.xls）、WPS、OpenDocument（.ods）或 CSV 文件。标题行、序号、合计行不用删。",
        error_messages={"required": "请选择要上传的文件。", "empty": "这个文件是空的，请重新选择。"},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        open_periods = ReportingPeriod.objects.open()
        fields: dict[str, Any] = self.fields
        fields["register"].choices = [(sheet.name, sheet.title) for sheet in registers()]
        fields["period"].queryset = open_periods
        fields["period"].initial = ReportingPeriod.objects.in_hand(timezone.localdate())
        fields["file"].widget.attrs["accept"] = ".xlsx,.xls,.et,.ods,.csv"


class MonthForm(forms.Form):
    """Another month for a checked batch: one that is open."""

    period = forms.ModelChoiceField(
        label="统计月",
        queryset=ReportingPeriod.objects.none(),
        empty_label=None,
        error_messages={"required": "请选择统计月。", "invalid_choice": "这个月没有开放填报，请选开放的月份。"},
        help_text="数据日期没有填的行，按这个月最后一天计。改了以后会重新核对。",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["period"].queryset = ReportingPeriod.objects.open()


class LockedReasonForm(forms.Form):
    """Why figures of a locked month are altered."""

    reason = forms.CharField(
        label="原因",
        max_length=100,
        error_messages={"required": "请写明修改已锁定月份数据的原因。"},
        help_text="写入变更记录，审计时可以查到。已锁定月份的测评结果不会改变，差异列在“锁定后变动”里。",
    )


class BatchFilterForm(FilterForm):
    """Everything up front."""

    up_front: ClassVar[tuple[str, ...]] = ("q", "register", "period", "state")
    search_hint: ClassVar[str] = "文件名或上传人"
