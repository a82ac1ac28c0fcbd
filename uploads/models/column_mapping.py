"""The offices' column mappings."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models

from changzhi_portal.scope import ScopedModel, ScopedQuerySet
from uploads.models.batch import UploadBatch


class ColumnMappingQuerySet(ScopedQuerySet):
    """Queries of column mappings."""

    def of_office(self, batch: UploadBatch) -> Self:
        """Filter for the mappings of a batch's office and register."""
        return self.filter(division=batch.division, register=batch.register)

    def by_register(self, batch: UploadBatch) -> dict[str, dict[str, str]]:
        """Return all mappings of a batch's office: by register, field by normalised header."""
        mappings: dict[str, dict[str, str]] = {}
        for register, header, field in self.filter(division=batch.division).values_list("register", "header", "field"):
            mappings.setdefault(register, {})[header] = field
        return mappings

    def for_recognising(self, batch: UploadBatch) -> dict[str, dict[str, str]]:
        """Return the mappings by which the tables of a batch's file are assigned to registers.

        Those of the moment when its register was recognised: a mapping made by hand since decides how the columns of a
        table are read, but not whose table it is, because other batches of the file may have been checked already.
        """
        known: dict[str, dict[str, str]] | None = batch.recognised_with
        return self.by_register(batch) if known is None else known

    def by_header(self) -> dict[str, str]:
        """Return field by name of the column in a file, "" for an ignored column."""
        return dict(self.values_list("header", "field"))


class ColumnMapping(ScopedModel):
    """One office's header of a column of one register; written when a clerk maps the column by hand."""

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
