"""The crosswalk of communities for changes of divisions (docs/domain.md §3.4)."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import Exists, OuterRef, Q

from communities.models.division import DivisionChange


class CrosswalkQuerySet(models.QuerySet):
    """Queries of crosswalk rows."""

    def pending(self) -> Self:
        """Filter for rows of a day with a change that is not applied yet."""
        changes = DivisionChange.objects.filter(effective_on=OuterRef("effective_on"), applied_at__isnull=True)
        return self.filter(Exists(changes))


class CrosswalkRow(models.Model):
    """The code and name of one community before and after the changes of one day.

    Without `to_code` its counterpart is unknown; without `from_code` the community is new. A community without a row
    follows its town. Several with one `to_code` are merged.
    """

    effective_on = models.DateField("生效日期")
    from_code = models.CharField("原社区代码", max_length=12, blank=True, db_index=True)
    from_name = models.CharField("原社区名称", max_length=60, blank=True)
    to_code = models.CharField("新社区代码", max_length=12, blank=True, db_index=True)
    to_name = models.CharField("新社区名称", max_length=60, blank=True)
    to_town_name = models.CharField(
        "新街道（乡镇）名称", max_length=50, blank=True, help_text="社区去往新设的街道（乡镇）时填写"
    )

    objects = CrosswalkQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "社区代码对照"
        ordering = ("effective_on", "from_code", "to_code")
        constraints = (
            models.UniqueConstraint(
                fields=["effective_on", "from_code"],
                condition=~Q(from_code=""),
                name="crosswalk_from_once",
                violation_error_message="同一天的对照表中，一个原社区代码只能出现一次。",
            ),
            models.UniqueConstraint(
                fields=["effective_on", "to_code"],
                condition=Q(from_code="") & ~Q(to_code=""),
                name="crosswalk_new_once",
                violation_error_message="同一天的对照表中，一个新设社区的代码只能出现一次。",
            ),
            models.CheckConstraint(
                condition=(~Q(from_code="") & ~Q(from_name="")) | (~Q(to_code="") & ~Q(to_name="")),
                name="crosswalk_says_something",
                violation_error_message="对照表的一行应有原社区或新社区的代码和名称。",
            ),
        )

    def __str__(self) -> str:
        return f"{self.from_name or '（新设）'} → {self.to_name or '（无对应）'}"
