"""Helpers for measuring: a small month, the rows written, and the computation."""

from django.utils import timezone

from periods.models import ReportingPeriod
from targets.models import CommunityMeasure, Computation, DivisionMeasure, FigureResult, TargetResult
from tests.factories import make_facility, make_organization, make_worker

State = Computation.State


def figures_of(period):
    """Return everything the computation wrote, without the keys of the rows."""
    return [
        sorted(map(repr, model.objects.filter(period=period).values_list(*_columns(model))))
        for model in (CommunityMeasure, DivisionMeasure, TargetResult)
    ]


def _columns(model):
    return [field.attname for field in model._meta.concrete_fields if not field.primary_key]


def some_facts(place):
    make_facility(place.communities[0], area=600)
    make_organization(place.communities[1], registration="registered", is_social_work_agency=True)
    make_worker(place.street)
    make_worker(place.villages[0])


def lock(period, officer):
    ReportingPeriod.objects.filter(pk=period.pk).update(
        state=ReportingPeriod.State.LOCKED, locked_at=timezone.now(), locked_by=officer
    )
    period.refresh_from_db()


def begun_ago(period, age, state=State.FINISHED):
    began = timezone.now() - age
    Computation.objects.filter(period=period).update(started_at=began, heartbeat_at=began, state=state)


def sums(period, code, division, part=""):
    """Return numerator and denominator of the month, or None where there is no row."""
    rows = FigureResult.objects.of_period(period).of_division(division).of_figure(code).filter(part=part)
    return rows.values_list("numerator", "denominator").first()


def year(period, code, division, part=""):
    """Return numerator and denominator since 1 January, or None where there is no row."""
    rows = FigureResult.objects.of_period(period).of_division(division).of_figure(code).filter(part=part)
    return rows.values_list("numerator_year", "denominator_year").first()
