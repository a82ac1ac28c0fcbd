"""Quality rules of purchased-service projects."""

from __future__ import annotations

from django.db.models import Exists, F, OuterRef, Q

from changzhi_portal.quality import Occasion, Severity, Subject, rule
from changzhi_portal.scope import ScopedQuerySet
from services.models import Payment, Review, ServiceProject
from services.models.payments import paid_in_all
from services.models.reviews import settled_grade

PROJECTS = Subject(ServiceProject, community=None)
Status = ServiceProject.Status
_CONTRACTED = (Status.PERFORMING, Status.ACCEPTED)
_UNFINISHED = (Status.PLANNED, Status.PROCURING, Status.PERFORMING)


@rule(PROJECTS, Severity.HARD, "签订日期晚于结束日期", "签订日期{signed_on}晚于项目结束日期{ends_on}，请改正。")
def signed_after_end(occasion: Occasion) -> ScopedQuerySet:
    """Find contracts signed after the project's last day."""
    return ServiceProject.objects.filter(signed_on__gt=F("ends_on"))


@rule(PROJECTS, Severity.SOFT, "合同金额超过预算", "合同金额{contract_amount}元超过预算{budget}元，请核对单位和金额。")
def contract_over_budget(occasion: Occasion) -> ScopedQuerySet:
    """Find contracts above the budget, often with 万元 in one column and 元 in the other."""
    return ServiceProject.objects.filter(contract_amount__gt=F("budget"))


@rule(
    PROJECTS, Severity.SOFT, "已拨付超过合同金额", "已拨付{paid}元超过合同金额{contract_amount}元，请核对单位和金额。"
)
def paid_over_contract(occasion: Occasion) -> ScopedQuerySet:
    """Find projects for which more was paid than agreed."""
    return ServiceProject.objects.filter(paid__gt=F("contract_amount"))


@rule(PROJECTS, Severity.SOFT, "项目到期状态未更新", "项目已于{ends_on}结束，状态仍是未完成，请更新为已验收或已终止。")
def project_past_its_end(occasion: Occasion) -> ScopedQuerySet:
    """Find projects after their last day whose status is still that of buying or performing."""
    return ServiceProject.objects.filter(ends_on__lt=occasion.day, status__in=_UNFINISHED)


@rule(PROJECTS, Severity.SOFT, "签订日期晚于开始日期", "签订日期{signed_on}晚于项目开始日期{starts_on}，请核对。")
def signed_after_start(occasion: Occasion) -> ScopedQuerySet:
    """Find contracts signed after the project's first day."""
    return ServiceProject.objects.filter(signed_on__gt=F("starts_on"), signed_on__lte=F("ends_on"))


@rule(
    PROJECTS,
    Severity.SOFT,
    "已签约项目缺少合同信息",
    "项目已经履约或验收，没有填合同金额或签订日期，请补填。",
)
def contract_missing(occasion: Occasion) -> ScopedQuerySet:
    """Find projects that are performed or accepted without a contract amount; the briefing lacks their money."""
    incomplete = Q(contract_amount__isnull=True) | Q(signed_on__isnull=True)
    return ServiceProject.objects.filter(incomplete, status__in=_CONTRACTED)


@rule(
    PROJECTS,
    Severity.SOFT,
    "项目可能重复登记",
    "另有一个名称、承接主体和开始日期都相同的项目，只有编号不同，请核对是否重复登记。",
)
def project_twice(occasion: Occasion) -> ScopedQuerySet:
    """Find projects registered under two numbers, which doubles their money."""
    duplicates = ServiceProject.objects.filter(
        division=OuterRef("division"),
        name=OuterRef("name"),
        provider_name=OuterRef("provider_name"),
        starts_on=OuterRef("starts_on"),
    ).exclude(pk=OuterRef("pk"))
    return ServiceProject.objects.filter(Exists(duplicates))


@rule(
    PROJECTS,
    Severity.SOFT,
    "已验收的项目没有验收评估",
    "项目今年结束，状态是已验收，项目评估里没有验收，请补登记。",
)
def accepted_without_acceptance(occasion: Occasion) -> ScopedQuerySet:
    """Find accepted projects that have ended in the year and have no acceptance by the day."""
    acceptances = Review.objects.filter(
        project=OuterRef("pk"), kind=Review.Kind.ACCEPTANCE, reviewed_on__lte=occasion.day
    )
    ended = ServiceProject.objects.ended_in_year_of(occasion.day)
    return ended.filter(~Exists(acceptances.order_by()), status=Status.ACCEPTED)


@rule(
    PROJECTS,
    Severity.SOFT,
    "绩效等级与末期评估不一致",
    "项目登记的绩效等级与最近一次末期评估的得分不一致，以末期评估为准，请核对。",
)
def grade_differs_from_review(occasion: Occasion) -> ScopedQuerySet:
    """Find projects whose own 绩效等级 is another grade than that of their newest final review."""
    graded = ServiceProject.objects.annotate(settled=settled_grade(Q(reviewed_on__lte=occasion.day)))
    return graded.filter(settled__isnull=False).exclude(grade="").exclude(grade=F("settled"))


def _with_payments(occasion: Occasion) -> ScopedQuerySet:
    """Return the projects with any payment by the day, annotated with their sum, `paid_total`, in yuan."""
    until = Q(paid_on__lte=occasion.day)
    any_payment = Payment.objects.filter(until, project=OuterRef("pk")).order_by()
    return ServiceProject.objects.filter(Exists(any_payment)).annotate(paid_total=paid_in_all(until))


@rule(
    PROJECTS,
    Severity.SOFT,
    "支付与已拨付不一致",
    "登记的支付合计{paid_total}元，项目的已拨付是{paid}元，请核对。",
)
def payments_differ_from_paid(occasion: Occasion) -> ScopedQuerySet:
    """Find projects whose payments add up to another sum than 已拨付."""
    return _with_payments(occasion).filter(paid__isnull=False).exclude(paid=F("paid_total"))


@rule(
    PROJECTS,
    Severity.SOFT,
    "支付超过合同金额",
    "登记的支付合计{paid_total}元，超过合同金额{contract_amount}元，请核对。",
)
def payments_over_contract(occasion: Occasion) -> ScopedQuerySet:
    """Find projects for which more was paid than agreed: the contract was lowered after the payments."""
    return _with_payments(occasion).filter(paid_total__gt=F("contract_amount"))


@rule(
    PROJECTS,
    Severity.SOFT,
    "付清合同金额时没有验收",
    "支付合计已达到合同金额{contract_amount}元，项目还没有验收，请核对。",
)
def paid_off_before_acceptance(occasion: Occasion) -> ScopedQuerySet:
    """Find projects that are paid off by the day and have no acceptance by then."""
    acceptances = Review.objects.filter(
        project=OuterRef("pk"), kind=Review.Kind.ACCEPTANCE, reviewed_on__lte=occasion.day
    )
    return _with_payments(occasion).filter(~Exists(acceptances.order_by()), paid_total__gte=F("contract_amount"))
