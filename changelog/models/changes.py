"""What changed: a `ChangeSet` is a transaction, a `ChangeRecord` a record in it (docs/architecture.md, decision 6)."""

from __future__ import annotations

import datetime
from typing import Any, Self

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Exists, OuterRef, Q

from changelog.models.logged_values import logged_value
from changzhi_portal.personal import Wiped
from changzhi_portal.records import new_ref
from changzhi_portal.scope import ScopedModel, ScopedQuerySet

LONGEST_REASON = 100  # characters; of the reason for changing records; other reasons, such as that for reopening a month, may be longer
# Who is named in the log where no person has acted: a migration, a command of the operators. The user cannot sign in.
SYSTEM_USER = "system"


class ChangeSet(ScopedModel):
    """One transaction that changed records: by whom, when, why, through which upload."""

    ref = models.CharField("编号", max_length=13, unique=True, editable=False, default=new_ref)
    made_at = models.DateTimeField("时间", auto_now_add=True, db_index=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="change_sets", verbose_name="操作人"
    )
    division = models.ForeignKey("communities.Division", models.PROTECT, related_name="+", verbose_name="所属区划")
    batch = models.ForeignKey(
        "uploads.UploadBatch",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="change_sets",
        verbose_name="上传批次",
    )
    reverses = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="reversed_by", verbose_name="撤销的变更"
    )
    summary = models.CharField("说明", max_length=200)
    reason = models.CharField("原因", max_length=LONGEST_REASON, blank=True, default="")  # of a bulk edit
    # False for changes of a month's state (锁定、重新开放), which make no measure stale.
    affects_figures = models.BooleanField("影响统计数据", default=True)

    scope_lookups = ("division",)

    class Meta:
        verbose_name = verbose_name_plural = "变更集"
        ordering = ("-made_at", "-id")

    def __str__(self) -> str:
        return self.summary


class ChangeRecordQuerySet(ScopedQuerySet):
    """Queries of change records."""

    def of_object(self, instance: models.Model) -> Self:
        """Filter for the changes of one record, newest first."""
        return self.filter(model=instance._meta.label_lower, object_id=instance.pk).order_by("-id")

    def added_at(self, instance: models.Model) -> datetime.datetime | None:
        """Return when a record was added; None for one that is older than the change log."""
        added = self.of_object(instance).filter(kind=ChangeRecord.Kind.CREATED)
        return added.values_list("change_set__made_at", flat=True).first()

    def later_changes_of(self, change_set: ChangeSet) -> Self:
        """Filter for changes by other change sets, later than and on the same records as those of `change_set`.

        Changes that were reversed and the reversals themselves are left out; rows of an undone upload that were kept are
        included.
        """
        same = ChangeRecord.objects.filter(model=OuterRef("model"), object_id=OuterRef("object_id"))
        touched = same.filter(change_set=change_set, id__lt=OuterRef("id"))
        return self.not_undone().filter(Exists(touched)).exclude(change_set=change_set)

    def not_undone(self) -> Self:
        """Leave out changes that were reversed, and the reversals themselves."""
        same = ChangeRecord.objects.filter(model=OuterRef("model"), object_id=OuterRef("object_id"))
        taken_back = same.filter(change_set__reverses=OuterRef("change_set"))
        stands = Q(change_set__reversed_by__isnull=True) | ~Exists(taken_back)
        return self.filter(stands, change_set__reverses__isnull=True)

    def with_sources(self) -> Self:
        """Load who made each change and the upload it came with, with its office; the newest change first."""
        return self.select_related(
            "change_set__made_by", "change_set__batch__division", "change_set__reversed_by"
        ).order_by("-id")


class ChangeRecord(ScopedModel):
    """The values of one record before and after a change. Personal data are stored encrypted."""

    class Kind(models.TextChoices):
        """Kinds of changes."""

        CREATED = "created", "新增"
        UPDATED = "updated", "修改"
        REMOVED = "removed", "删除"  # only by undoing the upload that created it

    change_set = models.ForeignKey(
        ChangeSet, models.CASCADE, related_name="records", verbose_name="变更集", db_index=False
    )
    model = models.CharField("表", max_length=60, help_text="app_label.modelname")
    object_id = models.BigIntegerField("主键")
    object_ref = models.CharField("记录编号", max_length=13, blank=True)
    object_label = models.CharField("记录", max_length=200)
    division = models.ForeignKey("communities.Division", models.PROTECT, related_name="+", verbose_name="所属区划")
    kind = models.CharField("变更", max_length=10, choices=Kind)
    batch_row = models.PositiveIntegerField("上传行", null=True, blank=True, help_text="由哪一行引起")
    before = models.JSONField("变更前", default=dict, encoder=DjangoJSONEncoder)
    after = models.JSONField("变更后", default=dict, encoder=DjangoJSONEncoder)

    scope_lookups = ("division",)
    objects = ChangeRecordQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "变更记录"
        ordering = ("id",)
        indexes = (
            models.Index(fields=["model", "object_id"], name="change_of_object"),
            models.Index(fields=["change_set", "batch_row"], name="change_of_uploaded_row"),
        )
        constraints = (
            models.CheckConstraint(
                condition=~Q(kind="updated", before={}),
                name="update_has_before",
                violation_error_message="修改应有变更前的值。",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()}：{self.object_label}"

    def value_of(self, name: str, logged: Any) -> Any:
        """Return a value of `before` or `after` as it was: a personal one sealed, or as the mask that was left of it."""
        return logged_value(self.model, self.object_ref, name, logged)

    @property
    def lacks_wiped(self) -> bool:
        """Return whether taking the change back would need a personal value that was wiped (docs/privacy.md)."""
        if self.kind != self.Kind.UPDATED:
            return False
        return any(isinstance(self.value_of(name, value), Wiped) for name, value in self.before.items())
