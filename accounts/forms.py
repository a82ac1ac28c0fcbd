"""Forms for signing in and for changing one's own password."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.http import HttpRequest
from django.views.decorators.debug import sensitive_variables

from accounts.lockouts import is_own_password
from accounts.models import REMEMBERED_PASSWORDS

WRONG_CREDENTIALS = "用户名或密码不对。请核对大小写后再试；忘记密码请联系市局管理员重置。"

# The rules of settings.AUTH_PASSWORD_VALIDATORS. Django's own texts use 你, the portal uses 您.
RULES_IN_WORDS = (
    "至少10位，大写字母、小写字母、数字、符号四种中至少有三种；不要有用户名、姓名、地名和社区、民政这类单位用语，写成拼音、"
    "首字母也不行；不要有连续或重复的字符（如1234、键盘上相邻的字母），不要只是一个词加年份，也不要用常见的密码；"
    f"最近{REMEMBERED_PASSWORDS}次用过的密码不能再用。"
)


class SignInForm(AuthenticationForm):
    """Form with user name and password. The error is the same for a wrong name and a wrong password."""

    error_messages = {**AuthenticationForm.error_messages, "invalid_login": WRONG_CREDENTIALS}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "用户名"
        self.fields["password"].label = "密码"


class OwnPasswordForm(PasswordChangeForm):
    """Form with the old password and twice the new one, with the password rules as help text."""

    error_messages = {
        **PasswordChangeForm.error_messages,
        "password_incorrect": "当前密码不对，请重新输入。",
        "password_mismatch": "两次输入的新密码不一样，请重新输入。",
    }

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        self.fields["old_password"].label = "当前密码"
        self.fields["new_password1"].label = "新密码"
        self.fields["new_password2"].label = "再输一次新密码"
        self.fields["new_password2"].help_text = ""
        self.fields["new_password1"].help_text = RULES_IN_WORDS

    @sensitive_variables("old")
    def clean_old_password(self) -> str:
        """Refuse a wrong password; too many wrong ones lock the account out as at sign-in."""
        old: str = self.cleaned_data["old_password"]
        if not is_own_password(self.request, old):
            raise forms.ValidationError(self.error_messages["password_incorrect"], code="password_incorrect")
        return old

    def validate_password_for_user(self, user: AbstractBaseUser, password_field_name: str = "") -> None:
        """Validate the new password once the current one is right, and say at its field the first thing that is wrong.

        Otherwise the answer would tell anybody at an open session, as often as asked, which passwords the user has had.
        """
        if "old_password" in self.cleaned_data:
            super().validate_password_for_user(user, "new_password1")
            del self.errors.get("new_password1", [])[1:]
