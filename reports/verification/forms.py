"""The two forms of 核验简报: a code that was typed, and a file to compare."""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError

from changzhi_portal.refusals import InvalidError
from reports.genuine import read_code


class CodeForm(forms.Form):
    """A code as somebody reads it off paper."""

    code = forms.CharField(
        label="核验码",
        max_length=60,
        help_text="印在简报末页，16位，不分大小写，横线可以不输。",
        error_messages={"required": "请输入核验码，它印在简报末页。"},
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )

    def clean_code(self) -> str:
        """Return the code as it is printed."""
        try:
            return read_code(self.cleaned_data["code"])
        except InvalidError as error:
            raise ValidationError(str(error)) from error


class FileForm(forms.Form):
    """A file whose digest is compared; it is not kept."""

    file = forms.FileField(
        label="文件",
        help_text="PDF、.xlsx、.docx或.json，不超过5MB。只比对，不保存。",
        widget=forms.FileInput(attrs={"accept": ".pdf,.xlsx,.docx,.json"}),
        error_messages={
            "required": "请选择要核验的文件。",
            "missing": "请选择要核验的文件。",
            "empty": "这个文件是空的，请重新选择。",
            "invalid": "没有收到文件，请重新选择。",
        },
    )
