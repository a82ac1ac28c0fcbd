"""The second factor of a sign-in: the secret of a user's authenticator app, and codes for when it is lost (ADR 0024)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from changzhi_portal.personal import SealedField
from changzhi_portal.records import Record


class SecondFactor(Record):
    """The secret that a user shares with an authenticator app (TOTP, RFC 6238). There is one only once a code was right.

    `last_step` is the time step (30 seconds, counted from 1970) of the last code that was taken: neither it nor an earlier
    one is taken again.
    """

    user = models.OneToOneField("accounts.User", models.CASCADE, related_name="second_factor", verbose_name="用户")
    secret = SealedField("密钥", kind="secret")
    last_step = models.BigIntegerField("上次用的验证码的时间步")

    class Meta:
        verbose_name = verbose_name_plural = "两步验证"

    def __str__(self) -> str:
        return f"{self.user}的两步验证"


class RecoveryCode(models.Model):
    """One of the codes that stand in for the app, each once. Only a keyed digest is stored."""

    user = models.ForeignKey("accounts.User", models.CASCADE, related_name="recovery_codes", verbose_name="用户")
    digest = models.CharField("摘要", max_length=64)
    used_at = models.DateTimeField("用掉的时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "恢复码"
        constraints = (
            models.UniqueConstraint(
                fields=["user", "digest"], name="recovery_code_once", violation_error_message="恢复码不能重复。"
            ),
        )
        indexes = (models.Index(fields=["user"], condition=Q(used_at__isnull=True), name="recovery_code_left"),)

    def __str__(self) -> str:
        return f"{self.user}的恢复码"
