"""Filters of upload batches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import django_filters
from django.db.models import Q

from changzhi_portal.pages.filters import RegisterFilterSet
from changzhi_portal.registers.registry import registers
from periods.models import ReportingPeriod
from uploads.models import UploadBatch
from uploads.models.batch import UploadBatchQuerySet
from uploads.models.batch_states import NEEDS_MAPPING, NEEDS_REGISTER, REST_TO_CONFIRM, SAME_AS_REGISTER

UNSETTLED = "unsettled"
# States as the list shows them that are not stored as one, each with its label and its rows.
_FOUND_STATES: dict[str, tuple[str, Callable[[UploadBatchQuerySet], UploadBatchQuerySet]]] = {
    UNSETTLED: ("没有办完的", UploadBatchQuerySet.unsettled),
    "same": (SAME_AS_REGISTER, UploadBatchQuerySet.same_as_register),
    "to_finish": (REST_TO_CONFIRM, UploadBatchQuerySet.to_finish),
    "to_choose_register": (NEEDS_REGISTER, UploadBatchQuerySet.to_choose_register),
    "to_map": (NEEDS_MAPPING, UploadBatchQuerySet.to_map),
    "bad_rows_left": ("已入库，有错误行没有入库", UploadBatchQuerySet.with_bad_rows_left),
}


def register_choices() -> list[tuple[str, str]]:
    """Return name and title of each register."""
    return [(sheet.name, sheet.title) for sheet in registers()]


def state_choices() -> list[tuple[str, str]]:
    """Return the states that can be asked for: what is not settled first, then those that the list shows."""
    found = [(name, label) for name, (label, _) in _FOUND_STATES.items()]
    return [found[0], *UploadBatch.State.choices, *found[1:]]


def _counties(request: Any) -> Any:
    """Return the counties to choose from, for a town the one that it lies in; none without a user."""
    user = getattr(request, "user", None)
    divisions: Any = UploadBatch._meta.get_field("division").related_model
    division = getattr(user, "division", None)
    if user is None or division is None:
        return divisions.objects.none()
    return divisions.objects.filter(pk=division.parent_id) if division.level == "town" else user.visible_counties()


class BatchFilterSet(RegisterFilterSet):
    """Batches by file, register, month, county and state.

    Only the bureau gets the filter by county, unless the address asks for it: no list is wider than its address.
    """

    register = django_filters.ChoiceFilter(label="登记表", choices=register_choices)
    period = django_filters.ModelChoiceFilter(
        label="统计月", queryset=ReportingPeriod.objects.all(), empty_label="全部"
    )
    county = django_filters.ModelChoiceFilter(
        label="县（市、区）",
        queryset=_counties,
        to_field_name="code",
        method="filter_county",
        empty_label="全部",
    )
    state = django_filters.ChoiceFilter(label="状态", choices=state_choices, method="filter_state")

    class Meta:
        model = UploadBatch
        fields = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        division = getattr(getattr(self.request, "user", None), "division", None)
        if (division is None or division.level != "city") and "county" not in self.data:
            del self.filters["county"]

    def filter_county(self, queryset: UploadBatchQuerySet, name: str, value: Any) -> UploadBatchQuerySet:
        """Return the batches of a county's offices."""
        return queryset.within(value)

    def filter_state(self, queryset: UploadBatchQuerySet, name: str, value: str) -> UploadBatchQuerySet:
        """Return the batches that are shown with this state; those equal to the registers do not wait to be confirmed."""
        if value in _FOUND_STATES:
            return _FOUND_STATES[value][1](queryset)
        if value == UploadBatch.State.CHECKED:
            return queryset.open().filter(state=value)
        return queryset.filter(state=value)

    def search(self, text: str) -> Q:
        """Return the condition that the file's name or the uploader's name contains `text`, or is the user name."""
        return Q(file_name__icontains=text) | Q(uploaded_by__full_name__contains=text) | Q(uploaded_by__username=text)
