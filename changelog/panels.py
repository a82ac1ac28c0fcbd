"""Panel of the change log on the page of every record."""

from __future__ import annotations

from typing import Any

from django.db.models import Model

from changelog.history import history_of
from changzhi_portal.pages.base import PortalRequest
from changzhi_portal.pages.panels import MOST_ROWS, RecordPanel


class RecordHistory(RecordPanel):
    """The history of the record."""

    position = 90
    template_name = "changelog/history_panel.html"
    requires = "may_see_registers"

    def context(self, request: PortalRequest, record: Model) -> dict[str, Any]:
        """Return the newest MOST_ROWS changes in the user's scope."""
        return {"entries": history_of(record, request.user, limit=MOST_ROWS), "record": record}
