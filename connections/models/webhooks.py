"""Where other systems want to be told of events, and the secrets by which they know who tells them (ADR 0033)."""

from __future__ import annotations

import datetime
from typing import ClassVar, Final, Self
from urllib.parse import urlsplit

from django.conf import settings
from django.db import models
from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone

from changzhi_portal.personal import SealedField
from changzhi_portal.records import Record
from changzhi_portal.scope import ScopedModel, ScopedQuerySet
from connections.event_kinds import in_order, title_of
from connections.models.clients import ApiClient

LONGEST_URL: Final = 300  # characters
SECRET_OVERLAP: Final = datetime.timedelta(hours=24)  # so long an old secret signs beside the new one


class WebhookQuerySet(ScopedQuerySet):
    """Queries of webhooks."""

    def listening(self) -> Self:
        """Filter for those that are told of events: neither paused nor disabled, of a client that stands."""
        return self.filter(
            is_active=True,
            disabled_at__isnull=True,
            client__revoked_at__isnull=True,
            client__user__is_active=True,
            client__user__division__valid_to__isnull=True,
        )

    def with_client(self) -> Self:
        """Load the client, its user and its division."""
        return self.select_related("client__user__division")

    def with_numbers(self) -> Self:
        """Add how many deliveries wait (`waiting`) and how many were given up (`given_up`)."""
        return self.annotate(
            waiting=Count("deliveries", filter=Q(deliveries__state__in=["waiting", "sending"])),
            given_up=Count("deliveries", filter=Q(deliveries__state="given_up")),
        )


class Webhook(Record, ScopedModel):
    """An address of a client to which events of some kinds are sent (推送).

    `kinds` are names of `connections.event_kinds`, separated by blanks. `is_active` is what people decide; the portal sets
    `disabled_at` once every attempt since `failing_since` has failed for WEBHOOK_DISABLE_AFTER_DAYS.
    """

    class State(models.TextChoices):
        """What a webhook is at the moment."""

        STANDS = "stands", "在用"
        FAILING = "failing", "发不出去"
        PAUSED = "paused", "已暂停"
        DISABLED = "disabled", "系统停发"

    client = models.ForeignKey(ApiClient, models.PROTECT, related_name="webhooks", verbose_name="对接系统")
    url = models.CharField(
        "接收地址",
        max_length=LONGEST_URL,
        help_text="对方接收推送的网址，以https://开头；地址里不要写用户名、密码。",
    )
    kinds = models.CharField("事件", max_length=300)
    is_active = models.BooleanField("在用", default=True)
    made_at = models.DateTimeField("登记时间", default=timezone.now, editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="登记人", editable=False
    )
    # Events from before are not told: since it was made, or since it goes on after a pause.
    listens_from = models.DateTimeField("从何时起推送", default=timezone.now, editable=False)
    failing_since = models.DateTimeField("从何时起发不出去", null=True, blank=True, editable=False)
    disabled_at = models.DateTimeField("系统停发时间", null=True, blank=True, editable=False)

    scope_lookups: ClassVar[tuple[str, ...]] = ("client__user__division",)
    objects = WebhookQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "推送"
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=["client", "url"], name="webhook_once", violation_error_message="这个地址已经登记过了。"
            ),
            models.CheckConstraint(
                condition=Q(url__startswith="https://") | Q(url__startswith="http://"),
                name="webhook_has_url",
                violation_error_message="接收地址应以https://开头。",
            ),
            models.CheckConstraint(
                condition=~Q(kinds=""), name="webhook_has_kind", violation_error_message="请至少选一种事件。"
            ),
            models.CheckConstraint(
                condition=Q(disabled_at__isnull=True) | Q(failing_since__isnull=False),
                name="webhook_disabled_for_failing",
                violation_error_message="系统停发的推送应写明从何时起发不出去。",
            ),
        )

    def __str__(self) -> str:
        return f"{urlsplit(self.url).hostname}的推送"

    def get_absolute_url(self) -> str:
        """Return the address of its page, below that of its client."""
        return reverse("connections:webhook", args=[self.client.ref, self.ref])

    @property
    def division(self) -> object:
        """Return the division whose subtree its client sees."""
        return self.client.user.division

    @property
    def kind_names(self) -> list[str]:
        """Return the names of its kinds in their order; one that is no kind any more is left out."""
        return in_order(self.kinds.split())

    @property
    def kind_titles(self) -> str:
        """Return its kinds in words."""
        return "、".join(map(title_of, self.kind_names))

    @property
    def state(self) -> State:
        """Return what it is now."""
        if self.disabled_at is not None:
            return self.State.DISABLED
        if not self.is_active:
            return self.State.PAUSED
        return self.State.STANDS if self.failing_since is None else self.State.FAILING


class WebhookSecretQuerySet(models.QuerySet["WebhookSecret"]):
    """Queries of secrets."""

    def signing(self, moment: datetime.datetime) -> Self:
        """Filter for those that sign at a moment, the newest first."""
        return self.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=moment)).order_by("-pk")


class WebhookSecret(Record):
    """A secret that signs what a webhook sends. It is shown once, and stored encrypted: signing needs the text itself.

    One without `ends_at` is the present one; the one before signs beside it until then.
    """

    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="secrets", verbose_name="推送")
    secret = SealedField("密钥", kind="secret")
    made_at = models.DateTimeField("生成时间", default=timezone.now, editable=False)
    ends_at = models.DateTimeField("用到何时", null=True, blank=True)

    objects = WebhookSecretQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "推送密钥"
        constraints = (
            models.UniqueConstraint(
                fields=["webhook"],
                condition=Q(ends_at__isnull=True),
                name="webhook_secret_present_once",
                violation_error_message="一个推送同时只有一个现用的密钥。",
            ),
        )

    def __str__(self) -> str:
        return f"{self.webhook}的密钥"
