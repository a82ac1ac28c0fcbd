"""Whom issues are sent to, what has become of each mail, and who has read them (docs/domain.md §7.8)."""

from __future__ import annotations

import datetime
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from changzhi_portal.jobs import QueuedJob
from changzhi_portal.records import Record
from changzhi_portal.scope import ScopedModel, ScopedQuerySet
from reports.models.briefings import Briefing


class BriefingRecipient(ScopedModel):
    """One user to whom every issue of a division is sent."""

    division = models.ForeignKey(
        "communities.Division", models.PROTECT, related_name="briefing_recipients", verbose_name="区划"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="briefing_recipients", verbose_name="收件人"
    )

    scope_lookups: ClassVar[tuple[str, ...]] = ("division",)

    class Meta:
        verbose_name = verbose_name_plural = "简报收件人"
        ordering = ("division__code", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["division", "user"],
                name="briefing_recipient_once",
                violation_error_message="这个人已在收件人里。",
            ),
        )

    def __str__(self) -> str:
        return f"{self.division}简报收件人{self.user}"


class BriefingDeliveryQuerySet(ScopedQuerySet):
    """Queries of deliveries."""

    def ready(self) -> Self:
        """Filter for mails that a worker may send now."""
        return self.filter(state=BriefingDelivery.State.WAITING, next_at__lte=timezone.now())

    def received(self) -> Self:
        """Filter for those who have got the issue, or may have, by mail or by reading it in the portal."""
        return self.filter(Q(state__in=BriefingDelivery.HANDED_OVER) | Q(read_at__isnull=False))

    def unread(self) -> Self:
        """Filter for those not read yet, of editions in force that no later one has replaced."""
        later = Briefing.objects.published().filter(
            period=OuterRef("briefing__period"),
            division=OuterRef("briefing__division"),
            span=OuterRef("briefing__span"),
            edition__gt=OuterRef("briefing__edition"),
        )
        return self.filter(~Exists(later), read_at__isnull=True, briefing__stage=Briefing.Stage.ISSUED)

    def to_be_reminded(self, day: datetime.date) -> Self:
        """Filter for those still unread on the day of their reminder, and not reminded yet."""
        return self.unread().filter(remind_on__lte=day, reminded_at__isnull=True)

    def of_edition(self, briefing: Briefing) -> Self:
        """Return the deliveries of an edition as its page lists them."""
        return self.filter(briefing=briefing).select_related("user__division").order_by("pk")


class BriefingDelivery(Record, ScopedModel, QueuedJob):
    """One edition on its way to one recipient, made in the transaction that issues the edition.

    `handing` is written before the mail is handed to the server and never left for `waiting` by the portal: a mail about
    which the server's answer is not known is `unconfirmed`, and only people send it again (ADR 0036). `message_id` is the
    same at every attempt. `read_at` is when the recipient first opened the edition's page or PDF.
    """

    class State(models.TextChoices):
        """waiting → sending → handing → sent | kept | unconfirmed; waiting again, failed or cancelled before it is handed over."""

        NONE = "none", "没有登记邮箱"
        WAITING = "waiting", "等待发送"
        SENDING = "sending", "正在连接邮件服务器"
        HANDING = "handing", "正在交给邮件服务器"
        SENT = "sent", "已发送"
        KEPT = "kept", "没有配置邮件服务器，邮件存在本机"
        UNCONFIRMED = "unconfirmed", "已交给邮件服务器，未确认"
        FAILED = "failed", "没有发出"
        CANCELLED = "cancelled", "已取消"

    # The mail is with the server, or may be.
    HANDED_OVER: ClassVar[tuple[str, ...]] = (State.HANDING, State.SENT, State.KEPT, State.UNCONFIRMED)
    # People may have it sent (again); of what was sent they may not, so that nobody gets two by a slip.
    SENT_AGAIN_FROM: ClassVar[tuple[str, ...]] = (State.NONE, State.FAILED, State.UNCONFIRMED, State.KEPT)

    briefing = models.ForeignKey(Briefing, models.CASCADE, related_name="deliveries", verbose_name="简报")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="briefing_deliveries", verbose_name="收件人"
    )
    message_id = models.CharField("邮件编号", max_length=200, unique=True, editable=False)
    state = models.CharField("邮件", max_length=11, choices=State, default=State.WAITING)
    next_at = models.DateTimeField("下次发送", default=timezone.now)
    message = models.CharField("没有发出的原因", max_length=200, blank=True)
    handed_at = models.DateTimeField("交给邮件服务器的时间", null=True, blank=True)
    sent_at = models.DateTimeField("发送时间", null=True, blank=True)
    read_at = models.DateTimeField("阅读时间", null=True, blank=True)
    remind_on = models.DateField("未读提醒日期", null=True, blank=True)
    reminded_at = models.DateTimeField("未读提醒时间", null=True, blank=True)

    scope_lookups: ClassVar[tuple[str, ...]] = ("briefing__division",)
    objects = BriefingDeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "简报送达"
        ordering = ("id",)
        indexes = (
            models.Index(
                fields=["next_at"], condition=Q(state__in=("waiting", "sending", "handing")), name="briefing_to_mail"
            ),
            models.Index(fields=["remind_on"], condition=Q(read_at=None, reminded_at=None), name="briefing_not_read"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["briefing", "user"],
                name="briefing_delivery_once",
                violation_error_message="一版简报对一个收件人只有一条送达记录。",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=[
                        *("none", "waiting", "sending", "handing", "sent", "kept"),
                        *("unconfirmed", "failed", "cancelled"),
                    ]
                ),
                name="briefing_delivery_state_known",
                violation_error_message="没有这种送达状态。",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["handing", "sent", "kept", "unconfirmed"], handed_at__isnull=False)
                | (~Q(state__in=["handing", "sent", "kept", "unconfirmed"]) & Q(handed_at__isnull=True)),
                name="briefing_delivery_handed_over",
                violation_error_message="交给邮件服务器的邮件应有时间，还没有交的没有。",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["sent", "kept"], sent_at__isnull=False)
                | (~Q(state__in=["sent", "kept"]) & Q(sent_at__isnull=True)),
                name="briefing_delivery_sent_has_time",
                violation_error_message="已发送的邮件应有发送时间，没有发送的没有。",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["failed", "unconfirmed"], message=""),
                name="briefing_delivery_says_why",
                violation_error_message="没有发出或未确认的邮件应写明原因。",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["waiting", "sending", "handing"]) | Q(heartbeat_at__isnull=False),
                name="briefing_delivery_has_heartbeat",
                violation_error_message="等待或正在发送的邮件应有心跳。",
            ),
        )

    def __str__(self) -> str:
        return f"{self.briefing}送{self.user}"

    @property
    def division(self) -> object:
        """Return the division of the issue."""
        return self.briefing.division

    @property
    def state_in_words(self) -> str:
        """Return its state; one that waits after a failure is told apart."""
        is_retried = self.state == self.State.WAITING and bool(self.message)
        return "等待重发" if is_retried else str(self.get_state_display())

    @property
    def may_be_sent_again(self) -> bool:
        """Return whether people may have the mail sent (again)."""
        return self.state in self.SENT_AGAIN_FROM
