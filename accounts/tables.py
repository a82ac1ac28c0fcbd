"""The tables of users and departments."""

from __future__ import annotations

from typing import Any, ClassVar

import django_tables2 as tables
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.models import Department, User
from changzhi_portal.pages.tables import (
    DayColumn,
    MomentColumn,
    NumberColumn,
    RegisterTable,
    ShortColumn,
    YesNoColumn,
)


class StateColumn(ShortColumn):
    """Whether the account is in use, locked out, or waits for its first sign-in."""

    def render(self, record: Any) -> SafeString | str:
        """Return the state in words, with the mark of its urgency."""
        label, mark = state_in_words(record)
        return format_html('<span class="{}">{}</span>', mark, label) if mark else label


class UserTable(RegisterTable):
    """Users with role, division and last sign-in."""

    caption: ClassVar[str] = "用户"
    default_order: ClassVar[str] = "division"
    optional: ClassVar[tuple[str, ...]] = ("department", "password_set_at")

    full_name = tables.Column("姓名", accessor="full_name", linkify=True, empty_values=(), orderable=False)
    username = ShortColumn("用户名")
    role = ShortColumn("角色", accessor="get_role_display", order_by="role")
    division = tables.Column("所属单位", accessor="division__full_name", order_by=("division__path", "username"))
    department = tables.Column("所在部门", accessor="department__name", order_by=("department__name", "username"))
    state = StateColumn("状态", accessor="is_active", order_by="is_active")
    may_unmask = YesNoColumn("可看原文")
    last_login = MomentColumn("上次登录")
    password_set_at = MomentColumn("密码设置时间")

    class Meta(RegisterTable.Meta):
        model = User
        fields = ()

    def render_full_name(self, record: User) -> str:
        """Return what people call the user."""
        return str(record)


class DepartmentTable(RegisterTable):
    """Departments with their division and how many people work there."""

    caption: ClassVar[str] = "部门"
    default_order: ClassVar[str] = "division"
    reads: ClassVar[tuple[str, ...]] = (
        *("ref", "name", "opened_on", "closed_on"),
        *("division__name", "division__level", "division__parent__name"),
    )

    name = tables.Column("名称", linkify=True)
    division = tables.Column("所属区划", accessor="division__full_name", order_by=("division__path", "name"))
    opened_on = DayColumn("设立日期")
    closed_on = DayColumn("撤销日期")
    users_now = NumberColumn("在用的账号")

    class Meta(RegisterTable.Meta):
        model = Department
        fields = ()


def state_in_words(user: Any) -> tuple[str, str]:
    """Return the state of a user loaded `with_lockout`, and the class that marks it: "" for an ordinary one."""
    if not user.is_active:
        return "已停用", "quiet"
    if user.is_locked_out:
        return "已锁定", "bad"
    if user.last_login is None:
        return "还没有登录过", "doubt"
    if user.must_change_password:
        return "须改首次密码", "doubt"
    return "在用", ""
