"""The list page: search, filters, sorting, paging, count and empty state, shared by every register.

An app declares four things for a register's list: a queryset, a filter set, a form (which filters are always shown) and
a table. The page answers a plain GET; with htmx only the result below the form is replaced.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse

from changzhi_portal.pages.base import PortalPage, PortalRequest, check_scoped
from changzhi_portal.pages.bulk import BulkEditing, bulk_editing
from changzhi_portal.pages.filters import FilterForm, RegisterFilterSet
from changzhi_portal.pages.paging import ForgivingPaginator
from changzhi_portal.pages.tables import RegisterTable
from changzhi_portal.registers.registry import register_named

PAGE_SIZES = (25, 50, 100, 200)


class ListPage(PortalPage):
    """The records of one register that the user may see.

    The number of queries does not depend on the number of rows: user, choices of county and town, count, rows.
    """

    template_name = "frame/list.html"
    result_template_name = "frame/list_result.html"
    # What stands above the rows, such as their sums; "" for nothing.
    head_template_name: ClassVar[str] = ""
    queryset: ClassVar[QuerySet]
    filterset: ClassVar[type[RegisterFilterSet]]
    form: ClassVar[type[FilterForm]]
    table: ClassVar[type[RegisterTable]]
    # The register that the button 导出 exports as a whole; "" for a list without export.
    export_register: ClassVar[str] = ""
    # The advice to an office whose register is empty.
    empty_advice: ClassVar[str] = "还没有数据。请先在“填报”中上传这张登记表。"
    # Whether the list is filled by uploads, so that an empty one links to the upload page.
    is_filled_by_uploads: ClassVar[bool] = True

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Callable[..., HttpResponseBase]:
        """Return the view function; raises ImproperlyConfigured when the rows cannot be limited to the user's scope."""
        check_scoped(cls, getattr(cls, "queryset", None))
        return super().as_view(**initkwargs)

    def get(self, request: PortalRequest) -> HttpResponse:
        """Show the whole page, or only the result when htmx asks for it."""
        filterset = self.get_filterset()
        table = self.get_table(self.matching_rows(filterset))
        table.order_by = request.GET.get(table.order_by_field) or table.default_order
        table.paginate(ForgivingPaginator, per_page=self._page_size(), page=request.GET.get(table.page_field, 1))
        context = self.get_context_data(
            table=table,
            filterset=filterset,
            filter_form=filterset.form,
            has_wrong_filters=not filterset.is_valid(),
            is_filtered=filterset.is_narrowed,
            page_sizes=PAGE_SIZES,
            head_template_name=self.head_template_name,
            empty_advice=self.empty_advice,
            is_filled_by_uploads=self.is_filled_by_uploads,
            export_register=self.export_register,
            add_url=self.get_add_url(),
            duplicates_url=self.get_duplicates_url(),
            bulk=self.get_bulk_edit(),
        )
        if not request.htmx or request.htmx.boosted or request.htmx.history_restore_request:
            return self.render_to_response(context)
        self.template_name = self.result_template_name
        response = self.render_to_response({**context, "is_partial": True})
        response["HX-Push-Url"] = f"{request.path}?{_without_blanks(request)}".rstrip("?")
        return response

    def get_filterset(self) -> RegisterFilterSet:
        """Return the filters of the address over the rows that the user may see."""
        return self.filterset(
            self.request.GET, queryset=self.get_queryset(), request=self.request, form_class=self.form
        )

    def matching_rows(self, filterset: RegisterFilterSet) -> QuerySet:
        """Return the rows that match the filters; none where a filter is wrong."""
        return filterset.qs if filterset.is_valid() else filterset.queryset.none()

    def get_table(self, rows: QuerySet) -> RegisterTable:
        """Return the table of the rows, not yet sorted and paged."""
        return self.table(rows, exclude=self.table.redundant_for(self.request.user))

    def get_bulk_edit(self) -> BulkEditing | None:
        """Return what the boxes of the rows lead to; None for a list or a role that changes no rows."""
        name = self.export_register
        return bulk_editing(self.request, name) if name and self.request.user.role.may_upload else None

    def get_duplicates_url(self) -> str:
        """Return the URL of the register's duplicates; "" for a list or a role that merges none."""
        name = self.export_register
        may_merge = name and self.request.user.role.may_upload and register_named(name).may_be_merged
        return reverse("changelog:duplicates", args=[name]) if may_merge else ""

    def get_add_url(self) -> str:
        """Return the URL of the form for a new record of the register; "" for a list or a role without it."""
        name = self.export_register
        may_add = name and self.request.user.role.may_upload and register_named(name).may_be_added
        return reverse("changelog:add", args=[name]) if may_add else ""

    def get_queryset(self) -> QuerySet:
        """Return the rows the user may see."""
        return self.queryset.visible_to(self.request.user)  # type: ignore[attr-defined]

    def _page_size(self) -> int:
        requested = self.request.GET.get("per_page", "")
        return int(requested) if requested.isdecimal() and int(requested) in PAGE_SIZES else PAGE_SIZES[0]


def _without_blanks(request: PortalRequest) -> str:
    """Return the query string without empty parameters, so that URLs are short enough to share."""
    query = request.GET.copy()
    for name in list(query):
        if not any(query.getlist(name)):
            del query[name]
    return query.urlencode()
