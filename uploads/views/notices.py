"""What the portal has to tell a user, and that it has been looked at."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.generic.base import TemplateResponseMixin

from changzhi_portal.pages.base import PortalRequest
from changzhi_portal.registers.registry import register_named
from notices.actions import mark_notices_as_seen
from notices.models import Notice
from uploads.models import UploadBatch
from uploads.rechecking import mark_as_seen
from uploads.views.batch import UploadPage, find_batch

MOST_NOTICES = 50


class Notices(TemplateResponseMixin, UploadPage):
    """What the portal has to tell the user, and the own uploads that have been finished since the user last looked."""

    title = "通知"
    template_name = "notices/notices.html"

    def get(self, request: PortalRequest) -> HttpResponse:
        """The list; for htmx, only the number beside the menu's link."""
        news = UploadBatch.objects.visible_to(request.user).news_for(request.user)
        notices = Notice.objects.visible_to(request.user).news_for(request.user)
        if request.htmx:
            return self._number(news.count() + notices.count())
        batches = [(batch, register_named(batch.register).title) for batch in news.newest_first()[:MOST_NOTICES]]
        return self.render_to_response(self.get_context_data(batches=batches, notices=notices[:MOST_NOTICES]))

    def post(self, request: PortalRequest) -> HttpResponse:
        """All of them have been looked at."""
        mark_as_seen(by=request.user)
        mark_notices_as_seen(by=request.user)
        return redirect("uploads:notices")

    def _number(self, number: int) -> HttpResponse:
        self.template_name = "notices/notice_count.html"
        return self.render_to_response({"number": number})


class MarkSeen(UploadPage):
    """The batch's page says that its uploader has looked at it; a GET must not write."""

    def post(self, request: PortalRequest, ref: str) -> HttpResponse:
        """Note it. For htmx the answer is empty, but lets the number in the menu be asked for again."""
        batch = find_batch(request, ref)
        mark_as_seen(batch=batch, by=request.user)
        if request.htmx:
            return HttpResponse(status=204, headers={"HX-Trigger": "notices"})
        return redirect("uploads:batch", ref=batch.ref)
