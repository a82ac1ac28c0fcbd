"""Pages of the differences of a locked month, with the edits that caused them (锁定后变动)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Prefetch, Q
from django.http import HttpResponse
from django.urls import reverse

from changelog.history import LoggedEdit, logged_edits
from changelog.models import ChangeRecord
from changzhi_portal.display import display_value
from changzhi_portal.indicators import counted_figures
from changzhi_portal.pages import ActionPage
from changzhi_portal.pages.base import PortalRequest
from changzhi_portal.pages.paging import ForgivingPaginator
from changzhi_portal.percent import percent, percent_text
from changzhi_portal.rights import has_right
from changzhi_portal.scope import scope_path_of
from communities.models import Community
from periods.models import ReportingPeriod
from periods.pages import MonthPage
from revisions.actions import compare_locked
from revisions.models import LockedChange, LockedComparison, LockedResultChange
from targets.figures import JUDGED, OF_DIVISIONS, POPULATION, SCORED
from targets.models import CommunityMeasure, Computation, Target, TargetPlan

_MAY_COMPARE = "may_review"
ROWS_A_PAGE = 25
# At most this many edits of one unit are listed; the others are only counted.
MOST_EDITS = 10
# Labels of the engine's rules for the list of what is not compared.
_RULE_LABELS = {POPULATION: "户数和常住人口", SCORED: "列入测评的社区", JUDGED: "达标判定"}
_COUNTS = (("judged", "参评"), ("met", "达标"), ("over", "超上限"), ("unmet", "未达标"), ("unknown", "未知"))


@dataclass(frozen=True)
class ChangedUnit:
    """A community or division as the page shows it. `figures`: label, frozen and recomputed figure as text."""

    change: LockedChange
    figures: list[tuple[str, str, str]]
    edits: list[LoggedEdit]
    number_of_edits: int


class LockedChanges(MonthPage):
    """The results, communities and divisions of a locked month that would change, in the user's scope."""

    help_at = "锁定和重新开放"
    requires = "may_see_registers"
    what = "锁定后变动："
    template_name = "revisions/locked_changes.html"

    def get(self, request: PortalRequest, period: str) -> HttpResponse:
        """Show the last comparison of the month; for an open month, that it has none."""
        self.load()
        changes = LockedChange.objects.visible_to(request.user).of_period(self.period)
        communities = ForgivingPaginator(self._with_edits(changes.communities()), ROWS_A_PAGE)
        page = communities.get_page(request.GET.get("page", 1))
        # A town whose difference is caused by listed communities alone is left out.
        divisions = list(self._with_edits(changes.divisions()).exclude(division__level="town", number_of_edits=0))
        results = LockedResultChange.objects.visible_to(request.user).of_period(self.period)
        numbers = _numbers_of_targets(self.period)
        comparison = LockedComparison.objects.of_period(self.period)
        context = self.get_context_data(
            period=self.period,
            comparison=comparison,
            page=page,
            communities=self._units(list(page.object_list)),
            divisions=self._units(divisions),
            results=[_result_row(each, numbers) for each in results.exclude(division__level="town")],
            not_compared=_not_compared(comparison),
            may_compare=has_right(request.user, _MAY_COMPARE),
        )
        return self.render_to_response(context)

    def _with_edits(self, changes: Any) -> Any:
        """Load the first edits that caused each change, in the user's scope, and annotate their number."""
        user = self.request.user
        edits = ChangeRecord.objects.visible_to(user).with_sources()
        path = scope_path_of(user)
        visible = ChangeRecord.in_subtree(path, prefix="causes") if path else Q(pk__in=())
        return changes.annotate(number_of_edits=Count("causes", filter=visible)).prefetch_related(
            Prefetch("causes", queryset=edits.order_by("id")[:MOST_EDITS], to_attr="edits")
        )

    def _units(self, changes: Sequence[Any]) -> list[ChangedUnit]:
        every = logged_edits([record for change in changes for record in change.edits], self.request.user)
        edits = iter(every)
        return [
            ChangedUnit(change, _figures(change), [next(edits) for _ in change.edits], change.number_of_edits)
            for change in changes
        ]


def _labels() -> dict[str, str]:
    """Return the labels of figures, columns of places and population, and engine rules by name."""
    columns = {
        column.attname: str(column.verbose_name)
        for column in CommunityMeasure._meta.concrete_fields
        if column.attname in (*CommunityMeasure.place_columns, *CommunityMeasure.population_columns)
    }
    return columns | {name: figure.label for name, figure in counted_figures().items()} | _RULE_LABELS


def _figures(change: LockedChange) -> list[tuple[str, str, str]]:
    """Return the changed figures of a unit measured before and after; none for one that enters or leaves the month."""
    if change.kind != LockedChange.Kind.CHANGED:
        return []
    labels = _labels()
    return [
        (
            labels.get(each["name"], each["name"]),
            _display(each["name"], each["before"]),
            _display(each["name"], each["after"]),
        )
        for each in change.columns
    ]


def _not_compared(comparison: LockedComparison | None) -> list[str]:
    """Return the labels of what was not compared because its declaration has changed since the lock."""
    labels = _labels()
    names = comparison.not_compared if comparison else []
    # A figure that is no longer declared has no label.
    return [labels.get(name, name) for name in names]


def _display(name: str, value: Any) -> str:
    if name == "kind" and value:
        return str(Community.Kind(value).label)
    return "未知" if value is None else display_value(value)


def _numbers_of_targets(period: ReportingPeriod) -> dict[str, tuple[str, str]]:
    """Return what the value is called, and its unit, by code, of each target for a mean or a figure of divisions.

    In any version of the month's plan.
    """
    plans = TargetPlan.objects.filter(pk__in=Computation.objects.filter(period=period).values("plan")).values("code")
    has_number = Q(aggregate=Target.Aggregate.MEAN) | Q(indicator__startswith=OF_DIVISIONS)
    targets = Target.objects.filter(has_number, plan__code__in=plans)
    return {
        target.code: ("工作指标" if target.judges_figure else "平均数", target.value_unit)
        for target in targets.order_by("plan__version")
    }


def _result_row(change: LockedResultChange, numbers: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
    """Return the differing figures of a result as text: counts, rate (or number, see `_numbers_of_targets`) and gap."""
    before, after = change.before or {}, change.after or {}
    figures = [
        (label, str(before.get(name, "—")), str(after.get(name, "—")))
        for name, label in _COUNTS
        if before.get(name) != after.get(name)
    ]
    # A target for a mean judges the division alone, so its rate is 0 or 100 %; the mean is shown instead. That of a figure
    # of divisions has the division's own figure; how many counties reach it is among the counts.
    if change.target_code in numbers:
        if before.get("value") != after.get("value"):
            label, unit = numbers[change.target_code]
            figures.append((label, _amount(before.get("value"), unit), _amount(after.get("value"), unit)))
    elif _percent(before) != _percent(after):
        figures.append(("达标率", _percent(before), _percent(after)))
    if before.get("gap") != after.get("gap"):
        figures.append(("缺口", _amount(before.get("gap"), change.unit), _amount(after.get("gap"), change.unit)))
    return {"change": change, "figures": figures}


def _percent(result: dict[str, Any]) -> str:
    """Return the rate in percent with one decimal, computed from the counts: 62.7%."""
    return percent_text(percent(result["met"] + result["over"], result["judged"]) if result else None)


def _amount(value: float | None, unit: str) -> str:
    return "—" if value is None else f"{value:,g}{unit}"


class CompareNow(MonthPage, ActionPage):
    """The button 现在核对: comparing the month at once instead of waiting for the worker."""

    requires = _MAY_COMPARE
    what = "核对"

    def act(self) -> str:
        """Compare the month."""
        compare_locked(self.period)
        return "已按现在的登记表重新核对。"

    def get_success_url(self) -> str:
        """Return the URL of the page of differences."""
        return reverse("revisions:changes", args=[self.period.code])
