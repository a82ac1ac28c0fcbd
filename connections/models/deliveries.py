"""What is sent to other systems: one row per event and webhook; and up to where the trail was read for events (ADR 0033)."""

from __future__ import annotations

import datetime
from typing import Any, ClassVar, Final, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from changzhi_portal.jobs import Job
from changzhi_portal.records import Record
from changzhi_portal.scope import ScopedModel, ScopedQuerySet
from connections.event_kinds import title_of
from connections.models.webhooks import Webhook


class DeliveryQuerySet(ScopedQuerySet):
    """Queries of deliveries."""

    def due(self, moment: datetime.datetime) -> Self:
        """Filter for what may be sent now, the longest due first: of each webhook that listens its first one, if its time has come.

        Those behind it wait, so that a webhook gets its events in order.
        """
        before = Q(queued_at__lt=OuterRef("queued_at")) | Q(queued_at=OuterRef("queued_at"), pk__lt=OuterRef("pk"))
        ahead = Delivery.objects.filter(before, webhook=OuterRef("webhook"), state=Delivery.State.WAITING)
        listening = Webhook.objects.listening().filter(pk=OuterRef("webhook"))
        waiting = self.filter(state=Delivery.State.WAITING, next_at__lte=moment)
        return waiting.filter(Exists(listening), ~Exists(ahead)).order_by("next_at", "pk")

    def newest_first(self) -> Self:
        """Order as the page of a webhook lists them."""
        return self.order_by("-queued_at", "-pk")


class Delivery(Record, ScopedModel):
    """One event on its way to one webhook. `ref` is the id that the receiver sees, the same at every attempt.

    `payload` is what is sent, without personal data. `seal` is the place in the trail that the event was read from; None
    for a test.
    """

    class State(models.TextChoices):
        """waiting → sending → delivered, or waiting again until it is given up."""

        WAITING = "waiting", "等待发送"
        SENDING = "sending", "正在发送"
        DELIVERED = "delivered", "已送达"
        GIVEN_UP = "given_up", "没有送达"

    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="deliveries", verbose_name="推送")
    kind = models.CharField("事件", max_length=40)
    payload: Any = models.JSONField("内容", default=dict)
    seal = models.BigIntegerField("审计序号", null=True, blank=True, editable=False)
    state = models.CharField("状态", max_length=10, choices=State, default=State.WAITING)
    made_at = models.DateTimeField("生成时间", default=timezone.now, editable=False)
    queued_at = models.DateTimeField("排队时间", default=timezone.now)
    next_at = models.DateTimeField("下次发送", default=timezone.now)
    attempts = models.PositiveSmallIntegerField("尝试次数", default=0)
    last_at = models.DateTimeField("最近发送", null=True, blank=True)
    last_status = models.PositiveSmallIntegerField("对方答复", null=True, blank=True, help_text="HTTP状态码")
    last_error = models.CharField("没有送达的原因", max_length=200, blank=True)
    duration_ms = models.PositiveIntegerField("用时（毫秒）", null=True, blank=True)

    scope_lookups: ClassVar[tuple[str, ...]] = ("webhook__client__user__division",)
    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "推送记录"
        ordering = ("-queued_at", "-id")
        indexes = (
            models.Index(fields=["webhook", "-queued_at", "-id"], name="delivery_of_webhook"),
            models.Index(
                fields=["webhook", "queued_at", "id"], condition=Q(state="waiting"), name="delivery_that_waits"
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["webhook", "kind", "seal"],
                name="delivery_once",
                violation_error_message="同一件事对同一个推送只发一条。",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "sending", "delivered", "given_up"]),
                name="delivery_state_known",
                violation_error_message="没有这种推送状态。",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["delivered", "given_up"]) | Q(attempts__gt=0, last_at__isnull=False),
                name="delivery_ended_was_sent",
                violation_error_message="结束的推送应至少发送过一次。",
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind_title}（{self.ref}）"

    @property
    def kind_title(self) -> str:
        """Return its kind in words."""
        return title_of(self.kind)

    @property
    def division(self) -> object:
        """Return the division whose subtree its client sees."""
        return self.webhook.division

    @property
    def state_in_words(self) -> str:
        """Return its state; one that waits after a failure is told apart."""
        is_retried = self.state == self.State.WAITING and self.attempts > 0
        return "等待重发" if is_retried else str(self.get_state_display())

    @property
    def may_be_sent_again(self) -> bool:
        """Return whether somebody may have it sent (again) now."""
        return self.state != self.State.SENDING


class EventFeed(Job):
    """Up to which seal the trail was read for events, and who is reading and sending: one row, claimed by one worker at a time."""

    class State(models.TextChoices):
        """idle ⇄ working."""

        IDLE = "idle", "空闲"
        WORKING = "working", "正在推送"

    ONLY: Final = 1  # the key of the row

    state = models.CharField("状态", max_length=10, choices=State, default=State.IDLE)
    seal = models.BigIntegerField("读到的审计序号", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "推送进度"
        constraints = (
            models.CheckConstraint(
                condition=Q(id=1), name="event_feed_is_one", violation_error_message="推送进度只有一行。"
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_state_display()}，读到{self.seal}"
