"""What a check of the portal's health is. Apps declare their own in `<app>/health.py`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.db import Error

from changzhi_portal.refusals import UnavailableError

BRIEFLY = 5  # seconds that an answer is kept, so that probes cost next to nothing
LONG = 60  # seconds that the good answer of an expensive check is kept, of which a running portal changes little
NOT_ASKED = "数据库不可用，这一项没有检查。"


@dataclass(frozen=True, kw_only=True, eq=False)
class HealthCheck:
    """One question about the portal's health.

    `ask` returns one Chinese sentence that says how it is, or raises UnavailableError with one that says what is wrong
    and what to do. Only people who look after the portal read the sentences; everybody may see `name` and whether it holds.
    """

    name: str
    title: str
    ask: Callable[[], str]
    needs_database: bool = True
    kept_seconds: int = BRIEFLY  # for how long a good answer is kept; a bad one is kept for BRIEFLY


@dataclass(frozen=True)
class Answer:
    """What a check has found: whether all is well, and the sentence that says how it is."""

    check: HealthCheck
    is_good: bool
    sentence: str
    cure: str = ""  # the sentence in English, for the log


def answer_of(check: HealthCheck) -> Answer:
    """Ask one check. A database that fails meanwhile is a bad answer, not an error."""
    try:
        return Answer(check, True, check.ask())
    except UnavailableError as refusal:
        return Answer(check, False, str(refusal), refusal.cure)
    except Error as error:
        return Answer(check, False, "数据库出错，没有查到；请看服务器日志。", type(error).__name__)
