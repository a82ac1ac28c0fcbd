"""Pages of signing in and out, and of the user's own account."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse, reverse_lazy
from django.utils.decorators import method_decorator
from django.views.generic.base import TemplateResponseMixin
from django_htmx.http import HttpResponseClientRedirect

from accounts.forms import OwnPasswordForm, SignInForm
from changzhi_portal.facts import Fact, in_words
from changzhi_portal.pages.base import PortalPage, PortalRequest
from changzhi_portal.rights import EVERYBODY
from notices.actions import mark_notices_as_seen


@method_decorator(login_not_required, name="dispatch")
class SignIn(auth_views.LoginView):
    """The sign-in page, the only page that visitors may open."""

    template_name = "accounts/login.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True
    extra_context = {"title": "登录"}

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Redirect the whole page here when htmx requests a part of it after the session has ended."""
        htmx = cast(PortalRequest, request).htmx
        if htmx and request.method == "GET":
            back = urlencode({"next": htmx.current_url_abs_path or reverse("home")}, safe="/")
            return HttpResponseClientRedirect(f"{reverse('accounts:login')}?{back}")
        return super().dispatch(request, *args, **kwargs)


class SignOut(auth_views.LogoutView):
    """Sign-out (POST only), followed by the sign-in page."""


class OwnPassword(auth_views.PasswordChangeView):
    """The page for changing one's own password, to which users with a first password are redirected."""

    template_name = "accounts/password.html"
    form_class = OwnPasswordForm
    success_url = reverse_lazy("home")
    extra_context = {"title": "修改密码"}

    def form_valid(self, form: OwnPasswordForm) -> HttpResponse:
        """Save the password with a message; the session continues."""
        response = super().form_valid(form)
        messages.success(self.request, "密码已修改，下次登录请用新密码。")
        return response


class NoticesSeen(PortalPage):
    """Request of a page to mark the notices about it as seen; it is a POST because a GET must not write."""

    requires = EVERYBODY

    def post(self, request: PortalRequest) -> HttpResponse:
        """Mark the notices about `about` as seen. The response to htmx is empty and reloads the number in the menu."""
        mark_notices_as_seen(by=request.user, about=request.POST.get("about", ""))
        if request.htmx:
            return HttpResponse(status=204, headers={"HX-Trigger": "notices"})
        return redirect("home")


class OwnAccount(TemplateResponseMixin, PortalPage):
    """The user's own account."""

    requires = EVERYBODY
    title = "我的账号"
    template_name = "accounts/account.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the fields of the account."""
        user = request.user
        facts = [
            Fact("用户名", user.username),
            Fact("姓名", in_words(user.full_name)),
            Fact("角色", str(user.role.label)),
            Fact("所属区划", user.division.full_name),
            Fact("可查看个人信息原文", in_words(user.may_unmask)),
            Fact("接收通知的邮箱", in_words(user.email)),
            Fact("上次登录", in_words(user.last_login)),
        ]
        return self.render_to_response(self.get_context_data(facts=facts))
