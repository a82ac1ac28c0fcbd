"""Calls (征集) for ideas of organizations, and their proposals: 公益创投 and 认领 [四（二）1; 四（三）4] (docs/domain.md §14.6)."""

from __future__ import annotations

import datetime
from typing import Any, ClassVar, Final, Self

from django.db import models
from django.db.models import F, Q

from changelog.models.steps import FlowStep
from changzhi_portal.names import readings
from changzhi_portal.records import FollowsCommunity, Record, not_before
from changzhi_portal.scope import ScopedModel, ScopedQuerySet
from services.models.catalogue import ServiceField
from services.models.projects import ServiceProject

LONGEST_TITLE: Final = 100
# Working days in which what was chosen is announced (公示), the day of the announcement not counted (systems.md §D, [S14]).
ANNOUNCED_FOR: Final = 5


class CallQuerySet(ScopedQuerySet):
    """Queries of calls."""

    def in_hand(self) -> Self:
        """Filter for calls that are not closed."""
        return self.exclude(state=Call.State.CLOSED)

    def published_by(self, day: datetime.date) -> Self:
        """Filter for calls that were opened and whose first day is not after `day`."""
        return self.exclude(state=Call.State.DRAFT).filter(opens_on__lte=day)

    def accepting_on(self, day: datetime.date) -> Self:
        """Filter for calls that take proposals on a day."""
        return self.filter(state=Call.State.OPEN, opens_on__lte=day, closes_on__gte=day)

    def with_proposals(self) -> Self:
        """Annotate `proposals_received`, the number of proposals that were not withdrawn."""
        received = ~Q(proposals__state=Proposal.State.WITHDRAWN)
        return self.annotate(proposals_received=models.Count("proposals", filter=received))


class Call(Record, ScopedModel):
    """A call of a county or the city: what organizations may propose (公益创投) or claim (认领), until when, for how much.

    Money is in yuan. A claim costs nothing, so that its call has no budget. `starts_on` and `ends_on` are the days of the
    projects that it leads to.
    """

    class Kind(models.TextChoices):
        """征集类型."""

        VENTURE = "venture", "公益创投"
        CLAIM = "claim", "认领"

    class State(models.TextChoices):
        """状态 (services/flow.py)."""

        DRAFT = "draft", "草稿"
        OPEN = "open", "征集中"
        REVIEWING = "reviewing", "评审中"
        ANNOUNCED = "announced", "公示中"
        CLOSED = "closed", "已结束"

    kind = models.CharField("征集类型", max_length=10, choices=Kind)
    division = models.ForeignKey("communities.Division", models.PROTECT, related_name="calls", verbose_name="征集单位")
    title = models.CharField("征集名称", max_length=LONGEST_TITLE)
    readings = models.TextField("读音", blank=True, default="", editable=False)
    opens_on = models.DateField("征集开始日期")
    closes_on = models.DateField("征集截止日期")
    budget = models.DecimalField("预算（元）", max_digits=14, decimal_places=2, null=True, blank=True)
    funding_source = models.CharField(
        "资金来源", max_length=16, choices=ServiceProject.FundingSource, blank=True, default=""
    )
    field = models.CharField("服务领域", max_length=12, choices=ServiceField, blank=True, default="")
    beneficiaries = models.CharField(
        "服务对象", max_length=12, choices=ServiceProject.Beneficiaries, blank=True, default=""
    )
    communities = models.ManyToManyField(
        "communities.Community", through="CallCommunity", related_name="calls", verbose_name="服务社区"
    )
    starts_on = models.DateField("项目开始日期", null=True, blank=True)
    ends_on = models.DateField("项目结束日期", null=True, blank=True)
    note = models.CharField("备注", max_length=500, blank=True, default="")
    state = models.CharField("状态", max_length=12, choices=State, default=State.DRAFT, editable=False)
    announced_on = models.DateField("公示日期", null=True, blank=True, editable=False)
    announced_until = models.DateField("公示截止日期", null=True, blank=True, editable=False)

    record_page: ClassVar[str] = "services:call_detail"
    scope_lookups: ClassVar[tuple[str, ...]] = ("division",)
    objects = CallQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "公益创投和认领征集"
        ordering = ("-closes_on", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=["division", "title"],
                name="call_title_once_in_division",
                violation_error_message="本单位已有同名的征集，请在名称里写明年度或者批次。",
            ),
            models.CheckConstraint(
                condition=Q(closes_on__gte=F("opens_on")),
                name="call_closes_after_opening",
                violation_error_code="date_order",
                violation_error_message="征集截止日期早于开始日期，请核对。",
            ),
            models.CheckConstraint(
                condition=Q(starts_on__isnull=True) | not_before("ends_on", "starts_on"),
                name="call_projects_end_after_start",
                violation_error_code="date_order",
                violation_error_message="项目结束日期早于开始日期，请核对。",
            ),
            models.CheckConstraint(
                condition=Q(kind="claim", budget__isnull=True, funding_source="")
                | (Q(kind="venture", budget__isnull=False, budget__gt=0) & ~Q(funding_source="")),
                name="call_of_ventures_has_budget",
                violation_error_message="公益创投要填预算和资金来源，预算大于0；认领不用钱，都留空。",
            ),
            models.CheckConstraint(
                condition=Q(state="draft")
                | Q(state="closed", announced_on__isnull=True)  # ended before it was opened
                | (~Q(field="") & ~Q(beneficiaries="") & Q(starts_on__isnull=False, ends_on__isnull=False)),
                name="opened_call_is_whole",
                violation_error_message="发布前要填服务领域、服务对象和项目起止日期，入选的要据此立项。",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=["draft", "open", "reviewing", "closed"],
                    announced_on__isnull=True,
                    announced_until__isnull=True,
                )
                | Q(
                    state__in=["announced", "closed"],
                    announced_on__isnull=False,
                    announced_until__isnull=False,
                    announced_until__gt=F("announced_on"),
                ),
                name="announced_call_has_days",
                violation_error_message="公示的征集应有公示日期和截止日期。",
            ),
        )
        indexes = (models.Index(fields=["state", "closes_on"], name="call_waiting"),)

    def __str__(self) -> str:
        return self.title

    def prepare_keys(self) -> None:
        """Set the column derived from the title; call before saving."""
        self.readings = readings(self.title)

    @property
    def is_venture(self) -> bool:
        """Return whether organizations propose for money."""
        return self.kind == self.Kind.VENTURE

    @property
    def deed(self) -> str:
        """Return what an organization does under the call, in a word: 申报 or 认领."""
        return "申报" if self.is_venture else "认领"

    @property
    def may_be_changed(self) -> bool:
        """Return whether anything of it may still be set in its form."""
        return self.state in {self.State.DRAFT, self.State.OPEN}


class CallCommunity(FollowsCommunity, ScopedModel):
    """A community that a call is for."""

    call = models.ForeignKey(Call, models.CASCADE, related_name="links", verbose_name="征集")
    community = models.ForeignKey("communities.Community", models.PROTECT, related_name="+", verbose_name="社区")

    scope_lookups: ClassVar[tuple[str, ...]] = ("call__division",)

    class Meta:
        verbose_name = verbose_name_plural = "征集的服务社区"
        constraints = (
            models.UniqueConstraint(
                fields=["call", "community"],
                name="call_for_community_once",
                violation_error_message="征集已列出这个社区。",
            ),
        )

    def __str__(self) -> str:
        return f"{self.call} {self.community}"


class CallStep(FlowStep, ScopedModel):
    """One move of a call."""

    call = models.ForeignKey(Call, models.CASCADE, related_name="steps", verbose_name="征集")

    scope_lookups: ClassVar[tuple[str, ...]] = ("call__division",)
    objects = ScopedQuerySet.as_manager()

    class Meta(FlowStep.Meta):
        verbose_name = verbose_name_plural = "征集的办理记录"

    def __str__(self) -> str:
        return f"{self.call} {self.move}"


class ProposalQuerySet(ScopedQuerySet):
    """Queries of proposals."""

    def with_call(self) -> Self:
        """Load call, office and organization, for lists."""
        return self.select_related("call__division__parent", "organization")

    def standing(self) -> Self:
        """Filter for what was not withdrawn."""
        return self.exclude(state=Proposal.State.WITHDRAWN)

    def chosen(self) -> Self:
        """Filter for the chosen ones."""
        return self.filter(state=Proposal.State.CHOSEN)

    def by_score(self) -> Self:
        """Order by score, the best first; those without one come last, in the order in which they were handed in."""
        return self.order_by(F("score").desc(nulls_last=True), "submitted_on", "pk")


class Proposal(Record, ScopedModel):
    """What an organization proposes or claims under a call; offices enter it, for organizations have no accounts.

    `amount` is in yuan, 0 for a claim. `project` is the project that a chosen one has led to.
    """

    class State(models.TextChoices):
        """状态 (services/flow.py)."""

        SUBMITTED = "submitted", "已申报"
        SHORTLISTED = "shortlisted", "进入初选"
        CHOSEN = "chosen", "入选"
        REFUSED = "refused", "未入选"
        WITHDRAWN = "withdrawn", "已撤回"

    call = models.ForeignKey(Call, models.PROTECT, related_name="proposals", verbose_name="征集")
    organization = models.ForeignKey(
        "orgs.SocialOrganization", models.PROTECT, related_name="proposals", verbose_name="组织"
    )
    title = models.CharField("项目名称", max_length=LONGEST_TITLE)
    readings = models.TextField("读音", blank=True, default="", editable=False)
    submitted_on = models.DateField("申报日期")
    amount = models.DecimalField("申请金额（元）", max_digits=14, decimal_places=2, default=0)
    score = models.DecimalField("得分", max_digits=5, decimal_places=2, null=True, blank=True)
    note = models.CharField("备注", max_length=500, blank=True, default="")
    state = models.CharField("状态", max_length=12, choices=State, default=State.SUBMITTED, editable=False)
    decided_on = models.DateField("评定日期", null=True, blank=True, editable=False)
    project = models.OneToOneField(
        ServiceProject,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="proposal",
        verbose_name="立项的项目",
    )

    record_page: ClassVar[str] = "services:proposal_detail"
    scope_lookups: ClassVar[tuple[str, ...]] = ("call__division",)
    objects = ProposalQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "申报和认领"
        ordering = ("-submitted_on", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=["call", "organization", "title"],
                condition=~Q(state="withdrawn"),
                name="proposal_once_in_call",
                violation_error_message="这个组织在本次征集里已有同名的申报，请不要重复登记。",
            ),
            models.CheckConstraint(
                condition=Q(amount__gte=0),
                name="proposal_amount_not_negative",
                violation_error_code="bad_number",
                violation_error_message="申请金额不能是负数。",
            ),
            models.CheckConstraint(
                condition=Q(score__isnull=True) | Q(score__gte=0, score__lte=100),
                name="proposal_score_to_100",
                violation_error_code="bad_number",
                violation_error_message="得分在0到100之间。",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["submitted", "shortlisted"], decided_on__isnull=True)
                | Q(state__in=["chosen", "refused"], decided_on__isnull=False)
                | Q(state="withdrawn"),
                name="decided_proposal_has_day",
                violation_error_message="入选和未入选的应有评定日期。",
            ),
            models.CheckConstraint(
                condition=Q(project__isnull=True) | Q(state="chosen"),
                name="proposal_with_project_is_chosen",
                violation_error_message="只有入选的才能立项。",
            ),
        )

    def __str__(self) -> str:
        return self.title

    def belongs_to(self) -> Any:
        """Return the office whose call it is."""
        return self.call.division

    def prepare_keys(self) -> None:
        """Set the column derived from the title; call before saving."""
        self.readings = readings(self.title)

    @property
    def is_open(self) -> bool:
        """Return whether what it says may still be changed: it is not decided, and its call takes or judges proposals."""
        in_hand = {Call.State.OPEN, Call.State.REVIEWING}
        return self.state in {self.State.SUBMITTED, self.State.SHORTLISTED} and self.call.state in in_hand


class ProposalStep(FlowStep, ScopedModel):
    """One move of a proposal."""

    proposal = models.ForeignKey(Proposal, models.CASCADE, related_name="steps", verbose_name="申报")

    scope_lookups: ClassVar[tuple[str, ...]] = ("proposal__call__division",)
    objects = ScopedQuerySet.as_manager()

    class Meta(FlowStep.Meta):
        verbose_name = verbose_name_plural = "申报的办理记录"

    def __str__(self) -> str:
        return f"{self.proposal} {self.move}"
