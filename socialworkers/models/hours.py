"""The registration (登记) of a certificate, and the hours that it asks for (docs/domain.md §4.23).

A registration lasts three years. The hours within it are those of 继续教育 and 督导, and 90 once for a degree (学历), of
trainings that ended in the three years up to the last day; an assistant needs 72, others 90. Somebody is on course who
has at least the share of them that the days gone are of the three years. Everything is an expression, for `annotate`.
"""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any, Final

from django.db.models import (
    Case,
    DateField,
    DecimalField,
    ExpressionWrapper,
    F,
    Func,
    IntegerField,
    Max,
    OuterRef,
    Q,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Greatest, Least, Round
from django.db.models.lookups import GreaterThanOrEqual

from socialworkers.models.trainings import Training, TrainingRecord

YEARS: Final = 3
# In the last 90 days of a registration it is renewed.
RENEWAL_DAYS: Final = 90
DEGREE_HOURS: Final = 90
# By the level of the certificate (`SocialWorker.Level`); without one nothing is registered.
REQUIRED_HOURS: Final = {"assistant": 72, "social_worker": 90, "senior": 90}
SUMMED_KINDS: Final = (Training.Kind.CONTINUING, Training.Kind.SUPERVISION)
COUNTED_KINDS: Final = (*SUMMED_KINDS, Training.Kind.DEGREE)

_HOURS: DecimalField = DecimalField(max_digits=8, decimal_places=1)


def hours(number: int) -> Value:
    """Return a number of hours as an expression."""
    return Value(Decimal(number), output_field=_HOURS)


class DaysBetween(Func):
    """The number of days from the second day to the first one."""

    arity = 2
    output_field = IntegerField()
    template = "(%(expressions)s)"
    arg_joiner = " - "

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Return the difference of Julian days."""
        return self.as_sql(
            compiler,
            connection,
            template="CAST(julianday(%(expressions)s) AS INTEGER)",
            arg_joiner=") - julianday(",
            **context,
        )


def counted_hours(day: datetime.date, prefix: str = "") -> Combinable:
    """Return the hours by `day` within the registration of a worker; `prefix` is a lookup that leads to the worker.

    A worker without a registration has none.
    """
    own = OuterRef(f"{prefix}pk")
    since, until = OuterRef(f"{prefix}hours_since"), OuterRef(f"{prefix}registered_until")
    inside = TrainingRecord.with_merged.filter(
        worker=own,
        training__kind__in=COUNTED_KINDS,
        training__ends_on__gt=since,
        training__ends_on__lte=until,
    ).filter(training__ends_on__lte=day)
    attended = Coalesce(Sum("hours", filter=Q(training__kind__in=SUMMED_KINDS)), hours(0))
    degree = Max(Case(When(training__kind=Training.Kind.DEGREE, then=hours(DEGREE_HOURS)), default=hours(0)))
    # SQLite adds decimals as floats.
    total = inside.order_by().values("worker").annotate(total=Round(attended + degree, precision=1)).values("total")
    return Coalesce(Subquery(total, output_field=_HOURS), hours(0))


def required_hours(prefix: str = "") -> Combinable:
    """Return the hours that the certificate's level asks for in three years; 0 without a certificate."""
    asked = (When(**{f"{prefix}level": level}, then=hours(number)) for level, number in REQUIRED_HOURS.items())
    return Case(*asked, default=hours(0), output_field=_HOURS)


def on_course(day: datetime.date, prefix: str = "") -> Combinable:
    """Return 1 where enough hours are there for the days of the three years gone by `day`, else 0.

    Before the three years begin nothing is asked for, and after them no more than all. In whole days: counted × days of
    the three years ≥ required × days gone.
    """
    since = F(f"{prefix}hours_since")
    total = DaysBetween(F(f"{prefix}registered_until"), since)
    gone = Greatest(Least(DaysBetween(Value(day, DateField()), since), total), Value(0))
    surplus = ExpressionWrapper(
        counted_hours(day, prefix) * total - required_hours(prefix) * gone, output_field=DecimalField()
    )
    return Case(When(GreaterThanOrEqual(surplus, Value(0)), then=1), default=0, output_field=IntegerField())


def missing_hours(day: datetime.date, prefix: str = "") -> Combinable:
    """Return the hours by `day` that the registration still asks for; 0 where there are enough."""
    lacking = required_hours(prefix) - counted_hours(day, prefix)
    return Greatest(ExpressionWrapper(lacking, output_field=_HOURS), hours(0))


def counts_for(training: Training, worker: Any) -> bool:
    """Tell whether a training counts for a worker's registration: by its kind, and because it ended within the three years."""
    since, until = worker.hours_since, worker.registered_until
    return until is not None and training.kind in COUNTED_KINDS and since < training.ends_on <= until
