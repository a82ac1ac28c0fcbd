"""Two months compared: what changed, where, and by which communities."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.http import Http404

from changzhi_portal.pages.paging import ForgivingPaginator
from communities.models import Division
from periods.models import ReportingPeriod
from reports.changes import TONES, Changes, TargetChange
from reports.dashboard import Board, periods_measured
from reports.views.dashboard import ROWS_A_PAGE, Dashboard
from targets.comparison import Movement
from targets.current_boundaries import is_of_another_map


class ComparePage(Dashboard):
    """?before=YYYY-MM&period=YYYY-MM&division=CODE&divisions=now&target=CODE&movement=gained&place=CODE.

    `period` is the later month; the two are put in order. A month without figures is not found (404). `place` is a
    division below the chosen one.
    """

    title = "两个月对比"
    template_name = "reports/compare.html"

    @cached_property
    def _months(self) -> tuple[ReportingPeriod, ReportingPeriod] | None:
        """Return the earlier and the later month; by default the newest and the one before; None without two months."""
        measured = list(periods_measured())
        if len(measured) < 2:
            return None
        later = self._chosen("period", measured) or measured[0]
        older = [period for period in measured if period.month < later.month]
        earlier = self._chosen("before", measured) or next(iter(older), measured[0])
        first, second = sorted((earlier, later), key=lambda period: period.month)
        return first, second

    def _chosen(self, name: str, measured: list[ReportingPeriod]) -> ReportingPeriod | None:
        code = self.request.GET.get(name, "")
        found = [period for period in measured if period.code == code]
        if code and not found:
            raise Http404
        return found[0] if found else None

    @cached_property
    def period(self) -> ReportingPeriod | None:
        """Return the later month."""
        return self._months[1] if self._months else None

    @cached_property
    def has_other_map(self) -> bool:
        """Return whether one of the months had other divisions than today."""
        return self._months is not None and any(is_of_another_map(period) for period in self._months)

    def figures(self, board: Board) -> dict[str, Any]:
        """Return every target's change; of the chosen one, the units that moved, in all or in one place."""
        if self._months is None or self._months[0] == self._months[1]:
            return {"is_one_month": True, "before": board.period}
        before = self._months[0]
        changes = Changes(type(board)(board.user, before, board.division), board)
        found = changes.targets()
        if not found:
            return {}
        requested = self.request.GET.get("target")
        change = next((each for each in found if each.target.code == requested), found[0])
        places = list(Division.objects.filter(pk__in=change.by_place).order_by("code"))
        movement = self.request.GET.get("movement", "")
        movements = [movement] if movement in Movement.values else Movement.values
        return {
            "before": before,
            "changes": found,
            "change": change,
            "movements": list(Movement),
            "chosen_movement": Movement(movement) if movement in Movement.values else None,
            "places": [(place, _numbers(change.by_place[place.pk])) for place in places],
            "level_below": board.division.level_below,
            **self._units(changes, change, places, movements),
        }

    def _units(
        self, changes: Changes, change: TargetChange, places: list[Division], movements: list[str]
    ) -> dict[str, Any]:
        """Return a page of the units that moved, in the place asked for or in all."""
        code = self.request.GET.get("place", "")
        place = next((each for each in places if each.code == code), None)
        if code and place is None:
            raise Http404
        counts = change.by_place.values() if place is None else [change.by_place[place.pk]]
        number = sum(row.get(movement, 0) for row in counts for movement in movements)
        paginator = ForgivingPaginator(range(number), ROWS_A_PAGE)
        page = paginator.get_page(self.request.GET.get("page", 1))
        start = max(page.start_index() - 1, 0)
        area = place or changes.after.division
        return {
            "place": place,
            "page": page,
            "units": changes.units(change, area, movements, start=start, stop=start + ROWS_A_PAGE) if number else [],
        }


def _numbers(row: Any) -> list[tuple[Movement, int, str]]:
    return [(movement, row.get(movement, 0), TONES.get(movement, "")) for movement in Movement]
