"""Where records belonged before their community changed (docs/domain.md §3.9, ADR 0021)."""

from __future__ import annotations

import datetime
from collections.abc import Collection
from typing import ClassVar, Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from changzhi_portal.scope import ScopedModel, ScopedQuerySet
from communities.models.community import Community


class RecordMoveQuerySet(ScopedQuerySet):
    """Queries of moves."""

    def of_model(self, model: type[models.Model]) -> Self:
        """Filter for the moves of the records of one model."""
        return self.filter(model=model._meta.label_lower)

    def former_on(self, model: type[models.Model], day: datetime.date) -> Self:
        """Filter for the move after `day` that tells where each record belonged on that day: the earliest one."""
        later = self.of_model(model).filter(moved_on__gt=day)
        earlier = later.filter(record_id=OuterRef("record_id"), moved_on__lt=OuterRef("moved_on"))
        return later.filter(~Exists(earlier))


def community_on(model: type[models.Model], day: datetime.date, *, through: str = "") -> Coalesce:
    """Return the key of the community that a record of the model counts for on a day; annotated to the model's rows.

    It is the present one, or that before the earliest move after the day. `through` is the lookup that leads from the rows
    to the record, where they are rows of another model.
    """
    of_record = RecordMove.objects.of_model(model).filter(record_id=OuterRef(through or "pk"), moved_on__gt=day)
    former = Subquery(of_record.order_by("moved_on").values("from_community")[:1])
    present = F(f"{through}__community" if through else "community")
    return Coalesce(former, present, output_field=models.BigIntegerField())


def here_or_left(model: type[models.Model], communities: QuerySet | Collection[int], day: datetime.date) -> Q:
    """Return the condition that a record is at one of the communities or has left one by a move after the day.

    `communities` is their keys. A union, since each half has its index.
    """
    here = model._default_manager.filter(community__in=communities).order_by().values("pk")
    left = RecordMove.objects.of_model(model).filter(from_community__in=communities, moved_on__gt=day)
    return Q(pk__in=here.union(left.order_by().values("record_id")))


class RecordMove(ScopedModel):
    """The move of one record to the successor of its community: on days before `moved_on` it counts for the former one.

    The record itself names its present community, so that lists, forms and uploads need not know of moves.
    """

    model = models.CharField("表", max_length=60, help_text="app_label.modelname")
    record_id = models.BigIntegerField("主键")
    from_community = models.ForeignKey(Community, models.PROTECT, related_name="moves_away", verbose_name="原社区")
    to_community = models.ForeignKey(Community, models.PROTECT, related_name="moves_here", verbose_name="承接的社区")
    moved_on = models.DateField("生效日期")
    name_key = models.CharField("原比对用名称", max_length=100, blank=True, help_text="转入时因重名改了名的记录")
    change_set = models.ForeignKey(
        "changelog.ChangeSet", models.PROTECT, related_name="record_moves", verbose_name="变更集"
    )

    scope_lookups: ClassVar[tuple[str, ...]] = ("to_community__town",)
    objects = RecordMoveQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "记录转归"
        ordering = ("moved_on", "id")
        indexes = (models.Index(fields=["model", "moved_on"], name="move_of_model_and_day"),)
        constraints = (
            models.UniqueConstraint(
                fields=["model", "record_id", "moved_on"],
                name="record_moves_once_a_day",
                violation_error_message="这条记录这一天已经转归。",
            ),
            models.CheckConstraint(
                condition=~Q(from_community=F("to_community")),
                name="record_moves_elsewhere",
                violation_error_message="记录应转到另一个社区。",
            ),
        )

    def __str__(self) -> str:
        return f"{self.from_community} → {self.to_community}（{self.moved_on:%Y-%m-%d}）"
