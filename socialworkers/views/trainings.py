"""Pages of trainings, with those who attended, and of hours."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.db.models import F
from django.urls import reverse

from changzhi_portal.display import display_value
from changzhi_portal.facts import Fact
from changzhi_portal.pages import Crumb, DetailPage, ListPage
from changzhi_portal.pages.paging import BoundedPaginator
from changzhi_portal.pages.panels import MOST_ROWS
from communities.views import PlacedDetailPage
from socialworkers.filters import TrainingFilterSet, TrainingRecordFilterSet
from socialworkers.forms import TrainingFilterForm, TrainingRecordFilterForm
from socialworkers.models import Training, TrainingRecord
from socialworkers.tables import TrainingRecordTable, TrainingTable

ANCHOR = "培训和学时"
# An expression, so that the order is left as the index has it (`StableOrder` changes names alone).
NEWEST_FIRST = F("pk").desc()


class TrainingList(ListPage):
    """培训: those of the area, and those of the divisions above."""

    requires = "may_see_registers"
    help_at = ANCHOR
    title = "培训"
    queryset = Training.objects.select_related("division__parent")
    filterset = TrainingFilterSet
    form = TrainingFilterForm
    export_register = "trainings"
    table = TrainingTable
    empty_advice = "还没有培训。请上传“培训”登记表，或者点“新增”。"


class TrainingDetail(PlacedDetailPage):
    """One training, with the workers of the user's area who have hours of it."""

    requires = "may_see_registers"
    help_at = ANCHOR
    template_name = "socialworkers/training.html"
    queryset = Training.objects.select_related("division__parent")
    list_url_name = "socialworkers:training_list"
    list_title = "培训"
    facts = (
        *("number", "kind", "starts_on", "ends_on", "hours", "party_members", "committee_members"),
        *("community_workers", "service_staff", "note"),
    )
    record: Training

    def get_facts(self) -> list[Fact]:
        """Add how many people attended."""
        return [*super().get_facts(), Fact("参加人数", display_value(self.record.people))]

    def get_actions(self) -> list[Crumb]:
        """Return the form, for the office that held it or one above: others only note hours."""
        is_own = self.record.division.path.startswith(self.request.user.division.path)
        return super().get_actions() if is_own else []

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the first who attended, how many there are, and the way to all."""
        visible = TrainingRecord.objects.visible_to(self.request.user).filter(training=self.record)
        every = f"{reverse('socialworkers:record_list')}?{urlencode({'training': self.record.number})}"
        return super().get_context_data(
            records=list(visible.with_names().order_by("worker__sort_key", "pk")[:MOST_ROWS]),
            total=visible.count(),
            records_url=every,
            **kwargs,
        )


class TrainingRecordList(ListPage):
    """培训学时: who has how many hours of which training; a million rows, so that they are counted and shown only so far."""

    requires = "may_see_registers"
    help_at = ANCHOR
    title = "培训学时"
    queryset = TrainingRecord.objects.with_names().order_by(NEWEST_FIRST)
    filterset = TrainingRecordFilterSet
    form = TrainingRecordFilterForm
    export_register = "training_records"
    table = TrainingRecordTable
    paginator = BoundedPaginator
    empty_advice = "还没有学时。请上传“培训学时”登记表：培训编号、身份证号、学时。"


class TrainingRecordDetail(DetailPage):
    """The hours of one worker in one training; the ID number is masked."""

    requires = "may_see_registers"
    help_at = ANCHOR
    queryset = TrainingRecord.objects.with_names()
    list_url_name = "socialworkers:record_list"
    list_title = "培训学时"
    facts = ("hours", "note")
    record: TrainingRecord

    def get_places(self) -> list[Crumb]:
        """Return the worker, whose place is on the worker's page."""
        if not hasattr(self, "record"):
            return []
        return [Crumb(str(self.record.worker), self.record.worker.get_absolute_url())]

    def get_facts(self) -> list[Fact]:
        """Return the person and the training before hours and note."""
        record, training = self.record, self.record.training
        return [
            Fact("姓名", record.worker.name, record.worker.get_absolute_url()),
            Fact("身份证号", display_value(record.worker.id_number)),
            Fact("培训", training.name, training.get_absolute_url()),
            Fact("培训编号", training.number),
            Fact("培训类型", training.get_kind_display()),
            Fact("结束日期", display_value(training.ends_on)),
            *super().get_facts(),
        ]
