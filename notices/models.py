"""Notices, messages of the portal to one person; announcements, those of the bureau to everybody."""

from __future__ import annotations

import datetime
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import User
from changzhi_portal.jobs import Job
from changzhi_portal.records import Record
from changzhi_portal.rights import Actor
from changzhi_portal.scope import ScopedModel, ScopedQuerySet


class NoticeQuerySet(ScopedQuerySet):
    """Queries of notices."""

    def newest_first(self) -> Self:
        """Order by newest first."""
        return self.order_by("-pk")

    def addressed_to(self, user: Actor) -> Self:
        """Filter for the notices of one user, in the user's scope: none for a user without a division."""
        return self.visible_to(user).filter(user=user)

    def unseen(self) -> Self:
        """Filter for notices that the user has not seen."""
        return self.filter(seen_at__isnull=True)

    def about(self, ref: str) -> Self:
        """Filter for notices about the record with this ref."""
        return self.filter(about=ref)


class Notice(ScopedModel, Job):
    """A message to one user, on the page 通知 and, if the user has an address, by e-mail.

    The e-mail contains only `title`, which must not contain personal data; `text` is shown only in the portal. `about`
    is the `ref` of the record it concerns: the page of that record marks the notice as seen, and shows the sender whether
    it was seen. `kind` lets the sending code tell notices about the same record apart.
    """

    class Mail(models.TextChoices):
        """States of the e-mail: waiting → sending → sent | kept | failed; back to waiting if another attempt is due.

        `portal`: not mailed, because such notices are frequent or matter only to users who are signed in. `none`: the
        user has no address.
        """

        PORTAL = "portal", "只在平台内通知"
        NONE = "none", "没有登记邮箱"
        WAITING = "waiting", "等待发送"
        SENDING = "sending", "正在发送"
        SENT = "sent", "已发邮件"
        KEPT = "kept", "没有配置邮件服务器，邮件存在本机"
        FAILED = "failed", "邮件没有发出"

    user = models.ForeignKey(User, models.CASCADE, related_name="notices", verbose_name="收件人")
    title = models.CharField("标题", max_length=80)
    text = models.CharField("内容", max_length=600, blank=True)
    url = models.CharField("链接", max_length=200, blank=True, help_text="本平台内的地址，以/开头")
    about = models.CharField("所说的记录", max_length=13, blank=True, db_index=True)
    kind = models.SlugField("种类", max_length=30, blank=True, help_text="由发出通知的程序使用，不显示")
    made_at = models.DateTimeField("时间", auto_now_add=True)
    seen_at = models.DateTimeField("看过的时间", null=True, blank=True)
    mail = models.CharField("邮件", max_length=8, choices=Mail, default=Mail.NONE)
    mail_error = models.CharField("没有发出的原因", max_length=200, blank=True)

    scope_lookups: ClassVar[tuple[str, ...]] = ("user__division",)
    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "通知"
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(url="") | Q(url__startswith="/"),
                name="notice_link_is_own",
                violation_error_message="通知的链接应是本平台内的地址，以/开头。",
            ),
            models.CheckConstraint(
                condition=~Q(mail="failed", mail_error=""),
                name="notice_failed_mail_says_why",
                violation_error_message="邮件没有发出时应写明原因。",
            ),
            models.CheckConstraint(
                condition=~Q(mail="sending") | Q(heartbeat_at__isnull=False),
                name="notice_sending_has_time",
                violation_error_message="正在发送的邮件应有发信时间。",
            ),
        )
        indexes = (
            models.Index(fields=["user"], condition=Q(seen_at__isnull=True), name="notice_not_seen"),
            models.Index(fields=["heartbeat_at"], condition=Q(mail__in=("waiting", "sending")), name="notice_to_mail"),
        )

    def __str__(self) -> str:
        return self.title


class AnnouncementQuerySet(ScopedQuerySet):
    """Queries of announcements. Everybody may see those that are shown; the list is for those who write them."""

    def not_over(self, day: datetime.date) -> Self:
        """Filter for those that are shown on `day` or later, the newest first."""
        return self.filter(until__gte=day).order_by("-begins_on", "-pk")

    def newest_first(self) -> Self:
        """Order by newest first and load who wrote each."""
        return self.select_related("made_by").order_by("-begins_on", "-pk")


class Announcement(Record, ScopedModel):
    """A few words to everybody, shown on top of each page from one day to another, both included.

    `is_public`: also to visitors, on the sign-in page and wherever they come. A change makes it a new one for those who
    have put it away (`version`).
    """

    division = models.ForeignKey(
        "communities.Division", models.PROTECT, related_name="announcements", verbose_name="发布单位"
    )
    text = models.CharField("内容", max_length=200)
    begins_on = models.DateField("开始日期")
    until = models.DateField("结束日期")
    is_public = models.BooleanField("登录前也显示", default=False)
    made_at = models.DateTimeField("发布时间", auto_now_add=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="announcements", verbose_name="发布人"
    )

    scope_lookups: ClassVar[tuple[str, ...]] = ("division",)
    objects = AnnouncementQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "公告"
        ordering = ("-begins_on", "-id")
        constraints = (
            models.CheckConstraint(
                condition=~Q(text=""), name="announcement_has_text", violation_error_message="请填写公告内容。"
            ),
            models.CheckConstraint(
                condition=Q(until__gte=F("begins_on")),
                name="announcement_ends_after_it_begins",
                violation_error_message="结束日期不能早于开始日期。",
            ),
        )

    def __str__(self) -> str:
        return self.text
