"""Other systems that connect, and their tokens (ADR 0030)."""

from __future__ import annotations

import datetime
from typing import ClassVar, Final, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Max, Q
from django.utils import timezone

from changelog.models import LONGEST_REASON
from changzhi_portal.records import Record
from changzhi_portal.scope import ScopedModel, ScopedQuerySet
from connections.scopes import BY_NAME, in_order
from connections.token_text import PREFIX

LONGEST_LIFE: Final = datetime.timedelta(days=366)  # a year, from the day on which a token is made
TOLD_BEFORE: Final = datetime.timedelta(days=14)  # the bureau is told so long before a token expires


class ApiClientQuerySet(ScopedQuerySet):
    """Queries of other systems."""

    def with_use(self) -> Self:
        """Load the division; add when a token was used last (`last_used_at`) and when the last valid one ends (`ends_on`)."""
        stands = Q(tokens__revoked_at__isnull=True, tokens__expires_on__gte=timezone.localdate())
        return self.select_related("user__division__parent").annotate(
            last_used_at=Max("tokens__last_used_at"), ends_on=Max("tokens__expires_on", filter=stands)
        )


class ApiClient(Record, ScopedModel):
    """Another system of the city that connects to the portal.

    `user` acts for it, so that change log and trail name it; that user cannot sign in, and its division is the client's
    area. `purpose` is the reason that the trail has where it is given personal data.
    """

    record_page: ClassVar[str] = "connections:client"

    name = models.CharField("名称", max_length=50, help_text="系统的名称，例如“市数据交换平台”。")
    purpose = models.CharField(
        "用途",
        max_length=LONGEST_REASON,
        help_text="拿数据做什么，例如“与市人口库核对社会工作者身份”。给出个人信息时，这句话作为原因记入审计记录。",
    )
    contact = models.CharField(
        "联系人",
        max_length=100,
        help_text="对方单位、姓名、办公电话，出了问题找谁；不要写手机号。",
    )
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="api_client", verbose_name="用户", editable=False
    )
    made_at = models.DateTimeField("登记时间", default=timezone.now, editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="登记人", editable=False
    )
    revoked_at = models.DateTimeField("停用时间", null=True, blank=True, editable=False)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="停用人",
        editable=False,
    )
    revoked_for = models.CharField("停用原因", max_length=LONGEST_REASON, blank=True, editable=False)

    scope_lookups: ClassVar[tuple[str, ...]] = ("user__division",)
    objects = ApiClientQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "对接系统"
        ordering = ("name", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["name"],
                condition=Q(revoked_at__isnull=True),
                name="client_name_once",
                violation_error_message="已经有一个同名的对接系统，请换个名称。",
            ),
            models.CheckConstraint(
                condition=~Q(name=""), name="client_has_name", violation_error_message="请填写对接系统的名称。"
            ),
            models.CheckConstraint(
                condition=~Q(purpose=""), name="client_has_purpose", violation_error_message="请写明用途。"
            ),
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True, revoked_by__isnull=True)
                | Q(revoked_at__isnull=False, revoked_by__isnull=False),
                name="client_revoked_by_somebody",
                violation_error_message="停用对接系统应写明时间和停用人。",
            ),
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True) | ~Q(revoked_for=""),
                name="client_revoked_for_a_reason",
                violation_error_message="停用对接系统应写明原因。",
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def division(self) -> object:
        """Return the division whose subtree the system sees."""
        return self.user.division

    @property
    def is_revoked(self) -> bool:
        """Return whether it may no longer connect, with whichever token."""
        return self.revoked_at is not None


class ApiTokenQuerySet(ScopedQuerySet):
    """Queries of tokens."""

    def with_client(self) -> Self:
        """Load what a call with the token needs: the client, its user and its division."""
        return self.select_related("client__user__division")

    def standing(self, day: datetime.date) -> Self:
        """Filter for tokens that may be used on `day`, as far as they and their clients are not revoked."""
        return self.filter(revoked_at__isnull=True, client__revoked_at__isnull=True, expires_on__gte=day)

    def expiring(self, day: datetime.date) -> Self:
        """Filter for the tokens of whose end within TOLD_BEFORE of `day` nobody was told yet."""
        return self.standing(day).filter(expires_on__lte=day + TOLD_BEFORE, expiry_told_at__isnull=True)


class ApiToken(Record, ScopedModel):
    """A token of a client. `ref` is its public part, by which it is found and named; of the secret a digest is stored.

    `scopes` are names of `connections.scopes`, `addresses` networks; both separated by blanks. It may be used up to and
    including the day `expires_on`.
    """

    class State(models.TextChoices):
        """What a token is at the moment."""

        STANDS = "stands", "在用"
        SOON = "soon", "快到期"
        EXPIRED = "expired", "已过期"
        REVOKED = "revoked", "已停用"

    client = models.ForeignKey(ApiClient, models.PROTECT, related_name="tokens", verbose_name="对接系统")
    label = models.CharField("令牌说明", max_length=50)
    digest = models.CharField("摘要", max_length=64, editable=False)
    scopes = models.CharField("范围", max_length=300)
    addresses = models.CharField("限定地址", max_length=500, blank=True)
    expires_on = models.DateField("有效期至")
    begins_on = models.DateField("发放日期", default=timezone.localdate, editable=False)
    made_at = models.DateTimeField("发放时间", default=timezone.now, editable=False)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="发放人")
    revoked_at = models.DateTimeField("停用时间", null=True, blank=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="停用人"
    )
    last_used_at = models.DateTimeField("最近使用", null=True, blank=True, editable=False)
    last_used_from = models.CharField("最近使用的地址", max_length=45, blank=True, editable=False)
    expiry_told_at = models.DateTimeField("提醒到期的时间", null=True, blank=True, editable=False)

    scope_lookups: ClassVar[tuple[str, ...]] = ("client__user__division",)
    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "令牌"
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=~Q(scopes=""), name="token_has_scope", violation_error_message="请至少选一个范围。"
            ),
            models.CheckConstraint(
                condition=~Q(digest=""), name="token_has_digest", violation_error_message="令牌应有摘要。"
            ),
            models.CheckConstraint(
                condition=Q(expires_on__gte=F("begins_on")),
                name="token_expires_after_it_begins",
                violation_error_message="有效期不能早于今天。",
            ),
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True, revoked_by__isnull=True)
                | Q(revoked_at__isnull=False, revoked_by__isnull=False),
                name="token_revoked_by_somebody",
                violation_error_message="停用令牌应写明时间和停用人。",
            ),
        )
        indexes = (
            models.Index(
                fields=["expires_on"],
                condition=Q(revoked_at__isnull=True, expiry_told_at__isnull=True),
                name="token_to_tell_of",
            ),
        )

    def __str__(self) -> str:
        return f"{self.label}（{self.public}）"

    @property
    def public(self) -> str:
        """Return its beginning, which names it in the trail and in the log, and opens nothing."""
        return f"{PREFIX}_{self.ref}"

    @property
    def scope_names(self) -> list[str]:
        """Return the names of its scopes in their order; one that is no scope any more is left out."""
        return in_order(self.scopes.split())

    @property
    def scope_titles(self) -> str:
        """Return its scopes in words."""
        return "、".join(BY_NAME[name].title for name in self.scope_names)

    @property
    def state(self) -> State:
        """Return what it is today."""
        today = timezone.localdate()
        if self.revoked_at is not None or self.client.is_revoked:
            return self.State.REVOKED
        if self.expires_on < today:
            return self.State.EXPIRED
        return self.State.SOON if self.expires_on <= today + TOLD_BEFORE else self.State.STANDS
