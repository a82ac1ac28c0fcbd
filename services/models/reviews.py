"""Reviews (评估) of purchased services: mid-term, final, acceptance (docs/domain.md §14.2)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import ClassVar, Final, Self

from django.db import models
from django.db.models import Case, CharField, OuterRef, Q, Subquery, Value, When
from django.db.models.expressions import Combinable

from changzhi_portal.records import Record
from changzhi_portal.scope import ScopedModel, ScopedQuerySet
from services.models.projects import ServiceProject

Grade = ServiceProject.Grade
# The least score of each grade, the best first; below the last it is 差.
GRADES: Final[Sequence[tuple[int, Grade]]] = ((90, Grade.EXCELLENT), (80, Grade.GOOD), (60, Grade.FAIR))


def grade_of(score: Decimal | int | None) -> str:
    """Return the grade of a score from 0 to 100: ≥ 90 优, ≥ 80 良, ≥ 60 中, else 差; "" without a score."""
    if score is None:
        return ""
    return str(next((grade for least, grade in GRADES if score >= least), Grade.POOR))


def grade_of_column(name: str) -> Combinable:
    """Return `grade_of` as an expression of a column of scores."""
    return Case(
        When(**{f"{name}__isnull": True}, then=Value("")),
        *(When(**{f"{name}__gte": least}, then=Value(str(grade))) for least, grade in GRADES),
        default=Value(str(Grade.POOR)),
        output_field=CharField(),
    )


class ReviewQuerySet(ScopedQuerySet):
    """Queries of reviews."""

    def finals(self) -> Self:
        """Filter for final reviews with a score, which give a project its grade."""
        return self.filter(kind=Review.Kind.FINAL, score__isnull=False)


class Review(Record, ScopedModel):
    """One review of a project: of its middle, of its end, or its acceptance; a score from 0 to 100."""

    class Kind(models.TextChoices):
        """评估类型."""

        MIDTERM = "midterm", "中期"
        FINAL = "final", "末期"
        ACCEPTANCE = "acceptance", "验收"

    class Reviewer(models.TextChoices):
        """评估方."""

        BUYER = "buyer", "购买主体"
        THIRD_PARTY = "third_party", "第三方"

    project = models.ForeignKey(ServiceProject, models.PROTECT, related_name="reviews", verbose_name="项目")
    kind = models.CharField("评估类型", max_length=12, choices=Kind)
    reviewed_on = models.DateField("评估日期")
    score = models.DecimalField("得分", max_digits=5, decimal_places=2, null=True, blank=True)
    reviewer = models.CharField("评估方", max_length=12, choices=Reviewer, blank=True, default="")
    note = models.CharField("备注", max_length=500, blank=True, default="")

    record_page: ClassVar[str] = "services:review_detail"
    scope_lookups: ClassVar[tuple[str, ...]] = ("project__division",)
    objects = ReviewQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "项目评估"
        ordering = ("-reviewed_on", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=["project", "kind", "reviewed_on"],
                name="review_once_a_day",
                violation_error_message="这个项目这一天已有同类的评估。",
            ),
            models.CheckConstraint(
                condition=Q(score__isnull=True) | (Q(score__gte=0) & Q(score__lte=100)),
                name="review_score_up_to_100",
                violation_error_code="bad_number",
                violation_error_message="得分在0到100之间，请核对。",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=("midterm", "acceptance")) | Q(score__isnull=False),
                name="final_review_has_score",
                violation_error_code="required",
                violation_error_message="末期评估要填得分，项目的绩效等级按它确定。",
            ),
        )

    def __str__(self) -> str:
        return f"{self.project}{self.get_kind_display()}评估"

    def belongs_to(self) -> object:
        """See Record.belongs_to. The division of the project."""
        return self.project.division

    @property
    def grade(self) -> str:
        """Return the grade of the score; "" without one."""
        return grade_of(self.score)

    @property
    def grade_label(self) -> str:
        """Return the grade in words; "" without a score."""
        return str(Grade(self.grade).label) if self.grade else ""


def settled_grade(*conditions: Q) -> Subquery:
    """Return the expression of the grade that a project's newest final review gives; null without one.

    `conditions` limit the reviews, such as to those until a day.
    """
    finals = Review.objects.finals().filter(*conditions, project=OuterRef("pk"))
    newest = finals.order_by("-reviewed_on", "-pk")
    return Subquery(newest.annotate(given=grade_of_column("score")).values("given")[:1], output_field=CharField())
