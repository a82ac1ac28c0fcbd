"""经费对账: a month's projects, payments and funding sources, what adds up and what does not."""

from __future__ import annotations

import datetime
from functools import cached_property
from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from changzhi_portal.pages.base import PortalRequest
from changzhi_portal.pages.exported import ExportedPage, ShownList, column
from changzhi_portal.pages.paging import ForgivingPaginator
from periods.models import ReportingPeriod, parse_month
from services.reconciliation import ProjectLine, Reconciliation, reconcile

ROWS_A_PAGE = 50


class ReconciliationPage(ExportedPage):
    """?period=2018-06&only=open: the month, by default the one in hand; `only` leaves out what adds up."""

    requires = "may_see_registers"
    help_at = "购买服务"
    title = "经费对账"
    template_name = "services/reconciliation.html"

    def get(self, request: PortalRequest) -> HttpResponse:
        """Show sources and one page of projects, those that do not add up first."""
        found = self.found
        paginator = ForgivingPaginator(self.lines, ROWS_A_PAGE)
        context: dict[str, Any] = {
            "period": self.period,
            "periods": self.periods,
            "sources": found.sources,
            "projects": len(found.projects),
            "open_projects": len(found.open),
            "only_open": self.only_open,
            "page": paginator.get_page(request.GET.get("page", 1)),
            **self.export_menu(len(self.lines)),
        }
        return self.render_to_response(self.get_context_data(**context))

    def shown_list(self) -> ShownList:
        """Return the projects of the month with their sums and reasons."""
        columns = (
            column("number", "项目编号", lambda line: line.project.number),
            column("name", "项目名称", lambda line: line.project.name),
            column("division", "所属区划", lambda line: line.project.division.name),
            column("contract_amount", "合同金额（元）", lambda line: line.project.contract_amount),
            column("paid", "已拨付（元）", lambda line: line.project.paid),
            column("in_month", "本月支付（元）", lambda line: line.in_month),
            column("by_month", "累计支付（元）", lambda line: line.by_month),
            column("difference", "差额（元）", lambda line: line.difference),
            column("remark", "说明", lambda line: line.remark),
        )
        return ShownList(f"{self.period}{self.title}", self.title, columns, self.lines, len(self.lines))

    @cached_property
    def period(self) -> ReportingPeriod:
        """Return the requested month, else the month in hand. Raises InvalidError for text that is no month."""
        requested = self.request.GET.get("period")
        return ReportingPeriod.objects.for_month_or_in_hand(parse_month(requested) if requested else None)

    @cached_property
    def periods(self) -> list[ReportingPeriod]:
        """Return the months to choose from: those that have begun, and the one shown."""
        today: datetime.date = timezone.localdate()
        begun = list(ReportingPeriod.objects.filter(month__lte=today).order_by("-month"))
        return begun if any(each.month == self.period.month for each in begun) else [self.period, *begun]

    @cached_property
    def only_open(self) -> bool:
        """Return whether what adds up is left out."""
        return self.request.GET.get("only") == "open"

    @cached_property
    def found(self) -> Reconciliation:
        """Return the reconciliation of the month."""
        return reconcile(self.request.user, self.period.month, self.period.as_of)

    @cached_property
    def lines(self) -> list[ProjectLine]:
        """Return the projects that the page lists over its pages."""
        return self.found.open if self.only_open else list(self.found.projects)
