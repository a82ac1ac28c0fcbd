"""Pages of social workers."""

from __future__ import annotations

import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from changzhi_portal.display import display_number, display_value
from changzhi_portal.facts import Fact
from changzhi_portal.pages import Crumb, DetailPage, ListPage
from changzhi_portal.pages.filters import RegisterFilterSet
from changzhi_portal.pages.panels import MOST_ROWS
from communities.views import crumbs_of_place
from socialworkers.filters import WorkerFilterSet
from socialworkers.forms import WorkerFilterForm
from socialworkers.models import Posting, SocialWorker, SocialWorkerQuerySet, TrainingRecord
from socialworkers.models.hours import RENEWAL_DAYS, counts_for, on_course
from socialworkers.tables import OF_HOURS, WorkerTable


class WorkerList(ListPage):
    """社会工作者."""

    requires = "may_see_registers"
    template_name = "socialworkers/list.html"
    title = "社会工作者"
    queryset = SocialWorker.objects.with_newest_posting()
    filterset = WorkerFilterSet
    form = WorkerFilterForm
    export_register = "workers"
    table = WorkerTable

    def get_queryset(self) -> SocialWorkerQuerySet:
        """Return the workers the user may see; the ten joins of a row are six so."""
        return SocialWorker.objects.visible_with_newest_posting(self.request.user)

    @property
    def asks_for_hours(self) -> bool:
        """Return whether the list is asked for by registration or hours, so that it shows them."""
        return any(self.request.GET.get(name) for name in ("registration", "hours"))

    def _usual_columns(self) -> tuple[str, ...]:
        usual = super()._usual_columns()
        if not self.asks_for_hours:
            return usual
        return tuple(name for name in self.columns if name in {*usual, "registered_until", *OF_HOURS})

    def matching_rows(self, filterset: RegisterFilterSet) -> QuerySet:
        """Return the rows that match; with the hours of the registration where a column shows them, which costs a query a row."""
        rows = super().matching_rows(filterset)
        return rows.with_hours(timezone.localdate()) if self._columns_in_use() & {*OF_HOURS} else rows  # type: ignore[attr-defined]


class WorkerDetail(DetailPage):
    """One worker with the postings in the user's area; ID number and phone are masked."""

    requires = "may_see_registers"
    template_name = "socialworkers/worker.html"
    queryset = SocialWorker.with_merged.with_newest_posting()
    list_url_name = "socialworkers:list"
    list_title = "社会工作者"
    facts = (
        *("gender", "id_number", "phone", "level", "certificate_number", "certified_on", "registered_until"),
        *("has_social_work_degree", "note"),
    )

    def get_places(self) -> list[Crumb]:
        """Return the place of the newest posting."""
        newest = getattr(getattr(self, "record", None), "newest", None)
        return crumbs_of_place(newest, self.list_url_name) if newest is not None else []

    def get_facts(self) -> list[Fact]:
        """Add whether the certificate or degree makes the worker a professional."""
        return [*super().get_facts(), Fact("专业人才", display_value(self.record.is_professional))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the postings, newest first, the registration, and the trainings with their hours."""
        postings = Posting.with_merged.visible_to(self.request.user).filter(worker=self.record)
        attended = TrainingRecord.with_merged.filter(worker=self.record).select_related("training")
        query = urlencode({"worker": self.record.ref})
        return super().get_context_data(
            postings=postings.select_related("community__town__parent", "division__parent"),
            registration=self._registration(),
            records=[
                (each, counts_for(each.training, self.record))
                for each in attended.order_by("-training__ends_on", "-pk")[:MOST_ROWS]
            ],
            records_total=attended.count(),
            records_url=f"{reverse('socialworkers:record_list')}?{query}",
            **kwargs,
        )

    def _registration(self) -> list[Fact]:
        """Return the window of the registration, and the hours in it; [] for a worker whose registration is not known."""
        today = timezone.localdate()
        known = SocialWorker.with_merged.registered().filter(pk=self.record.pk).with_hours(today)
        worker = known.annotate(is_on_course=on_course(today)).first()
        if worker is None:
            return []
        until = worker.registered_until
        left = (until - today).days
        state = "已过期" if left < 0 else f"还有{left}天到期" if left <= RENEWAL_DAYS else "有效"
        return [
            Fact("登记", state),
            Fact("计学时的期间", f"{worker.hours_since + datetime.timedelta(days=1)}至{until}"),
            Fact("已计学时", display_number(worker.counted)),
            Fact("应有学时", display_number(worker.required)),
            Fact("还差学时", display_number(worker.missing)),
            Fact("学时进度", "达到进度" if worker.is_on_course else "学时不足"),
        ]
