"""The files of an issue: PDF, .xlsx, .docx and .json, all made of its stored figures."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from changzhi_portal.scope import ScopedModel
from reports.models.briefings import Briefing

CONTENT_TYPES = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "json": "application/json",
}


class BriefingFile(ScopedModel):
    """One file of one edition, below MEDIA_ROOT. The files of an issued edition are never written again."""

    class Kind(models.TextChoices):
        """Kinds of files; the value is the ending of its name."""

        PDF = "pdf", "PDF"
        XLSX = "xlsx", "数据表（Excel）"
        DOCX = "docx", "文字稿（Word）"
        JSON = "json", "数据（JSON）"

    briefing = models.ForeignKey(Briefing, models.CASCADE, related_name="files", verbose_name="简报")
    kind = models.CharField("种类", max_length=4, choices=Kind)
    name = models.CharField("文件", max_length=120, help_text="MEDIA_ROOT 下的文件")
    sha256 = models.CharField("校验值（SHA-256）", max_length=64)
    size = models.PositiveIntegerField("大小（字节）")

    scope_lookups: ClassVar[tuple[str, ...]] = ("briefing__division",)

    class Meta:
        verbose_name = verbose_name_plural = "简报文件"
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=["briefing", "kind"],
                name="briefing_file_once",
                violation_error_message="一版简报每种文件只有一个。",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["pdf", "xlsx", "docx", "json"]),
                name="briefing_file_kind_known",
                violation_error_message="没有这种简报文件。",
            ),
            models.CheckConstraint(
                condition=~Q(name="") & Q(sha256__regex=r"^[0-9a-f]{64}$"),
                name="briefing_file_has_digest",
                violation_error_message="简报文件应有文件名和校验值。",
            ),
        )

    def __str__(self) -> str:
        return f"{self.briefing}.{self.kind}"
