"""The page that answers a person who asks what the portal holds (个人信息保护法第四十五条)."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from changelog.trail import TrailKind, record_event
from changzhi_portal.kept_input import mark_done
from changzhi_portal.pages import FormPage
from changzhi_portal.retention import retention_rules
from privacy.forms import PersonForm
from privacy.held import held_on


class SubjectPage(FormPage):
    """The form that asks for the number and the reason; its answer lists what is held, and has no address to come back to."""

    requires = "may_answer_subjects"
    title = "个人信息查阅"
    form_class = PersonForm
    template_name = "privacy/subject.html"
    submit_label = "查找"
    busy_label = "正在查找…"

    def form_valid(self, form: Any) -> HttpResponse:
        """Find what is held, record who has looked and why, then show it; nothing is shown that cannot be recorded."""
        user = self.request.user
        assert isinstance(user, User)  # noqa: S101 - `requires` lets nobody else through
        held = held_on(form.cleaned_data["id_number"], by=user)
        record_event(
            TrailKind.SUBJECT_REQUEST,
            by=user,
            label=held.mask,
            rows=held.number,
            reason=form.cleaned_data["reason"],
            detail={"found": [record.url for record in held.records]},
            is_required=True,
        )
        mark_done(self.request)
        return self.render_form(
            form, held=held, reason=form.cleaned_data["reason"], asked_at=timezone.now(), rules=retention_rules()
        )

    def get_success_url(self) -> str:
        """Return the address of the empty form."""
        return reverse("privacy:subject")

    def get_cancel_url(self) -> str:
        """Return no address: there is nothing to go back to."""
        return ""
