"""Where users sign in: browsers that they have used before, and the sessions that are open (ADR 0025)."""

from __future__ import annotations

import datetime
from typing import Final, Self

from django.db import models
from django.utils import timezone

BROWSER_KNOWN_FOR: Final = datetime.timedelta(days=400)  # since its last sign-in; browsers keep no cookie longer


class KnownBrowserQuerySet(models.QuerySet):
    """Queries of known browsers."""

    def current(self) -> Self:
        """Leave out those that nobody has used for so long that their cookie is gone."""
        return self.filter(last_used_at__gt=timezone.now() - BROWSER_KNOWN_FOR)


class KnownBrowser(models.Model):
    """A browser that a user has signed in with, known again by a signed cookie; of the cookie only a digest is stored.

    Several users of one computer have a row each: a browser is known for those who have signed in with it.
    """

    user = models.ForeignKey("accounts.User", models.CASCADE, related_name="browsers", verbose_name="用户")
    digest = models.CharField("摘要", max_length=64)
    device = models.CharField("设备", max_length=60)
    address = models.CharField("地址", max_length=45)
    first_used_at = models.DateTimeField("第一次登录的时间")
    last_used_at = models.DateTimeField("上次登录的时间")

    objects = KnownBrowserQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "登录过的浏览器"
        constraints = (
            models.UniqueConstraint(
                fields=["user", "digest"], name="browser_known_once", violation_error_message="这个浏览器已经登记过。"
            ),
        )

    def __str__(self) -> str:
        return f"{self.user}的{self.device}"


class SignInSession(models.Model):
    """A session that was begun by signing in: whose, where and since when. The session itself lies in the cache.

    `digest` finds it there (`changzhi_portal.sessions.digest_of`), but is no key that opens it. The row is written when the
    session begins, when its key changes and when it ends, never in between; when it was last used says the session.
    """

    user = models.ForeignKey("accounts.User", models.CASCADE, related_name="sign_in_sessions", verbose_name="用户")
    digest = models.CharField("摘要", max_length=64, unique=True)
    device = models.CharField("设备", max_length=60)
    address = models.CharField("地址", max_length=45)
    began_at = models.DateTimeField("登录时间")

    class Meta:
        verbose_name = verbose_name_plural = "登录"
        ordering = ("-began_at", "-id")

    def __str__(self) -> str:
        return f"{self.device}（{self.address}）"
