"""Figures of burden relief: what communities are asked, what it pays, how applications are decided (docs/domain.md §11).

An item of the city holds in each county, and counts once in the city's own figures. An application counts in the month
of its decision, where its department is.
"""

from __future__ import annotations

import datetime
from decimal import Decimal

from django.db.models import Case, CharField, DecimalField, F, OuterRef, Q, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce

from changzhi_portal.figures import CountedOver, Figure, FigureKind, Rows, Shown
from communities.models import CommunityPlacement
from workload.models import SUPPORTED, WorkItem, WorkItemQuerySet

_CLAUSE = "四（一）4"
_ONE = Value(1)
_OUTCOMES = {
    WorkItem.State.APPROVED.value: "批准",
    WorkItem.State.REFUSED.value: "不予准入",
}
_MONEY: DecimalField = DecimalField(max_digits=16, decimal_places=2)
_NOTHING = Value(Decimal(0), output_field=_MONEY)


def _listed_by(last: datetime.date) -> Rows:
    """Return where anything is or was listed by a day."""
    return WorkItem.objects.filter(state__in=("approved", "ended"), valid_from__lte=last).values("division_id")


def _in_force(first: datetime.date, last: datetime.date) -> Rows:
    """Return a row an item in force on the last day, by its list."""
    rows = WorkItem.objects.in_force_on(last).order_by()
    return rows.annotate(part=F("listed_as"), numerator=_ONE).values("division_id", "part", "numerator")


def _funded(first: datetime.date, last: datetime.date) -> Rows:
    """Return a row an item that asks for help or is newly admitted: 1 of 1 with money, 0 of 1 without."""
    rows = WorkItem.objects.in_force_on(last).filter(listed_as__in=SUPPORTED).order_by()
    return rows.annotate(numerator=Case(When(yearly_funds__gt=0, then=1), default=0), denominator=_ONE).values(
        "division_id", "numerator", "denominator"
    )


def _funds(first: datetime.date, last: datetime.date) -> Rows:
    """Return a row a community of the last day with the yearly funds of all items that hold there, in yuan.

    They are those of its town, county and city of that day that ask its kind of community.
    """
    applies = Q(applies_to="all") | Q(applies_to=OuterRef("community__kind"))
    places = (
        Q(division=OuterRef("town"))
        | Q(division=OuterRef("town__parent"))
        | Q(division=OuterRef("town__parent__parent"))
    )
    items = WorkItem.objects.in_force_on(last).filter(applies, places, yearly_funds__gt=0).order_by()
    summed = items.annotate(one=_ONE).values("one").annotate(total=Sum("yearly_funds")).values("total")
    funds = Coalesce(Subquery(summed, output_field=_MONEY), _NOTHING)
    communities = CommunityPlacement.objects.in_effect_on(last).order_by()
    return communities.annotate(numerator=funds).values("community_id", "numerator")


def _decided(first: datetime.date, last: datetime.date) -> WorkItemQuerySet:
    """Return the applications that were decided in the month."""
    return WorkItem.objects.filter(decided_on__gte=first, decided_on__lte=last, due_on__isnull=False).order_by()


def _decisions(first: datetime.date, last: datetime.date) -> Rows:
    """Return a row a decision of the month, by its outcome; one that has ended since was approved."""
    outcome = Case(When(state="refused", then=Value("refused")), default=Value("approved"), output_field=CharField())
    rows = _decided(first, last).annotate(part=outcome, numerator=_ONE)
    return rows.values("division_id", "part", "numerator")


def _on_time(first: datetime.date, last: datetime.date) -> Rows:
    """Return a row a decision: 1 of 1 within 15 working days, 0 of 1 later."""
    rows = _decided(first, last).annotate(
        numerator=Case(When(decided_on__lte=F("due_on"), then=1), default=0), denominator=_ONE
    )
    return rows.values("division_id", "numerator", "denominator")


def _days(first: datetime.date, last: datetime.date) -> Rows:
    """Return a row a decision with the working days that it took."""
    rows = _decided(first, last).annotate(numerator=F("decided_in"), denominator=_ONE)
    return rows.values("division_id", "numerator", "denominator")


def _decided_by(last: datetime.date) -> Rows:
    """Return where anything was applied for by a day."""
    return WorkItem.objects.filter(submitted_on__lte=last).values("division_id")


ITEMS_IN_FORCE = Figure(
    code="work_items",
    name="进社区事项",
    unit="项",
    clause=_CLAUSE,
    kind=FigureKind.STOCK,
    shown=Shown.TOTAL,
    rows=_in_force,
    reported=_listed_by,
    applies_below=True,
    parts={str(value): str(label) for value, label in WorkItem.ListedAs.choices},
    is_daily=True,
    decimals=0,
    fewer_is_better=None,
)
FUNDED_ITEMS = Figure(
    code="funded",
    name="有经费的协助和准入事项占比",
    unit="%",
    clause=_CLAUSE,
    kind=FigureKind.STOCK,
    shown=Shown.RATE,
    rows=_funded,
    reported=_listed_by,
    applies_below=True,
    is_daily=True,
)
FUNDS_PER_COMMUNITY = Figure(
    code="funds_per_community",
    name="每社区年经费",
    unit="元",
    clause=_CLAUSE,
    kind=FigureKind.STOCK,
    shown=Shown.MEAN,
    rows=_funds,
    reported=_listed_by,
    over=CountedOver.COMMUNITIES,
    applies_below=True,
    is_daily=True,
    decimals=2,
)
DECISIONS = Figure(
    code="item_decisions",
    name="审定的准入申请",
    unit="件",
    clause=_CLAUSE,
    kind=FigureKind.FLOW,
    shown=Shown.TOTAL,
    rows=_decisions,
    reported=_decided_by,
    parts=_OUTCOMES,
    is_daily=True,
    decimals=0,
    fewer_is_better=None,
)
DECIDED_ON_TIME = Figure(
    code="item_on_time",
    name="准入申请按时审定率",
    unit="%",
    clause=_CLAUSE,
    kind=FigureKind.FLOW,
    shown=Shown.RATE,
    rows=_on_time,
    reported=_decided_by,
    is_daily=True,
)
DECISION_DAYS = Figure(
    code="item_days",
    name="准入申请审定用时",
    unit="个工作日",
    clause=_CLAUSE,
    kind=FigureKind.FLOW,
    shown=Shown.MEAN,
    rows=_days,
    reported=_decided_by,
    is_daily=True,
    fewer_is_better=True,
)
