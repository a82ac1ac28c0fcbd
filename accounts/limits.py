"""Limits of attempts to sign in: so many of one name, address or browser in a time, counted before a password is hashed.

A limit is a leaky bucket: it takes `capacity` attempts at once, and one more each time that one has leaked. A count is
taken and judged by one UPDATE, so that a hundred requests at once get no more through than one after another.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.core.cache import cache
from django.db.models import F, Q
from django.db.models.functions import Greatest
from django.utils import timezone

from accounts.models import AttemptCount, User
from accounts.models.attempts import AttemptCountQuerySet
from changzhi_portal.personal import digest

_PROLONGED_EVERY: Final = datetime.timedelta(minutes=1)  # a flood writes no more often


@dataclass(frozen=True, slots=True)
class Limit:
    """So many attempts at once, and one more in `leaks_every` seconds; used up, it is closed for `closes_for`."""

    name: str
    capacity: int
    leaks_every: float
    closes_for: datetime.timedelta = datetime.timedelta(0)

    def of(self, *what: object, user: User | None = None) -> Count:
        """Return the count of one name, address or browser; `user` is whose account it concerns."""
        keyed = digest("\x00".join(map(str, what))) if what else "all"
        return Count(self, f"{self.name}:{keyed}", user)


# Wrong passwords for one name, by clients that the name is not known to have used, from one address.
STRANGER: Final = Limit("stranger", 5, 180, datetime.timedelta(minutes=15))
# Wrong passwords for one name in a browser that it has been signed in with.
BROWSER: Final = Limit("browser", 5, 180, datetime.timedelta(minutes=15))
# Wrong passwords for one name by all strangers together: more are an attack.
ACCOUNT: Final = Limit("account", 20, 180, datetime.timedelta(minutes=30))
# Attempts by strangers from one address, whatever the names.
ADDRESS: Final = Limit("address", 60, 15, datetime.timedelta(minutes=15))
# Wrong passwords by strangers in the whole portal: more are an attack on it.
PORTAL: Final = Limit("portal", 100, 6)
# Wrong codes of the second factor; the password was right.
CODES: Final = Limit("codes", 5, 180, datetime.timedelta(minutes=15))
# Alerts about one thing.
ALERTS: Final = Limit("alerts", 1, 3600)


def hash_work() -> Limit:
    """Return the limit of passwords that are hashed for strangers: each takes a third of a second of a processor."""
    per_minute = settings.SIGN_IN_STRANGERS_PER_MINUTE
    return Limit("hashes", per_minute, 60 / per_minute)


@dataclass(frozen=True, slots=True)
class Count:
    """What is used of a limit by one name, address or browser."""

    limit: Limit
    name: str
    user: User | None = None

    def take(self) -> bool:
        """Count an attempt and return True, or return False where the limit is used up or closed."""
        if self._take():
            return True
        # Since now, or another request would delete the row as silent before it is taken.
        new = {"user": self.user, "used_until": _now()}
        _, is_new = AttemptCount.objects.get_or_create(name=self.name, defaults=new)
        if is_new:
            AttemptCount.objects.silent().exclude(name=self.name).delete()
        return self._take()

    def _take(self) -> bool:
        now = _now()
        room = Q(used_until__lte=now + (self.limit.capacity - 1) * self._leak)
        used = Greatest(F("used_until"), now) + self._leak
        return self._rows().exclude(closed_until__gt=timezone.now()).filter(room).update(used_until=used) == 1

    def give_back(self) -> None:
        """Take one attempt off again, because it was none that counts."""
        self._rows().update(used_until=F("used_until") - self._leak)

    def close_if_used_up(self) -> bool:
        """Close the count if nothing is left of it; return whether this call has closed it."""
        now = timezone.now()
        rows = self._rows().filter(used_until__gt=_now() + (self.limit.capacity - 1) * self._leak)
        return rows.exclude(closed_until__gt=now).update(closed_until=now + self.limit.closes_for) == 1

    def is_closed(self) -> bool:
        """Return whether the count is closed right now."""
        return self._rows().closed().exists()

    def prolong(self) -> None:
        """Keep a closed count closed for its whole time from now on, because attempts go on."""
        until = timezone.now() + self.limit.closes_for
        self._rows().closed().filter(closed_until__lt=until - _PROLONGED_EVERY).update(closed_until=until)

    def forget(self) -> None:
        """Begin to count anew."""
        self._rows().delete()

    @property
    def _leak(self) -> int:
        return int(self.limit.leaks_every * 1000)

    def _rows(self) -> AttemptCountQuerySet:
        return AttemptCount.objects.filter(name=self.name)


def first_refusing(counts: Sequence[Count]) -> Count | None:
    """Return the first count that lets nothing through, found by one query that writes nothing; None if all do."""
    rows = {row.name: row for row in AttemptCount.objects.filter(name__in=[count.name for count in counts])}
    now, moment = _now(), timezone.now()
    for count in counts:
        row = rows.get(count.name)
        if row is None:
            continue
        is_closed = row.closed_until is not None and row.closed_until > moment
        if is_closed or row.used_until > now + (count.limit.capacity - 1) * count._leak:
            return count
    return None


def take_uncounted(count: Count) -> bool:
    """Return whether an attempt may go on that cannot be counted now, because another writes into the database.

    One of each count in ten seconds, one a second altogether: too few to guess with in the minute that it lasts.
    """
    return cache.add(f"uncounted:{count.name}", True, 10) and cache.add(f"uncounted:at:{int(time.time())}", True, 2)


def forget_counts(user: User) -> None:
    """Lift what wrong passwords and codes have closed for an account, whoever has typed them."""
    AttemptCount.objects.filter(user=user).exclude(name__startswith=f"{ALERTS.name}:").delete()


def _now() -> int:
    return int(time.time() * 1000)
