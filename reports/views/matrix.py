"""The matrix of counties (towns) and targets in one month."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from communities.models import Division
from periods.models import month_after
from reports.dashboard import Board
from reports.matrix import BY_CODE, matrix_of
from reports.views.dashboard import Dashboard
from targets.models import Computation


class MatrixPage(Dashboard):
    """?division=CODE&period=YYYY-MM&divisions=now&sort=TARGET; month, division and map are chosen as on the dashboard."""

    title = "县区目标对照"
    template_name = "reports/matrix.html"

    def figures(self, board: Board) -> dict[str, Any]:
        """Return the matrix, the choices of its order, and the addresses of the pages that go on from it."""
        sort = self.request.GET.get("sort", BY_CODE)
        matrix = matrix_of(board, link_to=self._link_to, sort=sort)
        if not matrix.rows:
            return {}
        orders = [(BY_CODE, "按区划代码")]
        for target in matrix.targets:
            orders += [
                (target.code, f"{target.short_name}，高的在前"),
                (f"-{target.code}", f"{target.short_name}，低的在前"),
            ]
        return {
            "computation": Computation.objects.of_period(board.period),
            "matrix": matrix,
            "sort": sort,
            "orders": orders,
            "level_below": "县（市、区）" if board.division.level == Division.Level.CITY else "街道（乡镇）",
            "compare_url": self._address("reports:compare", board.division),
            "dashboard_url": self._address("reports:dashboard", board.division),
            "last_month": month_after(board.period.month, -1),
        }

    def _link_to(self, division: Division) -> str:
        """Return the address of a county's matrix; of a town's dashboard, since there is nothing below a town."""
        is_town = division.level == Division.Level.TOWN
        return self._address("reports:dashboard" if is_town else "reports:matrix", division)

    def _address(self, name: str, division: Division) -> str:
        asked = {"division": division.code, "period": self.period.code if self.period else ""}
        if self.shows_now:
            asked["divisions"] = "now"
        return f"{reverse(name)}?{urlencode({key: value for key, value in asked.items() if value})}"
