"""The scopes of tokens: a closed list. Each says what a program may do with it, and which rights of its role that takes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from changzhi_portal.rights import MOVING_SCOPE, PERSONAL_SCOPE


@dataclass(frozen=True, slots=True)
class Scope:
    """One scope: its name in tokens and in the description of the API, what it is for, and the rights that it grants."""

    name: str
    title: str
    explanation: str
    rights: frozenset[str] = frozenset()


SCOPES: Final = (
    Scope(
        "figures:read",
        "读统计数据",
        "区划、社区、统计月、目标方案和结果、简报，没有个人信息",
        frozenset({"may_see_figures", "may_see_work_items"}),
    ),
    Scope(
        "registers:read",
        "读登记册",
        "设施、社会组织、社会工作者、购买服务项目，检查发现的问题；号码只给遮盖后的",
        frozenset({"may_see_registers"}),
    ),
    Scope(
        "registers:write",
        "写登记册",
        "新增和修改登记册的记录，和在页面上填一样检查；要和“读登记册”一起选",
        frozenset({"may_upload"}),
    ),
    Scope(
        MOVING_SCOPE,
        "办理流程",
        "开始、结束调查，审定社区工作事项，和在页面上办一样检查；要和“读统计数据”一起选，办社区工作事项的再选“读登记册”",
        frozenset({"may_run_surveys", "may_decide_work_items"}),
    ),
    Scope("uploads:read", "看上传", "上传批次和它们的问题", frozenset({"may_see_uploads"})),
    Scope("uploads:write", "上传表格", "上传、入库、撤销；要和“看上传”一起选", frozenset({"may_upload"})),
    Scope("submissions:read", "读上报", "各县（市、区）每月的上报", frozenset({"may_see_submissions"})),
    Scope(
        PERSONAL_SCOPE,
        "个人信息原文",
        "登记册里的身份证号、电话不遮盖，每一次都按用途记入审计记录；要和“读登记册”一起选",
    ),
)
BY_NAME: Final = {scope.name: scope for scope in SCOPES}
# With what a scope makes no sense alone.
NEEDS: Final = {
    "registers:write": "registers:read",
    MOVING_SCOPE: "figures:read",
    "uploads:write": "uploads:read",
    PERSONAL_SCOPE: "registers:read",
}
# What lets somebody see more than who issues a token may see: auditors are told.
TOLD_TO_AUDITORS: Final = frozenset({PERSONAL_SCOPE})


def rights_of(names: Iterable[str]) -> frozenset[str]:
    """Return the rights that scopes grant together; none for a name that no scope has (any more)."""
    return frozenset(right for name in names if name in BY_NAME for right in BY_NAME[name].rights)


def in_order(names: Iterable[str]) -> list[str]:
    """Return names of scopes in the order of the list, each once; others are left out."""
    wanted = set(names)
    return [scope.name for scope in SCOPES if scope.name in wanted]
