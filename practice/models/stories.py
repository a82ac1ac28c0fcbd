"""宣传与案例: what is reported of the work, and the practice cases that the bureau chooses for others to follow [五（四）、（五）].

Never names of residents, volunteers or people served (docs/domain.md §12.2): texts say what was done.
"""

from __future__ import annotations

import datetime
from typing import ClassVar, Final, Self

from django.core.validators import URLValidator
from django.db import models
from django.db.models import Case, F, IntegerField, Q, Value, When

from changelog.models.steps import FlowStep
from changzhi_portal.names import readings
from changzhi_portal.records import Record
from changzhi_portal.rights import Viewer, has_right
from changzhi_portal.scope import ScopedModel, ScopedQuerySet, scope_path_of
from practice.clauses import CLAUSE_CHOICES, CLAUSES

LONGEST_SUMMARY: Final = 300
LONGEST_BODY: Final = 5_000
_LONGEST_URL: Final = 300


class StoryQuerySet(ScopedQuerySet):
    """Queries of stories."""

    def visible_to(self, user: Viewer) -> Self:
        """Filter for what a user may see: the chosen ones of all offices, and those of the own area.

        The library is there to pass experience on, so that everybody reads it. A draft is seen by its own office, one that
        was returned by those who report and choose stories, everything of the area by auditors.
        """
        path = scope_path_of(user)
        if path is None:
            return self.none()
        inside = self.model.in_subtree(path)
        chosen = Q(state=Story.State.CHOSEN)
        if has_right(user, "may_audit"):
            return self.filter(chosen | inside)
        if has_right(user, "may_report_stories"):
            own = Q(division__path=path)
            return self.filter(chosen | own | (inside & ~Q(state=Story.State.DRAFT)))
        return self.filter(chosen | (inside & Q(state=Story.State.SUBMITTED)))

    def with_place(self) -> Self:
        """Load the office and the community, for lists."""
        return self.select_related("division__parent", "community__town__parent")

    def with_clause_position(self) -> Self:
        """Annotate `clause_position`, the place of the clause in the paper; the last for none. Codes do not sort by it."""
        cases = [When(clause=code, then=Value(position)) for position, (code, _) in enumerate(CLAUSES)]
        return self.annotate(clause_position=Case(*cases, default=Value(len(CLAUSES)), output_field=IntegerField()))

    def in_library(self) -> Self:
        """Filter for the chosen ones."""
        return self.filter(state=Story.State.CHOSEN)

    def waiting(self) -> Self:
        """Filter for those that wait for the bureau, the oldest first."""
        return self.filter(state=Story.State.SUBMITTED).order_by("submitted_on", "pk")

    def reported_from(self, first: datetime.date, last: datetime.date) -> Self:
        """Filter for the reported ones of the days from `first` to `last`: those that wait, and the chosen ones."""
        return self.filter(state__in=REPORTED, on__gte=first, on__lte=last)


class Story(Record, ScopedModel):
    """A report, a campaign or a practice case of an office: what was done, where it was told, and which clause it serves."""

    class Kind(models.TextChoices):
        """类别."""

        MEDIA = "media", "媒体报道"
        CASE = "case", "典型案例"
        INNOVATION = "innovation", "创新做法"
        CAMPAIGN = "campaign", "宣传活动"

    class Level(models.TextChoices):
        """级别 of the medium, or of who organized the campaign."""

        NATIONAL = "national", "中央"
        PROVINCE = "province", "省"
        CITY = "city", "市"
        COUNTY = "county", "县"

    class State(models.TextChoices):
        """状态 (practice/flow.py)."""

        DRAFT = "draft", "草稿"
        SUBMITTED = "submitted", "已报送"
        RETURNED = "returned", "已退回"
        CHOSEN = "chosen", "入选"

    kind = models.CharField("类别", max_length=12, choices=Kind)
    title = models.CharField("标题", max_length=100)
    readings = models.TextField("读音", blank=True, default="", editable=False)
    on = models.DateField("日期", help_text="刊播的那一天，或者活动、做法开始的那一天。")
    division = models.ForeignKey(
        "communities.Division", models.PROTECT, related_name="stories", verbose_name="报送单位"
    )
    community = models.ForeignKey(
        "communities.Community", models.PROTECT, null=True, blank=True, related_name="stories", verbose_name="社区"
    )
    outlet = models.CharField("刊播媒体", max_length=60, blank=True)
    level = models.CharField("级别", max_length=10, choices=Level, blank=True)
    url = models.URLField(
        "网址", max_length=_LONGEST_URL, blank=True, validators=[URLValidator(schemes=["http", "https"])]
    )
    clause = models.CharField("对应条款", max_length=12, choices=CLAUSE_CHOICES, blank=True)
    summary = models.CharField("摘要", max_length=LONGEST_SUMMARY)
    body = models.TextField("正文", max_length=LONGEST_BODY, blank=True, default="")
    state = models.CharField("状态", max_length=12, choices=State, default=State.DRAFT, editable=False)
    submitted_on = models.DateField("报送日期", null=True, blank=True, editable=False)
    chosen_on = models.DateField("入选日期", null=True, blank=True, editable=False)
    note = models.CharField("备注", max_length=500, blank=True)

    record_page: ClassVar[str] = "practice:story_detail"
    scope_lookups: ClassVar[tuple[str, ...]] = ("division",)
    objects = StoryQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "宣传与案例"
        ordering = ("-on", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=["division", "on", "title"],
                name="story_once_in_division",
                violation_error_message="本单位这一天已有同一标题的报送，请不要重复填写。",
            ),
            models.CheckConstraint(
                condition=~Q(kind="media") | ~Q(outlet=""),
                name="media_report_has_outlet",
                violation_error_code="required",
                violation_error_message="媒体报道请填写刊播媒体。",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "submitted", "returned", "chosen"]),
                name="story_state_known",
                violation_error_message="宣传与案例的状态不对。",
            ),
            models.CheckConstraint(
                condition=Q(state="draft") | Q(submitted_on__isnull=False),
                name="reported_story_has_day",
                violation_error_message="报送过的宣传与案例应有报送日期。",
            ),
            models.CheckConstraint(
                condition=Q(chosen_on__isnull=True, state__in=["draft", "submitted", "returned"])
                | (Q(chosen_on__isnull=False, chosen_on__gte=F("submitted_on"), state="chosen") & ~Q(clause="")),
                name="chosen_story_has_clause_and_day",
                violation_error_message="入选的案例应有对应条款，入选日期不早于报送日期。",
            ),
        )
        indexes = (models.Index(fields=["state", "submitted_on"], name="story_waiting"),)

    def __str__(self) -> str:
        return self.title

    def belongs_to(self) -> object:
        """Return the office that reports it, also where it tells of a community."""
        return self.division

    def prepare_keys(self) -> None:
        """Set the column derived from the title; call before saving."""
        self.readings = readings(self.title)

    def is_of_area(self, user: Viewer) -> bool:
        """Return whether an office of the user's area reported it; of the others one sees what it says, not who did what."""
        path = scope_path_of(user)
        return path is not None and self.division.path.startswith(path)

    @property
    def is_open(self) -> bool:
        """Return whether its office may still change it."""
        return self.state in OPEN


# The states in which an office may still change what it wrote.
OPEN: Final = (Story.State.DRAFT, Story.State.RETURNED)
# The states that count: what was returned is not yet reported again.
REPORTED: Final = (Story.State.SUBMITTED, Story.State.CHOSEN)
# The kinds that a clause is asked of before they are submitted: they may enter the library.
OF_LIBRARY: Final = (Story.Kind.CASE, Story.Kind.INNOVATION)


class StoryStep(FlowStep, ScopedModel):
    """One move of a story."""

    story = models.ForeignKey(Story, models.CASCADE, related_name="steps", verbose_name="宣传与案例")

    scope_lookups: ClassVar[tuple[str, ...]] = ("story__division",)
    objects = ScopedQuerySet.as_manager()

    class Meta(FlowStep.Meta):
        verbose_name = verbose_name_plural = "宣传与案例的办理记录"

    def __str__(self) -> str:
        return f"{self.story} {self.move}"
