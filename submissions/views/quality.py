"""数据质量: what is probably wrong in the registers of one's own area, and where to put it right."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.generic.base import TemplateResponseMixin

from changzhi_portal.pages.base import PortalPage
from changzhi_portal.pages.paging import ForgivingPaginator
from changzhi_portal.quality import QualityRule, Severity, rule_named
from communities.models import Division
from periods.models import ReportingPeriod, parse_month
from submissions.checks import Findings, findings_for

ROWS_A_PAGE = 50


class RuleCount(NamedTuple):
    """A rule, and how much it finds."""

    rule: QualityRule
    found: int


class DataQuality(TemplateResponseMixin, PortalPage):
    """?division=CODE&period=YYYY-MM&severity=hard&rule=CODE; each has a default. Another area is not found (404)."""

    requires = "may_see_registers"
    title = "数据质量"
    template_name = "submissions/quality.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show how much each rule finds, and a page of the findings, by place."""
        found = findings_for(period=self.period, division=self.division, user=request.user)
        counts = found.counts()
        chosen = self._chosen(found)
        paginator = ForgivingPaginator(chosen, ROWS_A_PAGE)
        paginator.count = sum(counts[rule.code] for rule in chosen.rules)
        return self.render_to_response(
            self.get_context_data(
                period=self.period,
                periods=self.periods,
                division=self.division,
                choices=self.choices,
                severities=Severity.choices,
                severity=self.severity,
                rule=self.rule,
                rules=[RuleCount(rule, counts[rule.code]) for rule in found.rules],
                hard=found.hard,
                soft=found.soft,
                page=paginator.get_page(request.GET.get("page", 1)),
            )
        )

    def _chosen(self, found: Findings) -> Findings:
        return found.narrowed(rule=self.rule.code if self.rule else "", severity=self.severity)

    @cached_property
    def period(self) -> ReportingPeriod:
        """The month asked for, else the one that offices work at. Raises InvalidError for a month written wrongly."""
        asked = self.request.GET.get("period")
        return ReportingPeriod.objects.for_month_or_in_hand(parse_month(asked) if asked else None)

    @cached_property
    def periods(self) -> list[ReportingPeriod]:
        """The months to choose from: those that have begun, and the one shown."""
        begun = list(ReportingPeriod.objects.filter(month__lte=timezone.localdate()).order_by("-month"))
        is_among_them = any(period.month == self.period.month for period in begun)
        return begun if is_among_them else [self.period, *begun]

    @cached_property
    def division(self) -> Division:
        """The division asked for, else the user's own. Raises Http404 for one outside the user's area."""
        asked = self.request.GET.get("division")
        if not asked:
            return self.request.user.division
        found = Division.objects.visible_to(self.request.user).filter(code=asked).order_by("-valid_from").first()
        if found is None:
            raise Http404
        return found

    @cached_property
    def choices(self) -> list[Division]:
        """The divisions below the user's own: of the city its counties, of a county its towns."""
        below = Division.objects.current().visible_to(self.request.user).filter(parent=self.request.user.division)
        return list(below.order_by("code"))

    @cached_property
    def severity(self) -> str:
        """The severity asked for; "" for all."""
        asked = self.request.GET.get("severity", "")
        return asked if asked in Severity.values else ""

    @cached_property
    def rule(self) -> QualityRule | None:
        """The rule asked for. Raises NotFoundError for one that does not exist."""
        asked = self.request.GET.get("rule", "")
        return rule_named(asked) if asked else None
