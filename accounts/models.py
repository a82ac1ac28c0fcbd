"""People who sign in (domain.md §1), one role and one division each; and what the portal has to tell them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Self

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models import Q

from changzhi_portal.records import new_ref
from changzhi_portal.scope import ScopedModel, ScopedQuerySet
from communities.models import Division
from communities.models.division import DivisionQuerySet


class Role(models.TextChoices):
    """What a person comes to do."""

    DISTRICT_CLERK = "district_clerk", "县区填报员"
    STREET_CLERK = "street_clerk", "街道填报员"
    BUREAU_OFFICER = "bureau_officer", "市局业务员"
    BUREAU_ADMIN = "bureau_admin", "市局管理员"
    LEADER = "leader", "领导"
    AUDITOR = "auditor", "审计员"

    @property
    def may_upload(self) -> bool:
        """Offices and the bureau bring in spreadsheets; leaders and auditors only read."""
        return self in {Role.DISTRICT_CLERK, Role.STREET_CLERK, Role.BUREAU_OFFICER, Role.BUREAU_ADMIN}

    @property
    def may_print_briefing(self) -> bool:
        """The bureau drafts and prints the briefing; everybody else reads it."""
        return self in {Role.BUREAU_OFFICER, Role.BUREAU_ADMIN}

    @property
    def may_submit(self) -> bool:
        """A county's office reports its month (上报); the bureau may do so on its behalf."""
        return self in {Role.DISTRICT_CLERK, Role.BUREAU_OFFICER, Role.BUREAU_ADMIN}

    @property
    def may_review(self) -> bool:
        """The bureau accepts or returns what counties report, and reminds those that have not."""
        return self in {Role.BUREAU_OFFICER, Role.BUREAU_ADMIN}

    @property
    def may_see_submissions(self) -> bool:
        """Whoever looks after a county or the city; a street's part in the month is its uploads."""
        return self is not Role.STREET_CLERK

    @property
    def may_manage_periods(self) -> bool:
        """Whoever is responsible for the calendar: due dates, locking a month, opening it again."""
        return self is Role.BUREAU_ADMIN

    @property
    def may_edit_plans(self) -> bool:
        """What the policy asks is entered and changed by the bureau's administrator; everybody reads it (domain.md §1)."""
        return self is Role.BUREAU_ADMIN

    @property
    def may_change_divisions(self) -> bool:
        """Changes of divisions move communities and people: the bureau's administrator applies them (domain.md §1)."""
        return self is Role.BUREAU_ADMIN

    @property
    def may_alter_locked_months(self) -> bool:
        """The bureau, giving a reason, may bring in figures dated in a locked month; its results stay as they are."""
        return self in {Role.BUREAU_OFFICER, Role.BUREAU_ADMIN}

    @property
    def may_see_registers(self) -> bool:
        """A leader never sees personal data, so registers of people and organizations are closed to that role."""
        return self is not Role.LEADER


# The division levels at which a role can sit.
ROLE_LEVELS: dict[Role, frozenset[str]] = {
    Role.DISTRICT_CLERK: frozenset({"county"}),
    Role.STREET_CLERK: frozenset({"town"}),
    Role.BUREAU_OFFICER: frozenset({"city"}),
    Role.BUREAU_ADMIN: frozenset({"city"}),
    Role.LEADER: frozenset({"city", "county"}),
    Role.AUDITOR: frozenset({"city", "county"}),
}


class UserQuerySet(ScopedQuerySet):
    """Reads of people."""

    def at_work(self) -> Self:
        """People who can still sign in."""
        return self.filter(is_active=True)

    def clerks_of(self, counties: Iterable[Division]) -> Self:
        """Who reports for any of these counties: the clerks who sit there, or at the county that succeeded it."""
        paths = {above for county in counties for above in paths_above(county.path)}
        return self.at_work().filter(role=Role.DISTRICT_CLERK, division__path__in=paths)


def paths_above(path: str) -> list[str]:
    """The paths of a division and of those it hangs under: "a/b/" gives "a/" and "a/b/"."""
    steps = path.rstrip("/").split("/")
    return ["/".join(steps[:length]) + "/" for length in range(1, len(steps) + 1)]


class PortalUserManager(UserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    """Django's own manager, with the scope."""


class User(AbstractUser, ScopedModel):
    """A person with a role and a division; sees that division's subtree only."""

    ref = models.CharField("编号", max_length=13, unique=True, editable=False, default=new_ref)
    full_name = models.CharField("姓名", max_length=50, blank=True)
    role = models.CharField("角色", max_length=20, choices=Role)
    division = models.ForeignKey("communities.Division", models.PROTECT, related_name="users", verbose_name="所属区划")
    may_unmask = models.BooleanField("可查看个人信息原文", default=False)
    must_change_password = models.BooleanField("首次登录须改密码", default=True)

    scope_lookups: ClassVar[tuple[str, ...]] = ("division",)
    objects = PortalUserManager()
    REQUIRED_FIELDS: ClassVar[list[str]] = ["role", "division"]

    class Meta:
        verbose_name = verbose_name_plural = "用户"
        ordering = ("username",)
        constraints = (
            models.CheckConstraint(
                condition=~Q(role="leader", may_unmask=True),
                name="leader_never_unmasks",
                violation_error_message="领导角色不能查看个人信息原文。",
            ),
            models.CheckConstraint(
                condition=Q(role__in=[role.value for role in Role]),
                name="user_role_known",
                violation_error_message="请选择角色。",
            ),
        )

    def __str__(self) -> str:
        return self.full_name or self.username

    def counties_in_sight(self) -> DivisionQuerySet:
        """Today's counties in the own area, by code: also those that have not done anything yet."""
        return Division.objects.counties().standing().visible_to(self).order_by("code")

    @property
    def duty(self) -> Role:
        """The role as the enumeration, with its rights."""
        return Role(self.role)


class NoticeQuerySet(ScopedQuerySet):
    """Reads of notices."""

    def newest_first(self) -> Self:
        """For lists."""
        return self.order_by("-pk")

    def news_for(self, user: Any) -> Self:
        """What `user` has not looked at yet, newest first."""
        return self.filter(user=user, seen_at__isnull=True).newest_first()


class Notice(ScopedModel):
    """One thing the portal tells one person, on the page 通知 and, when the person has an address, by e-mail.

    `title` alone goes into the e-mail, so it holds no personal data; `text` stays inside the portal. `about` is the
    `ref` of what it speaks of, so that whoever sent it finds out whether it arrived.
    """

    class Mail(models.TextChoices):
        """none, or waiting → sending → sent | kept | failed (and back to waiting while another attempt is due)."""

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
    made_at = models.DateTimeField("时间", auto_now_add=True)
    seen_at = models.DateTimeField("看过的时间", null=True, blank=True)
    mail = models.CharField("邮件", max_length=8, choices=Mail, default=Mail.NONE)
    mail_attempts = models.PositiveSmallIntegerField("发信次数", default=0)
    mail_tried_at = models.DateTimeField("最近一次发信时间", null=True, blank=True)
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
                condition=~Q(mail="sending") | Q(mail_tried_at__isnull=False),
                name="notice_sending_has_time",
                violation_error_message="正在发送的邮件应有发信时间。",
            ),
        )
        indexes = (
            models.Index(fields=["user"], condition=Q(seen_at__isnull=True), name="notice_not_seen"),
            models.Index(fields=["mail_tried_at"], condition=Q(mail__in=("waiting", "sending")), name="notice_to_mail"),
        )

    def __str__(self) -> str:
        return self.title
