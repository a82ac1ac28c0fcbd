"""The form of a contact person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django import forms

from changzhi_portal.identifiers import InvalidIdentifierError, clean_phone
from changzhi_portal.names import fold
from changzhi_portal.pages import VersionForm
from changzhi_portal.personal import Sealed
from communities.actions import ContactFields
from communities.models import Contact, Division


class ContactPersonForm(VersionForm):
    """A contact person of one of `divisions`; `version` is the one that the page showed."""

    division = forms.ChoiceField(
        label="单位", error_messages={"required": "请选择单位。", "invalid_choice": "请在列出的单位里选择。"}
    )
    name = forms.CharField(
        label="联系人",
        max_length=50,
        help_text="姓名，或者科室名称。",
        error_messages={"required": "请填写联系人。", "max_length": "联系人最多50个字。"},
    )
    duty = forms.CharField(
        label="负责什么",
        max_length=100,
        required=False,
        help_text="什么事找他，例如：账号和密码。",
        error_messages={"max_length": "“负责什么”最多100个字。"},
    )
    phone = forms.CharField(
        label="办公电话",
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "tel"}),
        help_text="手机号，或带区号的固定电话。看得到这一条的人都看得到完整号码，请填办公用的。",
    )
    email = forms.EmailField(
        label="电子邮箱",
        required=False,
        error_messages={"invalid": "邮箱的写法不对，例如：wang@example.com。"},
    )
    is_public = forms.BooleanField(
        label="登录前也显示",
        required=False,
        help_text="只对市局的联系人有效：忘记密码的人登录不了，从登录页也能看到。",
    )

    def __init__(self, *args: Any, divisions: Sequence[Division], contact: Contact | None, **kwargs: Any) -> None:
        if contact is not None:
            kwargs["initial"] = {
                "division": contact.division.code,
                "name": contact.name,
                "duty": contact.duty,
                "phone": contact.number,
                "email": contact.email,
                "is_public": contact.is_public,
                "version": contact.version,
            }
        super().__init__(*args, **kwargs)
        self._divisions = {division.code: division for division in divisions}
        field = cast(forms.ChoiceField, self.fields["division"])
        field.choices = [(division.code, division.name) for division in divisions]
        if not any(division.level == Division.Level.CITY for division in divisions):
            del self.fields["is_public"]

    def clean_phone(self) -> Sealed | None:
        """Return the telephone, sealed; raises ValidationError for no number."""
        typed = fold(self.cleaned_data["phone"].strip())
        try:
            return Sealed("phone", plain=clean_phone(typed)) if typed else None
        except InvalidIdentifierError as error:
            raise forms.ValidationError(f"{error}。", code="bad_phone") from error

    def values(self) -> ContactFields:
        """Return what was filled in."""
        data = self.cleaned_data
        return ContactFields(
            division=self._divisions[data["division"]],
            name=data["name"],
            duty=data["duty"],
            phone=data["phone"],
            email=data["email"],
            is_public=data.get("is_public", False),
        )
