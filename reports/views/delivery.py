"""Pages of delivery: the recipients of a division's issues, and sending a mail again."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import reverse

from changzhi_portal.pages import Crumb, FormPage
from communities.models import Division
from reports.actions import save_recipients
from reports.actions.recipients import seen_recipients
from reports.delivery.actions import send_again
from reports.flow import MAY_APPROVE, MAY_EDIT
from reports.forms import RecipientsForm, SendAgainForm
from reports.models import Briefing, BriefingDelivery, BriefingRecipient
from reports.views.editing import EditionPage, divisions_with_settings, list_crumb


class EditRecipients(FormPage):
    """简报收件人: the users to whom the issues of one division are sent."""

    help_at = "送达"
    requires = MAY_APPROVE
    title = "简报收件人"
    form_class = RecipientsForm
    division: Division

    def load(self) -> None:
        """Load the division; raises Http404."""
        self.division = get_object_or_404(divisions_with_settings(self.request.user), ref=self.kwargs["ref"])

    def get_form_kwargs(self) -> dict[str, Any]:
        """Add the division, and the recipients as they are."""
        chosen = BriefingRecipient.objects.filter(division=self.division).values_list("user_id", flat=True)
        initial = {"users": list(chosen), "seen": seen_recipients(self.division)}
        return {**super().get_form_kwargs(), "division": self.division, "initial": initial}

    def act(self, form: RecipientsForm) -> str:
        """Store the recipients."""
        data = form.cleaned_data
        added, removed = save_recipients(
            division=self.division, by=self.request.user, seen=data["seen"], users=data["users"]
        )
        if not added and not removed:
            return f"{self.division.name}的简报收件人没有变化。"
        return f"{self.division.name}的简报收件人已保存：增加{added}人，去掉{removed}人。以后印发的简报按这个名单发送。"

    def get_title(self) -> str:
        """Return 长治市简报收件人."""
        return f"{self.division.name}简报收件人" if hasattr(self, "division") else self.title

    def get_success_url(self) -> str:
        """Return the address of the list of settings."""
        return reverse("reports:briefing_settings")

    def get_crumbs(self) -> list[Crumb]:
        """Add the list, and the list of settings."""
        return [list_crumb(), Crumb("简报设置", self.get_success_url())]


class SendAgain(EditionPage):
    """重新发送: asks before the mail of one delivery is sent again, since one in doubt may arrive twice."""

    help_at = "送达"
    requires = MAY_EDIT
    title = "重新发送"
    template_name = "reports/briefing_send_again.html"
    submit_label = "重新发送"
    busy_label = "正在排队…"
    form_class = SendAgainForm
    unavailable_message = "这封邮件现在不能重新发送，请看“送达情况”。"
    delivery: BriefingDelivery

    def load(self) -> None:
        """Load the edition and the delivery; raises Http404."""
        super().load()
        rows = BriefingDelivery.objects.visible_to(self.request.user).of_edition(self.briefing)
        self.delivery = get_object_or_404(rows, ref=self.kwargs["delivery"])

    def is_available(self) -> bool:
        """Return whether the mail may be sent again: the edition is in force, and the mail failed or is in doubt."""
        return self.briefing.stage == Briefing.Stage.ISSUED and self.delivery.may_be_sent_again

    def get_form_kwargs(self) -> dict[str, Any]:
        """Add the version that the page shows."""
        return {**super().get_form_kwargs(), "initial": {"seen": self.delivery.version}}

    def act(self, form: SendAgainForm) -> str:
        """Queue the mail."""
        send_again(briefing=self.briefing, ref=self.delivery.ref, by=self.request.user, seen=form.cleaned_data["seen"])
        return f"给{self.delivery.user}的邮件正在重新发送，稍后刷新看结果。"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the delivery."""
        return super().get_context_data(delivery=self.delivery, **kwargs)
