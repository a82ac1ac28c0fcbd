"""What the bureau has decided about accounts (账号设置)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class AccountSettings(models.Model):
    """What the bureau has decided about accounts: one row, none before it is saved for the first time."""

    ONLY = 1  # the primary key of the row

    counties_manage_clerks = models.BooleanField("县（市、区）管理本县的街道填报员", default=False)
    version = models.PositiveIntegerField("版本", default=0, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "账号设置"
        constraints = (
            models.CheckConstraint(
                condition=Q(id=1), name="account_settings_once", violation_error_message="账号设置只有一份。"
            ),
        )

    def __str__(self) -> str:
        return "账号设置"

    @classmethod
    def current(cls) -> AccountSettings:
        """Return the settings in force; an unsaved row with the defaults before they are saved for the first time."""
        return cls.objects.filter(pk=cls.ONLY).first() or cls(pk=cls.ONLY)
