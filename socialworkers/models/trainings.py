"""Trainings (培训), and the hours (学时) of the workers who attended them (docs/domain.md §4.23)."""

from __future__ import annotations

from typing import Any, ClassVar, Final, Self

from django.db import models
from django.db.models import Q

from changzhi_portal.names import readings
from changzhi_portal.records import Record, not_before
from changzhi_portal.rights import Viewer
from changzhi_portal.scope import ScopedModel, ScopedQuerySet, paths_above, scope_path_of

# Who was trained, by the column that says how many [四（三）2].
AUDIENCES: Final = {
    "party_members": "党组织成员",
    "committee_members": "自治组织成员",
    "community_workers": "社区专职工作者",
    "service_staff": "服务人员",
}


class TrainingQuerySet(ScopedQuerySet):
    """Queries of trainings."""

    def visible_to(self, user: Viewer) -> Self:
        """Filter for what a user may see: the trainings of the own area, and those of the divisions above, which its workers attend."""
        path = scope_path_of(user)
        return self.none() if path is None else self.open_to(path)

    def open_to(self, path: str) -> Self:
        """Filter for the trainings whose hours an office with this path may note: of its own area and of the divisions above."""
        return self.filter(Q(Training.in_subtree(path)) | Q(division__path__in=paths_above(path)))


class Training(Record, ScopedModel):
    """A training of a division: what it was, from when to when, how many hours, and how many people of which kind attended."""

    class Kind(models.TextChoices):
        """培训类型: which hours count for the registration of a certificate says `socialworkers.models.hours`."""

        GENERAL = "general", "普及"
        CONTINUING = "continuing", "继续教育"
        SUPERVISION = "supervision", "督导"
        EXAM = "exam", "考前"
        DEGREE = "degree", "学历"

    number = models.CharField("编号", max_length=40)
    name = models.CharField("名称", max_length=100)
    readings = models.TextField("读音", blank=True, default="", editable=False)
    kind = models.CharField("培训类型", max_length=12, choices=Kind)
    starts_on = models.DateField("开始日期")
    ends_on = models.DateField("结束日期")
    hours = models.DecimalField("学时", max_digits=5, decimal_places=1)
    division = models.ForeignKey(
        "communities.Division", models.PROTECT, related_name="trainings", verbose_name="所属区划"
    )
    party_members = models.PositiveIntegerField("党组织成员", null=True, blank=True)
    committee_members = models.PositiveIntegerField("自治组织成员", null=True, blank=True)
    community_workers = models.PositiveIntegerField("社区专职工作者", null=True, blank=True)
    service_staff = models.PositiveIntegerField("服务人员", null=True, blank=True)
    note = models.CharField("备注", max_length=500, blank=True)

    record_page: ClassVar[str] = "socialworkers:training_detail"
    scope_lookups: ClassVar[tuple[str, ...]] = ("division",)
    objects = TrainingQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "培训"
        ordering = ("-ends_on", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=["number"], name="training_number_once", violation_error_message="已有这个编号的培训。"
            ),
            models.CheckConstraint(
                condition=not_before("ends_on", "starts_on"),
                name="training_ends_after_start",
                violation_error_code="date_order",
                violation_error_message="培训的结束日期早于开始日期，请核对。",
            ),
            models.CheckConstraint(
                condition=Q(hours__gt=0),
                name="training_has_hours",
                violation_error_code="bad_number",
                violation_error_message="培训的学时应大于0，请核对。",
            ),
        )
        indexes = (models.Index(fields=["ends_on"], name="training_by_end"),)

    def __str__(self) -> str:
        return self.name

    def prepare_keys(self) -> None:
        """Set the column derived from the name; call before saving."""
        self.readings = readings(self.name)

    @property
    def people(self) -> int | None:
        """Return how many people attended, of all kinds; None where nothing is said of any."""
        known = [number for name in AUDIENCES if (number := getattr(self, name)) is not None]
        return sum(known) if known else None


class TrainingRecordQuerySet(ScopedQuerySet):
    """Queries of training records."""

    def with_names(self) -> Self:
        """Load worker and training, for lists."""
        return self.select_related("worker", "training")


class StandingRecordManager(models.Manager):
    """Manager of the records of people who stand: those of one who was merged into another count nowhere."""

    def get_queryset(self) -> models.QuerySet:
        """Return the records of workers who were not merged into another."""
        return super().get_queryset().filter(worker__merged_into__isnull=True)


class TrainingRecord(Record, ScopedModel):
    """The hours of one worker in one training. The person is found by the ID number, which is kept with the worker alone.

    It is seen by the office of the worker's newest posting, as the worker is. There may be a million: lists of them are
    in the order of their keys, and `training_record_once` leads to the hours of one worker.
    """

    training = models.ForeignKey(Training, models.PROTECT, related_name="records", verbose_name="培训")
    worker = models.ForeignKey(
        "socialworkers.SocialWorker",
        models.CASCADE,
        db_index=False,  # the constraint's index begins with it
        related_name="training_records",
        verbose_name="社会工作者",
    )
    hours = models.DecimalField("学时", max_digits=5, decimal_places=1)
    note = models.CharField("备注", max_length=500, blank=True)

    record_page: ClassVar[str] = "socialworkers:record_detail"
    scope_lookups: ClassVar[tuple[str, ...]] = ("worker__postings__community__town", "worker__postings__division")
    objects = StandingRecordManager.from_queryset(TrainingRecordQuerySet)()
    with_merged = TrainingRecordQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "培训学时"
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=["worker", "training"],
                name="training_record_once",
                violation_error_message="这个人的这次培训已有学时。",
            ),
            models.CheckConstraint(
                condition=Q(hours__gt=0),
                name="training_record_has_hours",
                violation_error_code="bad_number",
                violation_error_message="学时应大于0，请核对。",
            ),
        )

    def __str__(self) -> str:
        return f"{self.worker} {self.training}"

    @classmethod
    def in_subtree(cls, path: str, *, prefix: str = "") -> Q:
        """Return the condition that the worker is in the subtree: by the newest posting."""
        workers: Any = cls._meta.get_field("worker").related_model
        condition: Q = workers.in_subtree(path, prefix=f"{prefix}__worker" if prefix else "worker")
        return condition

    def belongs_to(self) -> Any:
        """Return the division of the worker's newest posting; None without any."""
        return self.worker.belongs_to()
