"""What a change of a plan would do to the results of a month, from the month's own measures; nothing is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from changzhi_portal.indicators import indicator_named
from communities.models import Division
from periods.models import ReportingPeriod
from targets.engine.results import results_under
from targets.models import Computation, Target, TargetPlan, TargetResult
from targets.models.plan import plan_in_force_on
from targets.wording import requirement_text, result_text


@dataclass(frozen=True)
class Change:
    """One division: how it stands, and how it would stand. None where the target does not ask anything of it."""

    division: Division
    before: TargetResult | None
    after: TargetResult | None

    @property
    def figure_before(self) -> str:
        """The rate, mean or coverage as it is; empty where nothing is asked."""
        return "" if self.before is None else result_text(self.before)

    @property
    def figure_after(self) -> str:
        """The rate, mean or coverage as it would be; empty where nothing would be asked."""
        return "" if self.after is None else result_text(self.after)

    @property
    def counts(self) -> list[tuple[str, int | None, int | None]]:
        """Name, old and new number of what is judged: 参评, 达标, 未达标, 未知."""
        names = (("参评", "judged"), ("达标", "reached"), ("未达标", "unmet"), ("未知", "unknown"))
        return [(label, getattr(self.before, name, None), getattr(self.after, name, None)) for label, name in names]

    @property
    def is_change(self) -> bool:
        """Whether anything of it would be different."""
        return self.figure_before != self.figure_after or any(old != new for _, old, new in self.counts)


def month_to_preview() -> ReportingPeriod | None:
    """The month whose measures a change is tried on: the newest measured one that is open, or else the newest."""
    measured = ReportingPeriod.objects.filter(computations__finished_at__isnull=False).order_by("-month")
    return measured.filter(state=ReportingPeriod.State.OPEN).first() or measured.first()


def measured_figures(period: ReportingPeriod) -> frozenset[str]:
    """Return the names of the figures that the month has measured, whatever their values; empty while it has none."""
    measured = Computation.objects.filter(period=period).values_list("measured", flat=True).first()
    return frozenset(measured or ())


def is_unmeasured(target: Target, measured: frozenset[str]) -> bool:
    """Return whether a target judges a figure that is not among the measured ones, so that every unit is unknown.

    So it is of a new indicator until the worker has measured the month again; in a locked month it stays so.
    """
    names = indicator_named(target.indicator).figures_counted(target.counting_rule)
    return target.is_scored and not measured.issuperset(names)


def preview_target_changes(
    period: ReportingPeriod, before: Target | None, after: Target | None, user: Any
) -> list[Change]:
    """City and counties of the month, as far as the user sees them, judged by the old and the new clause alike."""
    old, new = (_by_division(period, target) for target in (before, after))
    seen = Division.objects.visible_to(user).filter(pk__in={*old, *new}).order_by("level", "code")
    return [Change(division, old.get(division.pk), new.get(division.pk)) for division in seen]


def _by_division(period: ReportingPeriod, target: Target | None) -> dict[int, TargetResult]:
    targets: Sequence[Target] = [] if target is None else [target]
    return {result.division_id: result for result in results_under(period, targets)}


@dataclass(frozen=True)
class ClauseChange:
    """One clause of two plans, for one division; None where a plan does not have it.

    `is_unmeasured`: the month has not measured what the plan that goes last counts.
    """

    before: Target | None
    after: Target | None
    change: Change
    is_unmeasured: bool

    @property
    def name(self) -> str:
        """The clause's short name, as the plan that goes last calls it."""
        target = self.after or self.before
        return "" if target is None else target.short_name

    @property
    def asked(self) -> tuple[str, str]:
        """What is asked by either plan; empty where nothing is."""
        before, after = ("" if target is None else requirement_text(target) for target in (self.before, self.after))
        return before, after


@dataclass(frozen=True)
class PlanSwitch:
    """A month that would be judged by another plan than it is: what that does to the results of a division."""

    period: ReportingPeriod
    division: Division
    before: TargetPlan
    after: TargetPlan
    clauses: list[ClauseChange]


def preview_plan_switch(plan: TargetPlan, targets: Sequence[Target], division: Division) -> PlanSwitch | None:
    """What an unsaved version of a plan, or a new one, with these targets would do by its days alone.

    None when the month to try would be judged by the same plan as now, or by none (which saving refuses), and when no
    month has been measured.
    """
    period = month_to_preview()
    if period is None:
        return None
    plans = list(TargetPlan.objects.filter(is_current=True).order_by("id"))
    before = plan_in_force_on(period.as_of, plans)
    after = plan_in_force_on(period.as_of, [*(other for other in plans if other.code != plan.code), plan])
    if before is None or after is None or before.code == after.code:
        return None
    old = before.targets.order_by("position")
    new = targets if after is plan else after.targets.order_by("position")
    return PlanSwitch(period, division, before, after, _clauses(period, division, list(old), list(new)))


def _clauses(
    period: ReportingPeriod, division: Division, old: Sequence[Target], new: Sequence[Target]
) -> list[ClauseChange]:
    """Clause by clause, those of the new plan first; the same clause of two plans has the same code."""
    before, after = ({target.code: target for target in targets if target.is_scored} for targets in (old, new))
    stands, would_stand = (
        {result.target.code: result for result in results_under(period, targets) if result.division_id == division.pk}
        for targets in (old, new)
    )
    measured = measured_figures(period)
    return [
        ClauseChange(
            before.get(code),
            after.get(code),
            Change(division, stands.get(code), would_stand.get(code)),
            is_unmeasured=is_unmeasured(target, measured),
        )
        # The clauses of the plan that goes last come first.
        for code, target in {**after, **before, **after}.items()
    ]
