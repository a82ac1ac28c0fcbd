"""Pages of signing in and out, and of the user's own account."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView
from django_htmx.http import HttpResponseClientRedirect

from accounts.actions import (
    change_password,
    edit_own_contact,
    forget_browsers,
    forget_session,
    forget_sessions,
    open_sessions,
    rename_session,
)
from accounts.browsers import browser_digest, known_browser
from accounts.forms import OwnPasswordForm, SecondStepForm, SignInForm
from accounts.history import sign_in_history
from accounts.models import RecoveryCode, User
from accounts.sign_in_events import record_second_step, record_sign_out
from accounts.signing_in import half_signed_in, note_passed, open_session, remember_half
from accounts.user_forms import ContactForm
from changzhi_portal.display import display_value
from changzhi_portal.facts import Fact
from changzhi_portal.faults import waiting_briefly
from changzhi_portal.pages import Crumb, FormPage
from changzhi_portal.pages.base import PortalPage, PortalRequest
from changzhi_portal.pages.forms import focus_first_error
from changzhi_portal.rights import EVERYBODY
from changzhi_portal.sessions import digest_of

logger = logging.getLogger(__name__)


def this_session(request: HttpRequest) -> str:
    """Return the digest of the session of a request; "" without one."""
    return digest_of(request.session.session_key) if request.session.session_key else ""


@method_decorator(login_not_required, name="dispatch")
class SignIn(auth_views.LoginView):
    """The sign-in page, the only page that visitors may open."""

    template_name = "accounts/login.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True
    extra_context = {"title": "登录"}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add whether a form was sent after the session had ended."""
        return super().get_context_data(
            is_unsaved="unsaved" in self.request.GET, is_ended="ended" in self.request.GET, **kwargs
        )

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Sign the user in, or lead to the second step."""
        user, then = form.get_user(), self.get_success_url()
        if user.has_second_factor:
            remember_half(self.request, user, then)
            if known_browser(self.request, user) is None:
                record_second_step(user, "code_asked")
            return HttpResponseRedirect(reverse("accounts:login_code"))
        response = HttpResponseRedirect(then)
        open_session(self.request, user, response)
        return response

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        """Show what is wrong, with the status of every refused form."""
        response = super().form_invalid(form)
        response.status_code = HTTPStatus.UNPROCESSABLE_ENTITY.value
        return response

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Redirect the whole page here when htmx requests a part of it after the session has ended."""
        htmx = cast(PortalRequest, request).htmx
        if htmx and request.method == "GET":
            back = urlencode({"next": htmx.current_url_abs_path or reverse("home")}, safe="/")
            return HttpResponseClientRedirect(f"{reverse('accounts:login')}?{back}")
        return super().dispatch(request, *args, **kwargs)


@method_decorator([login_not_required, never_cache, sensitive_post_parameters()], name="dispatch")
class SecondStep(FormView):
    """The second step of signing in: a code, for whoever has just given the right password. Others begin with that."""

    template_name = "accounts/login_code.html"
    form_class = SecondStepForm
    extra_context = {"title": "两步验证"}
    person: User
    then: str

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Lead to the first step, or whoever is signed in to the home page."""
        if request.user.is_authenticated:
            return redirect("home")
        half = half_signed_in(request)
        if half is None:
            return redirect("accounts:login")
        self.person, self.then = half
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        """Add whose code it is, and the request, by which wrong ones are counted."""
        return {**super().get_form_kwargs(), "request": self.request, "person": self.person}

    def form_valid(self, form: SecondStepForm) -> HttpResponse:
        """Sign the user in."""
        response = HttpResponseRedirect(self.then)
        note_passed(self.request, self.person)
        open_session(self.request, self.person, response)
        return response

    def form_invalid(self, form: SecondStepForm) -> HttpResponse:
        """Show what is wrong, with the status of every refused form."""
        focus_first_error(form)
        return self.render_to_response(self.get_context_data(form=form), status=HTTPStatus.UNPROCESSABLE_ENTITY)


class SignOut(auth_views.LogoutView):
    """Sign-out (POST only), followed by the sign-in page."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """End the session and its row. A row that cannot be written now is deleted at the next sign-in."""
        digest = this_session(request)
        if request.user.is_authenticated:
            record_sign_out(request.user)
        response = super().post(request, *args, **kwargs)
        if digest:
            try:
                with waiting_briefly():
                    forget_session(digest)
            except OperationalError as error:
                logger.info("The row of a session that has ended stays: %s", error)
        return response


@method_decorator(sensitive_post_parameters(), name="dispatch")
class OwnPassword(FormPage):
    """The page for changing one's own password, to which users are redirected who need a new one."""

    help_at = "登录"
    requires = EVERYBODY
    title = "修改密码"
    template_name = "accounts/password.html"
    form_class = OwnPasswordForm

    def get_form_kwargs(self) -> dict[str, Any]:
        """Add the user whose password it is, and the request, by which wrong passwords are counted."""
        return {**super().get_form_kwargs(), "user": self.request.user, "request": self.request}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add how old a password may get."""
        return super().get_context_data(max_days=settings.PASSWORD_MAX_DAYS, **kwargs)

    def act(self, form: OwnPasswordForm) -> str:
        """Set the password; the session goes on."""
        user = cast(User, self.request.user)
        before = this_session(self.request)
        change_password(user=user, password=form.cleaned_data["new_password1"])
        update_session_auth_hash(self.request, user)
        rename_session(by=user, before=before, after=this_session(self.request))
        forget_sessions(user, but=this_session(self.request))
        forget_browsers(user, but=browser_digest(self.request))
        return "密码已修改，下次登录请用新密码。"

    def get_success_url(self) -> str:
        """Return the address of the home page."""
        return reverse("home")


class OwnAccount(PortalPage):
    """The user's own account."""

    help_at = "登录"
    requires = EVERYBODY
    title = "我的账号"
    template_name = "accounts/account.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the fields of the account, its second factor, where it is signed in and has been."""
        user = cast(User, request.user)
        facts = [
            Fact("用户名", user.username),
            Fact("姓名", display_value(user.full_name)),
            Fact("角色", str(user.role.label)),
            Fact("所属区划", user.division.full_name),
            Fact("可查看个人信息原文", display_value(user.may_unmask)),
            Fact("电子邮箱（也收通知）", display_value(user.email)),
            Fact("联系电话", display_value(user.phone)),
            Fact("上次登录", display_value(user.last_login)),
        ]
        codes_left = RecoveryCode.objects.filter(user=user, used_at=None).count() if user.has_second_factor else 0
        sessions = open_sessions(user, this_session(request))
        shown = {"codes_left": codes_left, "sessions": sessions, "history": sign_in_history(user)}
        return self.render_to_response(self.get_context_data(facts=facts, most=settings.MAX_SESSIONS, **shown))


class OwnContact(FormPage):
    """The page for changing one's own e-mail address and telephone."""

    help_at = "登录"
    requires = EVERYBODY
    title = "修改邮箱和电话"
    form_class = ContactForm

    def get_form_kwargs(self) -> dict[str, Any]:
        """Add whose they are."""
        return {**super().get_form_kwargs(), "person": cast(User, self.request.user)}

    def act(self, form: ContactForm) -> str:
        """Save them."""
        data = form.cleaned_data
        user = cast(User, self.request.user)
        edit_own_contact(by=user, version=data["version"], email=data["email"], phone=data["phone"])
        return "邮箱和电话已保存。"

    def get_success_url(self) -> str:
        """Return the page of the own account."""
        return reverse("accounts:account")

    def get_crumbs(self) -> list[Crumb]:
        """Add the page of the own account."""
        return [Crumb("我的账号", self.get_success_url())]
