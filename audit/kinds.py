"""The kinds of the trail in groups, as an auditor asks for them, and what records say besides, in words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist

from changelog.trail import TrailKind
from changzhi_portal.display import display_value
from changzhi_portal.facts import Fact
from changzhi_portal.menu import menu_items
from changzhi_portal.records import field_of
from changzhi_portal.refusals import NotFoundError
from changzhi_portal.registers.registry import register_named


class KindGroup(NamedTuple):
    """Some kinds under a common title; `name` stands for all of them in addresses."""

    name: str
    title: str
    kinds: tuple[TrailKind, ...]


K = TrailKind
GROUPS: Final = (
    KindGroup(
        "sign-ins",
        "登录",
        (K.SIGNED_IN, K.SIGN_IN_FAILED, K.LOCKED_OUT, K.SIGNED_OUT, K.SESSION_ENDED, K.SECOND_FACTOR),
    ),
    KindGroup("looks", "看个人信息", (K.VIEWED, K.SEARCHED, K.UNMASKED, K.SUBJECT_REQUEST)),
    KindGroup(
        "downloads",
        "导出和下载",
        (K.EXPORTED, K.EXPORTED_CLEAR, K.CALLED, K.TEMPLATE, K.ORIGINAL, K.MARKED, K.DOCUMENT, K.TRAIL_EXPORTED),
    ),
    KindGroup(
        "changes",
        "上传和改动",
        (K.UPLOADED, K.DISCARDED, K.CHANGED, K.IMPORTED, K.UNDONE, K.ISSUED, K.WITHDRAWN, K.WIPED),
    ),
    KindGroup("refusals", "被拒绝", (K.REFUSED,)),
    KindGroup("keeping", "审计和密钥", (K.KEYS_ROTATED, K.TRAIL_ARCHIVED, K.TRAIL_MISMATCH, K.TRAIL_ACCEPTED)),
)
BY_NAME: Final = {group.name: group for group in GROUPS}
# What an auditor looks at first: somebody tries to get in, is refused, or sees personal data in clear.
CONCERNS: Final = (K.SIGN_IN_FAILED, K.LOCKED_OUT, K.REFUSED, K.UNMASKED, K.EXPORTED_CLEAR, K.TRAIL_MISMATCH)
# Files that left the portal.
DOWNLOADS: Final = BY_NAME["downloads"].kinds


def choices() -> list[tuple[str, Any]]:
    """Return the kinds by group for a drop-down; a group of several begins with a choice that stands for all of them."""
    return [
        (
            group.title,
            [
                *([(group.name, f"{group.title}（全部）")] if len(group.kinds) > 1 else []),
                *((kind.value, kind.label) for kind in group.kinds),
            ],
        )
        for group in GROUPS
    ]


def kinds_of(choice: str) -> tuple[TrailKind, ...]:
    """Return the kinds that a choice stands for. Raises ValueError for another text."""
    group = BY_NAME.get(choice)
    return group.kinds if group is not None else (TrailKind(choice),)


# What records of the trail say besides (`TrailRecord.detail`).
_LABELS: Final = {
    "register": "登记表",
    "list": "列表",
    "format": "格式",
    "period": "统计月",
    "edition": "版次",
    "code": "核验码",
    "figures_sha256": "数据校验值",
    "files": "各文件的校验值",
    "filled": "含现有数据",
    "file": "文件名",
    "bytes": "文件大小（字节）",
    "sha256": "文件校验值",
    "fields": "看到的内容",
    "found": "找到的记录",
    "page": "页面",
    "method": "请求方式",
    "status": "结果",
    "token": "令牌",
    "address": "网址里的参数",
    "query": "查询条件",
    "limit": "为什么锁定",
    "what": "做了什么",
    "why": "为什么",
    "rule": "清除规则",
    "before": "清除什么时间以前的",
    "key": "新密钥编号",
    "remaining": "还没有换密钥的",
    "digests_renewed": "重新计算的查找值",
    "outside": "库外保存的封存",
    "database": "库内最新的封存",
    "heads": "认可的封存",
    "last_seq": "最后一条的封存序号",
    "last_mac": "最后一条的校验码",
    "signature": "签名",
}
# Values that are names, in words.
_WORDS: Final[dict[str, dict[Any, str]]] = {
    "method": {"GET": "打开", "POST": "提交"},
    "status": {401: "没有通过令牌校验", 403: "没有权限", 404: "没有找到，或者不在辖区内"},
    "limit": {
        "stranger": "从一个地址连续输错密码",
        "browser": "在用过的浏览器里连续输错密码",
        "account": "从许多地方输错这个用户的密码",
        "codes": "连续输错验证码",
    },
    "what": {
        "set_up": "设置",
        "removed": "移除",
        "codes_renewed": "换恢复码",
        "recovery_code_used": "用掉一个恢复码",
        "wrong_code": "验证码输错",
        "code_asked": "密码输对，还没有输验证码",
    },
    "why": {
        "too_many": "同时登录的太多，最久没用的退出",
        "invalid_token": "令牌不对",
        "token_expired": "令牌过期",
        "token_revoked": "令牌已经停用",
        "client_revoked": "对接系统已经停用",
        "division_closed": "对接系统所属的区划已经撤销",
        "address_not_allowed": "不是令牌限定的地址",
    },
}


def detail_facts(detail: dict[str, Any], model: str) -> list[Fact]:
    """Return what a record of the trail says besides, in words where there are any; `model` is that of its object."""
    facts = []
    for name, value in detail.items():
        if name == "found" and value:
            facts += [Fact(_LABELS[name], address, address) for address in value]
        elif value not in ({}, [], ""):
            facts.append(Fact(_LABELS.get(name, name), _in_words(name, value, model)))
    return facts


def _in_words(name: str, value: Any, model: str) -> str:
    if name in _WORDS:
        return _WORDS[name].get(value, str(value))
    if name == "register" and value:
        try:
            return register_named(value).title
        except NotFoundError:
            return str(value)
    if name == "fields" and isinstance(value, list):
        return "、".join(_field_label(model, each) for each in value)
    if name == "page":
        return _entry_of(str(value))
    if isinstance(value, dict):
        return "，".join(map(str, value.values()))
    if isinstance(value, list):
        texts = (" ".join(map(str, each)) if isinstance(each, list) else str(each) for each in value)
        return " ".join(texts)
    return display_value(value)


def _entry_of(url_name: str) -> str:
    """Return the entry of the menu that a page belongs to; the name of its address for a page outside the menu."""
    title = next((item.title for item in menu_items() if url_name.startswith(item.sections)), "")
    return title or url_name


def _field_label(model: str, name: str) -> str:
    try:
        return str(field_of(apps.get_model(model), name).verbose_name)
    except (LookupError, ValueError, FieldDoesNotExist):  # a model or field of an earlier release
        return name


def in_order(kinds: Iterable[str]) -> list[TrailKind]:
    """Return kinds in the order of the groups."""
    wanted = set(kinds)
    return [kind for group in GROUPS for kind in group.kinds if kind in wanted]
