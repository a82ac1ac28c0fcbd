"""Previews of a plan change: the results of a month under the changed plan, from stored measures; nothing is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from changzhi_portal.rights import Actor
from communities.models import Division
from periods.models import ReportingPeriod
from targets.engine.results import results_under
from targets.models import Computation, Target, TargetPlan, TargetResult
from targets.models.plan import plan_in_force_on
from targets.wording import requirement_text, result_text


@dataclass(frozen=True)
class Change:
    """The result of one division before and after a change of a target; None where the target does not judge it."""

    division: Division
    before: TargetResult | None
    after: TargetResult | None

    @property
    def figure_before(self) -> str:
        """Return the rate, mean or coverage before the change; empty without a result."""
        return "" if self.before is None else result_text(self.before)

    @property
    def figure_after(self) -> str:
        """Return the rate, mean or coverage after the change; empty without a result."""
        return "" if self.after is None else result_text(self.after)

    @property
    def counts(self) -> list[tuple[str, int | None, int | None]]:
        """Return label, old and new count: 参评, 达标, 未达标, 未知."""
        names = (("参评", "judged"), ("达标", "reached"), ("未达标", "unmet"), ("未知", "unknown"))
        return [(label, getattr(self.before, name, None), getattr(self.after, name, None)) for label, name in names]

    @property
    def is_change(self) -> bool:
        """Return whether the figure or any count differs."""
        return self.figure_before != self.figure_after or any(old != new for _, old, new in self.counts)


def month_to_preview() -> ReportingPeriod | None:
    """Return the month used for previews: the newest measured month that is open, else the newest measured; or None."""
    measured = ReportingPeriod.objects.filter(computations__finished_at__isnull=False).order_by("-month")
    return measured.filter(state=ReportingPeriod.State.OPEN).first() or measured.first()


def measured_figures(period: ReportingPeriod) -> frozenset[str]:
    """Return the names of the figures that a month has measured; empty if it was never measured."""
    measured = Computation.objects.filter(period=period).values_list("measured", flat=True).first()
    return frozenset(measured or ())


def is_unmeasured(target: Target, measured: frozenset[str]) -> bool:
    """Return whether a target judges a figure that is not among the `measured` ones, so that every unit is unknown.

    This is the case for a new indicator until the worker has measured the month again; in a locked month it stays so.
    """
    return target.is_scored and not measured.issuperset(target.names_measured)


def preview_target_changes(
    period: ReportingPeriod, before: Target | None, after: Target | None, user: Actor
) -> list[Change]:
    """Return the results of a month under the old and the new version of a target, for city and counties.

    `before` is None for a new target, `after` for a removed one. Only divisions that the user may see, the city first.
    """
    old, new = (_by_division(period, target) for target in (before, after))
    visible = Division.objects.visible_to(user).filter(pk__in={*old, *new}).order_by("level", "code")
    return [Change(division, old.get(division.pk), new.get(division.pk)) for division in visible]


def _by_division(period: ReportingPeriod, target: Target | None) -> dict[int, TargetResult]:
    targets: Sequence[Target] = [] if target is None else [target]
    return {result.division_id: result for result in results_under(period, targets)}


@dataclass(frozen=True)
class ClauseChange:
    """One target in two plans, for one division; None where a plan does not have it.

    `is_unmeasured`: the month has not measured the figures of the new plan's target (of the old one's if it is dropped).
    """

    before: Target | None
    after: Target | None
    change: Change
    is_unmeasured: bool

    @property
    def name(self) -> str:
        """Return the target's short name in the new plan, or in the old one if it is dropped."""
        target = self.after or self.before
        return "" if target is None else target.short_name

    @property
    def asked(self) -> tuple[str, str]:
        """Return the requirement in the old and in the new plan; empty where a plan does not have the target."""
        before, after = ("" if target is None else requirement_text(target) for target in (self.before, self.after))
        return before, after


@dataclass(frozen=True)
class PlanSwitch:
    """A month that would be judged by another plan, with the effect on the results of a division."""

    period: ReportingPeriod
    division: Division
    before: TargetPlan
    after: TargetPlan
    clauses: list[ClauseChange]


def preview_plan_switch(plan: TargetPlan, targets: Sequence[Target], division: Division) -> PlanSwitch | None:
    """Return the effect of an unsaved plan or plan version with these targets, if its days put another plan in force.

    None if the preview month would be judged by the same plan as now, or by none (which saving refuses), and if no
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
    """Return the changes of all targets, those of the new plan first. The same target in two plans has the same code."""
    before, after = ({target.code: target for target in targets if target.is_scored} for targets in (old, new))
    old_results, new_results = (
        {result.target.code: result for result in results_under(period, targets) if result.division_id == division.pk}
        for targets in (old, new)
    )
    measured = measured_figures(period)
    return [
        ClauseChange(
            before.get(code),
            after.get(code),
            Change(division, old_results.get(code), new_results.get(code)),
            is_unmeasured=is_unmeasured(target, measured),
        )
        for code, target in {**after, **before, **after}.items()
    ]
