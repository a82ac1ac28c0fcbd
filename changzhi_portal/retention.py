"""How long personal data are kept (docs/privacy.md): what an app keeps for a time and then wipes, in `<app>/retention.py`.

The times are the setting RETENTION_DAYS, under the names of the rules. `privacy` carries the rules out once a day.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings

from changzhi_portal.discovery import instances_in
from changzhi_portal.personal import CannotDecryptError, Sealed, Wiped, decrypt, wiped, wiped_text
from changzhi_portal.personal.stores import Ciphertext

UNREADABLE = Wiped("?")


@dataclass(frozen=True)
class RetentionRule:
    """What is wiped once it is old enough.

    `position` orders the rules: what is finished by one may be wiped by the next. `count` and `wipe` take the moment
    before which it is old, and return how many; `wipe` works in short transactions and may be interrupted.
    """

    name: str
    title: str
    position: int
    count: Callable[[datetime.datetime], int]
    wipe: Callable[[datetime.datetime], int]

    @property
    def days(self) -> int:
        """Return how many days it is kept."""
        return settings.RETENTION_DAYS[self.name]


def retention_rules() -> list[RetentionRule]:
    """Return the rules of all apps in their order."""
    return sorted(instances_in("retention", RetentionRule), key=lambda rule: rule.position)


def wiped_ciphertext(each: Ciphertext) -> str:
    """Return what is stored in place of a ciphertext whose time is over: its mask, or "?" where no key opens it."""
    try:
        plain = decrypt(each.token, each.place)
    except CannotDecryptError:
        return wiped(UNREADABLE)
    return wiped(Sealed(each.kind, plain=plain)) if each.kind else wiped_text(plain)
