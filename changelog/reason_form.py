"""The form that asks why somebody needs to see personal data in clear."""

from __future__ import annotations

from django import forms

from changelog.models import LONGEST_REASON
from changzhi_portal.personal_numbers import refuse_personal_numbers
from changzhi_portal.refusals import PortalError

SHORTEST_REASON = 4  # characters: “核对” says nothing that an auditor could check


class ReasonForm(forms.Form):
    """The reason, which stands in the trail, and on the record's page for everybody who may see the record."""

    reason = forms.CharField(
        label="原因",
        min_length=SHORTEST_REASON,
        max_length=LONGEST_REASON,
        help_text="写明办什么事，如“核对长治医学院寄来的证书”。原因会留在审计记录里，本人所在县（市、区）也看得到。",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={
            "required": "请写明原因。",
            "min_length": f"原因太短，请写明办什么事，至少{SHORTEST_REASON}个字。",
        },
    )

    def clean_reason(self) -> str:
        """Refuse personal numbers, which stand nowhere in clear."""
        reason = " ".join(self.cleaned_data["reason"].split())
        try:
            refuse_personal_numbers(reason, what="原因", field="reason")
        except PortalError as refusal:
            raise forms.ValidationError(str(refusal)) from refusal
        return reason
