"""Forms for signing in and for changing one's own password."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm

WRONG_CREDENTIALS = "用户名或密码不对。请核对大小写后再试；忘记密码请联系市局管理员重置。"

# The rules of settings.AUTH_PASSWORD_VALIDATORS. Django's own texts use 你, the portal uses 您.
RULES_IN_WORDS = (
    "至少10位，大写字母、小写字母、数字、符号四种中至少有三种；不要与用户名、姓名相近，也不要用常见的密码。"
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
        "password_unchanged": "新密码不能与当前密码相同，请换一个。",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["old_password"].label = "当前密码"
        self.fields["new_password1"].label = "新密码"
        self.fields["new_password2"].label = "再输一次新密码"
        self.fields["new_password2"].help_text = ""
        self.fields["new_password1"].help_text = RULES_IN_WORDS

    def clean(self) -> dict[str, Any]:
        """Refuse the old password as the new one, because whoever set a first password knows it."""
        cleaned = super().clean() or {}
        new = cleaned.get("new_password1")
        if new and new == cleaned.get("old_password"):
            self.add_error(
                "new_password1",
                forms.ValidationError(self.error_messages["password_unchanged"], code="password_unchanged"),
            )
        return cleaned
