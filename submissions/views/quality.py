"""The page of probable errors in the registers of the user's area (数据质量)."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

from django.http import Http404, HttpResponse
from django.utils import timezone

from changzhi_portal.pages.base import PortalRequest
from changzhi_portal.pages.exported import ExportedPage, ShownList, column
from changzhi_portal.pages.paging import ForgivingPaginator
from changzhi_portal.quality import QualityRule, Severity, rule_named
from communities.models import Division
from periods.models import ReportingPeriod, parse_month
from submissions.checks import Findings
from submissions.kept_findings import kept_findings_for

ROWS_A_PAGE = 50


class RuleCount(NamedTuple):
    """A rule and the number of its findings."""

    rule: QualityRule
    found: int


class DataQuality(ExportedPage):
    """Findings by `?division=CODE&period=YYYY-MM&severity=hard&rule=CODE`, each optional; 404 for another area."""

    requires = "may_see_registers"
    title = "数据质量"
    template_name = "submissions/quality.html"

    def get(self, request: PortalRequest) -> HttpResponse:
        """Show the number of findings of each rule, and one page of the findings, by place."""
        findings = kept_findings_for(period=self.period, division=self.division, user=request.user)
        counts = findings.counts()
        chosen = self._chosen(findings)
        paginator = ForgivingPaginator(chosen, ROWS_A_PAGE)
        paginator.count = number = sum(counts[rule.code] for rule in chosen.rules)
        return self.render_to_response(
            self.get_context_data(
                period=self.period,
                periods=self.periods,
                division=self.division,
                choices=self.choices,
                severities=Severity.choices,
                severity=self.severity,
                rule=self.rule,
                rules=[RuleCount(rule, counts[rule.code]) for rule in findings.rules],
                hard=findings.hard,
                soft=findings.soft,
                page=paginator.get_page(request.GET.get("page", 1)),
                **self.export_menu(number),
            )
        )

    def shown_list(self) -> ShownList:
        """Return all findings that the page lists over its pages."""
        chosen = self._chosen(kept_findings_for(period=self.period, division=self.division, user=self.request.user))
        columns = (
            column("place", "所在", lambda finding: finding.place),
            column("record", "记录", lambda finding: finding.label),
            column("severity", "性质", lambda finding: finding.rule.severity.label),
            column("problem", "问题", lambda finding: finding.message),
        )
        return ShownList(f"{self.period}{self.title}", self.title, columns, chosen, len(chosen))

    def _chosen(self, findings: Findings) -> Findings:
        return findings.narrowed(rule=self.rule.code if self.rule else "", severity=self.severity)

    @cached_property
    def period(self) -> ReportingPeriod:
        """Return the requested month, else the month in hand. Raises InvalidError for text that is no month."""
        requested = self.request.GET.get("period")
        return ReportingPeriod.objects.for_month_or_in_hand(parse_month(requested) if requested else None)

    @cached_property
    def periods(self) -> list[ReportingPeriod]:
        """Return the months to choose from: those that have begun, and the one shown."""
        begun = list(ReportingPeriod.objects.filter(month__lte=timezone.localdate()).order_by("-month"))
        is_among_them = any(period.month == self.period.month for period in begun)
        return begun if is_among_them else [self.period, *begun]

    @cached_property
    def division(self) -> Division:
        """Return the requested division, else the user's own. Raises Http404 for one outside the user's scope."""
        requested = self.request.GET.get("division")
        if not requested:
            return self.request.user.division
        visible = Division.objects.visible_to(self.request.user)
        division = visible.filter(code=requested).order_by("-valid_from").first()
        if division is None:
            raise Http404
        return division

    @cached_property
    def choices(self) -> list[Division]:
        """Return the divisions below the user's own: the counties of the city, or the towns of a county."""
        below = Division.objects.current().visible_to(self.request.user).filter(parent=self.request.user.division)
        return list(below.order_by("code"))

    @cached_property
    def severity(self) -> str:
        """Return the requested severity; "" for all."""
        requested = self.request.GET.get("severity", "")
        return requested if requested in Severity.values else ""

    @cached_property
    def rule(self) -> QualityRule | None:
        """Return the requested rule, None for all. Raises NotFoundError for one that does not exist."""
        requested = self.request.GET.get("rule", "")
        return rule_named(requested) if requested else None
