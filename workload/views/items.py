"""事项清单 (what may be asked, and what it pays), one item, and the applications that wait for a decision."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from changzhi_portal.display import display_value
from changzhi_portal.facts import Fact
from changzhi_portal.pages import Crumb, DetailPage, ListPage
from changzhi_portal.pages.bulk import BulkEditing
from changzhi_portal.rights import has_right
from communities.tables import county_of, town_of
from communities.views import crumbs_of_place
from periods.workdays import estimated_note, workdays_between
from workload.filters import ItemFilterSet, WaitingFilterSet
from workload.flow import FLOW, MAY_DECIDE, MAY_PROPOSE, is_own
from workload.forms import ItemFilterForm, WaitingFilterForm
from workload.models import WorkItem
from workload.rules import fields_asked, held_of, told_of
from workload.tables import ItemTable, WaitingTable

State = WorkItem.State


class ItemList(ListPage):
    """What communities of the area may be asked; a department finds its own applications by their state."""

    requires = "may_see_work_items"
    template_name = "workload/list.html"
    title = "事项清单"
    queryset = WorkItem.objects.select_related("division", "department")
    filterset = ItemFilterSet
    form = ItemFilterForm
    table = ItemTable
    export_register = "work_items"
    empty_advice = "还没有登记在用的事项。没有列入清单的，社区可以不办。"

    def get_add_url(self) -> str:
        """Return the form of a new item, for those who keep the list."""
        return super().get_add_url() if has_right(self.request.user, MAY_DECIDE) else ""

    def get_bulk_edit(self) -> BulkEditing | None:
        """See ListPage.get_bulk_edit; for those who keep the list."""
        return super().get_bulk_edit() if has_right(self.request.user, MAY_DECIDE) else None

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the main action of the reader's role."""
        may_propose = has_right(self.request.user, MAY_PROPOSE)
        return super().get_context_data(apply_url=reverse("workload:apply") if may_propose else "", **kwargs)


class ItemDetail(DetailPage):
    """One item: what its kind asks, what the rules say of it, its steps, and the moves that the reader may make."""

    requires = "may_see_work_items"
    template_name = "workload/item.html"
    queryset = WorkItem.objects.select_related("division__parent", "department__division")
    list_url_name = "workload:list"
    list_title = "事项清单"
    facts = (
        *("number", "state", "kind", "listed_as", "department", "basis", "role", "forbidden_field", "has_veto"),
        *("applies_to", "term", "valid_from", "valid_to", "yearly_funds", "payment", "conditions", "opinions"),
        *("placement", "times_a_year", "medium", "asked", "office", "headcount"),
        *("submitted_on", "due_on", "decided_on", "decided_in", "note"),
    )
    # What every item shows, said or not.
    _always = frozenset({"number", "state", "department", "has_veto"})

    def get_places(self) -> list[Crumb]:
        """Return the county, and the town of a town's item."""
        return crumbs_of_place(self.record, self.list_url_name) if hasattr(self, "record") else []

    def get_facts(self) -> list[Fact]:
        """Return what its kind asks, and whatever else is said of it; where it belongs stands after its number."""
        asked = {*fields_asked(self.record.kind), *self._always}
        named = [(name, fact) for name, fact in zip(self.facts, super().get_facts(), strict=True)]
        shown = [fact for name, fact in named if name in asked or getattr(self.record, name) not in (None, "", False)]
        place = "".join(display_value(each, empty="") for each in (county_of(self.record), town_of(self.record)))
        return [shown[0], Fact("所属区划", place or self.record.division.name), *shown[1:]]

    def get_actions(self) -> list[Crumb]:
        """Return the moves first, the main one before the others; then the form of who may change it."""
        item, user = self.record, self.request.user
        moves = FLOW.offered(item, user)
        actions = [Crumb(move.label, reverse("workload:move", args=[item.ref, move.code])) for move in moves]
        if item.is_open and has_right(user, MAY_PROPOSE) and is_own(item, user):
            actions.append(Crumb("修改", reverse("workload:change", args=[item.ref])))
        if item.state == State.APPROVED and has_right(user, MAY_DECIDE) and item.is_decided_by(user):
            actions = [Crumb("修改", reverse("changelog:edit", args=["work_items", item.ref])), *actions]
        return actions

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add steps with their labels, what the rules say, and which columns are taken from the system."""
        item, today = self.record, timezone.localdate()
        waits = item.state == State.SUBMITTED
        return super().get_context_data(
            steps=FLOW.steps_of(item),
            said=told_of(item, today) if item.is_open or waits else [],
            held=held_of(item, today),
            taken=item.held.split("；") if item.held else [],
            days_left=workdays_between(today, item.due_on) if waits else None,
            is_late=waits and item.due_on < today,
            limit_note=estimated_note(item.due_on) if waits else "",
            **kwargs,
        )


class WaitingList(ListPage):
    """待办准入: the applications that the reader decides on, with the working days left."""

    requires = MAY_DECIDE
    title = "待办准入"
    queryset = WorkItem.objects.select_related("division", "department")
    filterset = WaitingFilterSet
    form = WaitingFilterForm
    table = WaitingTable
    empty_advice = "没有等待审定的申请。"
    is_filled_by_uploads = False

    def get_queryset(self) -> QuerySet:
        """Return the applications that wait for this user's division."""
        user = self.request.user
        return super().get_queryset().decided_by(user).waiting()  # type: ignore[attr-defined]  # of work items
