"""The base of the step tables of records with states: each row is the log of one move (see `changelog.flow`)."""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.db import models
from django.utils import timezone

LONGEST_NOTE: Final = 500


class FlowStep(models.Model):
    """One move of one record. An app's table adds a foreign key to its record with `related_name="steps"`.

    `made_by` is None for what the portal does by itself. Rows are only added.
    """

    move = models.CharField("操作", max_length=20)
    before = models.CharField("原状态", max_length=12)
    after = models.CharField("新状态", max_length=12)
    made_at = models.DateTimeField("时间", default=timezone.now)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="操作人"
    )
    note = models.CharField("说明", max_length=LONGEST_NOTE, blank=True)

    class Meta:
        abstract = True
        ordering = ("pk",)
