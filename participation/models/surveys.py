"""Surveys (调查) and their counts: how many residents of a community gave which answer to which question.

Never a person's answers (docs/domain.md §4.16).
"""

from __future__ import annotations

import datetime
from decimal import Decimal
from functools import reduce
from operator import add
from typing import ClassVar, Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from changelog.models.steps import FlowStep
from changzhi_portal.grades import GRADE_FIELDS, Grade5, GradeCounts, printed_rate, printed_score
from changzhi_portal.names import readings
from changzhi_portal.records import Record, not_before
from changzhi_portal.scope import ScopedModel, ScopedQuerySet
from participation.questions import ENOUGH_ANSWERS, OVERALL, SATISFACTION_QUESTIONS

MOST_QUESTIONS = 20
LONGEST_QUESTION = 60


def _sum_of(fields: tuple[str, ...]) -> Combinable:
    """Return the sum of nullable columns, a blank one counted as 0."""
    return reduce(add, (Coalesce(F(name), Value(0)) for name in fields))


_GRADES = tuple(GRADE_FIELDS.values())
_CONTENT = tuple(GRADE_FIELDS[grade] for grade in Grade5 if grade >= Grade5.FAIRLY_SATISFIED)


class SurveyQuerySet(ScopedQuerySet):
    """Queries of surveys."""

    def collecting(self) -> Self:
        """Filter for surveys whose counts may be entered."""
        return self.filter(state=Survey.State.COLLECTING)


class Survey(Record, ScopedModel):
    """A survey of a division: what is asked, from when to when, and how."""

    class Kind(models.TextChoices):
        """类别: how content residents are, or what they need."""

        SATISFACTION = "satisfaction", "满意度"
        NEEDS = "needs", "需求"

    class Method(models.TextChoices):
        """方式."""

        HOUSEHOLD = "household", "入户"
        STREET = "street", "街访"
        PHONE = "phone", "电话"
        ONLINE = "online", "网上"

    class State(models.TextChoices):
        """状态: counts are entered while it is collecting."""

        DRAFT = "draft", "草稿"
        COLLECTING = "collecting", "填报中"
        CLOSED = "closed", "已结束"

    name = models.CharField("调查名称", max_length=100)
    readings = models.TextField("读音", blank=True, default="", editable=False)
    kind = models.CharField("类别", max_length=12, choices=Kind)
    division = models.ForeignKey(
        "communities.Division", models.PROTECT, related_name="surveys", verbose_name="组织单位"
    )
    starts_on = models.DateField("开始日期")
    ends_on = models.DateField("截止日期")
    method = models.CharField("方式", max_length=10, choices=Method, blank=True)
    by_third_party = models.BooleanField("第三方调查", default=False)
    questions = models.TextField("需求题目", blank=True, default="")
    state = models.CharField("状态", max_length=10, choices=State, default=State.DRAFT)

    record_page: ClassVar[str] = "participation:survey"
    scope_lookups: ClassVar[tuple[str, ...]] = ("division",)
    objects = SurveyQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "调查"
        ordering = ("-ends_on", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=["division", "name"],
                name="survey_name_once_in_division",
                violation_error_message="本单位已有同名的调查，请在名称里写明年度或者批次。",
            ),
            models.CheckConstraint(
                condition=not_before("ends_on", "starts_on"),
                name="survey_ends_after_start",
                violation_error_message="截止日期早于开始日期，请核对。",
            ),
            models.CheckConstraint(
                condition=Q(kind="satisfaction", questions="") | (Q(kind="needs") & ~Q(questions="")),
                name="survey_of_needs_has_questions",
                violation_error_message="需求调查要列出题目，每行一个；满意度调查用统一的题目，不另列。",
            ),
        )

    def __str__(self) -> str:
        return self.name

    def prepare_keys(self) -> None:
        """Set the column derived from the name; call before saving."""
        self.readings = readings(self.name)

    @property
    def is_of_needs(self) -> bool:
        """Return whether residents say what they need, instead of how content they are."""
        return self.kind == self.Kind.NEEDS

    @property
    def asked(self) -> tuple[str, ...]:
        """Return the questions, in their order."""
        return tuple(self.questions.splitlines()) if self.is_of_needs else SATISFACTION_QUESTIONS


class SurveyStep(FlowStep, ScopedModel):
    """One move of a survey, with who made it and when."""

    survey = models.ForeignKey(Survey, models.CASCADE, related_name="steps", verbose_name="调查")

    scope_lookups: ClassVar[tuple[str, ...]] = ("survey__division",)

    class Meta(FlowStep.Meta):
        verbose_name = verbose_name_plural = "调查的办理记录"

    def __str__(self) -> str:
        return f"{self.survey} {self.move}"


class SurveyCountQuerySet(ScopedQuerySet):
    """Queries of counts."""

    def with_answers(self) -> Self:
        """Annotate `valid`, the valid answers, and `content`, those of them that are satisfied (5, 4 and 3)."""
        return self.annotate(valid=_sum_of(_GRADES), content=_sum_of(_CONTENT))

    def overall_of_newest(self, first: datetime.date, last: datetime.date) -> Self:
        """Filter for each community's answer to 总体 in its newest closed satisfaction survey that ended from `first` to `last`.

        Only where there are enough answers: a community whose newest survey has too few is unknown, whatever an older one
        says. Annotates as `with_answers`.
        """
        closed = self.filter(
            question=OVERALL,
            survey__kind=Survey.Kind.SATISFACTION,
            survey__state=Survey.State.CLOSED,
            survey__ends_on__range=(first, last),
        )
        is_newer = Q(survey__ends_on__gt=OuterRef("survey__ends_on")) | Q(
            survey__ends_on=OuterRef("survey__ends_on"), survey__gt=OuterRef("survey")
        )
        newer = closed.order_by().filter(is_newer, community=OuterRef("community"))
        return closed.filter(~Exists(newer)).with_answers().filter(valid__gte=ENOUGH_ANSWERS)


class SurveyCount(Record, ScopedModel):
    """The answers of one community to one question of a survey, as numbers.

    Of a satisfaction survey the five grades and 不了解, of one of needs how many chose it.
    """

    survey = models.ForeignKey(Survey, models.PROTECT, related_name="counts", verbose_name="调查")
    community = models.ForeignKey(
        "communities.Community", models.PROTECT, related_name="survey_counts", verbose_name="社区"
    )
    question = models.CharField("题目", max_length=LONGEST_QUESTION)
    sent = models.PositiveIntegerField("发放", null=True, blank=True)
    very_satisfied = models.PositiveIntegerField("非常满意", null=True, blank=True)
    satisfied = models.PositiveIntegerField("满意", null=True, blank=True)
    fairly_satisfied = models.PositiveIntegerField("基本满意", null=True, blank=True)
    dissatisfied = models.PositiveIntegerField("不满意", null=True, blank=True)
    very_dissatisfied = models.PositiveIntegerField("非常不满意", null=True, blank=True)
    do_not_know = models.PositiveIntegerField("不了解", null=True, blank=True)
    chosen = models.PositiveIntegerField("选择数", null=True, blank=True)

    record_page: ClassVar[str] = "participation:count"
    scope_lookups: ClassVar[tuple[str, ...]] = ("community__town",)
    # Columns of answers to a satisfaction survey; those of one of needs have `chosen`.
    ANSWERS: ClassVar[tuple[str, ...]] = (*_GRADES, "do_not_know")
    objects = SurveyCountQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "调查结果"
        ordering = ("survey", "community", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["survey", "community", "question"],
                name="survey_count_once",
                violation_error_message="这个社区的这道题已有结果。",
            ),
            models.CheckConstraint(
                condition=Q(sent__isnull=True)
                | (Q(sent__gte=_sum_of((*_GRADES, "do_not_know"))) & Q(sent__gte=Coalesce(F("chosen"), Value(0)))),
                name="survey_answers_at_most_sent",
                violation_error_message="答卷数多于发放数，请核对。",
            ),
            models.CheckConstraint(
                condition=Q(chosen__isnull=True) | Q(**{f"{name}__isnull": True for name in (*_GRADES, "do_not_know")}),
                name="survey_count_grades_or_chosen",
                violation_error_message="满意度调查填五档和不了解，需求调查填选择数，不能都填。",
            ),
        )

    def __str__(self) -> str:
        return f"{self.community} {self.question}"

    @classmethod
    def answers_of(cls, grade: Grade5) -> Combinable:
        """Return the expression of the number of answers of one grade, a blank one counted as 0."""
        return _sum_of((GRADE_FIELDS[grade],))

    @property
    def grades(self) -> GradeCounts:
        """Return the answers by grade."""
        return GradeCounts.of(self)

    @property
    def answered(self) -> int:
        """Return how many of the sheets that were sent have an answer, 不了解 among them."""
        return self.grades.valid + (self.do_not_know or 0) + (self.chosen or 0)

    @property
    def satisfaction(self) -> Decimal | None:
        """Return 满意率 in percent with one decimal; None without a valid answer."""
        return printed_rate(self.grades.satisfaction)

    @property
    def score(self) -> Decimal | None:
        """Return the score with one decimal; None without a valid answer."""
        return printed_score(self.grades.score)

    @property
    def has_enough(self) -> bool:
        """Return whether there are so many valid answers that they say something of the community."""
        return self.grades.valid >= ENOUGH_ANSWERS
