"""Passwords that users had before."""

from __future__ import annotations

from django.db import models

# So many passwords are not taken again: the current one and those before it.
REMEMBERED_PASSWORDS = 5


class PastPassword(models.Model):
    """The hash of a password that a user had before: only to be compared with, shown nowhere and in no log."""

    user = models.ForeignKey("accounts.User", models.CASCADE, related_name="past_passwords", verbose_name="用户")
    password = models.CharField("用过的密码", max_length=128)

    class Meta:
        verbose_name = verbose_name_plural = "用过的密码"

    def __str__(self) -> str:
        return f"{self.user}用过的密码"
