"""Quality rules of purchased-service projects."""

from __future__ import annotations

from django.db.models import Exists, F, OuterRef, Q

from changzhi_portal.quality import Occasion, Severity, Subject, rule
from changzhi_portal.scope import ScopedQuerySet
from services.models import ServiceProject

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
