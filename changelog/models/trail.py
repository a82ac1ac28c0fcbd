"""The trail (审计记录): who did and saw what, when, from where; and the seals that chain its records (ADR 0026).

Records are only ever added. The application writes a `TrailRecord` in the transaction of what it records; a minute later
at most a `TrailSeal` gives it a number and a keyed hash over itself and the seal before. On PostgreSQL the application's
role can neither update nor delete either table (docs/operations.md).
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Collection
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from changelog.models.changes import LONGEST_REASON, ChangeSet
from changzhi_portal.records import new_ref
from changzhi_portal.scope import ScopedModel, ScopedQuerySet

MAC_LENGTH = 64  # hex digits of HMAC-SHA256 (RFC 2104, FIPS 180-4)


class TrailKind(models.TextChoices):
    """Kinds of what the trail records."""

    SIGNED_IN = "signed_in", "登录"
    SIGN_IN_FAILED = "sign_in_failed", "登录失败"
    LOCKED_OUT = "locked_out", "登录被锁定"
    SIGNED_OUT = "signed_out", "退出登录"
    SESSION_ENDED = "session_ended", "登录被结束"
    SECOND_FACTOR = "second_factor", "两步验证"
    VIEWED = "viewed", "查看个人记录"
    SEARCHED = "searched", "按号码查找"
    UNMASKED = "unmasked", "查看原文"
    EXPORTED = "exported", "导出"
    EXPORTED_CLEAR = "exported_clear", "导出原文"
    CALLED = "called", "接口读取"
    TEMPLATE = "template", "下载模板"
    ORIGINAL = "original", "下载原文件"
    MARKED = "marked", "下载标出问题的表格"
    DOCUMENT = "document", "下载文件"
    ISSUED = "issued", "印发简报"
    WITHDRAWN = "withdrawn", "撤回简报"
    UPLOADED = "uploaded", "上传"
    DISCARDED = "discarded", "作废上传"
    CHANGED = "changed", "修改"
    IMPORTED = "imported", "上传入库"
    UNDONE = "undone", "撤销"
    REFUSED = "refused", "被拒绝"
    SUBJECT_REQUEST = "subject_request", "查阅个人信息"
    WIPED = "wiped", "清除个人信息"
    KEYS_ROTATED = "keys_rotated", "更换密钥"
    TRAIL_EXPORTED = "trail_exported", "导出审计记录"
    TRAIL_ARCHIVED = "trail_archived", "归档审计记录"
    TRAIL_MISMATCH = "trail_mismatch", "审计链不符"
    TRAIL_ACCEPTED = "trail_accepted", "认可审计链"


# Files of a register; `object_label` is its title.
OF_REGISTERS = (TrailKind.EXPORTED, TrailKind.EXPORTED_CLEAR, TrailKind.TEMPLATE, TrailKind.CALLED)


class AddedOnlyError(Exception):
    """Code has tried to change or delete records of the trail."""


class TrailRecordQuerySet(ScopedQuerySet):
    """Queries of the trail. They cannot change it."""

    def unsealed(self) -> Self:
        """Filter for records that wait for their seal, in the order in which they get it."""
        return self.filter(seal__isnull=True).order_by("pk")

    def about(self, record: models.Model) -> Self:
        """Filter for what concerns one record, the newest first."""
        return self.filter(model=record._meta.label_lower, object_ref=getattr(record, "ref", "")).order_by("-pk")

    def exports(self, kinds: Collection[str], *, title: str, since: datetime.datetime | None) -> Self:
        """Filter for exports of the register with this title.

        `since` is when the record that they may hold was added (`ChangeRecordQuerySet.added_at`).
        """
        found = self.filter(kind__in=kinds, object_label=title)
        return found if since is None else found.filter(made_at__gte=since)

    def update(self, **kwargs: Any) -> int:
        """Refuse: raises AddedOnlyError."""
        raise AddedOnlyError("Records of the trail are never changed.")

    def delete(self) -> tuple[int, dict[str, int]]:
        """Refuse: raises AddedOnlyError. Only `archive_trail` removes records, after it has stored them in a file."""
        raise AddedOnlyError("Records of the trail are never deleted.")


class TrailRecord(ScopedModel):
    """One thing that somebody did or saw. Personal values stand in it only masked.

    It belongs to the division of the record it is about, so that the person's county sees it, else to that of the user.
    """

    ref = models.CharField("编号", max_length=13, unique=True, editable=False, default=new_ref)
    made_at = models.DateTimeField("时间", default=timezone.now)
    kind = models.CharField("事项", max_length=20, choices=TrailKind)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="trail", verbose_name="用户"
    )
    username = models.CharField("用户名", max_length=150, blank=True)  # as typed, where nobody has signed in
    division = models.ForeignKey("communities.Division", models.PROTECT, related_name="+", verbose_name="所属区划")
    address = models.CharField("地址", max_length=45, blank=True)
    device = models.CharField("浏览器", max_length=200, blank=True)
    request_id = models.CharField("请求", max_length=32, blank=True)  # as in the server's log
    change_set = models.OneToOneField(
        ChangeSet, models.PROTECT, null=True, related_name="trail_record", verbose_name="变更集"
    )
    model = models.CharField("表", max_length=60, blank=True, help_text="app_label.modelname")
    object_ref = models.CharField("记录编号", max_length=13, blank=True)
    object_label = models.CharField("对象", max_length=200, blank=True)
    rows = models.PositiveIntegerField("条数", null=True)
    reason = models.CharField("原因", max_length=LONGEST_REASON, blank=True)
    # JSON with sorted keys, as text: it is hashed as it stands, and never rewritten by the database.
    detail_json = models.TextField("详情", blank=True)

    scope_lookups = ("division",)
    is_added_only = True  # see `grant_application`
    objects = TrailRecordQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "审计记录"
        ordering = ("-pk",)
        indexes = (
            models.Index(fields=["made_at"], name="trail_by_time"),
            models.Index(fields=["made_by", "made_at"], name="trail_of_user"),
            models.Index(fields=["model", "object_ref"], name="trail_about_record"),
            models.Index(fields=["kind", "made_at"], name="trail_by_kind"),
            # Which exports may hold a record is asked by the title of its register.
            models.Index(fields=["object_label", "made_at"], condition=Q(kind__in=OF_REGISTERS), name="trail_exports"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(kind__in=TrailKind.values),
                name="trail_kind_known",
                violation_error_message="没有这种审计事项。",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=[TrailKind.UNMASKED, TrailKind.EXPORTED_CLEAR], reason=""),
                name="unmasking_has_reason",
                violation_error_message="查看或导出原文应写明原因。",
            ),
        )

    def __str__(self) -> str:
        if self.change_set_id is not None:  # its summary says already what was done
            return self.object_label
        about = self.object_label or self.username
        return f"{self.get_kind_display()}：{about}" if about else str(self.get_kind_display())

    @property
    def detail(self) -> dict[str, Any]:
        """Return what else is known, such as the file's name."""
        return json.loads(self.detail_json) if self.detail_json else {}

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Add the record; raises AddedOnlyError for one that stands already."""
        if not self._state.adding:
            raise AddedOnlyError("Records of the trail are never changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refuse: raises AddedOnlyError."""
        raise AddedOnlyError("Records of the trail are never deleted.")


class TrailSeal(models.Model):
    """The place of a record in the chain: its number, and a keyed hash over the record and the seal before."""

    seq = models.BigIntegerField("序号", primary_key=True)  # 1, 2, 3, … without gaps
    record = models.OneToOneField(TrailRecord, models.PROTECT, related_name="seal", verbose_name="审计记录")
    sealed_at = models.DateTimeField("封存时间")
    key_id = models.CharField("密钥编号", max_length=8)
    # Of the change set's records with personal values masked; "" where the record has no change set.
    changes_digest = models.CharField("变更摘要", max_length=64, blank=True)
    mac = models.CharField("校验码", max_length=MAC_LENGTH)

    is_added_only = True

    class Meta:
        verbose_name = verbose_name_plural = "审计封存"
        ordering = ("seq",)
        constraints = (
            models.CheckConstraint(
                condition=Q(seq__gt=0), name="trail_seq_from_one", violation_error_message="序号从1开始。"
            ),
        )

    def __str__(self) -> str:
        return f"{self.seq} {self.mac[:16]}"
