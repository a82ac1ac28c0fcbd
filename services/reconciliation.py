"""对账: whether what projects say was paid, the payments and the funding sources add up in a month, and why not.

A project's 已拨付 is what the office says of it now; payments are counted until the end of the month (docs/domain.md §14.4).
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from django.db.models import Count, Q, Sum

from changzhi_portal.display import display_number
from changzhi_portal.rights import Viewer
from services.models import Payment, ServiceProject, ServiceProjectQuerySet

_FEN: Final = Decimal("0.01")
MATCHES: Final = "相符"
_Source = ServiceProject.FundingSource


@dataclass
class ProjectLine:
    """One project: what it says was paid, and what its payments come to, in yuan.

    `by_month` is what was paid until the end of the month, `in_month` what of it in the month, `by_now` all of it; `of_others`
    what of `by_month` the user does not see, because another office has recorded it.
    """

    project: ServiceProject
    by_month: Decimal = Decimal(0)
    in_month: Decimal = Decimal(0)
    by_now: Decimal = Decimal(0)
    of_others: Decimal = Decimal(0)
    other_sources: list[str] = field(default_factory=list)

    @property
    def difference(self) -> Decimal | None:
        """Return payments less 已拨付; None where the project does not say it."""
        return None if self.project.paid is None else self.by_month - self.project.paid

    @property
    def reasons(self) -> list[str]:
        """Return why it does not add up, a sentence each; [] where it does."""
        project, said = self.project, []
        if project.paid is None and self.by_month:
            said.append("项目没有填已拨付")
        elif project.paid is not None and self.difference:
            said.append(self._why(project.paid, self.difference))
        if project.contract_amount is None:
            if self.by_month:
                said.append("有支付，项目没有填合同金额")
        elif self.by_month > project.contract_amount:
            said.append(f"支付超过合同金额{display_number(self.by_month - project.contract_amount)}元")
        if self.other_sources:
            said.append(
                f"项目的资金来源是{project.get_funding_source_display()}，支付里有{'、'.join(self.other_sources)}"
            )
        return said

    def _why(self, paid: Decimal, difference: Decimal) -> str:
        if self.by_now == paid and self.by_now != self.by_month:
            return f"其余{display_number(self.by_now - self.by_month)}元是以后月份支付的"
        if not self.by_now:
            return "有已拨付，没有登记支付"
        if difference < 0:
            return f"支付少{display_number(-difference)}元：还有凭证没有登记，或者已拨付多填"
        return f"支付多{display_number(difference)}元：已拨付没有更新"

    @property
    def remark(self) -> str:
        """Return the reasons as one text; 相符 without any, and what of it other offices have paid."""
        said = "；".join(self.reasons) or MATCHES
        return f"{said}（含其他单位支付{display_number(self.of_others)}元）" if self.of_others else said


@dataclass(frozen=True)
class SourceLine:
    """One funding source: payments, what of them for projects, and 已拨付 of the projects with that source, in yuan."""

    label: str
    in_month: Decimal
    in_year: Decimal
    of_projects: Decimal
    said: Decimal
    payments: int

    @property
    def difference(self) -> Decimal:
        """Return payments for projects less what projects say."""
        return self.of_projects - self.said


@dataclass(frozen=True)
class Reconciliation:
    """The month of an area."""

    projects: Sequence[ProjectLine]
    sources: Sequence[SourceLine]

    @property
    def open(self) -> list[ProjectLine]:
        """Return the projects that do not add up."""
        return [line for line in self.projects if line.reasons]


def _exact(amount: Decimal | float | None) -> Decimal:
    """Return a sum with two decimals: SQLite adds decimals up as floats."""
    return Decimal(str(amount or 0)).quantize(_FEN)


def reconcile(user: Viewer, first: datetime.date, last: datetime.date) -> Reconciliation:
    """Return the reconciliation of the projects that a user sees and that ran in the year of the month, or were paid in it.

    `first` and `last` are the days of the month. The number of queries is fixed. Projects that do not add up come first.
    """
    projects = _listed(user, first, last).select_related("division").order_by("number", "pk")
    lines = {project.pk: ProjectLine(project) for project in projects}
    _add_payments(lines, user, first, last)
    ordered = sorted(lines.values(), key=lambda line: not line.reasons)
    return Reconciliation(ordered, _sources(user, lines.values(), first, last))


def _listed(user: Viewer, first: datetime.date, last: datetime.date) -> ServiceProjectQuerySet:
    """Return the projects of a month: those that run in its year until then, and those that were paid in it."""
    year = first.replace(month=1)
    paid = Payment.objects.filter(paid_on__range=(year, last), project__isnull=False).order_by()
    found = Q(pk__in=paid.values("project")) | Q(starts_on__lte=last, ends_on__gte=year)
    return ServiceProject.objects.visible_to(user).filter(found)


def _add_payments(lines: dict[int, ProjectLine], user: Viewer, first: datetime.date, last: datetime.date) -> None:
    """Add what was paid for each project, by source."""
    by_month, in_month = Q(paid_on__lte=last), Q(paid_on__range=(first, last))
    seen = Q(pk__in=Payment.objects.visible_to(user).order_by().values("pk"))
    keys = _listed(user, first, last).order_by().values("pk")
    rows = Payment.objects.filter(project__in=keys).order_by().values("project_id", "source")
    sums = rows.annotate(
        until=Sum("amount", filter=by_month),
        within=Sum("amount", filter=in_month),
        until_now=Sum("amount"),
        seen_until=Sum("amount", filter=by_month & seen),
    )
    for row in sums:
        line = lines[row["project_id"]]
        until = _exact(row["until"])
        line.by_month += until
        line.in_month += _exact(row["within"])
        line.by_now += _exact(row["until_now"])
        line.of_others += until - _exact(row["seen_until"])
        if until and row["source"] != line.project.funding_source:
            line.other_sources.append(str(_Source(row["source"]).label))


def _sources(user: Viewer, lines: Iterable[ProjectLine], first: datetime.date, last: datetime.date) -> list[SourceLine]:
    """Return a line for each source with money, and one for all together."""
    said: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        said[line.project.funding_source] += line.project.paid or Decimal(0)
    year = first.replace(month=1)
    rows = Payment.objects.visible_to(user).until(last).order_by().values("source")
    of_project = Q(project__in=_listed(user, first, last).order_by().values("pk"))
    sums = rows.annotate(
        within=Sum("amount", filter=Q(paid_on__gte=first)),
        in_year=Sum("amount", filter=Q(paid_on__gte=year)),
        of_projects=Sum("amount", filter=of_project),
        number=Count("pk", filter=Q(paid_on__gte=first)),
    )
    known = {row["source"]: row for row in sums}
    found = []
    for source in _Source:
        row = known.get(source.value, {})
        found.append(
            SourceLine(
                label=str(source.label),
                in_month=_exact(row.get("within")),
                in_year=_exact(row.get("in_year")),
                of_projects=_exact(row.get("of_projects")),
                said=_exact(said[source.value]),
                payments=row.get("number", 0),
            )
        )
    shown = [line for line in found if line.in_year or line.of_projects or line.said]
    if not shown:
        return []
    total = SourceLine(
        label="合计",
        in_month=sum((line.in_month for line in shown), Decimal(0)),
        in_year=sum((line.in_year for line in shown), Decimal(0)),
        of_projects=sum((line.of_projects for line in shown), Decimal(0)),
        said=sum((line.said for line in shown), Decimal(0)),
        payments=sum(line.payments for line in shown),
    )
    return [*shown, total]
