"""The trail as a list, and one of its records with its seal and with what a change has changed."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from accounts.models import Role
from audit.changes import traced, trail_ref_of, with_steps
from audit.filters import TrailFilterForm, TrailFilterSet
from audit.kinds import detail_facts
from audit.tables import NEWEST_FIRST, TrailTable, about_url, who
from changelog.models import ChangeRecord, ChangeSet, TrailRecord
from changzhi_portal.display import display_value
from changzhi_portal.facts import Fact
from changzhi_portal.pages import Crumb, ListPage, PortalPage
from changzhi_portal.pages.base import PortalRequest
from changzhi_portal.pages.paging import BoundedPaginator, ForgivingPaginator

LIST_TITLE = "审计记录"
ROWS_A_PAGE = 50  # changes of one change set


class TrailList(ListPage):
    """Who did and saw what, the newest first."""

    requires = "may_audit"
    title = LIST_TITLE
    queryset = TrailRecord.objects.select_related("made_by", "division__parent").order_by(*NEWEST_FIRST)
    filterset = TrailFilterSet
    form = TrailFilterForm
    table = TrailTable
    paginator = BoundedPaginator
    empty_advice = "还没有审计记录。有人登录、查看个人记录、导出或者改动数据以后，这里就有了。"
    is_filled_by_uploads = False


class TrailRecordPage(PortalPage):
    """One record of the trail: all that it says, its seal, and, of a change, before and after of the records."""

    requires = "may_audit"
    template_name = "audit/trail_record.html"
    record: TrailRecord

    def get(self, request: PortalRequest, ref: str) -> HttpResponse:
        """Show the record, if the user may see it; raises Http404."""
        found = TrailRecord.objects.visible_to(request.user).select_related(
            "made_by__division__parent", "division__parent", "seal", "change_set__batch__division",
            "change_set__reverses__made_by", "change_set__reverses__trail_record__division",
            "change_set__reversed_by__made_by", "change_set__reversed_by__trail_record__division",
        )  # fmt: skip
        self.record = get_object_or_404(found, ref=ref)
        return self.render_to_response(self.get_context_data())

    def get_title(self) -> str:
        """Return the kind and what it is about."""
        return str(self.record) if hasattr(self, "record") else LIST_TITLE

    def get_crumbs(self) -> list[Crumb]:
        """Add the list."""
        return [Crumb(LIST_TITLE, reverse("audit:trail"))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the facts, the seal and the changes."""
        change_set = self.record.change_set
        return super().get_context_data(
            record=self.record,
            facts=self._facts(),
            details=detail_facts(self.record.detail, self.record.model),
            seal=getattr(self.record, "seal", None),  # none while it waits for one
            change_set=change_set,
            **(self._of_change_set(change_set) if change_set is not None else {}),
            **kwargs,
        )

    def _facts(self) -> list[Fact]:
        record = self.record
        by = record.made_by
        return [
            Fact("时间", f"{display_value(record.made_at)}"),
            Fact("事项", record.get_kind_display()),
            # A system that calls is no person with a page of its own.
            Fact("谁", who(record), by.get_absolute_url() if by is not None and by.role != Role.CLIENT else ""),
            Fact("单位", by.division.full_name if by is not None else display_value(None)),
            Fact("对象", display_value(record.object_label), about_url(record.model, record.object_ref)),
            Fact("是什么", _kind_of_object(record)),
            Fact("所属区划", record.division.full_name),
            Fact("条数", display_value(record.rows)),
            Fact("原因", display_value(record.reason)),
            Fact("来源地址", display_value(record.address)),
        ]

    def _of_change_set(self, change_set: ChangeSet) -> dict[str, Any]:
        """Return the changes as far as the user may see them, one page of them, and what undid them or was undone."""
        user = self.request.user
        changes = with_steps(ChangeRecord.objects.visible_to(user).filter(change_set=change_set)).order_by("id")
        page = ForgivingPaginator(changes, ROWS_A_PAGE).get_page(self.request.GET.get("page", 1))
        batch, scope = change_set.batch, user.division.path
        later = getattr(change_set, "reversed_by", None)
        steps = (("撤销它的", later), ("它撤销的", change_set.reverses))
        return {
            "page": page,
            "changes": traced(list(page), user),
            "batch": batch if batch is not None and batch.division.path.startswith(scope) else None,
            "file_name": batch.file_name if batch is not None else "",
            "steps": [(title, each, trail_ref_of(each, scope)) for title, each in steps if each is not None],
        }


def _kind_of_object(record: TrailRecord) -> str:
    """Return what the record is about: 社会工作者."""
    if not record.model:
        return display_value(None)
    try:
        return str(apps.get_model(record.model)._meta.verbose_name)
    except (LookupError, ValueError):  # of an earlier release
        return record.model
