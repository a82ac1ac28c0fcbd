"""Forms of the upload pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Final

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone

from changzhi_portal.pages.filters import FilterForm
from changzhi_portal.registers.register import RegisterSheet
from changzhi_portal.registers.registry import registers
from periods.models import ReportingPeriod
from uploads.column_mapping import FileColumn, choices_for
from uploads.models import UploadBatch

MOST_FILES: Final = 20  # of one upload


class SeveralFilesInput(forms.ClearableFileInput):
    """The browser's own input for files, which takes several; files can be dropped on it."""

    allow_multiple_selected = True


class SeveralFilesField(forms.FileField):
    """Field with a list of files."""

    widget = SeveralFilesInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        """Return the files. Raises ValidationError for none, too many, or an only one that is empty.

        Of several files each is judged by its own check, so that one bad file keeps no other one out.
        """
        files = list(data) if isinstance(data, list | tuple) else [data]
        if len(files) > MOST_FILES:
            raise forms.ValidationError(
                f"一次最多上传{MOST_FILES}个文件，您选了{len(files)}个，都没有收下；请分几次上传。", code="too_many"
            )
        return files if len(files) > 1 else [super().clean(files[0] if files else None, initial)]


class UploadForm(forms.Form):
    """Form with the register, the month and the files of an upload."""

    register = forms.ChoiceField(
        label="登记表", help_text="一个文件里有几张登记表的，请选“按文件内容自动识别”，每张登记表各成一个批次。"
    )
    period = forms.ModelChoiceField(
        label="统计月",
        queryset=ReportingPeriod.objects.none(),
        required=False,
        empty_label="按文件里写的填报时间",
        help_text="数据日期没有填的行，按这个月最后一天计。",
    )
    file = SeveralFilesField(
        label="文件",
        max_length=255,
        help_text=f"可以一次选几个文件，也可以把文件拖到上面的框里，最多{MOST_FILES}个。"
        "Excel（.xlsx、.xls）、WPS、OpenDocument（.ods）或 CSV 文件。标题行、序号、合计行不用删。",
        error_messages={"required": "请选择要上传的文件。", "empty": "这个文件是空的，请重新选择。"},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        open_periods = ReportingPeriod.objects.open()
        fields: dict[str, Any] = self.fields
        fields["register"].choices = [(UploadBatch.RECOGNISED, "按文件内容自动识别"), *_titles()]
        fields["period"].queryset = open_periods
        fields["period"].initial = ReportingPeriod.objects.in_hand(timezone.localdate())
        fields["file"].widget.attrs |= {"accept": ".xlsx,.xls,.et,.ods,.csv", "class": "form-control drop-files"}


class RegisterForm(forms.Form):
    """Form with the register of a file that was not recognised."""

    register = forms.ChoiceField(
        label="登记表",
        help_text="只读这张登记表的表；文件里有别的登记表的，要另行上传。",
        error_messages={"required": "请选这个文件是哪一张登记表的。"},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["register"].choices = [("", "请选择"), *_titles()]


def _titles() -> list[tuple[str, str]]:
    """Return name and title of each register."""
    return [(sheet.name, sheet.title) for sheet in registers()]


class MonthForm(forms.Form):
    """Form with another open month for a checked batch."""

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


class ColumnsForm(forms.Form):
    """Form with one choice of the register's column for each column of the file that can be mapped.

    Each choice is sent together with its header, so that it applies to that column only.
    """

    def __init__(self, *args: Any, columns: Sequence[FileColumn], sheet: RegisterSheet, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.columns = columns
        choices = choices_for(sheet)
        for number, column in enumerate(columns):
            if column.can_be_mapped:
                self.fields[f"column-{number}"] = forms.ChoiceField(
                    label=column.header,
                    choices=choices,
                    initial=column.choice,
                    required=False,
                    widget=forms.Select(attrs={"class": "form-select form-select-sm"}),
                    error_messages={"invalid_choice": "选择的列不在这张登记表里，请重新选择。"},
                )
                self.fields[f"header-{number}"] = forms.CharField(
                    initial=column.name, required=False, strip=False, widget=forms.HiddenInput
                )

    @property
    def lines(self) -> list[tuple[FileColumn, forms.BoundField | None, forms.BoundField | None]]:
        """Return each column of the file with its choice and its header field; None for one that cannot be mapped."""
        return [
            (column, self[f"column-{number}"], self[f"header-{number}"])
            if f"column-{number}" in self.fields
            else (column, None, None)
            for number, column in enumerate(self.columns)
        ]

    @property
    def chosen(self) -> dict[str, str]:
        """Return the choices by name of the column; call only when the form is valid."""
        return {
            column.name: self.cleaned_data[f"column-{number}"]
            for number, column in enumerate(self.columns)
            if f"column-{number}" in self.data and self.cleaned_data.get(f"header-{number}") == column.name
        }

    def field_of(self, name: str) -> str:
        """Return the form field of the column with this name, or ""."""
        numbers = (number for number, column in enumerate(self.columns) if column.name == name)
        return next((f"column-{number}" for number in numbers), "")


class LockedReasonForm(forms.Form):
    """Form with the reason for altering figures of a locked month."""

    reason = forms.CharField(
        label="原因",
        max_length=100,
        error_messages={"required": "请写明修改已锁定月份数据的原因。"},
        help_text="写入变更记录，审计时可以查到。已锁定月份的测评结果不会改变，差异列在“锁定后变动”里。",
    )


class BatchFilterForm(FilterForm):
    """Filter form that always shows all fields."""

    up_front: ClassVar[tuple[str, ...]] = ("q", "register", "period", "county", "state")
    search_hint: ClassVar[str] = "文件名或上传人"


class CrosswalkForm(forms.Form):
    """Form with the file of a crosswalk of communities, and what holds for all its rows."""

    HEADERS: ClassVar[tuple[str, ...]] = ("原代码", "原名称", "新代码", "新名称")

    file = forms.FileField(
        label="对照表（Excel、WPS或CSV文件）",
        error_messages={"required": "请选择对照表文件。", "empty": "文件是空的，请重新选择。"},
    )
    effective_on = forms.DateField(
        label="生效日期",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": "请填写生效日期。", "invalid": "日期应写成2018-07-05这样。"},
    )
    document = forms.CharField(label="批复文号", max_length=100, required=False)
    source = forms.CharField(
        label="原因或依据", max_length=200, error_messages={"required": "请写明变更的原因或依据。"}
    )
