"""The frame's own tables: lists as people have set them up, and the processes that do background work."""

from __future__ import annotations

import datetime
from typing import Self
from urllib.parse import urlencode

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from changzhi_portal.records import Record
from changzhi_portal.rights import Viewer
from changzhi_portal.scope import scope_path_of

MOST_CHARACTERS_OF_A_VIEW = 1500


class SavedViewQuerySet(models.QuerySet):
    """Queries of saved views."""

    def visible_to(self, user: Viewer) -> Self:
        """Filter for a user's own views, and those that colleagues of its division or of one above it share.

        None for a user without a division.
        """
        path = scope_path_of(user)
        if path is None or user is None:
            return self.none()
        codes = path.strip("/").split("/")
        above = ["/".join(codes[: n + 1]) + "/" for n in range(len(codes))]
        shared = Q(is_shared=True, saved_by__is_active=True, saved_by__division__path__in=above)
        return self.filter(Q(saved_by=user.pk) | shared)

    def of_list(self, list_name: str) -> Self:
        """Filter for the views of one list, by name, with who saved them."""
        return self.filter(list_name=list_name).select_related("saved_by").order_by("name", "pk")


class SavedView(Record):
    """Filters, sorting and columns of one list, under a name. What it lists is always limited to who looks.

    A shared view is offered to everybody in the division of who saved it, and below. A default view opens with the list.
    """

    list_name = models.CharField("列表", max_length=60, help_text="列表页的名称，如orgs:list")
    name = models.CharField("名称", max_length=30)
    query = models.CharField("条件", max_length=MOST_CHARACTERS_OF_A_VIEW, blank=True, help_text="网址中的条件")
    is_shared = models.BooleanField("共享", default=False)
    is_default = models.BooleanField("默认", default=False)
    saved_at = models.DateTimeField("保存时间", auto_now=True)
    saved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_views", verbose_name="保存人"
    )

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "保存的视图"
        ordering = ("list_name", "name")
        constraints = (
            models.UniqueConstraint(
                fields=["saved_by", "list_name", "name"],
                name="saved_view_name_once",
                violation_error_message="您在这张表里已有同名的视图，请换一个名称。",
            ),
            models.UniqueConstraint(
                fields=["saved_by", "list_name"],
                condition=Q(is_default=True),
                name="saved_view_default_once",
                violation_error_message="一张表只能有一个默认视图。",
            ),
            models.CheckConstraint(
                condition=~Q(name=""), name="saved_view_has_name", violation_error_message="请给视图取个名称。"
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def address(self) -> str:
        """Return the address of the list as it was saved."""
        query = QueryDict(self.query, mutable=True)
        query["view"] = self.ref
        pairs = [(name, value) for name, values in query.lists() for value in values]
        return f"{reverse(self.list_name)}?{urlencode(pairs)}"


class CallAnswer(models.Model):
    """A call of the API that its client may send again by its key (`Idempotency-Key`), and the answer once there is one.

    The row is claimed before the call is carried out; the answer is stored in the transaction of what it has written. A
    claim that was never answered is that of a process which was killed (`changzhi_portal/api/idempotency.py`).
    """

    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="call_answers", verbose_name="操作人"
    )
    key = models.CharField("幂等键", max_length=255)
    fingerprint = models.CharField("请求的摘要", max_length=64)
    claim = models.CharField("由哪一次请求办理", max_length=13)
    claimed_at = models.DateTimeField("收到时间", db_index=True)
    status = models.PositiveSmallIntegerField("状态码", null=True, blank=True)
    headers = models.JSONField("回答的标头", default=dict, blank=True)
    body = models.TextField("回答的内容", blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "接口写入的回答"
        ordering = ("claimed_at",)
        constraints = (
            models.UniqueConstraint(
                fields=["made_by", "key"],
                name="call_answer_once",
                violation_error_message="一个幂等键只用于一次请求。",
            ),
        )

    def __str__(self) -> str:
        return f"{self.key}（{self.status or '正在办理'}）"


class PortalProcessQuerySet(models.QuerySet):
    """Queries of processes."""

    def of(self, kind: PortalProcess.Kind) -> Self:
        """Filter for the processes of one kind."""
        return self.filter(kind=kind)

    def succeeded_by(self, kind: PortalProcess.Kind, queues: str) -> Self:
        """Filter for silent processes whose work a living one of this kind with these queues does."""
        return self.filter(kind=kind, queues=queues, seen_at__lt=timezone.now() - _silence())


class PortalProcess(models.Model):
    """A worker or beat, and when it has last been heard of (`changzhi_portal/health/heartbeats.py`).

    A process that ends in order deletes its row; the row of one that was killed stays until a successor is there.
    """

    class Kind(models.TextChoices):
        WORKER = "worker", "后台处理"
        BEAT = "beat", "定时"

    kind = models.CharField("种类", max_length=6, choices=Kind)
    name = models.CharField("名称", max_length=300, help_text="主机名和进程号")
    queues = models.CharField("队列", max_length=200, blank=True, help_text="用空格分开")
    started_at = models.DateTimeField("启动时间")
    seen_at = models.DateTimeField("最近心跳")

    objects = PortalProcessQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "后台进程"
        ordering = ("kind", "started_at")
        constraints = (
            models.UniqueConstraint(
                fields=["kind", "name"],
                name="portal_process_once",
                violation_error_message="一个进程只登记一次。",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.name}"

    @property
    def queue_names(self) -> list[str]:
        """Return the names of the queues that a worker serves; none for beat."""
        return self.queues.split()

    @property
    def is_alive(self) -> bool:
        """Return whether the process has been heard of within the time that `settings.HEALTH_SILENT_SECONDS` sets."""
        return timezone.now() - self.seen_at <= _silence()


def _silence() -> datetime.timedelta:
    return datetime.timedelta(seconds=settings.HEALTH_SILENT_SECONDS)


class UnboundCiphertexts(models.Model):
    """That ciphertexts which are bound to no place are still read: one row, until they have all been replaced (ADR 0028).

    Migrating an installation that has such makes the row; `manage.py rotate_field_keys` deletes it. A new installation
    never has one.
    """

    read_since = models.DateTimeField("自何时起仍可读", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "未绑定位置的密文"

    def __str__(self) -> str:
        return f"{self._meta.verbose_name}，{timezone.localtime(self.read_since):%Y-%m-%d %H:%M}"
