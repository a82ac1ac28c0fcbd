"""The list page: search, filters, sorting, columns, saved views, paging, count and empty state, shared by every register.

An app declares four things for a register's list: a queryset, a filter set, a form (which filters are always shown) and
a table. Other apps may add filters and columns (`pages.extensions`). The page answers a plain GET; with htmx only the
result below the form is replaced.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, ClassVar, NamedTuple
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django_tables2 import Column

from changzhi_portal.models import SavedView
from changzhi_portal.pages.base import PortalRequest, check_scoped, parse_number
from changzhi_portal.pages.bulk import BulkEditing, bulk_editing
from changzhi_portal.pages.exported import ExportedPage, ShownList, columns_of
from changzhi_portal.pages.extensions import ListExtension, extensions_of
from changzhi_portal.pages.filters import FilterForm, RegisterFilterSet
from changzhi_portal.pages.paging import ForgivingPaginator
from changzhi_portal.pages.tables import RegisterTable
from changzhi_portal.personal import holds_personal_data
from changzhi_portal.registers.registry import register_named

PAGE_SIZES = (25, 50, 100, 200)
# Parameters of every list beside its filters.
_SORT, _PAGE, _SIZE, _COLUMNS, _VIEW = "sort", "page", "per_page", "columns", "view"
# The value of `view` that asks for the list without the default view.
NO_VIEW = "none"


class ColumnChoice(NamedTuple):
    """A column that may be ticked."""

    name: str
    header: str
    is_shown: bool


class ListPage(ExportedPage):
    """The records of one register that the user may see.

    The number of queries does not depend on the number of rows: user, saved views, choices of county and town, count,
    rows.
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
    # How the rows are counted and paged; a list of a million rows counts only so far.
    paginator: ClassVar[type[ForgivingPaginator]] = ForgivingPaginator
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
        """Show the whole page, or only the result when htmx asks for it; without a query, the user's default view."""
        is_partial = bool(request.htmx and not request.htmx.boosted and not request.htmx.history_restore_request)
        if not is_partial and not request.GET and (default := self._default_view()) is not None:
            return redirect(default.address)
        filterset = self.filters_in_use()
        table = self.sorted_table(filterset)
        table.paginate(self.paginator, per_page=self._page_size(), page=request.GET.get(_PAGE, 1))
        bulk = self.get_bulk_edit()
        table.request, table.has_boxes = request, bulk is not None
        context = self.get_context_data(
            table=table,
            filterset=filterset,
            filter_form=filterset.form,
            has_wrong_filters=not filterset.is_valid(),
            is_filtered=filterset.is_narrowed,
            list_remarks=self._remarks(filterset, table),
            is_sorted_by_choice=bool(request.GET.get(_SORT)),
            page_sizes=PAGE_SIZES,
            head_template_name=self.head_template_name,
            empty_advice=self.empty_advice,
            is_filled_by_uploads=self.is_filled_by_uploads,
            **self.export_menu(
                table.paginator.count,
                query=self.query_to_keep(_PAGE, _SIZE, _VIEW),
                register=self.export_register,
            ),
            export_in_clear_url=self.get_export_in_clear_url(),
            add_url=self.get_add_url(),
            duplicates_url=self.get_duplicates_url(),
            clear_url=self.get_clear_url,  # asked only where it is shown
            bulk=bulk,
        )
        if not is_partial:
            return self.render_to_response({**context, **self._controls()})
        self.template_name = self.result_template_name
        response = self.render_to_response({**context, "is_partial": True})
        # Back and reload lead to the page that is shown; the first one needs no number.
        kept = self.query_to_keep(_VIEW) if table.page.number > 1 else self.query_to_keep(_PAGE, _VIEW)
        response["HX-Push-Url"] = f"{request.path}?{kept}" if kept else self.get_clear_url()
        return response

    def sorted_table(self, filterset: RegisterFilterSet) -> RegisterTable:
        """Return the table of all rows that match the filters, in the order asked for, with the columns chosen."""
        rows = self.matching_rows(filterset)
        for extension in self.extensions:
            rows = extension.annotate(rows, self._columns_in_use())
        table = self.get_table(rows.only(*self.table.reads) if self.table.reads else rows)
        table.order_by = self.request.GET.get(_SORT) or table.default_order
        return table

    def shown_list(self) -> ShownList:
        """Return what the list shows over all its pages, for a file."""
        table = self.sorted_table(self.filters_in_use())
        # Counted as on the page: a paginator that counts only so far may look the rows up by their keys.
        table.paginate(self.paginator, per_page=PAGE_SIZES[0])
        count = table.paginator.count
        title = register_named(self.export_register).title if self.export_register else self.get_title()
        rows = table.data.data[:count] if table.paginator.has_more else table.data.data
        return ShownList(title, title, columns_of(table), rows, count)

    def get_export_in_clear_url(self) -> str:
        """Return the page that exports the register with personal data in clear; "" for users who may not."""
        if not (self.export_register and self.request.user.may_unmask and holds_personal_data(self.queryset.model)):
            return ""
        return reverse("uploads:export_in_clear", args=[self.export_register])

    def get_clear_url(self) -> str:
        """Return the address of the list with all rows: a default view would answer the bare address with its filters."""
        return f"{self.request.path}?{_VIEW}={NO_VIEW}" if self._default_view() is not None else self.request.path

    def filters_in_use(self) -> RegisterFilterSet:
        """Return the filters of the address, those of other apps included, over the rows that the user may see."""
        filterset = self.get_filterset(self.get_queryset())
        for extension in self.extensions:
            filterset.add_filters(extension.filters())
        return filterset

    def matching_rows(self, filterset: RegisterFilterSet) -> QuerySet:
        """Return the rows that match the filters; none where a filter is wrong."""
        return filterset.qs if filterset.is_valid() else filterset.queryset.none()

    # --- What the app declares ---

    def get_queryset(self) -> QuerySet:
        """Return the rows the user may see."""
        return self.queryset.visible_to(self.request.user)  # type: ignore[attr-defined]

    def get_filterset(self, visible: QuerySet) -> RegisterFilterSet:
        """Return the filter set of this request over the rows that the user may see."""
        return self.filterset(self.request.GET, queryset=visible, request=self.request, form_class=self.form)

    def get_table(self, rows: QuerySet, **options: Any) -> RegisterTable:
        """Return the table of the rows with the columns chosen, not yet sorted and paged."""
        redundant = set(self.table.base_columns) - set(self.columns)
        table = self.table(rows, exclude=tuple(redundant), extra_columns=list(self._added_columns.items()), **options)
        # Hidden, not left out: a list may be sorted by what it does not show.
        for name in set(self.columns) - set(self.shown_columns):
            table.columns.hide(name)
        return table

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

    # --- Columns ---

    @cached_property
    def list_name(self) -> str:
        """Return the name of this list's address, which its saved views belong to."""
        match = self.request.resolver_match
        return match.view_name if match is not None else ""

    @cached_property
    def extensions(self) -> list[ListExtension]:
        """Return what other apps add to this list."""
        return extensions_of(self.list_name, self.request)

    @cached_property
    def _added_columns(self) -> dict[str, Column]:
        return {name: column for extension in self.extensions for name, column in extension.columns().items()}

    @cached_property
    def columns(self) -> dict[str, Column]:
        """Return every column that this user may choose, by name, in their order."""
        redundant = self.table.redundant_for(self.request.user)
        own = {name: column for name, column in self.table.base_columns.items() if name not in redundant}
        return own | self._added_columns

    @cached_property
    def shown_columns(self) -> tuple[str, ...]:
        """Return the columns of the address, by default all but the optional ones; the first one is always shown."""
        asked = set(self._asked_columns()) & set(self.columns)
        if not asked:
            return self._usual_columns()
        first = next(iter(self.columns))
        return tuple(name for name in self.columns if name in asked or name == first)

    def _asked_columns(self) -> list[str]:
        return [name for value in self.request.GET.getlist(_COLUMNS) for name in value.split(",") if name]

    def _usual_columns(self) -> tuple[str, ...]:
        brought = {name for extension in self.extensions for name in extension.shown_columns()}
        optional = {*self.table.optional, *self._added_columns} - brought
        return tuple(name for name in self.columns if name not in optional)

    def _columns_in_use(self) -> set[str]:
        """Return the columns that are shown or sorted by."""
        return {*self.shown_columns, *(key.removeprefix("-") for key in self.request.GET.get(_SORT, "").split(","))}

    # --- Saved views, and the parameters of the address ---

    def query_to_keep(self, *left_out: str) -> str:
        """Return the query without empty parameters and those named, short enough to share and to save."""
        query = self.request.GET.copy()
        for name in list(query):
            if name in left_out or not any(query.getlist(name)):
                del query[name]
        if _COLUMNS in query:
            query[_COLUMNS] = ",".join(self.shown_columns)
            if self.shown_columns == self._usual_columns():
                del query[_COLUMNS]
        return query.urlencode(safe=",")

    @cached_property
    def _views(self) -> list[SavedView]:
        return list(SavedView.objects.visible_to(self.request.user).of_list(self.list_name))

    def _own(self, view: SavedView) -> bool:
        return view.saved_by_id == self.request.user.pk

    def _default_view(self) -> SavedView | None:
        return next((view for view in self._views if view.is_default and self._own(view)), None)

    def _controls(self) -> dict[str, Any]:
        """Return the context of what only the whole page has: the menu of views, and the ticks of the columns."""
        asked = self.request.GET.get(_VIEW, "")
        to_save = {"list": self.list_name, "query": self.query_to_keep(_PAGE, _VIEW)}
        return {
            "own_views": [view for view in self._views if self._own(view)],
            "shared_views": [view for view in self._views if not self._own(view)],
            "current_view": next((view for view in self._views if view.ref == asked), None),
            "is_view_gone": bool(asked) and asked != NO_VIEW and all(view.ref != asked for view in self._views),
            "save_view_url": f"{reverse('view_new')}?{urlencode(to_save)}",
            "column_choices": [
                ColumnChoice(name, str(column.header or column.verbose_name), name in self.shown_columns)
                for name, column in list(self.columns.items())[1:]
            ],
            "has_chosen_columns": bool(self._asked_columns()),
        }

    def _remarks(self, filterset: RegisterFilterSet, table: RegisterTable) -> list[str]:
        """Return a sentence for every parameter that the list does not know, so that none fails silently."""
        known = {*filterset.base_filters, *filterset.filters, _SORT, _PAGE, _SIZE, _COLUMNS, _VIEW}
        remarks = [f"这张表没有“{name[:30]}”这个条件，已忽略。" for name in self.request.GET if name not in known]
        remarks += [
            f"这张表没有“{name[:30]}”这一列，已忽略。" for name in self._asked_columns() if name not in self.columns
        ]
        sortable = {*table.order_by} if table.order_by else set()
        for key in filter(None, self.request.GET.get(_SORT, "").split(",")):
            if key not in sortable:
                remarks.append(f"不能按“{key.removeprefix('-')[:30]}”排序，已忽略。")
        size = self.request.GET.get(_SIZE, "")
        if size and size != str(self._page_size()):
            remarks.append(f"每页只能显示{'、'.join(map(str, PAGE_SIZES))}条，已按{PAGE_SIZES[0]}条显示。")
        return remarks

    def _page_size(self) -> int:
        requested = parse_number(self.request.GET.get(_SIZE, ""))
        return requested if requested in PAGE_SIZES else PAGE_SIZES[0]
