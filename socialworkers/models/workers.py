"""Social workers (社会工作者), their qualifications and their postings (docs/domain.md §4)."""

from __future__ import annotations

import datetime
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Exists, FilteredRelation, OuterRef, Q
from django.utils import timezone

from changzhi_portal.names import pinyin_key, readings
from changzhi_portal.personal import SealedField, digest, phone_digests
from changzhi_portal.records import (
    DatedQuerySet,
    FollowsCommunity,
    MergeableRecord,
    UnmergedManager,
    exactly_one_of,
    not_before,
    not_ended,
    not_merged_into_itself,
)
from changzhi_portal.rights import Viewer
from changzhi_portal.scope import ScopedModel, ScopedQuerySet, scope_path_of
from periods.models import years_before
from socialworkers.models.hours import (
    RENEWAL_DAYS,
    YEARS,
    counted_hours,
    missing_hours,
    on_course,
    required_hours,
)

# 社会工作者职业水平考试 was first held in 2008, 高级社会工作师 are named since 2018.
FIRST_EXAM = datetime.date(2008, 1, 1)
FIRST_SENIORS = datetime.date(2018, 1, 1)


class SocialWorkerQuerySet(ScopedQuerySet):
    """Queries of social workers."""

    def professionals(self) -> Self:
        """Filter for workers with any certificate level or a social-work degree (社会工作专业人才)."""
        return self.filter(~Q(level=SocialWorker.Level.NONE) | Q(has_social_work_degree=True))

    def registered(self) -> Self:
        """Filter for the holders of a certificate whose registration (登记) is known."""
        return self.exclude(level=SocialWorker.Level.NONE).filter(registered_until__isnull=False)

    def lapsed_on(self, day: datetime.date) -> Self:
        """Filter for those whose registration has ended before `day`."""
        return self.registered().filter(registered_until__lt=day)

    def to_renew_on(self, day: datetime.date) -> Self:
        """Filter for those whose registration ends within 90 days from `day` on: the time to renew it."""
        return self.registered().filter(
            registered_until__gte=day, registered_until__lte=day + datetime.timedelta(days=RENEWAL_DAYS)
        )

    def with_hours(self, day: datetime.date) -> Self:
        """Annotate `counted`, `required` and `missing`: the hours within the registration by `day` (`socialworkers.models.hours`)."""
        return self.annotate(counted=counted_hours(day), required=required_hours(), missing=missing_hours(day))

    def on_course(self, day: datetime.date, *, holds: bool = True) -> Self:
        """Filter for the registered who have the hours that the days gone by `day` ask for, or who have not."""
        return self.registered().annotate(is_on_course=on_course(day)).filter(is_on_course=int(holds))

    def with_newest_posting(self) -> Self:
        """Load the newest posting and its place as `newest`, for lists; None for a worker without any."""
        newest = FilteredRelation("postings", condition=Q(postings__is_newest=True))
        return self.annotate(newest=newest).select_related(
            "newest__community__town__parent", "newest__division__parent"
        )

    def visible_with_newest_posting(self, user: Viewer) -> Self:
        """Do what `visible_to` and `with_newest_posting` do together, joining posting and place once."""
        path = scope_path_of(user)
        return (
            self.none()
            if path is None
            else self.with_newest_posting().filter(Posting.in_subtree(path, prefix="newest"))
        )


class SocialWorker(MergeableRecord, ScopedModel):
    """A person, visible to the office of the newest posting, so that a transfer moves the person."""

    class Gender(models.TextChoices):
        """性别."""

        MALE = "male", "男"
        FEMALE = "female", "女"

    class Level(models.TextChoices):
        """职业水平."""

        NONE = "none", "无"
        ASSISTANT = "assistant", "助理社会工作师"
        SOCIAL_WORKER = "social_worker", "社会工作师"
        SENIOR = "senior", "高级社会工作师"

    name = models.CharField("姓名", max_length=50)
    sort_key = models.CharField("拼音排序", max_length=120, editable=False, db_index=True)
    readings = models.TextField("读音", blank=True, default="", editable=False)
    id_number = SealedField("身份证号", kind="id_number")
    id_number_digest = models.CharField("身份证号摘要", max_length=64, editable=False)
    gender = models.CharField("性别", max_length=6, choices=Gender, blank=True)
    level = models.CharField("职业水平", max_length=16, choices=Level)
    certificate_number = models.CharField("证书编号", max_length=30, blank=True)
    certified_on = models.DateField("取得日期", null=True, blank=True)
    registered_until = models.DateField("登记有效期至", null=True, blank=True)
    hours_since = models.DateField("学时起算", null=True, blank=True, editable=False)
    has_social_work_degree = models.BooleanField("社会工作专业学历", null=True, blank=True)
    phone = SealedField("联系电话", kind="phone", null=True, blank=True)
    phone_digests = models.TextField("联系电话摘要", blank=True, default="", editable=False)
    note = models.CharField("备注", max_length=500, blank=True)

    record_page: ClassVar[str] = "socialworkers:detail"
    scope_lookups: ClassVar[tuple[str, ...]] = ("community__town", "division")
    history_parts: ClassVar[tuple[str, ...]] = ("postings",)  # related rows whose changes are part of its history
    held_parts: ClassVar[tuple[str, ...]] = ("training_records",)  # what else is held on the person
    objects = UnmergedManager.from_queryset(SocialWorkerQuerySet)()
    with_merged = SocialWorkerQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "社会工作者"
        ordering = ("sort_key", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["id_number_digest"],
                condition=Q(merged_into__isnull=True),
                name="worker_id_number_once",
                violation_error_message="已有使用此身份证号的社会工作者。",
            ),
            not_merged_into_itself("worker"),
            models.CheckConstraint(
                condition=Q(certified_on__isnull=True) | ~Q(level="none"),
                name="worker_certificate_has_level",
                violation_error_code="required",
                violation_error_message="填了取得日期，职业水平不能是“无”，请核对。",
            ),
            models.CheckConstraint(
                condition=Q(registered_until__isnull=True) | ~Q(level="none"),
                name="worker_registration_has_level",
                violation_error_code="required",
                violation_error_message="填了登记有效期至，职业水平不能是“无”，请核对。",
            ),
            models.CheckConstraint(
                condition=Q(certified_on__isnull=True) | Q(certified_on__gte=FIRST_EXAM),
                name="worker_certified_since_first_exam",
                violation_error_code="date_order",
                violation_error_message="社会工作者职业水平考试从2008年开始，取得日期不会更早，请核对。",
            ),
            models.CheckConstraint(
                condition=Q(certified_on__isnull=True) | ~Q(level="senior") | Q(certified_on__gte=FIRST_SENIORS),
                name="worker_senior_since_2018",
                violation_error_code="date_order",
                violation_error_message="高级社会工作师从2018年开始评价，取得日期不会更早，请核对职业水平和取得日期。",
            ),
            models.CheckConstraint(
                condition=not_before("registered_until", "certified_on"),
                name="worker_registered_after_certified",
                violation_error_code="date_order",
                violation_error_message="登记有效期至早于取得日期，请核对。",
            ),
        )
        indexes = (
            models.Index(
                fields=["registered_until"],
                condition=Q(registered_until__isnull=False),
                name="worker_by_registration",
            ),
        )

    def __str__(self) -> str:
        return self.name

    def prepare_keys(self) -> None:
        """Set the columns derived from name, ID number and phone; call before saving."""
        self.sort_key = pinyin_key(self.name)
        self.readings = readings(self.name)
        self.phone_digests = phone_digests(self.phone)
        self.id_number_digest = digest(self.id_number.reveal())
        until = self.registered_until
        self.hours_since = None if until is None else years_before(until, YEARS)

    @classmethod
    def in_subtree(cls, path: str, *, prefix: str = "") -> Q:
        """Return the condition that the newest posting is in the subtree: at a community or at a town's station."""
        newest = f"{prefix}__postings" if prefix else "postings"
        # One Q, so that both conditions refer to the same posting; is_newest is unique per worker, so no row is
        # repeated.
        return Q(**{f"{newest}__is_newest": True}) & super().in_subtree(path, prefix=newest)

    @classmethod
    def gone_before(cls, moment: datetime.datetime) -> models.QuerySet[SocialWorker]:
        """Return the workers whose last posting ended before a moment (docs/privacy.md)."""
        since = Posting.with_merged.filter(not_ended(timezone.localdate(moment), "ended_on"), worker=OuterRef("pk"))
        return cls._base_manager.filter(~Exists(since))

    def belongs_to(self) -> Any:
        """Return the division of the newest posting; None without any."""
        newest = getattr(self, "newest", None)
        if newest is None:
            places = Posting.with_merged.select_related("community__town", "division")
            newest = places.filter(worker=self, is_newest=True).first()
        if newest is None:
            return None
        return newest.division if newest.community is None else newest.community.town

    @property
    def is_professional(self) -> bool:
        """Return whether the worker is 社会工作专业人才: any certificate level or a social-work degree (docs/domain.md §4)."""
        return self.level != self.Level.NONE or bool(self.has_social_work_degree)


class PostingQuerySet(DatedQuerySet, ScopedQuerySet):
    """Queries of postings."""

    def open(self) -> Self:
        """Filter for the postings that have not ended."""
        return self.filter(ended_on__isnull=True)


class StandingPostingManager(models.Manager):
    """Manager of the postings of people who stand: one who was merged into another is counted nowhere."""

    def get_queryset(self) -> models.QuerySet:
        """Return the postings of workers who were not merged into another."""
        return super().get_queryset().filter(worker__merged_into__isnull=True)


class Posting(FollowsCommunity, ScopedModel):
    """The posting of a worker at a community, or at a town's (or county's) station, from one day to another (任职).

    `objects` leaves out those of workers who were merged into another; `with_merged` is for their own pages.
    """

    class RecruitedBy(models.TextChoices):
        """配备方式 [四（三）1]."""

        OPEN_RECRUITMENT = "open_recruitment", "公开招聘"
        ELECTION = "election", "民主选举"
        COMPETITION = "competition", "竞争上岗"
        PURCHASE = "purchase", "购买服务"
        SECONDMENT = "secondment", "挂职锻炼"
        GRADUATE = "graduate", "高校毕业生"

    worker = models.ForeignKey(SocialWorker, models.CASCADE, related_name="postings", verbose_name="社会工作者")
    community = models.ForeignKey(
        "communities.Community", models.PROTECT, null=True, blank=True, related_name="postings", verbose_name="社区"
    )
    division = models.ForeignKey(
        "communities.Division", models.PROTECT, null=True, blank=True, related_name="postings", verbose_name="所属区划"
    )
    position = models.CharField("岗位", max_length=50, blank=True)
    is_community_worker = models.BooleanField("社区工作者")
    recruited_by = models.CharField("配备方式", max_length=20, choices=RecruitedBy, blank=True)
    started_on = models.DateField("到岗日期")
    ended_on = models.DateField("离岗日期", null=True, blank=True)
    is_newest = models.BooleanField("最近一次任职", default=True, editable=False)

    scope_lookups: ClassVar[tuple[str, ...]] = ("community__town", "division")
    dated_by: ClassVar[tuple[str, str]] = ("started_on", "ended_on")
    objects = StandingPostingManager.from_queryset(PostingQuerySet)()
    with_merged = PostingQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "任职"
        ordering = ("worker", "-started_on")
        constraints = (
            models.UniqueConstraint(
                fields=["worker"],
                condition=Q(ended_on__isnull=True),
                name="posting_open_once",
                violation_error_message="一名社会工作者同一时间只能有一个在岗任职。",
            ),
            models.UniqueConstraint(
                fields=["worker"],
                condition=Q(is_newest=True),
                name="posting_newest_once",
                violation_error_message="一名社会工作者只能有一个最近任职。",
            ),
            models.UniqueConstraint(
                fields=["worker", "started_on"],
                name="posting_starts_once",
                violation_error_message="这名社会工作者在这一天已有任职。",
            ),
            models.CheckConstraint(
                condition=exactly_one_of("community", "division"),
                name="posting_in_one_place",
                violation_error_message="任职应在一个社区，或一个街道（乡镇）、县的站点。",
            ),
            models.CheckConstraint(
                condition=not_before("ended_on", "started_on"),
                name="posting_ends_after_start",
                violation_error_code="date_order",
                violation_error_message="离岗日期早于到岗日期，请核对。",
            ),
        )

    def __str__(self) -> str:
        return f"{self.worker} {self.community or self.division}"
