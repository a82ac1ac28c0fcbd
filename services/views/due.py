"""本月待办: the projects of which something is due by the end of the month: review, acceptance, payment."""

from __future__ import annotations

import datetime
from functools import cached_property

from django.db.models import QuerySet
from django.utils import timezone

from changzhi_portal.pages import Crumb, ListPage
from periods.models import last_day_of
from services.filters import DueFilterSet
from services.forms import DueFilterForm
from services.models import ServiceProject
from services.stages import with_progress
from services.tables import DueTable


class DueList(ListPage):
    """购买服务待办: what is due this month, the project that ends first on top."""

    requires = "may_see_registers"
    help_at = "购买服务"
    title = "购买服务待办"
    queryset = ServiceProject.objects.select_related("division")
    filterset = DueFilterSet
    form = DueFilterForm
    table = DueTable
    empty_advice = "本月没有要办的评估、验收和拨付。"
    is_filled_by_uploads = False

    @cached_property
    def day(self) -> datetime.date:
        """Return the last day of this month."""
        return last_day_of(timezone.localdate().replace(day=1))

    def get_queryset(self) -> QuerySet:
        """Return the projects of which something is due."""
        return with_progress(super().get_queryset(), self.day).exclude(stage="")

    def get_crumbs(self) -> list[Crumb]:
        """Return no breadcrumbs: the list belongs to no other page."""
        return []
