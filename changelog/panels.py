"""What the change log adds to the page of every record."""

from __future__ import annotations

from typing import Any

from django.db.models import Model
from django.http import HttpRequest

from changelog.history import history_of
from changzhi_portal.pages.panels import MOST_ROWS, RecordPanel


class RecordHistory(RecordPanel):
    """Who changed the record, when, from what to what."""

    position = 90
    template_name = "changelog/history_panel.html"
    requires = "may_see_registers"

    def context(self, request: HttpRequest, record: Model) -> dict[str, Any]:
        """The newest changes that the user may see."""
        return {"entries": history_of(record, request.user, limit=MOST_ROWS), "record": record}
