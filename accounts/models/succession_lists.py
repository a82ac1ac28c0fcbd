"""What moved to successors with a change of divisions, as it was told when it was applied (docs/domain.md §3.10)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from changzhi_portal.scope import ScopedModel, ScopedQuerySet


class SuccessionList(ScopedModel):
    """The sentences of one change set of divisions: which departments, points and the like went where. It is only added."""

    change_set = models.OneToOneField(
        "changelog.ChangeSet", models.PROTECT, related_name="succession_list", verbose_name="变更集"
    )
    sentences = models.JSONField("转到承接区划的", default=list)

    scope_lookups: ClassVar[tuple[str, ...]] = ("change_set__division",)
    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "承接清单"
        ordering = ("-change_set",)

    def __str__(self) -> str:
        return f"{self.change_set}"
