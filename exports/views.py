"""Pages of exports: the buttons of a list's menu 导出, an export that a worker makes, its progress, and its file."""

from __future__ import annotations

import datetime
from typing import Any
from urllib.parse import quote

from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django_htmx.http import HttpResponseClientRefresh

from changzhi_portal.kept_input import mark_done
from changzhi_portal.pages import Crumb, PortalPage
from changzhi_portal.pages.base import PortalRequest
from changzhi_portal.rights import EVERYBODY
from exports.actions import MadeFile, export_list, open_export
from exports.models import ListExport
from exports.retention import FILES


class NewExport(PortalPage):
    """A button of the menu 导出: sends the file of a list, or leads to the export that a worker makes.

    The form posts the address of the list (`list`, `query`) and the format. Who may open the list may export it.
    """

    http_method_names = ("post", "options")
    requires = EVERYBODY
    title = "导出"
    counted_as = "exports"

    def post(self, request: PortalRequest) -> HttpResponseBase:
        """Send the file, or redirect to the page of the export; raises as `export_list`."""
        asked = {name: request.POST.get(name, "") for name in ("list", "query", "format")}
        made = export_list(path=asked["list"], query=asked["query"], file_format=asked["format"], by=request.user)
        mark_done(request)
        return redirect(made.get_absolute_url()) if isinstance(made, ListExport) else _sent(made)


class ExportPage(PortalPage):
    """One export of a long list: its progress while it is made; then its file."""

    requires = EVERYBODY
    title = "导出"
    help_at = "导出看到的列表"
    template_name = "exports/export.html"
    export: ListExport

    def get(self, request: PortalRequest, ref: str) -> HttpResponse:
        """Show the page to the person who has asked for the export."""
        self.export = _find(request, ref)
        removed_on = None
        if self.export.finished_at is not None:
            removed_on = timezone.localdate(self.export.finished_at) + datetime.timedelta(days=FILES.days)
        return self.render_to_response(
            self.get_context_data(export=self.export, removed_on=removed_on, announcement="")
        )

    def get_title(self) -> str:
        """Return the list that is exported."""
        return f"导出：{self.export.title}" if hasattr(self, "export") else self.title

    def get_crumbs(self) -> list[Crumb]:
        """Add the list, as it was exported."""
        return [Crumb(self.export.title, list_address(self.export))] if hasattr(self, "export") else []

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the address of the list."""
        return super().get_context_data(list_address=list_address(self.export), **kwargs)


class ExportProgress(PortalPage):
    """The progress alone, polled every second; when the work is done, the page reloads."""

    requires = EVERYBODY
    title = "导出"
    template_name = "exports/progress.html"
    is_polled = True

    def get(self, request: PortalRequest, ref: str) -> HttpResponse:
        """Show the progress."""
        export = _find(request, ref)
        if not request.htmx:
            return redirect(export.get_absolute_url())
        if not export.is_in_progress:
            return HttpResponseClientRefresh()
        state = export.get_state_display()
        announcement = "" if request.GET.get("after") == state else state
        return self.render_to_response({"export": export, "announcement": announcement})


class ExportFile(PortalPage):
    """The file of a finished export; every download is recorded."""

    requires = EVERYBODY
    title = "导出的文件"
    counted_as = "exports"

    def get(self, request: PortalRequest, ref: str) -> HttpResponseBase:
        """Send the file; raises as `open_export`. While it is being made, redirect to the page of the export."""
        export = _find(request, ref)
        if export.state != ListExport.State.READY:
            return redirect(export.get_absolute_url())
        return _sent(open_export(export=export, by=request.user))


def list_address(export: ListExport) -> str:
    """Return the address of the list that is exported, with its conditions."""
    prefix = reverse("home").rstrip("/")
    return f"{prefix}{quote(export.path)}?{export.query}".rstrip("?")


def _find(request: PortalRequest, ref: str) -> ListExport:
    """Return the person's own export; raises Http404."""
    return get_object_or_404(ListExport.objects.visible_to(request.user).select_related("asked_by"), ref=ref)


def _sent(made: MadeFile) -> FileResponse:
    """Return a file as a download, streamed and closed when it is sent; Django encodes a Chinese name as in RFC 5987."""
    return FileResponse(made.file, as_attachment=True, filename=made.name, content_type=made.content_type)
