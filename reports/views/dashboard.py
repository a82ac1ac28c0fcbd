"""The dashboard: how a division stands against every target in one month, and which communities fall short."""

from __future__ import annotations

from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.generic.base import TemplateResponseMixin

from changzhi_portal.paging import ForgivingPaginator
from changzhi_portal.views.pages import EVERYBODY, PortalPage
from communities.models import Division
from periods.models import ReportingPeriod, parse_month
from reports import dashboard
from targets.models import Computation, Target

ROWS_A_PAGE = 50


class Dashboard(TemplateResponseMixin, PortalPage):
    """?division=CODE&period=YYYY-MM&target=CODE; each has a default. Another area's division is not found (404)."""

    requires = EVERYBODY
    title = "看板"
    template_name = "reports/dashboard.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """The page; a month that was never measured says so."""
        context = self.get_context_data(
            period=self.period, periods=dashboard.periods_measured(), division=self.division, choices=self.choices
        )
        cards = dashboard.cards(request.user, self.period, self.division) if self.period and self.division else []
        if cards:
            context |= self._figures(cards)
        return self.render_to_response(context)

    @cached_property
    def period(self) -> ReportingPeriod | None:
        """The month asked for, else the newest with figures. Raises PortalError for a month written wrongly."""
        asked = self.request.GET.get("period")
        if asked:
            return ReportingPeriod.objects.filter(month=parse_month(asked)).first()
        return dashboard.periods_measured().first()

    @cached_property
    def choices(self) -> list[Division]:
        """The divisions of that month to choose from: city and counties, or the county and its towns."""
        if self.period is None:
            return []
        seen = dashboard.divisions_measured(self.request.user, self.period)
        levels = {Division.Level.CITY, Division.Level.COUNTY}
        if self.request.user.division.level != Division.Level.CITY:
            levels = {Division.Level.COUNTY, Division.Level.TOWN}
        chosen = sorted(seen.filter(level__in=levels), key=lambda division: division.code)
        return [*chosen, *self._town_asked_for(seen, chosen)]

    def _town_asked_for(self, seen: Any, chosen: list[Division]) -> list[Division]:
        """A town that a city's user has come to through a chart; the city's list has no towns."""
        asked = self.request.GET.get("division", "")
        if not asked or any(division.code == asked for division in chosen):
            return []
        return list(seen.filter(code=asked))

    @cached_property
    def division(self) -> Division | None:
        """The division asked for, else the user's own, else the first that has figures. Raises Http404."""
        asked = self.request.GET.get("division")
        if asked:
            for division in self.choices:
                if division.code == asked:
                    return division
            if not Division.objects.visible_to(self.request.user).filter(code=asked).exists():
                raise Http404
            return None
        own = [division for division in self.choices if division.pk == self.request.user.division_id]
        return (own or self.choices or [None])[0]

    def _figures(self, cards: list[dashboard.Card]) -> dict[str, Any]:
        """Everything below the choice of month and division."""
        user, period, division = self.request.user, self.period, self.division
        asked = self.request.GET.get("target")
        card = next((card for card in cards if card.target.code == asked), cards[0])
        return {
            "computation": Computation.objects.of_period(period),
            "cards": cards,
            "card": card,
            "workforce": dashboard.workforce(user, period, division),
            "chart": dashboard.chart(user, period, division, card, self._link_to(card)),
            "tiles": dashboard.tiles(user, period, division, card, self._link_to(card)),
            **self._shortfalls(card),
        }

    def _link_to(self, card: dashboard.Card) -> dashboard.LinkTo:
        """The address of another division's dashboard, same month and target."""

        def link(division: Division) -> str:
            asked = {"division": division.code, "period": self.period.code, "target": card.target.code}
            return f"{reverse('reports:dashboard')}?{urlencode(asked)}"

        return link

    def _shortfalls(self, card: dashboard.Card) -> dict[str, Any]:
        """A page of the communities that fall short or are unknown; for a target of counties, the counties."""
        if card.target.level == Target.Level.COUNTY:
            counties = dashboard.counties_short_of(self.request.user, self.period, card.target)
            return {"counties": counties.within(self.division)}
        measures = dashboard.measures_within(self.request.user, self.period, self.division)
        shows_unknown = self.request.GET.get("list") == "unknown"
        rows = measures.unknown_to(card.target) if shows_unknown else measures.falling_short_of(card.target)
        paginator = ForgivingPaginator(rows, ROWS_A_PAGE)
        paginator.count = card.result.unknown if shows_unknown else card.result.unmet
        return {"page": paginator.get_page(self.request.GET.get("page", 1)), "shows_unknown": shows_unknown}
