"""The last sign-ins of an account and attempts at it, read from the trail (`changelog.trail`), as people read them."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Final

from accounts.browsers import agent_in_words
from accounts.models import User
from changelog.models.trail import TrailKind, TrailRecord

# So many sign-ins and sign-outs, and so many of the others: failed attempts in heaps push no sign-in off the list.
SHOWN_OF_EACH: Final = 10
_BY_THE_USER: Final = (TrailKind.SIGNED_IN, TrailKind.SIGNED_OUT)
_ABOUT_THE_USER: Final = (
    TrailKind.SIGN_IN_FAILED,
    TrailKind.LOCKED_OUT,
    TrailKind.SESSION_ENDED,
    TrailKind.SECOND_FACTOR,
)
_WORDS: Final = {
    TrailKind.SIGNED_IN: "登录",
    TrailKind.SIGNED_OUT: "退出",
    TrailKind.SIGN_IN_FAILED: "密码不对，没有登录",
    TrailKind.LOCKED_OUT: "输错太多，锁定",
    TrailKind.SESSION_ENDED: "登录被退出",
}
_SECOND_FACTOR_WORDS: Final = {
    "code_asked": "新设备上密码对，要输验证码",
    "wrong_code": "密码对，验证码不对",
    "recovery_code_used": "用了恢复码",
    "set_up": "启用两步验证",
    "removed": "移除两步验证",
    "codes_renewed": "重新生成恢复码",
}
_BAD: Final = (TrailKind.SIGN_IN_FAILED, TrailKind.LOCKED_OUT)


@dataclass(frozen=True, slots=True)
class SignInLine:
    """One line of the history: when, what in words, where; `is_bad` if it was a failed attempt."""

    at: datetime.datetime
    what: str
    device: str
    address: str
    is_bad: bool


def sign_in_history(user: User) -> list[SignInLine]:
    """Return the last sign-ins, failed attempts and what has changed about signing in, the newest first; two queries."""
    own = TrailRecord.objects.filter(made_by=user, kind__in=_BY_THE_USER).order_by("-made_at")[:SHOWN_OF_EACH]
    about = TrailRecord.objects.about(user).filter(kind__in=_ABOUT_THE_USER)[:SHOWN_OF_EACH]
    newest = sorted([*own, *about], key=lambda record: (record.made_at, record.pk), reverse=True)
    return [_line(record) for record in newest]


def _line(record: TrailRecord) -> SignInLine:
    kind, what = TrailKind(record.kind), str(record.detail.get("what", ""))
    words = _SECOND_FACTOR_WORDS.get(what) or _WORDS.get(kind) or str(kind.label)
    device = agent_in_words(record.device) if record.device else ""
    return SignInLine(record.made_at, words, device, record.address, kind in _BAD or what == "wrong_code")
