"""进社区事项: what communities are asked for, on whose behalf, and with what money (docs/domain.md §11).

One model is the list of what is in force and the applications for it: an application that is approved stands in the list.
"""

from __future__ import annotations

import datetime
from typing import ClassVar, Final, Self

from django.db import models
from django.db.models import F, Q

from changelog.models.steps import FlowStep
from changzhi_portal.names import readings
from changzhi_portal.records import DatedQuerySet, Record, in_effect, not_ended
from changzhi_portal.rights import Viewer, has_right
from changzhi_portal.scope import ScopedModel, ScopedQuerySet, paths_above, scope_path_of

# Characters of the columns that a ledger or a survey asks for.
LONGEST_ASKED: Final = 2_000


class WorkItemQuerySet(DatedQuerySet, ScopedQuerySet):
    """Queries of what communities are asked for."""

    def visible_to(self, user: Viewer) -> Self:
        """Filter for what a user may see: the items of the own area, and what is in force there from the divisions above.

        A department sees its own items in every state and of others what is or was in force; applications are seen by
        those who decide and by auditors, and not before they are submitted.
        """
        path = scope_path_of(user)
        if path is None:
            return self.none()
        inside = self.model.in_subtree(path)
        listed = Q(state__in=LISTED)
        above = Q(division__path__in=paths_above(path))
        if has_right(user, "may_propose_work_items"):
            own = Q(department=getattr(user, "department_id", None), department__isnull=False)
            return self.filter(own | ((inside | above) & listed))
        if has_right(user, "may_decide_work_items") or has_right(user, "may_audit"):
            return self.filter((inside & ~Q(state=WorkItem.State.DRAFT)) | (above & listed))
        return self.filter((inside | above) & listed)

    def in_force_on(self, day: datetime.date) -> Self:
        """Filter for what may be asked of communities on a day: approved by then, begun and not ended."""
        decided = Q(decided_on__isnull=True) | Q(decided_on__lte=day)
        return self.filter(decided, in_effect(day, *WorkItem.dated_by), state__in=LISTED)

    def standing_on(self, day: datetime.date) -> Self:
        """Filter for what is approved and has not ended by a day, whether it has begun or not."""
        return self.filter(not_ended(day, "valid_to"), state=WorkItem.State.APPROVED)

    def applying_in(self, path: str) -> Self:
        """Filter for the items of the division with this path and of those above it: what its communities may be asked."""
        return self.filter(division__path__in=paths_above(path))

    def waiting(self) -> Self:
        """Filter for applications that wait for a decision, the most urgent first."""
        return self.filter(state=WorkItem.State.SUBMITTED).order_by("due_on", "pk")

    def decided_by(self, user: Viewer) -> Self:
        """Filter for the items that a user decides on: the city those of its departments, a county those below it."""
        path = scope_path_of(user)
        if path is None or not has_right(user, "may_decide_work_items"):
            return self.none()
        return self.filter(division__path=path) if _is_of_city(user) else self.filter(WorkItem.in_subtree(path))

    def expired_by(self, day: datetime.date) -> Self:
        """Filter for items in force whose last day has passed."""
        return self.filter(state=WorkItem.State.APPROVED, valid_to__lte=day)


class WorkItem(Record, ScopedModel):
    """One thing that is asked of communities, or that a department applies to ask [四（一）4].

    It holds from `valid_from` to `valid_to` (exclusive). Money is in yuan a community and year. `asked` are the columns
    of a ledger or survey, separated by 、; `held` says which of them the registers held already when it was approved.
    """

    class Kind(models.TextChoices):
        """类别 of what is asked."""

        TASK = "task", "工作事项"
        BODY = "body", "机构"
        SIGN = "sign", "挂牌"
        LEDGER = "ledger", "台账报表"
        ASSESSMENT = "assessment", "考核评比"
        STANDARD = "standard", "创建达标"
        SURVEY = "survey", "调查统计"
        SYSTEM = "system", "信息系统"
        CERTIFICATE = "certificate", "证明"

    class ListedAs(models.TextChoices):
        """清单: which of the lists it stands in."""

        LAWFUL = "lawful", "依法履职"
        ASSISTING = "assisting", "协助"
        ADMITTED = "admitted", "准入"
        NOT_OURS = "not_ours", "不应承担"

    class Role(models.TextChoices):
        """居（村）委会角色."""

        RESPONSIBLE = "responsible", "责任主体"
        ASSISTING = "assisting", "协助"

    class ForbiddenField(models.TextChoices):
        """禁止领域: where no committee may be the one responsible."""

        ENFORCEMENT = "enforcement", "行政执法"
        DEMOLITION = "demolition", "拆迁拆违"
        ENVIRONMENT = "environment", "环境整治"
        CITY_MANAGEMENT = "city_management", "城市管理"
        INVESTMENT = "investment", "招商引资"

    class AppliesTo(models.TextChoices):
        """适用: the kind of communities that are asked."""

        URBAN = "urban", "城市社区"
        RURAL = "rural", "农村社区"
        ALL = "all", "全部"

    class Term(models.TextChoices):
        """期限."""

        LASTING = "lasting", "长期"
        TEMPORARY = "temporary", "临时"

    class Payment(models.TextChoices):
        """拨付方式."""

        BUDGET = "budget", "财政拨付"
        PURCHASE = "purchase", "购买服务"
        PER_MATTER = "per_matter", "随事拨付"

    class Placement(models.TextChoices):
        """挂牌位置."""

        INDOORS = "indoors", "室内"
        OUTDOORS = "outdoors", "室外"

    class Medium(models.TextChoices):
        """报送方式 of a ledger."""

        PAPER = "paper", "纸质"
        SYSTEM = "system", "系统"

    class State(models.TextChoices):
        """状态 (workload/flow.py)."""

        DRAFT = "draft", "草稿"
        SUBMITTED = "submitted", "待审定"
        RETURNED = "returned", "已退回"
        APPROVED = "approved", "在用"
        REFUSED = "refused", "不予准入"
        ENDED = "ended", "已终止"

    number = models.CharField("编号", max_length=30)
    name = models.CharField("名称", max_length=100)
    readings = models.TextField("读音", blank=True, default="", editable=False)
    kind = models.CharField("类别", max_length=12, choices=Kind)
    listed_as = models.CharField("清单", max_length=12, choices=ListedAs)
    division = models.ForeignKey(
        "communities.Division", models.PROTECT, related_name="work_items", verbose_name="所属区划"
    )
    department = models.ForeignKey(
        "accounts.Department", models.PROTECT, related_name="work_items", verbose_name="提出部门"
    )
    basis = models.CharField("依据", max_length=200)
    role = models.CharField("居（村）委会角色", max_length=12, choices=Role)
    forbidden_field = models.CharField("禁止领域", max_length=16, choices=ForbiddenField, blank=True)
    has_veto = models.BooleanField("一票否决", default=False)
    applies_to = models.CharField("适用", max_length=8, choices=AppliesTo, default=AppliesTo.ALL)
    term = models.CharField("期限", max_length=10, choices=Term, default=Term.LASTING)
    valid_from = models.DateField("起")
    valid_to = models.DateField("止", null=True, blank=True, help_text="从这一天起不再要求；没有的留空。")
    yearly_funds = models.DecimalField("每社区年经费（元）", max_digits=12, decimal_places=2, null=True, blank=True)
    payment = models.CharField("拨付方式", max_length=12, choices=Payment, blank=True)
    conditions = models.CharField("人员设备培训", max_length=300, blank=True)
    opinions = models.CharField("征求社区意见", max_length=500, blank=True)
    placement = models.CharField("挂牌位置", max_length=10, choices=Placement, blank=True)
    times_a_year = models.PositiveSmallIntegerField("每年报送次数", null=True, blank=True)
    medium = models.CharField("报送方式", max_length=8, choices=Medium, blank=True)
    office = models.CharField("索要证明的单位", max_length=100, blank=True)
    headcount = models.PositiveSmallIntegerField("机构人数", null=True, blank=True)
    asked = models.TextField("采集项目", max_length=LONGEST_ASKED, blank=True, default="")
    held = models.TextField("系统已有的项目", blank=True, default="", editable=False)
    state = models.CharField("状态", max_length=12, choices=State, default=State.DRAFT, editable=False)
    submitted_on = models.DateField("提交日期", null=True, blank=True, editable=False)
    due_on = models.DateField("审定期限", null=True, blank=True, editable=False)
    decided_on = models.DateField("审定日期", null=True, blank=True, editable=False)
    decided_in = models.PositiveSmallIntegerField("审定用时（工作日）", null=True, blank=True, editable=False)
    note = models.CharField("备注", max_length=500, blank=True)

    record_page: ClassVar[str] = "workload:item_detail"
    scope_lookups: ClassVar[tuple[str, ...]] = ("division",)
    dated_by: ClassVar[tuple[str, str]] = ("valid_from", "valid_to")
    objects = WorkItemQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "社区工作事项"
        ordering = ("number", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["number"], name="work_item_number_once", violation_error_message="已有这个编号的事项。"
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                name="work_item_ends_after_start",
                violation_error_code="date_order",
                violation_error_message="“止”早于“起”，请核对。",
            ),
            models.CheckConstraint(
                condition=~Q(term="temporary") | Q(valid_to__isnull=False),
                name="temporary_work_item_has_end",
                violation_error_code="required",
                violation_error_message="临时事项请填写“止”。",
            ),
            models.CheckConstraint(
                condition=Q(yearly_funds__isnull=True) | Q(yearly_funds__gte=0),
                name="work_item_funds_not_negative",
                violation_error_message="经费不能是负数。",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["submitted", "returned", "refused"])
                | Q(submitted_on__isnull=False, due_on__isnull=False),
                name="submitted_work_item_has_limit",
                violation_error_message="提交过的申请应有提交日期和审定期限。",
            ),
            models.CheckConstraint(
                condition=Q(decided_on__isnull=True, decided_in__isnull=True)
                | Q(decided_on__gte=F("submitted_on"), decided_in__isnull=False),
                name="work_item_decided_after_submission",
                violation_error_message="审定日期不能早于提交日期。",
            ),
        )
        indexes = (models.Index(fields=["state", "due_on"], name="work_item_waiting"),)

    def __str__(self) -> str:
        return self.name

    def prepare_keys(self) -> None:
        """Set the column derived from the name; call before saving."""
        self.readings = readings(self.name)

    @property
    def columns_asked(self) -> list[str]:
        """Return the columns that a ledger or survey asks for, in their order."""
        return [name for name in self.asked.split("、") if name]

    def is_decided_by(self, user: Viewer) -> bool:
        """Return whether a user's division decides on the item, as `WorkItemQuerySet.decided_by`; the right is asked apart."""
        path = scope_path_of(user)
        if path is None:
            return False
        return self.division.path == path if _is_of_city(user) else self.division.path.startswith(path)

    @property
    def is_open(self) -> bool:
        """Return whether its department may still change it."""
        return self.state in OPEN

    @property
    def is_listed(self) -> bool:
        """Return whether it is or was in force, so that everybody of the area sees it."""
        return self.state in LISTED


def _is_of_city(user: Viewer) -> bool:
    """Return whether a user acts for the city, which decides on its own departments' items alone."""
    division = getattr(user, "division", None)
    return division is not None and division.level == "city"


# The states in which a department may still change its application.
OPEN: Final = (WorkItem.State.DRAFT, WorkItem.State.RETURNED)
# The states in which an item is or was in force.
LISTED: Final = (WorkItem.State.APPROVED, WorkItem.State.ENDED)
# The kinds that must bring money and conditions, where they are asked of communities as help or newly admitted.
FUNDED: Final = (
    WorkItem.Kind.TASK,
    WorkItem.Kind.SURVEY,
    WorkItem.Kind.SYSTEM,
    WorkItem.Kind.STANDARD,
)
SUPPORTED: Final = (WorkItem.ListedAs.ASSISTING, WorkItem.ListedAs.ADMITTED)
# The kinds that collect figures, and say which.
COLLECTING: Final = (WorkItem.Kind.LEDGER, WorkItem.Kind.SURVEY)


class WorkItemStep(FlowStep, ScopedModel):
    """One move of an item."""

    item = models.ForeignKey(WorkItem, models.CASCADE, related_name="steps", verbose_name="事项")

    scope_lookups: ClassVar[tuple[str, ...]] = ("item__division",)
    objects = ScopedQuerySet.as_manager()

    class Meta(FlowStep.Meta):
        verbose_name = verbose_name_plural = "事项办理经过"

    def __str__(self) -> str:
        return f"{self.item} {self.move}"
