"""The list of users, one user's page, and the settings of accounts."""

from __future__ import annotations

from typing import Any, cast

from django.db.models import Model, QuerySet
from django.http import Http404
from django.urls import reverse

from accounts.actions import change_account_settings, open_sessions, outranks
from accounts.filters import UserFilterForm, UserFilterSet
from accounts.history import sign_in_history
from accounts.models import AccountSettings, User
from accounts.tables import UserTable, state_in_words
from accounts.user_forms import AccountSettingsForm
from accounts.views.own import this_session
from changzhi_portal.display import display_value
from changzhi_portal.facts import Fact, fact_of
from changzhi_portal.pages import Crumb, DetailPage, FormPage, ListPage
from changzhi_portal.rights import has_right

LIST_TITLE = "用户"


class UserList(ListPage):
    """The users that the signed-in user manages, or, as an auditor, may look at."""

    requires = "may_see_users"
    title = LIST_TITLE
    template_name = "accounts/users.html"
    queryset = User.objects.select_related("division__parent", "department")
    filterset = UserFilterSet
    form = UserFilterForm
    table = UserTable
    empty_advice = "还没有用户，请点“新增”。"
    is_filled_by_uploads = False

    def get_queryset(self) -> QuerySet:
        """Return the users of the list with their place and whether they are locked out."""
        return self.queryset.listed_for(cast(User, self.request.user)).with_lockout()

    def get_add_url(self) -> str:
        """Return the address of the form for a new user; "" for auditors."""
        return reverse("accounts:user_new") if has_right(self.request.user, "may_manage_users") else ""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add whether the settings of accounts may be changed."""
        return super().get_context_data(may_set=cast(User, self.request.user).role.manages_all_users, **kwargs)


class UserDetail(DetailPage):
    """One user: role, place, contact, state, and what may be done; below, the changes of the account."""

    requires = "may_see_users"
    template_name = "accounts/user.html"
    queryset = User.objects.select_related("division__parent", "department")
    list_url_name = "accounts:users"
    list_title = LIST_TITLE

    def get_record(self, ref: str) -> Model:
        """Return the user, if the signed-in one may see it; raises Http404."""
        found = self.queryset.listed_for(cast(User, self.request.user)).with_lockout()
        user = found.filter(ref=ref).first()
        if user is None:
            raise Http404(f"No user {ref!r} in the list of this one.")
        return cast(Model, user)

    def get_facts(self) -> list[Fact]:
        """Return what is known of the user, the telephone masked."""
        user: User = self.record
        state, _ = state_in_words(user)
        return [
            Fact("用户名", user.username),
            Fact("姓名", display_value(user.full_name)),
            Fact("角色", str(user.role.label)),
            Fact("所属单位", user.division.full_name),
            *([Fact("所在部门", str(user.department))] if user.department is not None else []),
            Fact("状态", state),
            *(fact_of(user, name) for name in ("email", "phone", "may_unmask")),
            Fact("上次登录", display_value(user.last_login)),
            Fact("密码设置时间", display_value(user.password_set_at)),
            Fact("两步验证", second_factor_in_words(user)),
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add where the user is signed in and has been, and whether the signed-in one may end that."""
        shown = {
            "sessions": open_sessions(self.record, this_session(self.request)),
            "history": sign_in_history(self.record),
        }
        may_end = cast(User, self.request.user).may_manage_users
        return super().get_context_data(may_end=may_end, **shown, **kwargs)

    def get_actions(self) -> list[Crumb]:
        """Return the links to what may be done to the user; to the own account only what one may do to it."""
        by, user = cast(User, self.request.user), self.record
        if not by.may_manage_users:
            return []
        is_own = user.pk == by.pk
        may_enter = not is_own and not outranks(user, by)
        steps = [
            ("修改", "user_edit", True),
            ("解锁", "user_unlock", user.is_locked_out),
            ("重置密码", "user_password", user.is_active and may_enter),
            ("退出所有登录", "user_sessions", user.is_active),
            ("移除两步验证", "user_second_factor", user.has_second_factor and may_enter),
            ("停用", "user_deactivate", user.is_active and not is_own),
            ("恢复", "user_reactivate", not user.is_active),
        ]
        return [Crumb(title, reverse(f"accounts:{name}", args=[user.ref])) for title, name, is_open in steps if is_open]


def second_factor_in_words(user: User) -> str:
    """Return whether a sign-in takes a code besides the password."""
    if user.second_factor_set_at is not None:
        return f"已启用，{display_value(user.second_factor_set_at)}起"
    return "还没有启用，角色必须使用" if user.must_have_second_factor else "没有启用"


class ChangeSettings(FormPage):
    """What the bureau has decided about accounts."""

    requires = "may_manage_users"
    title = "账号设置"
    form_class = AccountSettingsForm

    def load(self) -> None:
        """Load the settings; raises Http404 for whoever manages only some users."""
        if not cast(User, self.request.user).role.manages_all_users:
            raise Http404("Only the bureau changes the settings of accounts.")
        self.settings = AccountSettings.current()

    def get_initial(self) -> dict[str, Any]:
        """Show what is in force."""
        return {
            "version": self.settings.version,
            "counties_manage_clerks": self.settings.counties_manage_clerks,
        }

    def act(self, form: AccountSettingsForm) -> str:
        """Change the settings."""
        data = form.cleaned_data
        change_account_settings(
            by=cast(User, self.request.user),
            version=data["version"],
            counties_manage_clerks=data["counties_manage_clerks"],
        )
        return "账号设置已保存。"

    def get_success_url(self) -> str:
        """Return the list."""
        return reverse("accounts:users")

    def get_crumbs(self) -> list[Crumb]:
        """Add the list."""
        return [Crumb(LIST_TITLE, self.get_success_url())]
