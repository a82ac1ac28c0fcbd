"""What comes next with a project: contract, mid-term review, final review, acceptance, the rest of the money.

One expression says it for the project's page and for the list of what is due (docs/domain.md §14.4).
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import (
    Case,
    CharField,
    DateField,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.lookups import GreaterThanOrEqual

from services.models import Payment, Review, ServiceProject
from services.models.payments import paid_in_all

# A project of at least so many days is reviewed in its middle, once half of it is over [D].
SHORTEST_WITH_MIDTERM: Final = datetime.timedelta(days=180)
_Status = ServiceProject.Status


@dataclass(frozen=True)
class Stage:
    """A step of a project: its code, what it is called, and why it is due."""

    code: str
    label: str
    reason: str


STAGES: Final = (
    Stage("contract", "填写合同", "已到开始日期，还没有签订合同、填合同金额"),
    Stage("midterm", "登记中期评估", "执行期已过半，还没有中期评估"),
    Stage("final", "登记末期评估", "已到结束日期，还没有末期评估"),
    Stage("acceptance", "登记验收", "已到结束日期，还没有验收"),
    Stage("status", "改为已验收", "已经验收，状态还是履约中"),
    Stage("payment", "登记拨付", "已经验收，合同金额还没有付清"),
)
STAGE_OF: Final = {stage.code: stage for stage in STAGES}


def with_progress(projects: QuerySet[ServiceProject], day: datetime.date) -> QuerySet[Any]:
    """Annotate projects with what they have by `day`: reviews of each kind, what was paid, and the `stage` that is due.

    `paid_total` is the sum of the payments, in yuan; `stage` is a code of STAGES, "" where nothing is due.
    """
    reviews = Review.objects.filter(project=OuterRef("pk"), reviewed_on__lte=day).order_by()
    payments = Payment.objects.filter(project=OuterRef("pk")).order_by()
    return projects.annotate(
        has_midterm=Exists(reviews.filter(kind=Review.Kind.MIDTERM)),
        has_final=Exists(reviews.filter(kind=Review.Kind.FINAL)),
        has_acceptance=Exists(reviews.filter(kind=Review.Kind.ACCEPTANCE)),
        has_payments=Exists(payments.filter(paid_on__lte=day)),
        paid_total=paid_in_all(Q(paid_on__lte=day)),
        stage=_stage(day),
    )


def _stage(day: datetime.date) -> Case:
    """Return the expression of the stage that is due on a day."""
    is_performed = Q(status=_Status.PERFORMING)
    is_over = Q(ends_on__lte=day)
    unpaid = (Q(has_payments=True) & Q(paid_total__lt=F("contract_amount"))) | (
        Q(has_payments=False) & Q(paid__lt=F("contract_amount"))
    )
    has_no_contract = Q(status__in=(_Status.PLANNED, _Status.PROCURING)) | (
        is_performed & Q(contract_amount__isnull=True)
    )
    return Case(
        When(has_no_contract & Q(starts_on__lte=day), then=Value("contract")),
        When(is_performed & ~is_over & Q(has_midterm=False) & _is_past_middle(day), then=Value("midterm")),
        When(is_performed & is_over & Q(has_final=False), then=Value("final")),
        When(is_performed & is_over & Q(has_acceptance=False), then=Value("acceptance")),
        When(is_performed & Q(has_acceptance=True), then=Value("status")),
        When(Q(status=_Status.ACCEPTED) & unpaid, then=Value("payment")),
        default=Value(""),
        output_field=CharField(),
    )


def _is_past_middle(day: datetime.date) -> Q:
    """Return the condition that at least half of a project that is long enough is over by a day."""
    today = Value(day, DateField())
    gone = ExpressionWrapper(today - F("starts_on"), DurationField())
    left = ExpressionWrapper(F("ends_on") - today, DurationField())
    whole = ExpressionWrapper(F("ends_on") - F("starts_on"), DurationField())
    shortest = Value(SHORTEST_WITH_MIDTERM, DurationField())
    return Q(GreaterThanOrEqual(gone, left)) & Q(GreaterThanOrEqual(whole, shortest))
