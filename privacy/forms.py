"""The form of a person's request."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone

from changelog.reason_form import ReasonForm
from changzhi_portal.identifiers import InvalidIdentifierError, clean_id_number
from changzhi_portal.names import fold


class PersonForm(ReasonForm):
    """The full ID number of who asks, and why it is looked up. The number is posted and stands in no address."""

    id_number = forms.CharField(
        label="本人身份证号",
        max_length=40,
        help_text="核对证件后填写完整的18位号码。号码不会出现在网址、日志和审计记录里。",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "data-personal": "yes"}),
        error_messages={"required": "请填写身份证号。"},
    )
    field_order = ("id_number", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].help_text = "写明谁来问、凭什么证件，如“本人持身份证来查询”。原因会留在审计记录里。"

    def clean_id_number(self) -> str:
        """Return the number as registers store it; refuse one that is none."""
        try:
            return clean_id_number("".join(fold(self.cleaned_data["id_number"]).split()), today=timezone.localdate())
        except InvalidIdentifierError as error:
            raise forms.ValidationError(str(error)) from error
