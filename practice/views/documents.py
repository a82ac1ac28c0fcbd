"""制度文件: which county has which, the list, and one document."""

from __future__ import annotations

import datetime
from functools import cached_property
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date

from changzhi_portal.display import DASH
from changzhi_portal.pages import Crumb, ListPage
from changzhi_portal.pages.base import PortalRequest
from changzhi_portal.pages.exported import ExportedPage, ShownList, column
from changzhi_portal.rights import has_right
from communities.views import PlacedDetailPage
from practice.filters import DocumentFilterForm, DocumentFilterSet
from practice.matrix import MatrixRow, documents_by_county
from practice.models import Document
from practice.tables import DocumentTable

TITLE = "制度文件"
ANCHOR = "制度文件"


class DocumentMatrix(ExportedPage):
    """?on_day=2018-06-30: counties × kinds of documents in force on a day, by default today; what is missing is marked."""

    requires = "may_see_figures"
    help_at = ANCHOR
    title = TITLE
    template_name = "practice/documents.html"

    def get(self, request: PortalRequest) -> HttpResponse:
        """Show the matrix."""
        may_add = has_right(request.user, "may_upload")
        context = self.get_context_data(
            rows=self.rows,
            kinds=[str(label) for label in Document.Kind.labels],
            day=self.day,
            is_today=self.day == timezone.localdate(),
            add_url=reverse("changelog:add", args=["documents"]) if may_add else "",
            list_url=reverse("practice:document_list"),
            missing=sum(row.gaps for row in self.rows),
            **self.export_menu(len(self.rows)),
        )
        return self.render_to_response(context)

    @cached_property
    def day(self) -> datetime.date:
        """Return the day asked for; today for none, and for what is no day."""
        try:
            asked = parse_date(self.request.GET.get("on_day", ""))
        except ValueError:  # 2018-02-30
            asked = None
        return asked or timezone.localdate()

    @cached_property
    def rows(self) -> list[MatrixRow]:
        """Return the rows that the user may see."""
        return documents_by_county(self.request.user, self.day)

    def shown_list(self) -> ShownList:
        """Return the counties with the number of documents of each kind."""
        columns = [column("division", "区划", lambda row: row.name)]
        for place, kind in enumerate(Document.Kind):
            columns.append(column(kind.value, str(kind.label), _text_at(place)))
        title = f"{TITLE}（{self.day:%Y-%m-%d}有效）"
        return ShownList(title, TITLE, tuple(columns), self.rows, len(self.rows))


def _text_at(place: int) -> Any:
    """Return what finds the number of a kind in a row for a file; 缺 where it is missing."""

    def found(row: MatrixRow) -> Any:
        cell = row.cells[place]
        if cell.communities is None and cell.text not in {DASH, "缺"}:
            return cell.number
        return cell.text

    return found


class DocumentList(ListPage):
    """The documents of the area, in force or not; leaders see them too, for they hold no personal data."""

    requires = "may_see_figures"
    help_at = ANCHOR
    title = "制度文件清单"
    queryset = Document.objects.with_place()
    filterset = DocumentFilterSet
    form = DocumentFilterForm
    table = DocumentTable
    export_register = "documents"
    empty_advice = "还没有登记制度文件。请登记实施方案、事项清单等文件，社区发展规划写明社区。"

    def get_crumbs(self) -> list[Crumb]:
        """Add the page of counties and kinds."""
        return [Crumb(TITLE, reverse("practice:documents"))]


class DocumentDetail(PlacedDetailPage):
    """One document."""

    requires = "may_see_figures"
    help_at = ANCHOR
    queryset = Document.objects.with_place()
    list_url_name = "practice:document_list"
    list_title = "制度文件清单"
    facts = ("kind", "number", "issued_on", "valid_to", "note")
