"""Everything about one record: who saw it, with its numbers in clear or masked, who changed it, what was undone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.urls import reverse

from audit.changes import traced, with_steps
from audit.forms import DaysForm
from audit.subjects import Days, Subject, find_subject, gathered
from audit.tables import kind_mark, who
from changelog.models import TrailRecordQuerySet
from changzhi_portal.pages import Crumb, PortalPage
from changzhi_portal.pages.base import PortalRequest
from changzhi_portal.records import Record
from changzhi_portal.registers.registry import register_of

MOST_LISTED = 100  # of each kind of events; a shorter time shows the others


class AboutRecord(PortalPage):
    """What the trail and the change log say about one record, on some days or at all times; also of one that is gone.

    “Who saw this person's number in May” is answered by its first table.
    """

    requires = "may_audit"
    help_at = "谁看过一个人的号码"
    template_name = "audit/about.html"
    subject: Subject

    def get(self, request: PortalRequest, model: str, ref: str) -> HttpResponse:
        """Show what is known; raises Http404 for a record of which the user may see no trace."""
        self.subject = find_subject(model, ref, request.user)
        if isinstance(self.subject.record, Record):
            request.shown_records = [self.subject.record]
        form = DaysForm(request.GET)
        if form.is_valid():
            self.subject.days = Days(form.cleaned_data["made_from"], form.cleaned_data["made_to"])
        return self.render_to_response(self.get_context_data(filter_form=form, **self._found()))

    def get_title(self) -> str:
        """Return the heading with the record's name."""
        return f"关于“{self.subject.name}”的审计" if hasattr(self, "subject") else "关于一条记录"

    def get_crumbs(self) -> list[Crumb]:
        """Add the list of the trail."""
        return [Crumb("审计记录", reverse("audit:trail"))]

    def _found(self) -> dict[str, Any]:
        subject, user = self.subject, self.request.user
        changes = list(with_steps(subject.changes())[: MOST_LISTED + 1])
        personal: dict[str, Any] = {}
        if subject.is_personal:
            clear, masked = Events(subject.seen_in_clear()), Events(subject.seen_masked())
            personal = {"clear": clear, "masked": masked, "numbers": [*clear.numbers, *masked.numbers]}
        return {
            "subject": subject,
            "others": Events(subject.other_events()),
            "changes": traced(changes[:MOST_LISTED], user),
            "has_more_changes": len(changes) > MOST_LISTED,
            "most_listed": MOST_LISTED,
            "register": register_of(subject.model),
            # Exports of the city belong to the city's trail.
            "misses_exports_above": user.division.level != "city",
            **personal,
        }


class Events:
    """Events of a record for a table, the newest MOST_LISTED of them."""

    def __init__(self, sources: Sequence[TrailRecordQuerySet]) -> None:
        found = gathered(sources, most=MOST_LISTED)
        self.records, self.has_more, self.numbers = found.records, found.has_more, found.numbers
        self.lines = [(record, who(record), kind_mark(record.kind)) for record in self.records]
