"""Locks that let one writer of a register in after the other."""

from __future__ import annotations

from django.db import connection, models


class RegisterLockQuerySet(models.QuerySet["RegisterLock"]):
    """Locks of registers."""

    def lock(self, register: str) -> None:
        """Lock the register until the transaction ends.

        Commits, edits and undoings then run one after the other: an undoing that has found nothing changed since must
        not meet a change while it writes. On SQLite an immediate transaction holds the whole database already, so the
        row alone is made sure of.
        """
        self.get_or_create(register=register)
        if connection.features.has_select_for_update:
            self.select_for_update().get(register=register)


class RegisterLock(models.Model):
    """A row per register that whoever writes it locks; see `RegisterLockQuerySet.lock`."""

    register = models.CharField("登记表", max_length=20, primary_key=True)

    objects = RegisterLockQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "登记表锁"

    def __str__(self) -> str:
        return self.register
