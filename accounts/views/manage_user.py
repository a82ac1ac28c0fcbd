"""The forms that create and change a user, and the pages that ask before something is done to an account."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, cast

from django.http import Http404, HttpResponse
from django.urls import reverse

from accounts.actions import (
    IssuedPassword,
    create_user,
    deactivate_user,
    edit_user,
    end_sessions,
    outranks,
    reactivate_user,
    remove_second_factor,
    reset_password,
    unlock_user,
)
from accounts.models import User
from accounts.user_forms import ReasonForm, UserForm
from accounts.views.users import LIST_TITLE
from changzhi_portal.kept_input import mark_done
from changzhi_portal.pages import Crumb, FormPage, VersionForm
from changzhi_portal.refusals import PortalError


class _ManagePage(FormPage):
    """A page about one user, `person`, whom the signed-in user manages; for a new one it is None."""

    requires = "may_manage_users"
    person: User | None = None

    @property
    def by(self) -> User:
        """Return the signed-in user."""
        return cast(User, self.request.user)

    def load(self) -> None:
        """Load the user; raises Http404 for one whom the signed-in user does not manage."""
        found = User.objects.managed_by(self.by).select_related("division__parent", "department").with_lockout()
        self.person = found.filter(ref=self.kwargs["ref"]).first()
        if self.person is None:
            raise Http404("No such user among those that this one manages.")

    def get_success_url(self) -> str:
        """Return the user's page, or the list."""
        if self.person is None or self.person.pk is None:
            return reverse("accounts:users")
        return str(self.person.get_absolute_url())

    def get_crumbs(self) -> list[Crumb]:
        """Add the list and the user."""
        listed = Crumb(LIST_TITLE, reverse("accounts:users"))
        return [listed] if self.person is None else [listed, Crumb(str(self.person), self.get_success_url())]

    def show_password(self, issued: IssuedPassword) -> HttpResponse:
        """Return the page that shows a first password: the answer to the form itself, so that it is stored nowhere."""
        mark_done(self.request)
        self.person = issued.user
        return self.response_class(
            request=self.request,
            template=["accounts/first_password.html"],
            # The object, not its text: at the level DEBUG Django logs the context of a template, by `repr`.
            context=self.get_context_data(person=issued.user, issued=issued),
            using=self.template_engine,
        )


class NewUser(_ManagePage):
    """A new user. The answer shows the first password, once."""

    title = "新增用户"
    form_class = UserForm
    submit_label = "新建并显示首次密码"

    def load(self) -> None:
        """Load nobody."""

    def get_form_kwargs(self) -> dict[str, Any]:
        """Add who creates the user."""
        return {**super().get_form_kwargs(), "by": self.by, "person": None}

    def form_valid(self, form: Any) -> HttpResponse:
        """Create the user and show the first password."""
        try:
            issued = create_user(by=self.by, **form.values())
        except PortalError as refusal:
            return self.refuse(form, refusal)
        return self.show_password(issued)


class EditUser(_ManagePage):
    """Name, role, division, e-mail, telephone and right of a user."""

    title = "修改用户"
    form_class = UserForm

    def get_form_kwargs(self) -> dict[str, Any]:
        """Add the user, and who changes it."""
        return {**super().get_form_kwargs(), "by": self.by, "person": self.person}

    def act(self, form: UserForm) -> str:
        """Change the user."""
        user = edit_user(by=self.by, ref=self.kwargs["ref"], version=form.cleaned_data["version"], **form.values())
        return f"“{user}”的账号已保存。"


class _Step(_ManagePage):
    """A page that says what will happen to an account, and a button that does it."""

    template_name = "accounts/user_step.html"
    form_class = VersionForm
    # What happens, one sentence a line.
    effects: ClassVar[tuple[str, ...]] = ()
    # Whether the button is red: somebody is kept out.
    is_grave: ClassVar[bool] = False

    def get_initial(self) -> dict[str, Any]:
        """Send the version that the page shows."""
        return {"version": self.person.version if self.person else 0}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add whom it is about and what happens."""
        return super().get_context_data(
            **{"person": self.person, "effects": self.effects, "is_grave": self.is_grave} | kwargs
        )

    def get_title(self) -> str:
        """Return what is done, and to whom."""
        return f"{self.title}：{self.person}" if self.person else self.title

    def carry_out(self, action: Callable[..., Any], form: VersionForm) -> Any:
        """Call an action of the user that the address names and of the version that the page showed."""
        return action(by=self.by, ref=self.kwargs["ref"], version=form.cleaned_data["version"])


class ResetPassword(_Step):
    """A new first password, shown once on the answer."""

    title = "重置密码"
    submit_label = "重置并显示首次密码"
    busy_label = "正在重置…"
    unavailable_message = (
        "停用的账号要先恢复；自己的密码请在“我的账号”里修改；市局管理员和可以查看个人信息原文的，由市局管理员重置。"
    )
    effects = (
        "系统生成一个首次密码，只在下一页显示一次；",
        "原来的密码马上失效，这个人在各处的登录全部退出；",
        "账号如果因为连续输错密码锁定着，同时解锁；",
        "用首次密码登录以后，必须先改成自己的密码；",
        "系统给本人发通知和邮件，写明是谁重置的。",
    )

    def is_available(self) -> bool:
        """Return whether it is somebody else's account, in use, and its password gives no right that one may not give."""
        person = self.person
        return person is not None and person.is_active and person.pk != self.by.pk and not outranks(person, self.by)

    def form_valid(self, form: Any) -> HttpResponse:
        """Reset the password and show the new one."""
        try:
            issued = self.carry_out(reset_password, form)
        except PortalError as refusal:
            return self.refuse(form, refusal)
        return self.show_password(issued)


class Deactivate(_Step):
    """Somebody leaves, or must not sign in for now."""

    title = "停用"
    submit_label = "停用这个账号"
    busy_label = "正在停用…"
    unavailable_message = "这个账号已经停用，或者是您自己的账号，不能停用。"
    is_grave = True
    effects = (
        "这个人不能再登录，现在的登录马上退出；",
        "办过的事和改动记录都保留，仍写着这个人的姓名；",
        "以后可以恢复，密码不变。",
    )

    def is_available(self) -> bool:
        """Return whether it is somebody else's account and in use."""
        return self.person is not None and self.person.is_active and self.person.pk != self.by.pk

    def act(self, form: VersionForm) -> str:
        """Deactivate the account."""
        return f"“{self.carry_out(deactivate_user, form)}”的账号已停用。"


class Reactivate(_Step):
    """Somebody is back."""

    title = "恢复"
    submit_label = "恢复这个账号"
    busy_label = "正在恢复…"
    unavailable_message = "这个账号是在用的，不用恢复。"
    effects = ("这个人又可以用原来的密码登录；", "忘了密码的，恢复以后再重置密码。")

    def is_available(self) -> bool:
        """Return whether the account is inactive."""
        return self.person is not None and not self.person.is_active

    def act(self, form: VersionForm) -> str:
        """Reactivate the account."""
        return f"“{self.carry_out(reactivate_user, form)}”的账号已恢复。"


class EndSessions(_Step):
    """A computer was left signed in, or somebody else knows the password."""

    title = "退出所有登录"
    submit_label = "退出这个账号的所有登录"
    busy_label = "正在退出…"
    unavailable_message = "停用的账号没有登录。"
    is_grave = True
    effects = (
        "这个账号在各台电脑、手机上的登录都退出，打开着的页面再点一下就要重新登录；",
        "正在填、还没有保存的内容，在原来的浏览器窗口里重新登录后会恢复；",
        "密码不变；怀疑密码被别人知道的，请改为重置密码。",
    )

    def is_available(self) -> bool:
        """Return whether the account is in use."""
        return self.person is not None and self.person.is_active

    def act(self, form: VersionForm) -> str:
        """End the sessions."""
        return f"“{self.carry_out(end_sessions, form)}”的登录已全部退出。"


class RemoveSecondFactor(_Step):
    """Somebody has lost the phone and has no recovery code."""

    title = "移除两步验证"
    form_class = ReasonForm
    submit_label = "移除这个账号的两步验证"
    busy_label = "正在移除…"
    unavailable_message = (
        "这个账号没有启用两步验证；自己的请在“我的账号”里停用；市局管理员和可以查看个人信息原文的，由市局管理员移除。"
    )
    is_grave = True
    effects = (
        "这个人以后登录只要密码，可以用新手机重新启用；角色必须使用的，下次登录就要重新启用；",
        "恢复码全部作废，各处的登录全部退出；",
        "系统给本人发通知和邮件，写明是谁移除的、什么原因。",
    )

    def is_available(self) -> bool:
        """Return whether it is somebody else's, and `by` could do nothing new by entering the account."""
        person = self.person
        if person is None or person.pk == self.by.pk:
            return False
        return person.has_second_factor and not outranks(person, self.by)

    def act(self, form: ReasonForm) -> str:
        """Remove it."""
        data = form.cleaned_data
        user = remove_second_factor(by=self.by, ref=self.kwargs["ref"], version=data["version"], reason=data["reason"])
        return f"“{user}”的两步验证已移除。"


class Unlock(_Step):
    """Somebody has typed wrong passwords too often and cannot wait."""

    title = "解锁"
    submit_label = "解锁这个账号"
    busy_label = "正在解锁…"
    unavailable_message = "这个账号现在没有锁定，不用解锁。"
    effects = (
        "这个人马上可以再试着登录；",
        "忘了密码的，请改为重置密码，会同时解锁；",
        "有人还在反复猜密码的，过一会儿又会锁上：请本人解锁后马上登录一次，以后在那台电脑上就不受影响。",
    )

    def is_available(self) -> bool:
        """Return whether the account is locked out."""
        return self.person is not None and bool(getattr(self.person, "is_locked_out", False))

    def act(self, form: VersionForm) -> str:
        """Unlock the account."""
        return f"“{self.carry_out(unlock_user, form)}”的账号已解锁。"
