"""Pages of one's own second factor: setting it up, new recovery codes, removing it."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from django.http import HttpResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters

from accounts.actions import (
    end_other_sessions,
    remove_own_second_factor,
    renew_recovery_codes,
    set_up_second_factor,
)
from accounts.forms import PasswordAndCodeForm, SetUpForm
from accounts.models import User
from accounts.second_factor import in_groups, new_secret, picture_for_app
from accounts.signing_in import note_passed
from accounts.views.own import this_session
from changzhi_portal.kept_input import mark_done
from changzhi_portal.pages import Crumb, FormPage
from changzhi_portal.personal import Place, decrypt, encrypt
from changzhi_portal.refusals import PortalError
from changzhi_portal.rights import EVERYBODY

_SECRET = "second_factor_secret"  # of a session: the secret that is being set up, encrypted  # noqa: S105


@method_decorator(sensitive_post_parameters(), name="dispatch")
class _OwnSecondFactorPage(FormPage):
    """A page about one's own second factor."""

    help_at = "两步验证"
    requires = EVERYBODY

    @property
    def person(self) -> User:
        """Return the signed-in user."""
        return cast(User, self.request.user)

    def get_form_kwargs(self) -> dict[str, Any]:
        """Add the request, by which wrong passwords and codes are counted."""
        return {**super().get_form_kwargs(), "request": self.request}

    def get_success_url(self) -> str:
        """Return the page of the own account."""
        return reverse("accounts:account")

    def get_crumbs(self) -> list[Crumb]:
        """Add the page of the own account."""
        return [Crumb("我的账号", self.get_success_url())]

    def show_codes(self, codes: list[str]) -> HttpResponse:
        """Return the page that shows recovery codes: the answer to the form itself, so that they are stored nowhere."""
        mark_done(self.request)
        return self.response_class(
            request=self.request,
            template=["accounts/recovery_codes.html"],
            context=self.get_context_data(codes=_Codes(codes)),
            using=self.template_engine,
        )


class _Codes:
    """Recovery codes in groups. At the level DEBUG Django logs the context of a template, by `repr`."""

    def __init__(self, codes: list[str]) -> None:
        self.in_groups = [in_groups(code) for code in codes]

    def __repr__(self) -> str:
        return f"<{len(self.in_groups)} recovery codes>"


class SetUpSecondFactor(_OwnSecondFactorPage):
    """The page that shows a secret, as a picture and as text, and takes the first code of it.

    Roles that must have a second factor are led here before any other page.
    """

    title = "启用两步验证"
    template_name = "accounts/second_factor.html"
    form_class = SetUpForm
    submit_label = "启用"
    busy_label = "正在启用…"
    unavailable_message = "两步验证已经启用。换手机的，先停用，再用新手机启用。"

    def is_available(self) -> bool:
        """Return whether there is none yet."""
        return not self.person.has_second_factor

    def get_cancel_url(self) -> str:
        """Return the own account; nothing for a role that must set it up."""
        return "" if self.person.needs_second_factor else super().get_cancel_url()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the secret, as text and as picture, while there is one to set up."""
        if not self.is_available():
            return super().get_context_data(**kwargs)
        secret = self._secret()
        return super().get_context_data(**{"secret": _Secret(secret, self.person.username)} | kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        """Set the second factor up, end sessions begun without it, and show the recovery codes."""
        try:
            codes = set_up_second_factor(by=self.person, secret=self._secret(), code=form.cleaned_data["code"])
        except PortalError as refusal:
            return self.refuse(form, refusal)
        self.request.session.pop(_SECRET, None)
        note_passed(self.request, self.person)
        end_other_sessions(by=self.person, this=this_session(self.request))
        return self.show_codes(codes)

    def _secret(self) -> str:
        """Return the secret that this session is setting up: the same until it is confirmed, so that a reload is no trap."""
        if _SECRET not in self.request.session:
            self.request.session[_SECRET] = encrypt(new_secret(), self._place())
        return decrypt(self.request.session[_SECRET], self._place())

    def _place(self) -> Place:
        return Place(f"session.second_factor/{self.person.ref}")


class _Secret:
    """A secret as a picture, and in groups to be typed. At the level DEBUG Django logs a template's context, by `repr`."""

    def __init__(self, secret: str, username: str) -> None:
        self.in_groups = in_groups(secret)
        self.picture = picture_for_app(secret, username)

    def __repr__(self) -> str:
        return "<secret>"


class _ChangePage(_OwnSecondFactorPage):
    """A page that asks for password and code before it changes the second factor."""

    form_class = PasswordAndCodeForm
    template_name = "accounts/second_factor_change.html"
    unavailable_message = "还没有启用两步验证。"
    effects: ClassVar[tuple[str, ...]] = ()

    def is_available(self) -> bool:
        """Return whether there is a second factor."""
        return self.person.has_second_factor

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add what will happen."""
        return super().get_context_data(**{"effects": self.effects} | kwargs)


class RenewRecoveryCodes(_ChangePage):
    """New recovery codes in place of those that are used up, lost or seen by others."""

    title = "重新生成恢复码"
    submit_label = "生成新的恢复码"
    busy_label = "正在生成…"
    effects = ("生成10个新的恢复码，只显示这一次；", "原来的恢复码全部作废。")

    def form_valid(self, form: Any) -> HttpResponse:
        """Replace the codes and show the new ones."""
        try:
            codes = renew_recovery_codes(by=self.person)
        except PortalError as refusal:
            return self.refuse(form, refusal)
        return self.show_codes(codes)


class RemoveOwnSecondFactor(_ChangePage):
    """Signing in with the password alone again."""

    title = "停用两步验证"
    submit_label = "停用"
    busy_label = "正在停用…"
    unavailable_message = "没有启用两步验证，或者您的角色必须使用，不能停用。"
    effects = ("以后登录只要密码，不再要验证码；", "恢复码全部作废；", "换手机的，停用以后再用新手机启用。")

    def is_available(self) -> bool:
        """Return whether there is a second factor that the role may do without."""
        return super().is_available() and not self.person.must_have_second_factor

    def act(self, form: Any) -> str:
        """Remove it."""
        remove_own_second_factor(by=self.person)
        return "两步验证已停用，以后登录只要密码。"
