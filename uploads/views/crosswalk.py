"""The page that takes the file of a crosswalk: its rows become noted changes of communities (docs/domain.md §3.9)."""

from __future__ import annotations

from typing import Any, cast

from django.urls import reverse

from accounts.actions import note_listed_changes
from accounts.models import User
from changzhi_portal.pages import Crumb, FormPage
from uploads.forms import CrosswalkForm
from uploads.reading.workbook import read_workbook
from uploads.storage import bytes_as_file, read_within_limit


class UploadCrosswalk(FormPage):
    """Upload of a crosswalk of communities, one row each, read as the files of registers are; nothing is kept of the file."""

    help_at = "区划与社区变更"
    requires = "may_change_divisions"
    title = "上传对照表"
    takes_files = True
    counted_as = "uploads"
    template_name = "uploads/crosswalk.html"
    form_class = CrosswalkForm
    submit_label = "登记，去看影响"
    busy_label = "正在读取…"

    def act(self, form: CrosswalkForm) -> str:
        """Read the file and note its rows."""
        file = form.cleaned_data["file"]
        with bytes_as_file(read_within_limit(file.chunks())) as path:
            grids = read_workbook(path, file_name=file.name)
        noted = note_listed_changes(
            tables=[grid.rows for grid in grids],
            effective_on=form.cleaned_data["effective_on"],
            document=form.cleaned_data["document"],
            source=form.cleaned_data["source"],
            by=cast(User, self.request.user),
        )
        return f"已登记{len(noted)}项变更，还没有应用；请核对下面的影响。"

    def get_crumbs(self) -> list[Crumb]:
        """Add the page of changes."""
        return [Crumb("区划变更", reverse("accounts:division_changes"))]

    def get_success_url(self) -> str:
        """Return the page that shows what the changes would do."""
        return reverse("accounts:division_changes")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the headers that a file needs."""
        return super().get_context_data(headers=CrosswalkForm.HEADERS, **kwargs)
