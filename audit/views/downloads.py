"""Files that left the portal, and which of them a file is that somebody has found."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from audit.filters import DownloadFilterForm, DownloadFilterSet
from audit.forms import FoundFileForm
from audit.tables import NEWEST_FIRST, DownloadTable
from changelog.models import TrailRecord
from changzhi_portal.pages import Crumb, FormPage, ListPage
from changzhi_portal.pages.paging import BoundedPaginator

TITLE = "导出和下载"


class DownloadList(ListPage):
    """Who exported or downloaded which file, the newest first."""

    requires = "may_audit"
    title = TITLE
    help_at = "找到的文件是谁导出的"
    template_name = "audit/downloads.html"
    queryset = TrailRecord.objects.select_related("made_by", "division__parent").order_by(*NEWEST_FIRST)
    filterset = DownloadFilterSet
    form = DownloadFilterForm
    table = DownloadTable
    paginator = BoundedPaginator
    empty_advice = "还没有人导出或者下载过文件。"
    is_filled_by_uploads = False

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add whether a file was looked for."""
        return super().get_context_data(looked_for=self.request.GET.get("sha256", ""), **kwargs)


class FoundFile(FormPage):
    """The form that finds out which export a file is: by its digest, so that one that was changed is not known again."""

    requires = "may_audit"
    title = "核对找到的文件"
    help_at = "找到的文件是谁导出的"
    template_name = "audit/found_file.html"
    form_class = FoundFileForm
    submit_label = "查是谁导出的"
    busy_label = "正在核对…"
    digest: str

    def act(self, form: Any) -> str:
        """Compute the file's digest; nothing is stored."""
        self.digest = form.cleaned_data["sha256"]
        if form.cleaned_data["file"] is not None:
            hashed = hashlib.sha256()
            for chunk in form.cleaned_data["file"].chunks():
                hashed.update(chunk)
            self.digest = hashed.hexdigest()
        return ""

    def get_success_url(self) -> str:
        """Return the list with what is known of the file."""
        address = reverse("audit:downloads")
        return f"{address}?{urlencode({'sha256': self.digest})}" if hasattr(self, "digest") else address

    def get_crumbs(self) -> list[Crumb]:
        """Add the list."""
        return [Crumb(TITLE, reverse("audit:downloads"))]
