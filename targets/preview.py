"""What a change of a plan would do to the results of a month, from the month's own measures; nothing is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from communities.models import Division
from periods.models import ReportingPeriod
from targets.engine.results import results_under
from targets.models import Target, TargetResult
from targets.wording import result_in_words


@dataclass(frozen=True)
class Change:
    """One division: how it stands, and how it would stand. None where the target does not ask anything of it."""

    division: Division
    before: TargetResult | None
    after: TargetResult | None

    @property
    def figure_before(self) -> str:
        """The rate, mean or coverage as it is; empty where nothing is asked."""
        return "" if self.before is None else result_in_words(self.before)

    @property
    def figure_after(self) -> str:
        """The rate, mean or coverage as it would be; empty where nothing would be asked."""
        return "" if self.after is None else result_in_words(self.after)

    @property
    def counts(self) -> list[tuple[str, int | None, int | None]]:
        """Name, old and new number of what is judged: 参评, 达标, 未达标, 未知."""
        names = (("参评", "judged"), ("达标", "reached"), ("未达标", "unmet"), ("未知", "unknown"))
        return [(label, getattr(self.before, name, None), getattr(self.after, name, None)) for label, name in names]

    @property
    def is_change(self) -> bool:
        """Whether anything of it would be different."""
        return self.figure_before != self.figure_after or any(old != new for _, old, new in self.counts)


def month_to_try() -> ReportingPeriod | None:
    """The month whose measures a change is tried on: the newest measured one that is open, or else the newest."""
    measured = ReportingPeriod.objects.filter(computations__finished_at__isnull=False).order_by("-month")
    return measured.filter(state=ReportingPeriod.State.OPEN).first() or measured.first()


def changes_of(period: ReportingPeriod, before: Target | None, after: Target | None, user: Any) -> list[Change]:
    """City and counties of the month, as far as the user sees them, judged by the old and the new clause alike."""
    old, new = (_by_division(period, target) for target in (before, after))
    seen = Division.objects.visible_to(user).filter(pk__in={*old, *new}).order_by("level", "code")
    return [Change(division, old.get(division.pk), new.get(division.pk)) for division in seen]


def _by_division(period: ReportingPeriod, target: Target | None) -> dict[int, TargetResult]:
    targets: Sequence[Target] = [] if target is None else [target]
    return {result.division_id: result for result in results_under(period, targets)}
