"""Showing the personal data of one record in clear, with the right and a reason, for a minute (docs/domain.md §9.2)."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from changelog.reason_form import ReasonForm
from changelog.trail import TrailKind, record_event
from changzhi_portal.facts import Fact
from changzhi_portal.kept_input import mark_done
from changzhi_portal.pages import Crumb, FormPage
from changzhi_portal.personal import SealedField, holds_personal_data
from changzhi_portal.records import Record
from changzhi_portal.refusals import NotFoundError
from changzhi_portal.registers.registry import register_named

SHOWN_FOR = 60  # seconds; then the browser goes back to the record's page


class UnmaskPage(FormPage):
    """The form that asks for the reason; its answer shows the values in clear, and has no address to come back to."""

    requires = "may_unmask"
    title = "查看原文"
    help_at = "查看原文"
    form_class = ReasonForm
    template_name = "changelog/unmask.html"
    submit_label = "查看原文"
    busy_label = "正在打开…"
    record: Record | None = None

    def load(self) -> None:
        """Load the record; raises Http404, also for one of another area or without personal data."""
        try:
            model = register_named(self.kwargs["register"]).model
        except NotFoundError as error:
            raise Http404(error.cure) from error
        if not holds_personal_data(model):
            raise Http404(f"{model.__name__} holds no personal data.")
        visible = model.objects.visible_to(self.request.user)
        self.record = get_object_or_404(visible.distinct(), ref=self.kwargs["ref"])

    def form_valid(self, form: Any) -> HttpResponse:
        """Record who looks and why, then show the values; nothing is shown that cannot be recorded."""
        record = self.record
        assert record is not None  # noqa: S101 - load() has found it
        sealed = [field for field in record._meta.concrete_fields if isinstance(field, SealedField)]
        values = [(field, getattr(record, field.attname)) for field in sealed]
        record_event(
            TrailKind.UNMASKED,
            by=self.request.user,
            about=record,
            division=record.belongs_to(),
            reason=form.cleaned_data["reason"],
            detail={"fields": [field.name for field, value in values if value is not None]},
            is_required=True,
        )
        facts = [Fact(str(field.verbose_name), "—" if value is None else value.reveal()) for field, value in values]
        mark_done(self.request)
        response = self.render_form(form, facts=facts, shown_for=SHOWN_FOR)
        # Works without scripts; the page is never stored (RefusalMiddleware).
        response["Refresh"] = f"{SHOWN_FOR}; url={self.get_success_url()}"
        return response

    def get_title(self) -> str:
        """Return the heading with the record's name."""
        return f"查看原文：{self.record}" if self.record is not None else self.title

    def get_success_url(self) -> str:
        """Return the record's page."""
        return self.record.get_absolute_url() if self.record is not None else reverse("home")

    def get_crumbs(self) -> list[Crumb]:
        """Add the record's page."""
        return [] if self.record is None else [Crumb(str(self.record), self.get_success_url())]
