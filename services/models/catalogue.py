"""The purchase catalogue (购买清单): which services a division may buy [四（二）1]."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from changzhi_portal.names import readings
from changzhi_portal.records import Record
from changzhi_portal.scope import ScopedModel


class ServiceField(models.TextChoices):
    """服务领域 [四（二）1]."""

    CULTURE = "culture", "社区文化"
    SPORTS = "sports", "社区体育"
    RELIEF = "relief", "社会救助"
    ELDERLY = "elderly", "社区养老"
    CORRECTION = "correction", "社区矫正"
    OTHER = "other", "其他"


class CatalogueItem(Record, ScopedModel):
    """A line of the purchase catalogue: a service that a division, and those below it, may buy [四（二）1].

    `finance_code` is the number of the line in the finance office's guiding catalogue (政府购买服务指导性目录).
    """

    division = models.ForeignKey(
        "communities.Division", models.PROTECT, related_name="catalogue", verbose_name="所属区划"
    )
    code = models.CharField("清单编号", max_length=30)
    name = models.CharField("服务事项", max_length=100)
    readings = models.TextField("读音", blank=True, default="", editable=False)
    field = models.CharField("服务领域", max_length=12, choices=ServiceField)
    finance_code = models.CharField("目录代码", max_length=20, blank=True, default="")
    prefers_organizations = models.BooleanField("优先社会组织", default=False)
    valid_from = models.DateField("起")
    valid_to = models.DateField("止", null=True, blank=True)
    note = models.CharField("备注", max_length=500, blank=True)

    record_page: ClassVar[str] = "services:catalogue_item_detail"
    scope_lookups: ClassVar[tuple[str, ...]] = ("division",)

    class Meta:
        verbose_name = verbose_name_plural = "购买清单"
        ordering = ("code", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["division", "code"], name="catalogue_code_once", violation_error_message="清单中已有此编号。"
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                name="catalogue_ends_after_start",
                violation_error_code="date_order",
                violation_error_message="止日早于起日，请核对。",
            ),
        )

    def __str__(self) -> str:
        return self.name

    def prepare_keys(self) -> None:
        """Set the column derived from the name; call before saving."""
        self.readings = readings(self.name)
