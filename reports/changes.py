"""Two months compared, target by target: how the figure moved, how many units did, where, and which (docs/domain.md §5.11)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from changzhi_portal.display import DASH, display_change
from changzhi_portal.kept import kept
from changzhi_portal.percent import percent, percentage_points
from communities.models import Division
from reports.dashboard import Board
from targets.comparison import Comparison, Movement, compared_targets, movement_between, totals
from targets.judgement import Verdict
from targets.models import Target, TargetResult
from targets.wording import bound_text, result_text

# The class of the colour of each movement; the word is always beside it.
TONES = {Movement.GAINED: "good", Movement.FELL: "bad"}


@dataclass(frozen=True)
class MovedUnit:
    """A unit that moved: a community or a county, with verdict and figure in both months (None: not measured)."""

    name: str
    url: str
    county: str
    town: str
    verdict_before: str | None
    value_before: Decimal | None
    verdict: str | None
    value: Decimal | None
    movement: Movement

    @property
    def difference(self) -> Decimal | None:
        """Return the change of the figure; None when one of the two is unknown."""
        return None if self.value is None or self.value_before is None else self.value - self.value_before

    @property
    def tone(self) -> str:
        """Return the class of the movement's colour."""
        return TONES.get(self.movement, "quiet")


@dataclass(frozen=True)
class TargetChange:
    """One target in both months: the results of the division, and the number of units by movement and place."""

    target_before: Target
    target: Target
    before: TargetResult | None
    after: TargetResult | None
    by_place: Mapping[int, Mapping[str, int]]

    @property
    def figure_before(self) -> str:
        """Return the figure of the earlier month as printed; a dash when the division had none."""
        return DASH if self.before is None else result_text(self.before)

    @property
    def figure(self) -> str:
        """Return the figure of the later month as printed."""
        return DASH if self.after is None else result_text(self.after)

    @property
    def change(self) -> str:
        """Return the change of the printed figure: +1.3, −0.4, 持平; a dash without one of the two."""
        if self.before is None or self.after is None:
            return DASH
        if self.target.aggregate == Target.Aggregate.MEAN:
            known = self.before.value is not None and self.after.value is not None
            change = self.after.value - self.before.value if known else None  # type: ignore[operator]
            return display_change(change, decimals=2)
        rates = [percent(result.reached, result.judged) for result in (self.after, self.before)]
        return display_change(percentage_points(*rates))

    @property
    def change_unit(self) -> str:
        """Return the unit of the change: 百分点, or that of a mean."""
        return self.target.value_unit if self.target.aggregate == Target.Aggregate.MEAN else "百分点"

    @property
    def bounds(self) -> str:
        """Return what the later month's plan requires, short."""
        return bound_text(self.target)

    @property
    def bounds_before(self) -> str:
        """Return what the earlier month's plan required if it is something else; else ""."""
        bounds = bound_text(self.target_before)
        return "" if bounds == self.bounds else bounds

    @cached_property
    def numbers(self) -> list[tuple[Movement, int]]:
        """Return the number of units for every movement."""
        total = totals(self.by_place)
        return [(movement, total[movement]) for movement in Movement]


@dataclass(frozen=True)
class Changes:
    """What changed in a division between two months; `before` and `after` are its boards of the two."""

    before: Board
    after: Board

    def targets(self) -> list[TargetChange]:
        """Return every target that both months judged, in the order of the later plan."""
        results_before = {result.target.code: result for result in self.before.own_results()}
        results = {result.target.code: result for result in self.after.own_results()}
        pairs = compared_targets(_targets_of(self.before), _targets_of(self.after))
        return [
            TargetChange(
                target_before=old,
                target=new,
                before=results_before.get(new.code),
                after=results.get(new.code),
                by_place=self._counts(old, new),
            )
            for old, new in pairs
        ]

    def units(
        self, change: TargetChange, place: Division, movements: Sequence[str], *, start: int, stop: int
    ) -> list[MovedUnit]:
        """Return the units of `place`, the division or one below it, that moved in one of these ways."""
        if change.target.level == Target.Level.COUNTY:
            units = [
                unit
                for key, unit in self._counties(change.target_before, change.target)
                if unit.movement in movements and (place == self.after.division or key == place.pk)
            ]
            return units[start:stop]
        moved = self._comparison(change.target_before, change.target).communities(
            place, movements, start=start, stop=stop
        )
        return [
            MovedUnit(
                name=each.name,
                url=each.community.get_absolute_url(),
                county=each.county.name,
                town=each.town.name,
                verdict_before=each.verdict_before,
                value_before=each.value_before,
                verdict=each.verdict,
                value=each.value,
                movement=each.movement,
            )
            for each in moved
        ]

    def _comparison(self, old: Target, new: Target) -> Comparison:
        return Comparison(
            user=self.after.user,
            before=self.before.period,
            after=self.after.period,
            target_before=old,
            target=new,
            current_boundaries=self.after.uses_current_boundaries,
        )

    def _counts(self, old: Target, new: Target) -> Mapping[int, Mapping[str, int]]:
        if new.level != Target.Level.COUNTY:
            months = f"{self.before.period.pk}:{self.after.period.pk}:{self.after.division.pk}"
            return kept(
                f"moved:{self.after.stamp}:{months}:{old.pk}:{new.pk}",
                lambda: self._comparison(old, new).counts(self.after.division),
            )
        return {key: {unit.movement: 1} for key, unit in self._counties(old, new)}

    def _counties(self, old: Target, new: Target) -> list[tuple[int, MovedUnit]]:
        """Return the counties that moved under a target for counties, each with its key, by code."""
        then, now = (
            {measure.division_id: measure for measure in board.counties_judged_by(target)}
            for board, target in ((self.before, old), (self.after, new))
        )
        found: list[tuple[int, MovedUnit]] = []
        for key in then.keys() | now.keys():
            was, is_now = then.get(key), now.get(key)
            before, after = _judged(was), _judged(is_now)
            movement = movement_between(*before, *after)
            if movement is None:
                continue
            division = (is_now or was).division  # type: ignore[union-attr]  # the key is of one of the two
            unit = MovedUnit(division.name, "", division.name, "", *before, *after, movement)
            found.append((key, unit))
        return sorted(found, key=lambda each: each[0])


def _judged(measure: Any) -> tuple[str | None, Decimal | None]:
    return (None, None) if measure is None else (Verdict(measure.verdict).value, measure.value)


def _targets_of(board: Board) -> list[Target]:
    """Return the scored targets of the plan that the board's month was judged by."""
    return list(
        Target.objects.filter(plan__computation__period=board.period, is_scored=True)
        .select_related("plan")
        .order_by("position")
    )
