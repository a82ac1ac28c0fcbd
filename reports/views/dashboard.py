"""The dashboard: the results of a division for every target in one month, and the communities that fall short."""

from __future__ import annotations

from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone

from changzhi_portal.pages.base import PortalPage, PortalRequest
from changzhi_portal.pages.paging import ForgivingPaginator
from changzhi_portal.rights import has_right
from communities.models import Division
from periods.models import ReportingPeriod, parse_month
from reports.dashboard import Board, Card, LinkTo, divisions_measured, periods_measured
from reports.dashboard_current_boundaries import CurrentBoundariesBoard, current_divisions
from reports.next_step import next_step
from reports.overview import overview_of
from reports.standing import LEGEND
from reports.workforce import WorkforceLists
from targets.current_boundaries import is_of_another_map
from targets.models import Computation, Target

ROWS_A_PAGE = 10  # the farthest; the others are on further pages


class Dashboard(PortalPage):
    """?division=CODE&period=YYYY-MM&target=CODE&divisions=now; each has a default.

    A division of another area is not found (404). `divisions=now` shows a month before a change of divisions by today's
    counties; so does one of today's divisions that did not exist in that month.
    """

    requires = "may_see_figures"
    title = "看板"
    template_name = "reports/dashboard.html"

    def get(self, request: PortalRequest) -> HttpResponse:
        """Show the page, also for a month that was never measured."""
        context = self.get_context_data(
            period=self.period,
            periods=periods_measured(),
            division=self.division,
            choices=self.choices,
            has_other_map=self.has_other_map,
            shows_now=self.shows_now,
            equivalent_code=self._equivalent_code(),
        )
        if self.period is not None and self.division is not None:
            board = CurrentBoundariesBoard if self.shows_now else Board
            context |= self.figures(board(request.user, self.period, self.division))
        return self.render_to_response(context)

    @cached_property
    def has_other_map(self) -> bool:
        """Return whether the month had other divisions than today, so that there are two ways to show it."""
        return self.period is not None and is_of_another_map(self.period)

    @cached_property
    def shows_now(self) -> bool:
        """Return whether the month is shown by today's divisions instead of its own."""
        if not self.has_other_map or self.period is None:
            return False
        if self.request.GET.get("divisions") == "now":
            return True
        code = self.request.GET.get("division", "")
        of_month = divisions_measured(self.request.user, self.period)
        return (
            bool(code)
            and not of_month.filter(code=code).exists()
            and current_divisions(self.request.user).filter(code=code).exists()
        )

    def _equivalent_code(self) -> str:
        """Return the division's code for the link to the other way of showing the month; "" if it has no equivalent."""
        if self.division is None or not self.has_other_map:
            return ""
        if not self.shows_now:
            return self.division.current_division.code
        existed = self.period is not None and self.division.valid_from <= self.period.as_of
        return self.division.code if existed else ""

    @cached_property
    def period(self) -> ReportingPeriod | None:
        """Return the requested month, by default the newest with figures. Raises InvalidError for a malformed month."""
        requested = self.request.GET.get("period")
        if requested:
            return ReportingPeriod.objects.filter(month=parse_month(requested)).first()
        return periods_measured().first()

    @cached_property
    def choices(self) -> list[Division]:
        """Return the divisions of that month to choose from: city and counties, or the county and its towns."""
        if self.period is None:
            return []
        user = self.request.user
        seen = current_divisions(user) if self.shows_now else divisions_measured(user, self.period)
        levels = {Division.Level.CITY, Division.Level.COUNTY}
        if self.request.user.division.level != Division.Level.CITY:
            levels = {Division.Level.COUNTY, Division.Level.TOWN}
        chosen = sorted(seen.filter(level__in=levels), key=lambda division: division.code)
        return [*chosen, *self._requested_town(seen, chosen)]

    def _requested_town(self, seen: Any, chosen: list[Division]) -> list[Division]:
        """Return a town that a city's user has opened from a chart; the city's list has no towns."""
        requested = self.request.GET.get("division", "")
        if not requested or any(division.code == requested for division in chosen):
            return []
        return list(seen.filter(code=requested))

    @cached_property
    def division(self) -> Division | None:
        """Return the requested division, else the user's own, else the first that has figures. Raises Http404."""
        requested = self.request.GET.get("division")
        if requested:
            return self._division_with_code(requested)
        own = [division for division in self.choices if division.pk == self.request.user.division.pk]
        return next(iter(own or self.choices), None)

    def _division_with_code(self, code: str) -> Division | None:
        """Return the division of that month, or its successor; None when the month has figures of neither."""
        known = {division.code: division for division in self.choices}
        if code in known:
            return known[code]
        asked = Division.objects.visible_to(self.request.user).filter(code=code).order_by("-valid_from").first()
        if asked is None:
            raise Http404
        return known.get(asked.current_division.code)

    def figures(self, board: Board) -> dict[str, Any]:
        """Return the context below the choice of month and division; {} without figures."""
        cards = board.cards()
        if not cards:
            return {}
        requested = self.request.GET.get("target")
        card = next((card for card in cards if card.target.code == requested), cards[0])
        link_to = _links(board.period, card, current_boundaries=self.shows_now)
        return {
            "overview": overview_of(board, cards, link_to=link_to, link_to_target=self._link_to_target),
            "step": next_step(self.request.user, timezone.localdate()),
            "legend": LEGEND,
            "computation": Computation.objects.of_period(board.period),
            "cards": cards,
            "card": card,
            "workforce": board.workforce(),
            "workforce_lists": self._workforce_lists(board),
            "trend": board.trend_chart(card),
            "months": board.months(card),
            "rows": board.rows(card, link_to),
            "level_below": board.division.level_below,
            "chart": board.chart(card, link_to),
            "tiles": board.tiles(card, link_to),
            **self._shortfalls(board, card),
        }

    def _workforce_lists(self, board: Board) -> WorkforceLists | None:
        """Return the lists behind the numbers of workers; None for those who may not see the registers."""
        may_see = has_right(self.request.user, "may_see_registers")
        return WorkforceLists(board.period, board.division) if may_see else None

    def _link_to_target(self, target: Target) -> str:
        """Return the address of the same page for another target."""
        parameters = self.request.GET.copy()
        parameters["target"] = target.code
        return f"?{parameters.urlencode()}"

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
    """Return a function to the addresses of other divisions' dashboards, with the same month, target and map."""

    def link_to(division: Division) -> str:
        parameters = {"division": division.code, "period": period.code, "target": card.target.code}
        if current_boundaries:
            parameters["divisions"] = "now"
        return f"{reverse('reports:dashboard')}?{urlencode(parameters)}"

    return link_to
