"""Panel of the change log on the page of every record."""

from __future__ import annotations

from typing import Any

from django.db.models import Model

from changelog.history import history_lines
from changelog.models import ChangeRecord, TrailKind, TrailRecord
from changzhi_portal.pages.base import PortalRequest
from changzhi_portal.pages.panels import MOST_ROWS, RecordPanel
from changzhi_portal.personal import holds_personal_data
from changzhi_portal.records import MergeableRecord, Record
from changzhi_portal.registers.registry import register_of
from changzhi_portal.scope import paths_above


class RecordHistory(RecordPanel):
    """The history of the record."""

    position = 90
    template_name = "changelog/history_panel.html"
    requires = "may_see_registers"

    def context(self, request: PortalRequest, record: Model) -> dict[str, Any]:
        """Return what the newest MOST_ROWS changes in the user's scope did."""
        return {"entries": history_lines(record, request.user, limit=MOST_ROWS), "record": record}


class Unmaskings(RecordPanel):
    """Who has seen the record's personal data in clear or exported them, when and why; nothing where nobody has."""

    position = 80
    template_name = "changelog/unmaskings_panel.html"
    requires = "may_see_registers"

    def context(self, request: PortalRequest, record: Model) -> dict[str, Any]:
        """Return the newest MOST_ROWS events; whoever may see the record may see them all, whoever looked."""
        register = register_of(type(record))
        if register is None or not isinstance(record, Record) or not holds_personal_data(type(record)):
            return {"events": [], "record": record}
        events = TrailRecord.objects.select_related("made_by__division__parent")
        found = list(events.about(record).filter(kind=TrailKind.UNMASKED)[:MOST_ROWS])
        place = record.belongs_to()
        if place is not None:
            since = ChangeRecord.objects.added_at(record)
            exports = events.exports([TrailKind.EXPORTED_CLEAR], title=register().title, since=since)
            exports = exports.filter(division__path__in=paths_above(place.path))
            found += exports[:MOST_ROWS]
        found.sort(key=lambda event: event.made_at, reverse=True)
        return {"events": found[:MOST_ROWS], "record": record}


class MergedRecords(RecordPanel):
    """The record that this one was merged into, and those that were merged into it."""

    position = 1
    is_above = True
    template_name = "changelog/merged_panel.html"
    requires = "may_see_registers"

    def context(self, request: PortalRequest, record: Model) -> dict[str, Any]:
        """Return what the user may see of them; nothing of a record of a kind that is not merged."""
        if not isinstance(record, MergeableRecord):
            return {"is_merged": False, "living": None, "merged": []}
        visible = type(record).with_merged.visible_to(request.user)  # type: ignore[attr-defined]
        if record.merged_into_id is not None:
            living = visible.filter(pk=record.merged_into_id).first()
            return {"is_merged": True, "living": living, "merged": []}
        return {"is_merged": False, "living": None, "merged": list(visible.filter(merged_into=record)[:MOST_ROWS])}
