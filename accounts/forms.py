"""Forms for signing in, in one step or two, for changing one's own password and for one's second factor."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.http import HttpRequest
from django.views.decorators.debug import sensitive_variables

from accounts.actions import WRONG_CODE
from accounts.attempts import Attempt, is_own_code, is_own_password, refuse_if
from accounts.models import REMEMBERED_PASSWORDS, User

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

    def clean(self) -> dict[str, Any]:
        """Look at name and password, unless there were too many wrong ones; raises AttemptRefusedError then."""
        name, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if not name or not password:
            return super().clean()
        attempt = Attempt(cast(HttpRequest, self.request), name)
        refuse_if(attempt.begin())
        try:
            cleaned = super().clean()
        except forms.ValidationError:
            refuse_if(attempt.fail())
            raise
        refuse_if(attempt.succeed())
        return cleaned


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
        """Refuse a wrong password; too many wrong ones close the account as at sign-in."""
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


class CodeField(forms.CharField):
    """A code of an authenticator app, or a recovery code: digits, however they are grouped."""

    def __init__(self, **options: Any) -> None:
        attrs = {"inputmode": "numeric", "autocomplete": "one-time-code", "spellcheck": "false", "data-personal": "yes"}
        options = {
            "label": "验证码",
            "max_length": 40,
            "help_text": "手机应用里的6位数字，或者一个12位的恢复码。",
            **options,
        }
        super().__init__(
            widget=forms.TextInput(attrs=attrs),
            error_messages={"required": "请输入验证码。", "max_length": WRONG_CODE},
            **options,
        )


class SecondStepForm(forms.Form):
    """Form with a code of the second factor of somebody who has given the right password."""

    code = CodeField()

    def __init__(self, *args: Any, request: HttpRequest, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs["autofocus"] = True
        self.request, self.person = request, person

    @sensitive_variables("code")
    def clean_code(self) -> str:
        """Refuse a wrong code; raises AttemptRefusedError after too many."""
        code: str = self.cleaned_data["code"]
        if not is_own_code(self.request, self.person, code):
            raise forms.ValidationError(WRONG_CODE, code="wrong_code")
        return code


class OwnPasswordAskedForm(forms.Form):
    """Form that asks for the current password, so that nobody at an open session changes how its owner signs in."""

    password = forms.CharField(
        label="当前密码",
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        strip=False,
        max_length=200,
        error_messages={"required": "请输入当前密码。", "max_length": "当前密码不对，请重新输入。"},
    )

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    @sensitive_variables("password")
    def clean_password(self) -> str:
        """Refuse a wrong password; too many wrong ones close the account as at sign-in."""
        password: str = self.cleaned_data["password"]
        if not is_own_password(self.request, password):
            raise forms.ValidationError("当前密码不对，请重新输入。", code="password_incorrect")
        return password


class SetUpForm(OwnPasswordAskedForm):
    """Form that sets a second factor up: the current password and the first code of the app."""

    code = CodeField(label="应用里显示的验证码", help_text="6位数字，半分钟换一次。")


class PasswordAndCodeForm(OwnPasswordAskedForm):
    """Form that asks for the current password and a code, before the second factor is changed."""

    code = CodeField()

    @sensitive_variables("code")
    def clean_code(self) -> str:
        """Refuse a wrong code; it is looked at, and so used, only beside the right password."""
        code: str = self.cleaned_data["code"]
        person = cast(User, self.request.user)
        if "password" in self.cleaned_data and not is_own_code(self.request, person, code):
            raise forms.ValidationError(WRONG_CODE, code="wrong_code")
        return code
