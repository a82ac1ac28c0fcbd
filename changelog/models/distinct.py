"""Pairs of records that look like one and are two."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from changzhi_portal.scope import ScopedModel


class DistinctPair(ScopedModel):
    """Two records of a register that look like one and are two, as somebody has said; by their keys, the older one first.

    It belongs to the division where the older one lay at the time.
    """

    register = models.CharField("登记表", max_length=20)
    first_key = models.BigIntegerField("记录")
    second_key = models.BigIntegerField("另一条记录")
    division = models.ForeignKey("communities.Division", models.PROTECT, related_name="+", verbose_name="所属区划")
    made_at = models.DateTimeField("时间", auto_now_add=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="操作人")

    scope_lookups = ("division",)

    class Meta:
        verbose_name = verbose_name_plural = "不是重复的记录"
        ordering = ("-made_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=["register", "first_key", "second_key"],
                name="distinct_pair_once",
                violation_error_message="这两条记录已经标为不是重复。",
            ),
            models.CheckConstraint(
                condition=Q(first_key__lt=F("second_key")),
                name="distinct_pair_in_order",
                violation_error_message="两条记录应不同，先登记的在前。",
            ),
        )

    def __str__(self) -> str:
        return f"{self.register} {self.first_key} {self.second_key}"
