"""The lists behind the numbers of one result: every number that a page shows of it leads to those it counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from communities.models import Division
from targets.addresses import THEN, HasCode, results_address
from targets.judgement import Verdict
from targets.models import Target

_REACHED = (Verdict.MET, Verdict.OVER)
_JUDGED = (*_REACHED, Verdict.UNMET, Verdict.UNKNOWN)


@dataclass(frozen=True)
class ResultLists:
    """The addresses of the lists of one target in one division and month, by the plan that the month was judged by.

    `boundaries` are those of the page with the numbers. The city's lists, and of a target for the mean those of the
    communities that the mean is of, are not narrowed by a place or a verdict.
    """

    period: HasCode | str
    target: HasCode | str
    division: Division | None = None
    boundaries: str = THEN
    is_mean: bool = False

    @classmethod
    def of(cls, target: Target, *, period: HasCode, division: Division, boundaries: str = THEN) -> ResultLists:
        """Return the lists behind the result of a target in a division."""
        return cls(period, target, division, boundaries, is_mean=target.aggregate == Target.Aggregate.MEAN)

    @property
    def everything(self) -> str:
        """Return the address of all units, those that the target does not apply to included."""
        return self._of()

    @property
    def judged(self) -> str:
        """Return the address of the units judged."""
        return self._of(_JUDGED)

    @property
    def reached(self) -> str:
        """Return the address of the units that reach the target, over the upper bound included."""
        return self._of(_REACHED)

    @property
    def met(self) -> str:
        """Return the address of the units within the bounds."""
        return self._of((Verdict.MET,))

    @property
    def over(self) -> str:
        """Return the address of the units above the upper bound."""
        return self._of((Verdict.OVER,))

    @property
    def unmet(self) -> str:
        """Return the address of the units that fall short."""
        return self._of((Verdict.UNMET,))

    @property
    def unknown(self) -> str:
        """Return the address of the units that cannot be judged yet."""
        return self._of((Verdict.UNKNOWN,))

    @property
    def not_applicable(self) -> str:
        """Return the address of the units that the target does not apply to."""
        return self._of((Verdict.NOT_APPLICABLE,))

    def _of(self, verdicts: Sequence[Verdict] = ()) -> str:
        return results_address(
            plan="",
            period=self.period,
            target=self.target,
            verdict=() if self.is_mean else [verdict.value for verdict in verdicts],
            division=self.division,
            boundaries=self.boundaries,
        )
