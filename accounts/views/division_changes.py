"""The page of changes of divisions and communities: a preview of the pending ones, applying them, and the applied ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, cast

from django.http import Http404
from django.urls import reverse

from accounts.actions import (
    AppliedChanges,
    allot_records,
    apply_division_changes,
    undo_division_changes,
    users_to_move,
    withdraw_change,
)
from accounts.change_forms import ApplyChangesForm
from accounts.models import SuccessionList, User
from changzhi_portal.pages import ActionPage, Crumb, FormPage
from changzhi_portal.pages.base import parse_number
from changzhi_portal.pages.panels import change_panels
from changzhi_portal.records import followers
from changzhi_portal.refusals import NotFoundError
from communities.actions import change_set_of
from communities.divisionchanges import ChangePlan, pending_changes, plan_changes
from communities.divisionchanges.facts import counts_of_records, digest_of, populations_after, records_at
from communities.divisionchanges.plan import CommunityEnding
from communities.models import Community, Division, DivisionChange
from periods.models import ReportingPeriod

MOST_LISTED = 100  # changes and communities of one day that the page lists one by one; it counts the others
MOST_OF_APPLIED = 20  # changes of one applied change set that are listed


@dataclass(frozen=True, slots=True)
class PreviewLine:
    """One change of a county or town with the numbers of towns, communities and users it moves."""

    change: DivisionChange
    towns: int
    communities: int
    users: int


@dataclass(frozen=True, slots=True)
class EndingLine:
    """One community that closes, and how many of its records follow, in words."""

    ending: CommunityEnding
    records: str


@dataclass(frozen=True, slots=True)
class AppliedGroup:
    """The changes that were applied together; `first` leads to their undoing. `moved` is what operates and went along."""

    first: DivisionChange
    changes: Sequence[DivisionChange]
    total: int
    moved: Sequence[str]


class DivisionChanges(FormPage):
    """Preview and application of the changes of the earliest pending day, all of them together."""

    requires = "may_change_divisions"
    title = "区划变更"
    template_name = "accounts/division_changes.html"
    form_class = ApplyChangesForm

    def load(self) -> None:
        """Find the changes of the first day that has any, and what they would do."""
        pending = list(pending_changes())
        self.changes = [change for change in pending if change.effective_on == pending[0].effective_on]
        self.plan = plan_changes(self.changes) if self.changes else None

    def get_form_kwargs(self) -> dict[str, Any]:
        """Add the digest of the plan, for the form to compare with what the page had shown."""
        return {**super().get_form_kwargs(), "seen": digest_of(self.plan) if self.plan is not None else ""}

    def act(self, form: ApplyChangesForm) -> str:
        """Apply the changes of the day."""
        user = cast(User, self.request.user)
        applied = apply_division_changes(by=user, changes=self.changes, seen=form.seen)
        return "".join(_in_words(of_day) for of_day in applied)

    def get_success_url(self) -> str:
        """Return the address of this page."""
        return reverse("accounts:division_changes")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add what would happen, and what has."""
        preview = self._preview(self.plan) if self.plan is not None else {}
        return super().get_context_data(applied=_applied(), coming=_future_changes(), **preview, **kwargs)

    def _preview(self, plan: ChangePlan) -> dict[str, Any]:
        users = users_to_move(plan)
        affected = ReportingPeriod.objects.locked().filter(month__gte=plan.effective_on.replace(day=1))
        counts = counts_of_records(plan)
        return {
            "plan": plan,
            "effects": _effects(plan, len(users)),
            "lines": [_line(plan, change, users) for change in plan.division_changes],
            "village_changes": plan.village_changes[:MOST_LISTED],
            "endings": [EndingLine(e, _counted(counts[e.community.pk])) for e in plan.endings[:MOST_LISTED]],
            "populations": populations_after(plan)[:MOST_LISTED],
            "records_in_all": _counted(_sum_of(counts.values())),
            "splits": _split_changes(plan.village_changes),
            "users": users,
            "locked_months": list(affected.order_by("month")) if plan.division_changes else [],
            "change_panels": change_panels(self.request, plan),
            "most_listed": MOST_LISTED,
        }


def _in_words(applied: AppliedChanges) -> str:
    plan = applied.plan
    also = f"另有{len(applied.moved)}项随之转到承接的区划，清单在下面的“已应用”里。" if applied.moved else ""
    effects = "，".join(_effects(plan, applied.users)) or "没有要转的"
    return f"已应用{plan.effective_on:%Y-%m-%d}的区划变更：{effects}。{also}"


def _effects(plan: ChangePlan, users: int) -> list[str]:
    """Return what a plan does, each kind with its number; kinds with nothing are left out."""
    changed = "换用新代码" if plan.division_changes else "换用新名称或代码"
    counted = [
        (len(plan.counties), "个县（市、区）由新的区划承接"),
        (len(plan.towns), "个街道（乡镇）由新的区划承接"),
        (plan.number_of_communities, f"个社区{changed}"),
        (len(plan.new_communities), "个社区新设"),
        (len(plan.endings), "个社区撤销或并入别处"),
        (users, "个账号转到新的区划"),
    ]
    return [f"{number:,}{what}" for number, what in counted if number]


def _counted(counts: dict[str, int]) -> str:
    return "、".join(f"{label}{number}" for label, number in counts.items() if number) or "没有"


def _sum_of(counts: Any) -> dict[str, int]:
    total: dict[str, int] = {}
    for each in counts:
        for label, number in each.items():
            total[label] = total.get(label, 0) + number
    return total


def _split_changes(changes: Sequence[DivisionChange]) -> list[DivisionChange]:
    """Return the first change of each community that is split, whose records are allotted one by one."""
    split = (change for change in changes if change.kind == DivisionChange.Kind.SPLIT)
    return list({change.from_code: change for change in split}.values())


def _applied() -> list[AppliedGroup]:
    applied = DivisionChange.objects.filter(applied_at__isnull=False).select_related("applied_by")
    ordered = applied.order_by("-effective_on", "-applied_at", "from_code", "to_code")
    groups = [list(of_set) for _, of_set in groupby(ordered, key=lambda c: (c.effective_on, c.applied_at))]
    moved = _moved_with([of_set[0] for of_set in groups])
    return [AppliedGroup(each[0], each[:MOST_OF_APPLIED], len(each), moved.get(each[0].pk, [])) for each in groups]


def _moved_with(changes: Sequence[DivisionChange]) -> dict[int, Sequence[str]]:
    """Return what moved to successors with each of these applied changes, by the change's key."""
    label = DivisionChange._meta.label_lower
    lists = SuccessionList.objects.filter(
        change_set__reversed_by__isnull=True,
        change_set__records__model=label,
        change_set__records__object_id__in=[change.pk for change in changes],
    )
    return dict(lists.values_list("change_set__records__object_id", "sentences"))


def _future_changes() -> list[DivisionChange]:
    """Return the noted changes whose day has not come."""
    waiting = DivisionChange.objects.filter(applied_at__isnull=True).exclude(pk__in=pending_changes().values("pk"))
    return list(waiting.order_by("effective_on", "from_code"))


def _line(plan: ChangePlan, change: DivisionChange, users: list[tuple[User, Division]]) -> PreviewLine:
    """Count what a change moves; a code begins with the code of the division above, so prefixes are compared."""
    old, new = change.from_code, change.to_code
    return PreviewLine(
        change,
        towns=sum(m.old.code.startswith(old) and m.successor.code.startswith(new) for m in plan.towns),
        communities=len(
            {
                m.placement.community_id
                for m in plan.moves
                if m.placement.town.code.startswith(old) and m.town.code.startswith(new)
            }
        ),
        users=sum(user.division.code.startswith(old) and to.code.startswith(new) for user, to in users),
    )


# --- Single changes ---


class WithdrawChanges(ActionPage):
    """The button that removes a noted change (of a split: all its parts) that is not applied."""

    requires = "may_change_divisions"
    title = "删除登记的变更"

    def act(self) -> str:
        """Remove the change that is named."""
        key = parse_number(self.request.POST.get("change", ""))
        change = DivisionChange.objects.filter(pk=key).first()
        if change is None:
            raise NotFoundError("这项变更已经应用或已删除，请刷新页面。", cure="There is no such change.")
        number = withdraw_change(change=change, by=cast(User, self.request.user))
        return f"已删除登记的{number}项变更。"

    def get_success_url(self) -> str:
        """Return the page of changes."""
        return reverse("accounts:division_changes")


class OneChangePage(FormPage):
    """A page about a noted or applied change that the address names by its key (`change`)."""

    requires = "may_change_divisions"

    def load(self) -> None:
        """Load the change; raises Http404."""
        key = parse_number(self.request.GET.get("change", ""))
        self.change = DivisionChange.objects.filter(pk=key).first()
        if self.change is None:
            raise Http404(f"{self.title}：没有这项变更。")

    def get_crumbs(self) -> list[Crumb]:
        """Add the page of changes."""
        return [Crumb("区划变更", reverse("accounts:division_changes"))]

    def get_success_url(self) -> str:
        """Return the page of changes."""
        return reverse("accounts:division_changes")


class UndoChanges(OneChangePage):
    """Taking back what was applied together with a change."""

    title = "撤销区划变更"
    template_name = "accounts/division_changes_undo.html"
    submit_label = "确认撤销"
    busy_label = "正在撤销…"
    unavailable_message = "这项变更已经撤销，或者不是在页面上应用的。"

    def load(self) -> None:
        """Load the change and the change set that applied it."""
        super().load()
        self.change_set = change_set_of(cast(DivisionChange, self.change))

    def is_available(self) -> bool:
        """Return whether the change is applied."""
        return self.change_set is not None

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the change set and the number of its records."""
        number = self.change_set.records.count() if self.change_set is not None else 0
        return super().get_context_data(change_set=self.change_set, number=number, **kwargs)

    def act(self, form: Any) -> str:
        """Undo."""
        if self.change_set is None:
            raise Http404(self.unavailable_message)
        undo_division_changes(change_set=self.change_set, by=cast(User, self.request.user))
        return "已撤销，这些变更回到待应用；不再需要的请删除登记。"


@dataclass(frozen=True, slots=True)
class AllottedRecord:
    """One record of a community that is split, and the key of the change it goes with now."""

    name: str
    kind: str
    field: str
    goes_with: int


class AllotRecords(OneChangePage):
    """Saying of each record of a community that is split which part it goes to."""

    title = "分配拆分的记录"
    template_name = "accounts/division_changes_records.html"
    submit_label = "保存分配"

    def load(self) -> None:
        """Load the parts and the records."""
        super().load()
        change = cast(DivisionChange, self.change)
        self.parts = list(DivisionChange.objects.noted_with(change).waiting().order_by("to_code"))
        self.community = Community.objects.current().filter(code=change.from_code).first()
        is_split = change.kind == DivisionChange.Kind.SPLIT and change.is_of_village
        if not is_split or not self.parts or self.community is None:
            raise Http404("这项变更没有要分配的记录。")
        of_day = DivisionChange.objects.waiting().filter(effective_on=change.effective_on).in_order()
        goes_on_as = plan_changes(list(of_day)).goes_on_as(self.community)
        self.main = next((part for part in self.parts if part.to_code == goes_on_as), self.parts[0])
        self.records = [
            (model._meta.label_lower, row)
            for model in followers()
            for row in _with_names(model, records_at(model, [self.community.pk], change.effective_on))
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add each record with its choice; without one it goes where the plan sends what nobody allots."""
        chosen = {(model, key): part.pk for part in self.parts for model, keys in part.records.items() for key in keys}
        lines = [
            AllottedRecord(
                _name_of(row),
                str(row._meta.verbose_name),
                f"{model}:{row.pk}",
                chosen.get((model, row.pk), self.main.pk),
            )
            for model, row in self.records
        ]
        return super().get_context_data(
            lines=lines, parts=self.parts, main=self.main, community=self.community, **kwargs
        )

    def act(self, form: Any) -> str:
        """Store the choices; an unknown part is left as it was."""
        records: dict[int, dict[str, list[int]]] = {part.pk: {} for part in self.parts}
        for model, row in self.records:
            part = parse_number(self.request.POST.get(f"{model}:{row.pk}", ""))
            if part in records:
                records[part].setdefault(model, []).append(row.pk)
        allot_records(changes=self.parts, records=records, by=cast(User, self.request.user))
        return f"已保存{len(self.records)}条记录的去向。"


def _with_names(model: Any, rows: Any) -> Any:
    """Return the rows with the record that names them: a posting's worker, a link's project."""
    named = [f.name for f in model._meta.concrete_fields if f.many_to_one and f.name in {"worker", "project"}]
    return rows.select_related(*named) if named else rows


def _name_of(row: Any) -> str:
    return str(getattr(row, "worker", None) or getattr(row, "project", None) or row)
