"""The dashboard of a month by today's divisions (按现行区划; see targets.current_boundaries)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from changzhi_portal.rights import Actor
from communities.models import Division
from reports.dashboard import Board
from targets.addresses import NOW
from targets.current_boundaries import (
    communities_in_current_boundaries,
    counties_judged_in_current_boundaries,
    measures_in_current_boundaries,
    results_in_current_boundaries,
)
from targets.models import CommunityMeasure, DivisionMeasure, Target, TargetResult


def current_divisions(user: Actor) -> Any:
    """Return today's divisions that the user may see."""
    return Division.objects.current().visible_to(user)


@dataclass(frozen=True)
class CurrentBoundariesBoard(Board):
    """The same figures, added up for one of today's divisions and those below it."""

    uses_current_boundaries = True
    boundaries = NOW

    @cached_property
    def _all_results(self) -> list[TargetResult]:
        below = Division.Level.COUNTY if self._is_city else Division.Level.TOWN
        return results_in_current_boundaries(self.period, user=self.user, levels={self.division.level, below})

    @property
    def _is_town(self) -> bool:
        return self.division.level == Division.Level.TOWN

    def own_results(self) -> list[TargetResult]:
        """Return the results of the division itself, with the sum of its former parts."""
        return [result for result in self._all_results if result.division_id == self.division.pk]

    @cached_property
    def _results_below(self) -> list[TargetResult]:
        return [result for result in self._all_results if result.division.parent_id == self.division.pk]

    def workforce(self) -> DivisionMeasure | None:
        """Return those of the city or a county; a town's are only known by the divisions of the month."""
        measures = [] if self._is_town else measures_in_current_boundaries(self.period)
        return next((measure for measure in measures if measure.division_id == self.division.pk), None)

    def counties_judged_by(self, target: Target) -> Iterable[DivisionMeasure]:
        """Return today's counties, with the sum of their former parts."""
        judged = counties_judged_in_current_boundaries(self.period, target, user=self.user)
        return [measure for measure in judged if measure.division.path.startswith(self.division.path)]

    def _measures(self) -> Any:
        """Return the communities that belong to the division today."""
        measures = CommunityMeasure.objects.visible_to(self.user).for_period(self.period).with_place()
        return communities_in_current_boundaries(measures, self.division)
