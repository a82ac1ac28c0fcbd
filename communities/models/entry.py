"""What an office has said about a community for a month: its figures were entered, or nothing has changed."""

from __future__ import annotations

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from changzhi_portal.scope import ScopedModel, ScopedQuerySet


class CommunityEntryQuerySet(ScopedQuerySet):
    """Queries of what offices have said about communities."""

    def standing(self) -> Self:
        """Leave out what was entered by saves that have all been undone; one may come several times."""
        return self.filter(Q(state=CommunityEntry.State.UNCHANGED) | Q(change_sets__reversed_by__isnull=True))


class CommunityEntry(ScopedModel):
    """The newest statement of an office about one community and month, from the page that shows all of the community."""

    class State(models.TextChoices):
        """What was said."""

        ENTERED = "entered", "已填"
        UNCHANGED = "unchanged", "本月无变动"

    community = models.ForeignKey("communities.Community", models.CASCADE, related_name="entries", verbose_name="社区")
    period = models.ForeignKey("periods.ReportingPeriod", models.PROTECT, related_name="+", verbose_name="统计月")
    state = models.CharField("情况", max_length=9, choices=State)
    made_at = models.DateTimeField("时间", auto_now=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="填报人")
    # The saves of it: once all of them are undone, nothing is entered.
    change_sets = models.ManyToManyField("changelog.ChangeSet", related_name="+", verbose_name="变更集")
    # The keyed digest of the input that was saved last: the same input sent again is no second save.
    last_input = models.CharField("最近一次的内容", max_length=64, blank=True, editable=False)

    objects = CommunityEntryQuerySet.as_manager()
    scope_lookups: ClassVar[tuple[str, ...]] = ("community__town",)

    class Meta:
        verbose_name = verbose_name_plural = "社区填报情况"
        ordering = ("period", "community")
        constraints = (
            models.UniqueConstraint(
                fields=["community", "period"],
                name="community_entry_once_a_month",
                violation_error_message="这个社区这个月已有填报情况。",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["entered", "unchanged"]),
                name="community_entry_state_known",
                violation_error_message="填报情况只能是已填或本月无变动。",
            ),
        )

    def __str__(self) -> str:
        return f"{self.community} {self.period} {self.get_state_display()}"
