"""What other systems may be told of: a closed list. Each kind says which right of its role a system needs for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class EventKind:
    """One kind of event: its name in what is sent, what it is called in pages, when it happens, and the right it needs."""

    name: str
    title: str
    explanation: str
    requires: str


COMMITTED: Final = EventKind("upload.committed", "上传入库", "一批表格写进了登记册", "may_see_uploads")
UNDONE: Final = EventKind("upload.undone", "撤销入库", "入库的一批表格撤销了", "may_see_uploads")
SUBMITTED: Final = EventKind("submission.submitted", "上报", "一个县（市、区）上报了一个月", "may_see_submissions")
RETURNED: Final = EventKind("submission.returned", "上报退回", "市局退回了上报", "may_see_submissions")
ACCEPTED: Final = EventKind("submission.accepted", "上报接收", "市局接收了上报", "may_see_submissions")
LOCKED: Final = EventKind("period.locked", "月份锁定", "一个月的数据定下来了", "may_see_figures")
REOPENED: Final = EventKind("period.reopened", "月份重新开放", "锁定的月份又可以改了", "may_see_figures")
ISSUED: Final = EventKind("briefing.issued", "简报生成", "一期简报生成好了，重新生成的和更正版也算", "may_see_figures")
DIVISION_CHANGED: Final = EventKind("division.changed", "区划变更", "区划变更应用了，或者撤销了", "may_see_figures")

KINDS: Final = (
    COMMITTED,
    UNDONE,
    SUBMITTED,
    RETURNED,
    ACCEPTED,
    LOCKED,
    REOPENED,
    ISSUED,
    DIVISION_CHANGED,
)
BY_NAME: Final = {kind.name: kind for kind in KINDS}
# What 发送测试 sends; nobody subscribes to it.
TEST: Final = "webhook.test"


def in_order(names: Iterable[str]) -> list[str]:
    """Return names of kinds in the order of the list, each once; others are left out."""
    wanted = set(names)
    return [kind.name for kind in KINDS if kind.name in wanted]


def title_of(name: str) -> str:
    """Return what people call a kind; the name itself for one that is no kind any more."""
    if name == TEST:
        return "测试"
    return BY_NAME[name].title if name in BY_NAME else name
