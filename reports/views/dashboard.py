"""The dashboard: how a division stands against every target in one month, and which communities fall short."""

from __future__ import annotations

from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.generic.base import TemplateResponseMixin

from changzhi_portal.pages.base import PortalPage
from changzhi_portal.pages.paging import ForgivingPaginator
from changzhi_portal.rights import EVERYBODY
from communities.models import Division
from periods.models import ReportingPeriod, parse_month
from reports.dashboard import Board, Card, LinkTo, divisions_measured, periods_measured
from reports.dashboard_current_boundaries import BoardAsNow, divisions_standing
from targets.current_boundaries import is_of_another_map
from targets.models import Computation, Target

ROWS_A_PAGE = 50


class Dashboard(TemplateResponseMixin, PortalPage):
    """?division=CODE&period=YYYY-MM&target=CODE&divisions=now; each has a default.

    Another area's division is not found (404). `divisions=now` shows a month before a change of the map by the counties
    of today; so does a division of today that did not stand in that month.
    """

    requires = EVERYBODY
    title = "看板"
    template_name = "reports/dashboard.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the page; a month that was never measured says so."""
        context = self.get_context_data(
            period=self.period,
            periods=periods_measured(),
            division=self.division,
            choices=self.choices,
            has_other_map=self.has_other_map,
            shows_now=self.shows_now,
            same_place=self._same_place(),
        )
        if self.period is not None and self.division is not None:
            board = BoardAsNow if self.shows_now else Board
            context |= self._figures(board(request.user, self.period, self.division))
        return self.render_to_response(context)

    @cached_property
    def has_other_map(self) -> bool:
        """Whether the month had other divisions than today, so that there are two ways to show it."""
        return self.period is not None and is_of_another_map(self.period)

    @cached_property
    def shows_now(self) -> bool:
        """Whether the divisions are those of today instead of those of the month."""
        if not self.has_other_map or self.period is None:
            return False
        if self.request.GET.get("divisions") == "now":
            return True
        code = self.request.GET.get("division", "")
        of_month = divisions_measured(self.request.user, self.period)
        return (
            bool(code)
            and not of_month.filter(code=code).exists()
            and divisions_standing(self.request.user).filter(code=code).exists()
        )

    def _same_place(self) -> str:
        """Return the code under which the other reading of the month knows the division; empty when only its parts do."""
        if self.division is None or not self.has_other_map:
            return ""
        if not self.shows_now:
            return self.division.current_division.code
        stood = self.period is not None and self.division.valid_from <= self.period.as_of
        return self.division.code if stood else ""

    @cached_property
    def period(self) -> ReportingPeriod | None:
        """The month asked for, else the newest with figures. Raises InvalidError for a month written wrongly."""
        asked = self.request.GET.get("period")
        if asked:
            return ReportingPeriod.objects.filter(month=parse_month(asked)).first()
        return periods_measured().first()

    @cached_property
    def choices(self) -> list[Division]:
        """The divisions of that month to choose from: city and counties, or the county and its towns."""
        if self.period is None:
            return []
        user = self.request.user
        seen = divisions_standing(user) if self.shows_now else divisions_measured(user, self.period)
        levels = {Division.Level.CITY, Division.Level.COUNTY}
        if self.request.user.division.level != Division.Level.CITY:
            levels = {Division.Level.COUNTY, Division.Level.TOWN}
        chosen = sorted(seen.filter(level__in=levels), key=lambda division: division.code)
        return [*chosen, *self._town_asked_for(seen, chosen)]

    def _town_asked_for(self, seen: Any, chosen: list[Division]) -> list[Division]:
        """Return a town that a city's user has come to through a chart; the city's list has no towns."""
        asked = self.request.GET.get("division", "")
        if not asked or any(division.code == asked for division in chosen):
            return []
        return list(seen.filter(code=asked))

    @cached_property
    def division(self) -> Division | None:
        """The division asked for, else the user's own, else the first that has figures. Raises Http404."""
        asked = self.request.GET.get("division")
        if asked:
            return self._division_with_code(asked)
        own = [division for division in self.choices if division.pk == self.request.user.division_id]
        return next(iter(own or self.choices), None)

    def _division_with_code(self, code: str) -> Division | None:
        """Return the division of that month, or what has taken its place since; None when the month has figures of neither."""
        known = {division.code: division for division in self.choices}
        if code in known:
            return known[code]
        asked = Division.objects.visible_to(self.request.user).filter(code=code).order_by("-valid_from").first()
        if asked is None:
            raise Http404
        return known.get(asked.current_division.code)

    def _figures(self, board: Board) -> dict[str, Any]:
        """Return everything below the choice of month and division; nothing where there are no figures."""
        cards = board.cards()
        if not cards:
            return {}
        asked = self.request.GET.get("target")
        card = next((card for card in cards if card.target.code == asked), cards[0])
        link_to = _links(board.period, card, current_boundaries=self.shows_now)
        return {
            "computation": Computation.objects.of_period(board.period),
            "cards": cards,
            "card": card,
            "workforce": board.workforce(),
            "trend": board.trend_chart(card),
            "months": board.months(card),
            "rows": board.rows(card, link_to),
            "level_below": "县（市、区）" if board.division.level == Division.Level.CITY else "街道（乡镇）",
            "chart": board.chart(card, link_to),
            "tiles": board.tiles(card, link_to),
            **self._shortfalls(board, card),
        }

    def _shortfalls(self, board: Board, card: Card) -> dict[str, Any]:
        """Return a page of the communities that fall short or are unknown; for a target of counties, the counties."""
        if card.target.level == Target.Level.COUNTY:
            return {"counties": board.counties_judged_by(card.target)}
        shows_unknown = self.request.GET.get("list") == "unknown"
        find = board.communities_unknown_to if shows_unknown else board.communities_short_of
        paginator = ForgivingPaginator(find(card.target), ROWS_A_PAGE)
        paginator.count = card.result.unknown if shows_unknown else card.result.unmet
        return {"page": paginator.get_page(self.request.GET.get("page", 1)), "shows_unknown": shows_unknown}


def _links(period: ReportingPeriod, card: Card, *, current_boundaries: bool) -> LinkTo:
    """Addresses of other divisions' dashboards, same month, target and reading."""

    def link_to(division: Division) -> str:
        asked = {"division": division.code, "period": period.code, "target": card.target.code}
        if current_boundaries:
            asked["divisions"] = "now"
        return f"{reverse('reports:dashboard')}?{urlencode(asked)}"

    return link_to
