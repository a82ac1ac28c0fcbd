"""Counts of attempts to sign in, by what is counted: a name, an address, a browser, all of them (ADR 0025)."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone


class AttemptCountQuerySet(models.QuerySet):
    """Queries of counts."""

    def closed(self) -> Self:
        """Filter for counts that let nothing through right now."""
        return self.filter(closed_until__gt=timezone.now())

    def silent(self) -> Self:
        """Filter for counts that say nothing any more: all has leaked an hour ago, and nothing is closed."""
        now = timezone.now()
        leaked = self.filter(used_until__lt=int((now.timestamp() - 3600) * 1000))
        return leaked.filter(Q(closed_until=None) | Q(closed_until__lt=now))


class AttemptCount(models.Model):
    """How much of a limit (`accounts.limits.Limit`) is used for one name, address, browser or account.

    A leaky bucket in one number: `used_until` is when all attempts so far will have leaked, in milliseconds since 1970.
    A row whose time is past says nothing more and may be deleted. `name` holds no user name and no address in clear: it
    is the limit's name with a keyed digest.
    """

    name = models.CharField("计什么", max_length=100, unique=True)
    user = models.ForeignKey(
        "accounts.User", models.CASCADE, null=True, blank=True, related_name="attempt_counts", verbose_name="用户"
    )
    used_until = models.BigIntegerField("用到（毫秒）", default=0)
    closed_until = models.DateTimeField("暂停到", null=True, blank=True)

    objects = AttemptCountQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "登录次数"

    def __str__(self) -> str:
        return self.name
