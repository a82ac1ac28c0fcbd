"""The detail page of one record, found by its public `ref` within the user's scope."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse

from changzhi_portal.facts import Fact, fact_of
from changzhi_portal.pages.base import Crumb, PortalPage, PortalRequest, check_scoped
from changzhi_portal.pages.panels import record_panels
from changzhi_portal.personal import holds_personal_data
from changzhi_portal.registers.registry import register_of


class DetailPage(PortalPage):
    """One record. A record of another area is not found (404), so that its existence is not disclosed.

    `facts` names the columns to show; other apps add panels below them.
    """

    template_name = "frame/detail.html"
    queryset: ClassVar[QuerySet]
    facts: ClassVar[tuple[str, ...]] = ()
    # The URL name and title of the list that this record belongs to.
    list_url_name: ClassVar[str]
    list_title: ClassVar[str]
    record: Any

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Callable[..., HttpResponseBase]:
        """Return the view function; raises ImproperlyConfigured when the records cannot be limited to the user's scope."""
        check_scoped(cls, getattr(cls, "queryset", None))
        return super().as_view(**initkwargs)

    def get(self, request: PortalRequest, ref: str) -> HttpResponse:
        """Show the page of the record with this ref."""
        self.record = self.get_record(ref)
        request.shown_records = [self.record]
        panels = record_panels(request, self.record)
        context = self.get_context_data(
            record=self.record,
            facts=self.get_facts(),
            actions=self.get_actions(),
            panels_above=[panel for panel in panels if panel["is_above"]],
            panels=[panel for panel in panels if not panel["is_above"]],
        )
        return self.render_to_response(context)

    def get_record(self, ref: str) -> Any:
        """Return the record, if the user may see it; raises Http404."""
        return get_object_or_404(self.queryset.visible_to(self.request.user), ref=ref)  # type: ignore[attr-defined]

    def get_facts(self) -> list[Fact]:
        """Return the record's columns as text."""
        return [fact_of(self.record, name) for name in self.facts]

    def get_actions(self) -> list[Crumb]:
        """Return the links to the forms that change the record, for roles that may, and to its personal data in clear."""
        register = register_of(type(self.record))
        if register is None:
            return []
        address = [register.name, self.record.ref]
        unmasking = []
        if self.request.user.may_unmask and holds_personal_data(register.model):
            unmasking = [Crumb("查看原文", reverse("changelog:unmask", args=address))]
        if not self.request.user.role.may_upload:
            return unmasking
        if getattr(self.record, "merged_into_id", None) is not None:
            return [Crumb("撤销合并", reverse("changelog:unmerge", args=address))]
        actions = [Crumb("修改", reverse("changelog:edit", args=address))]
        if register.fields_of_new_part:
            actions.append(Crumb(register.new_part_label, reverse("changelog:part", args=address)))
        if register.ends_with:
            has_ended = register().end_of(self.record) is not None
            name, label = ("resume", f"撤销{register.end_label}") if has_ended else ("end", register.end_label)
            actions.append(Crumb(label, reverse(f"changelog:{name}", args=address)))
        return [*actions, *unmasking]

    def get_title(self) -> str:
        """Return the record's name; before it is loaded, the register's title."""
        return str(self.record) if hasattr(self, "record") else self.list_title

    def get_crumbs(self) -> list[Crumb]:
        """Add the list, and the places that the record lies in."""
        return [Crumb(self.list_title, reverse(self.list_url_name)), *self.get_places()]

    def get_places(self) -> list[Crumb]:
        """Return the places that the record lies in, from the county down to its community; by default none."""
        return []
