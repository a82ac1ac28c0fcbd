"""What an office has taught about its own column headers."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models

from changzhi_portal.scope import ScopedModel, ScopedQuerySet
from uploads.models.batch import UploadBatch


class ColumnMappingQuerySet(ScopedQuerySet):
    """Reads of column mappings."""

    def of_office(self, batch: UploadBatch) -> Self:
        """Return what the office of a batch has taught for the batch's register."""
        return self.filter(division=batch.division, register=batch.register)

    def by_header(self) -> dict[str, str]:
        """Return normalised header → field, "" for a column to be ignored."""
        return dict(self.values_list("header", "field"))


class ColumnMapping(ScopedModel):
    """How one office calls a column of one register; written when its clerk maps the column by hand."""

    division = models.ForeignKey("communities.Division", models.CASCADE, related_name="+", verbose_name="填报单位")
    register = models.CharField("登记表", max_length=20)
    header = models.CharField("文件中的列名", max_length=100, help_text="归一化之后")
    field = models.CharField("对应的列", max_length=40, blank=True, help_text="空表示忽略这一列")

    scope_lookups: ClassVar[tuple[str, ...]] = ("division",)
    objects = ColumnMappingQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "列的对应"
        constraints = (
            models.UniqueConstraint(
                fields=["division", "register", "header"],
                name="column_mapping_once",
                violation_error_message="这一列已有对应。",
            ),
        )

    def __str__(self) -> str:
        return f"{self.header} → {self.field}"
