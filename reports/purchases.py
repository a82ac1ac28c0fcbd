"""Purchased services in a briefing: number of projects, money, sources and beneficiaries (docs/domain.md §7.3)."""

from __future__ import annotations

import datetime
from decimal import Decimal

from django.db.models import Count, Q, QuerySet, Sum, TextChoices

from changzhi_portal.percent import percent
from communities.models import Division
from reports.stored_figures import Purchases, PurchaseShare
from services.models import ServiceProject

_MONEY = ("budget", "contract_amount", "paid")


def purchase_figures(division: Division, as_of: datetime.date) -> Purchases:
    """Return the projects of the division as of `as_of` that have begun by then and run in that calendar year; in yuan.

    A terminated project counts with what was agreed and paid. Shares are of the budgets.
    """
    running = _running(division, as_of)
    totals = running.aggregate(projects=Count("pk"), **{name: Sum(name) for name in _MONEY})
    budget = totals["budget"] or Decimal(0)
    return Purchases(
        projects=totals["projects"],
        budget=_yuan(totals["budget"]),
        contract_amount=_yuan(totals["contract_amount"]),
        paid=_yuan(totals["paid"]),
        by_funding_source=_by(running, "funding_source", ServiceProject.FundingSource, budget),
        by_beneficiaries=_by(running, "beneficiaries", ServiceProject.Beneficiaries, budget),
    )


def _running(division: Division, as_of: datetime.date) -> QuerySet[ServiceProject]:
    projects = ServiceProject.objects.within(division)
    if division.level == Division.Level.COUNTY:
        # Today the towns of a closed county belong to another county, and a county merged into this one belongs to it.
        projects |= ServiceProject.objects.filter(division__parent=division)
        for other in Division.objects.counties().in_effect_on(as_of).within(division).exclude(pk=division.pk):
            projects = projects.exclude(ServiceProject.in_subtree(other.path) | Q(division__parent=other))
    first_of_year = as_of.replace(month=1, day=1)
    return projects.filter(starts_on__lte=as_of, ends_on__gte=first_of_year).order_by()


def _by(
    projects: QuerySet[ServiceProject], column: str, choices: type[TextChoices], whole: Decimal
) -> tuple[PurchaseShare, ...]:
    """Return projects, budget and its share by the values of a column, the largest budget first."""
    rows = [
        PurchaseShare(
            name=str(choices(row[column]).label),
            projects=row["projects"],
            budget=_yuan(row["budget"]),
            percent=_share(row["budget"], whole),
        )
        for row in projects.values(column).annotate(projects=Count("pk"), budget=Sum("budget"))
    ]
    return tuple(sorted(rows, key=lambda row: (-row.budget, row.name)))


def _share(part: Decimal, whole: Decimal) -> float:
    share = percent(int(part * 100), int(whole * 100))
    return 0.0 if share is None else float(share)


def _yuan(amount: Decimal | None) -> int | float:
    """Return yuan with two decimals; SQLite adds decimals up as floats, hence the rounding."""
    exact = (amount or Decimal(0)).quantize(Decimal("0.01"))
    return int(exact) if exact == exact.to_integral_value() else float(exact)
