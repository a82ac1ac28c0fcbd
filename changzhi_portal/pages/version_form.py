"""The form of something that several people may change: which version of it the page showed."""

from __future__ import annotations

from django import forms


class VersionForm(forms.Form):
    """Form that sends the version which the page showed, so that nobody overwrites what another one has just written."""

    version = forms.IntegerField(
        required=False,
        widget=forms.HiddenInput,
        error_messages={"invalid": "页面没有打开完整，没有保存；请重新打开这一页再填。"},
    )

    def clean_version(self) -> int:
        """Return the version; 0, which nothing has, if none was sent."""
        return self.cleaned_data["version"] or 0
