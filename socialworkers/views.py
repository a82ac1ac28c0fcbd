"""Pages of social workers."""

from __future__ import annotations

from typing import Any

from changzhi_portal.display import display_value
from changzhi_portal.facts import Fact
from changzhi_portal.pages import Crumb, DetailPage, ListPage
from communities.views import crumbs_of_place
from socialworkers.filters import WorkerFilterSet
from socialworkers.forms import WorkerFilterForm
from socialworkers.models import Posting, SocialWorker, SocialWorkerQuerySet
from socialworkers.tables import WorkerTable


class WorkerList(ListPage):
    """社会工作者."""

    requires = "may_see_registers"
    title = "社会工作者"
    queryset = SocialWorker.objects.with_newest_posting()
    filterset = WorkerFilterSet
    form = WorkerFilterForm
    export_register = "workers"
    table = WorkerTable

    def get_queryset(self) -> SocialWorkerQuerySet:
        """Return the workers the user may see; the ten joins of a row are six so."""
        return SocialWorker.objects.visible_with_newest_posting(self.request.user)


class WorkerDetail(DetailPage):
    """One worker with the postings in the user's area; ID number and phone are masked."""

    requires = "may_see_registers"
    template_name = "socialworkers/worker.html"
    queryset = SocialWorker.with_merged.with_newest_posting()
    list_url_name = "socialworkers:list"
    list_title = "社会工作者"
    facts = ("gender", "id_number", "phone", "level", "certificate_number", "has_social_work_degree", "note")

    def get_places(self) -> list[Crumb]:
        """Return the place of the newest posting."""
        newest = getattr(getattr(self, "record", None), "newest", None)
        return crumbs_of_place(newest, self.list_url_name) if newest is not None else []

    def get_facts(self) -> list[Fact]:
        """Add whether the certificate or degree makes the worker a professional."""
        return [*super().get_facts(), Fact("专业人才", display_value(self.record.is_professional))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the postings, newest first."""
        postings = Posting.with_merged.visible_to(self.request.user).filter(worker=self.record)
        return super().get_context_data(
            postings=postings.select_related("community__town__parent", "division__parent"), **kwargs
        )
