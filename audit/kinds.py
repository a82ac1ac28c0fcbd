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
        (K.EXPORTED, K.EXPORTED_CLEAR, K.TEMPLATE, K.ORIGINAL, K.MARKED, K.DOCUMENT, K.TRAIL_EXPORTED),
    ),
    KindGroup("changes", "上传和改动", (K.UPLOADED, K.DISCARDED, K.CHANGED, K.IMPORTED, K.UNDONE, K.WIPED)),
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
    "period": "统计月",
    "filled": "含现有数据",
    "file": "文件名",
    "bytes": "文件大小（字节）",
    "sha256": "文件校验值",
    "fields": "看到的内容",
    "page": "页面",
    "method": "请求方式",
    "status": "结果",
    "address": "网址里的参数",
    "outside": "库外保存的封存",
    "database": "库内最新的封存",
    "last_seq": "归档到的序号",
    "last_mac": "归档到的校验码",
}
_METHODS: Final = {"GET": "打开", "POST": "提交"}
_STATUS: Final = {403: "没有权限", 404: "没有找到，或者不在辖区内"}


def detail_facts(detail: dict[str, Any], model: str) -> list[Fact]:
    """Return what a record of the trail says besides, in words where there are any; `model` is that of its object."""
    return [Fact(_LABELS.get(name, name), _in_words(name, value, model)) for name, value in detail.items()]


def _in_words(name: str, value: Any, model: str) -> str:
    if name == "register" and value:
        try:
            return register_named(value).title
        except NotFoundError:
            return str(value)
    if name == "fields" and isinstance(value, list):
        return "、".join(_field_label(model, each) for each in value) or display_value(None)
    if name == "status":
        return _STATUS.get(value, str(value))
    if name == "method":
        return _METHODS.get(value, str(value))
    if name == "page":
        return _entry_of(str(value))
    if isinstance(value, dict):
        return "，".join(map(str, value.values())) or display_value(None)
    if isinstance(value, list):
        return " ".join(map(str, value))
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
