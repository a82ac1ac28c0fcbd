"""锁定后变动: what computing a locked month again would change, with the edits behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.models import Count, Prefetch, Q
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from changelog.history import LoggedEdit, logged_edits
from changelog.models import ChangeRecord
from changzhi_portal.facts import in_words
from changzhi_portal.indicators import counted_figures
from changzhi_portal.pages import ActionPage
from changzhi_portal.pages.paging import ForgivingPaginator
from changzhi_portal.percent import percent
from changzhi_portal.records import Record
from changzhi_portal.rights import has_right
from changzhi_portal.scope import scope_path_of
from communities.models import Community
from periods.models import ReportingPeriod
from periods.pages import MonthPage
from revisions.actions import compare_locked
from revisions.models import LockedChange, LockedComparison, LockedResultChange
from targets.figures import JUDGED, POPULATION, SCORED
from targets.models import CommunityMeasure, Computation, Target, TargetPlan

_MAY_COMPARE = "may_review"
ROWS_A_PAGE = 25
# More edits behind one unit than this are counted, not listed.
MOST_EDITS = 10
# The engine's rules, as the page calls what is not compared because of them.
_RULE_LABELS = {POPULATION: "户数和常住人口", SCORED: "列入测评的社区", JUDGED: "达标判定"}
_COUNTS = (("judged", "参评"), ("met", "达标"), ("over", "超上限"), ("unmet", "未达标"), ("unknown", "未知"))


@dataclass(frozen=True)
class ShownEdit:
    """An edit with the address of its record's page; empty for a record that has none."""

    edit: LoggedEdit
    url: str


@dataclass(frozen=True)
class ChangedUnit:
    """A community or division as the page shows it. `figures`: label, frozen and would-be figure in words."""

    change: LockedChange
    figures: list[tuple[str, str, str]]
    edits: list[ShownEdit]
    number_of_edits: int


class SinceLock(MonthPage):
    """The results, communities and divisions that would change, as far as the user may see them."""

    requires = "may_see_registers"
    what = "锁定后变动："
    template_name = "revisions/since_lock.html"

    def get(self, request: HttpRequest, period: str) -> HttpResponse:
        """Show what was found when the month was compared last; of an open month, that it has none."""
        self.load()
        changes = LockedChange.objects.visible_to(request.user).of_period(self.period)
        communities = ForgivingPaginator(self._with_edits(changes.communities()), ROWS_A_PAGE)
        page = communities.get_page(request.GET.get("page", 1))
        # A town whose sums follow from its communities alone is told by them.
        divisions = list(self._with_edits(changes.divisions()).exclude(division__level="town", number_of_edits=0))
        results = LockedResultChange.objects.visible_to(request.user).of_period(self.period)
        means = _units_of_means(self.period)
        comparison = LockedComparison.objects.of_period(self.period)
        context = self.get_context_data(
            period=self.period,
            comparison=comparison,
            page=page,
            communities=self._units(list(page.object_list)),
            divisions=self._units(divisions),
            results=[_result_row(each, means) for each in results.exclude(division__level="town")],
            not_compared=_not_compared(comparison),
            may_compare=has_right(request.user, _MAY_COMPARE),
        )
        return self.render_to_response(context)

    def _with_edits(self, changes: Any) -> Any:
        """Add the first edits behind each, as far as the user may see them, and their number."""
        user = self.request.user
        edits = ChangeRecord.objects.visible_to(user).select_related("change_set__made_by", "change_set__batch")
        path = scope_path_of(user)
        visible = ChangeRecord.in_subtree(path, prefix="causes") if path else Q(pk__in=())
        return changes.annotate(number_of_edits=Count("causes", filter=visible)).prefetch_related(
            Prefetch("causes", queryset=edits.order_by("id")[:MOST_EDITS], to_attr="edits")
        )

    def _units(self, changes: Sequence[Any]) -> list[ChangedUnit]:
        every = logged_edits([record for change in changes for record in change.edits], self.request.user)
        said = iter(map(_shown, every))
        return [
            ChangedUnit(change, _figures(change), [next(said) for _ in change.edits], change.number_of_edits)
            for change in changes
        ]


def _shown(edit: LoggedEdit) -> ShownEdit:
    model = apps.get_model(edit.model)
    return ShownEdit(edit, model.url_of(edit.ref) if issubclass(model, Record) else "")


def _labels() -> dict[str, str]:
    """Return what the page calls the figures, the columns of a place, and the engine's rules."""
    columns = {
        column.attname: str(column.verbose_name)
        for column in CommunityMeasure._meta.concrete_fields
        if column.attname in (*CommunityMeasure.place_columns, *CommunityMeasure.population_columns)
    }
    return columns | {name: figure.label for name, figure in counted_figures().items()} | _RULE_LABELS


def _figures(change: LockedChange) -> list[tuple[str, str, str]]:
    """Return the columns of a unit that is measured on both sides; of one that enters or leaves, that says enough."""
    if change.kind != LockedChange.Kind.CHANGED:
        return []
    labels = _labels()
    return [
        (
            labels.get(each["name"], each["name"]),
            _in_words(each["name"], each["before"]),
            _in_words(each["name"], each["after"]),
        )
        for each in change.columns
    ]


def _not_compared(comparison: LockedComparison | None) -> list[str]:
    """Return in words what was left out because it has been declared in another way since the lock."""
    labels = _labels()
    names = comparison.not_compared if comparison else []
    # A figure that nobody declares any more has no label.
    return [labels.get(name, name) for name in names]


def _in_words(name: str, value: Any) -> str:
    if name == "kind" and value:
        return str(Community.Kind(value).label)
    return "未知" if value is None else in_words(value)


def _units_of_means(period: ReportingPeriod) -> dict[str, str]:
    """Return the targets of the month's plan that ask for a mean, in any version: by code what the mean is counted in."""
    plans = TargetPlan.objects.filter(pk__in=Computation.objects.filter(period=period).values("plan")).values("code")
    targets = Target.objects.filter(plan__code__in=plans, aggregate=Target.Aggregate.MEAN)
    return {target.code: target.value_unit for target in targets.order_by("plan__version")}


def _result_row(change: LockedResultChange, means: Mapping[str, str]) -> dict[str, Any]:
    """Return what differs of a result, in words: its counts, the rate (or the mean, see `_units_of_means`) and the gap."""
    before, after = change.before or {}, change.after or {}
    figures = [
        (label, str(before.get(name, "—")), str(after.get(name, "—")))
        for name, label in _COUNTS
        if before.get(name) != after.get(name)
    ]
    # A mean judges one unit, the division itself: its rate of 0 or 100 % says nothing, its value does.
    if change.target_code in means:
        if before.get("value") != after.get("value"):
            unit = means[change.target_code]
            figures.append(("平均数", _amount(before.get("value"), unit), _amount(after.get("value"), unit)))
    elif before.get("rate") != after.get("rate"):
        figures.append(("达标率", _percent(before), _percent(after)))
    if before.get("gap") != after.get("gap"):
        figures.append(("缺口", _amount(before.get("gap"), change.unit), _amount(after.get("gap"), change.unit)))
    return {"change": change, "figures": figures}


def _percent(result: dict[str, Any]) -> str:
    """Return the rate in percent with one decimal, from the counts as everywhere: 62.7%."""
    rate = percent(result["met"] + result["over"], result["judged"]) if result else None
    return "—" if rate is None else f"{rate}%"


def _amount(value: float | None, unit: str) -> str:
    return "—" if value is None else f"{value:,g}{unit}"


class CompareNow(MonthPage, ActionPage):
    """The button 现在核对: for who does not want to wait for the worker."""

    requires = _MAY_COMPARE
    what = "核对"

    def act(self) -> str:
        """Compare the month here and now."""
        compare_locked(self.period)
        return "已按现在的登记表重新核对。"

    def get_success_url(self) -> str:
        """Return the address of the page of what was found."""
        return reverse("revisions:changes", args=[self.period.code])
