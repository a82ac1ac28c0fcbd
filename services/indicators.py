"""Figures of purchased services and of money [四（二）1; 五] (docs/domain.md §14.5).

A project counts at its own division, a payment where it was paid. Money is in yuan. What is said of projects that are
"in effect" is of those performed on the last day of the month: contracted, begun and not over.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce, NullIf
from django.urls import reverse

from changzhi_portal.figures import Figure, FigureKind, Rows, Shown
from services.models import Payment, Review, ServiceProject
from services.models.payments import YUAN, exact, paid_in_all
from services.models.reviews import settled_grade

_PURCHASE, _MONEY = "四（二）1", "五"
_ONE = Value(1)
_NOTHING = Value(Decimal(0), output_field=YUAN)
_Beneficiaries = ServiceProject.Beneficiaries
FOUR_GROUPS = (_Beneficiaries.MIGRANTS, _Beneficiaries.LEFT_BEHIND, _Beneficiaries.NEEDY, _Beneficiaries.SPECIAL)
_Source = ServiceProject.FundingSource
SOCIAL_SOURCES = (_Source.CHARITY, _Source.RESIDENT_UNIT, _Source.DONATION)
_GOOD = (ServiceProject.Grade.EXCELLENT, ServiceProject.Grade.GOOD)
_COLUMNS = ("division_id", "numerator", "denominator")


# --- Projects ---


def _paid_rate(first: datetime.date, last: datetime.date) -> Rows:
    """Return what was paid by the last day for each project in effect with a contract, of what was agreed."""
    agreed = ServiceProject.objects.in_effect_on(last).filter(contract_amount__gt=0).order_by()
    paid = paid_in_all(Q(paid_on__lte=last))
    return agreed.annotate(numerator=paid, denominator=F("contract_amount")).values(*_COLUMNS)


def _org_share(first: datetime.date, last: datetime.date) -> Rows:
    """Return a row a project in effect: 1 of 1 where an organization of the register provides it, else 0 of 1."""
    running = ServiceProject.objects.in_effect_on(last)
    by_organizations = running.by_organizations().order_by()
    others = running.by_others().order_by()
    return (
        by_organizations.annotate(numerator=_ONE, denominator=_ONE).values(*_COLUMNS),
        others.annotate(numerator=Value(0), denominator=_ONE).values(*_COLUMNS),
    )


def _four_groups(first: datetime.date, last: datetime.date) -> Rows:
    """Return the budget of each project in effect, and of it what is for the four groups."""
    running = ServiceProject.objects.in_effect_on(last).order_by()
    of_groups = Case(When(beneficiaries__in=FOUR_GROUPS, then=F("budget")), default=_NOTHING, output_field=YUAN)
    return running.annotate(numerator=of_groups, denominator=F("budget")).values(*_COLUMNS)


def _reviewed(first: datetime.date, last: datetime.date) -> Rows:
    """Return a row a project that has ended this year by the last day: 1 of 1 with a final review by then."""
    finals = Review.objects.finals().filter(project=OuterRef("pk"), reviewed_on__lte=last).order_by()
    ended = ServiceProject.objects.ended_in_year_of(last).order_by()
    has_final = Case(When(Exists(finals), then=1), default=0)
    return ended.annotate(numerator=has_final, denominator=_ONE).values(*_COLUMNS)


def _good(first: datetime.date, last: datetime.date) -> Rows:
    """Return a row a graded project that runs in the year: 1 of 1 for 优 and 良.

    The newest final review by the last day gives the grade; without one 绩效等级 of the project.
    """
    own = NullIf(F("grade"), Value(""))
    graded = ServiceProject.objects.begun_in_year_of(last).annotate(
        given=Coalesce(settled_grade(Q(reviewed_on__lte=last)), own)
    )
    is_good = Case(When(given__in=_GOOD, then=1), default=0)
    rows = graded.filter(given__isnull=False).order_by()
    return rows.annotate(numerator=is_good, denominator=_ONE).values(*_COLUMNS)


def _projects_by(last: datetime.date) -> Rows:
    """Return where any project has begun by a day."""
    return ServiceProject.objects.filter(starts_on__lte=last).order_by().values("division_id").distinct()


def _paid_for_projects_by(last: datetime.date) -> Rows:
    """Return where the projects are for which anything was paid by a day."""
    return _projects_with(Payment.objects.until(last))


def _reviewed_by(last: datetime.date) -> Rows:
    """Return where the projects are of which any was reviewed by a day."""
    return _projects_with(Review.objects.filter(reviewed_on__lte=last))


def _projects_with(rows: QuerySet[Any]) -> Rows:
    """Return where the projects are that have any of these rows."""
    having = ServiceProject.objects.filter(Exists(rows.filter(project=OuterRef("pk")).order_by()))
    return having.order_by().values("division_id").distinct()


def _graded_by(last: datetime.date) -> Rows:
    """Return where any project has a final review or a grade of its own by a day."""
    finals = Review.objects.finals().filter(project=OuterRef("pk"), reviewed_on__lte=last).order_by()
    graded = ServiceProject.objects.filter(starts_on__lte=last).filter(~Q(grade="") | Q(Exists(finals)))
    return graded.order_by().values("division_id").distinct()


# --- Money ---


def _funding(first: datetime.date, last: datetime.date) -> Rows:
    """Return what was paid in the month, by source."""
    paid = Payment.objects.filter(paid_on__range=(first, last)).order_by()
    grouped = paid.values("division_id", "source").annotate(part=F("source"), numerator=exact(Sum("amount")))
    return grouped.values("division_id", "part", "numerator")


def _share_of(*sources: str) -> Callable[[datetime.date, datetime.date], Rows]:
    """Return the rows of the share of some sources in what was paid in the month."""

    def rows(first: datetime.date, last: datetime.date) -> Rows:
        paid = Payment.objects.filter(paid_on__range=(first, last)).order_by()
        of_them = Case(When(source__in=sources, then=F("amount")), default=_NOTHING, output_field=YUAN)
        return paid.annotate(numerator=of_them, denominator=F("amount")).values(*_COLUMNS)

    return rows


def _paid_by(last: datetime.date) -> Rows:
    """Return where anything was paid by a day."""
    return Payment.objects.until(last).order_by().values("division_id").distinct()


# --- The lists behind them ---


def _place(division: Any) -> dict[str, str]:
    """Return the filters of the place that a figure is of; none for the city."""
    return {} if division.level == "city" else {str(division.level): division.code}


def _projects_running(division: Any, period: Any) -> str:
    """Return the address of the projects that run on the last day of the month."""
    return f"{reverse('services:list')}?{urlencode({**_place(division), 'on_day': period.as_of.isoformat()})}"


def _projects_of_year(division: Any, period: Any) -> str:
    """Return the address of the projects of the year."""
    return f"{reverse('services:list')}?{urlencode({**_place(division), 'year': period.as_of.year})}"


def _payments_of_month(division: Any, period: Any) -> str:
    """Return the address of the payments of the month."""
    days = {"paid_from": period.month.isoformat(), "paid_to": period.as_of.isoformat()}
    return f"{reverse('services:payments')}?{urlencode({**_place(division), **days})}"


PAID_RATE = Figure(
    code="paid_rate",
    name="购买服务资金拨付率",
    unit="%",
    clause=_PURCHASE,
    kind=FigureKind.STOCK,
    shown=Shown.RATE,
    rows=_paid_rate,
    reported=_paid_for_projects_by,
    list_url=_projects_running,
)
ORG_SHARE = Figure(
    code="org_share",
    name="社会组织承接的购买服务项目占比",
    unit="%",
    clause=_PURCHASE,
    kind=FigureKind.STOCK,
    shown=Shown.RATE,
    rows=_org_share,
    reported=_projects_by,
    list_url=_projects_running,
)
GROUPS_SHARE = Figure(
    code="four_groups",
    name="面向四类人群的购买服务预算占比",
    unit="%",
    clause="四（三）4",
    kind=FigureKind.STOCK,
    shown=Shown.RATE,
    rows=_four_groups,
    reported=_projects_by,
    list_url=_projects_running,
)
REVIEWED = Figure(
    code="reviewed",
    name="到期项目末期评估率",
    unit="%",
    clause=_PURCHASE,
    kind=FigureKind.STOCK,
    shown=Shown.RATE,
    rows=_reviewed,
    reported=_reviewed_by,
    list_url=_projects_of_year,
)
GOOD = Figure(
    code="good",
    name="购买服务项目优良率",
    unit="%",
    clause=_PURCHASE,
    kind=FigureKind.STOCK,
    shown=Shown.RATE,
    rows=_good,
    reported=_graded_by,
    list_url=_projects_of_year,
)
FUNDING = Figure(
    code="funding",
    name="经费支付",
    unit="元",
    clause=_MONEY,
    kind=FigureKind.FLOW,
    shown=Shown.TOTAL,
    rows=_funding,
    reported=_paid_by,
    parts={str(value): str(label) for value, label in _Source.choices},
    decimals=2,
    fewer_is_better=None,
    list_url=_payments_of_month,
)
SOCIAL_SHARE = Figure(
    code="social_share",
    name="社会资金占比",
    unit="%",
    clause=_MONEY,
    kind=FigureKind.FLOW,
    shown=Shown.RATE,
    rows=_share_of(*SOCIAL_SOURCES),
    reported=_paid_by,
    list_url=_payments_of_month,
)
LOTTERY_SHARE = Figure(
    code="lottery_share",
    name="福彩公益金占比",
    unit="%",
    clause=_MONEY,
    kind=FigureKind.FLOW,
    shown=Shown.RATE,
    rows=_share_of(_Source.LOTTERY),
    reported=_paid_by,
    fewer_is_better=None,
    list_url=_payments_of_month,
)
