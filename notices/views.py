"""Pages of the notices: the user's own notices, their number in the page header, and marking them as seen."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from changzhi_portal.pages import ActionPage, PortalPage
from changzhi_portal.pages.base import PortalRequest
from changzhi_portal.pages.paging import ForgivingPaginator
from changzhi_portal.rights import EVERYBODY
from notices.actions import mark_as_seen
from notices.models import Notice

NOTICES_A_PAGE = 25


class NoticeList(PortalPage):
    """All notices of the user, the newest first, with a mark on unseen ones."""

    help_at = "通知"
    requires = EVERYBODY
    title = "通知"
    template_name = "notices/list.html"

    def get(self, request: PortalRequest) -> HttpResponse:
        """Show one page of notices without marking them as seen."""
        own = Notice.objects.addressed_to(request.user)
        page = ForgivingPaginator(own.newest_first(), NOTICES_A_PAGE).get_page(request.GET.get("page", 1))
        return self.render_to_response(self.get_context_data(page=page, unseen=own.unseen().count()))


class UnseenCount(PortalPage):
    """The number beside 通知 in the page header, requested by htmx when a page has loaded."""

    requires = EVERYBODY
    template_name = "notices/count.html"
    is_polled = True

    def get(self, request: PortalRequest) -> HttpResponse:
        """Show the number of unseen notices, nothing for 0."""
        if not request.htmx:
            return redirect("notices:list")
        return self.render_to_response({"number": Notice.objects.addressed_to(request.user).unseen().count()})


class MarkSeen(ActionPage):
    """Marking notices as seen: all own ones from the list, or those about one record from the page of that record."""

    requires = EVERYBODY

    def post(self, request: PortalRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Mark them. For htmx the response is empty and triggers a new request of the number in the page header."""
        response = super().post(request, *args, **kwargs)
        if request.htmx:
            return HttpResponse(status=204, headers={"HX-Trigger": "notices"})
        return response

    def act(self) -> str:
        """Mark the notices about the record with the posted ref `about`; without it all notices."""
        mark_as_seen(by=self.request.user, about=self.request.POST.get("about"))
        return ""

    def get_success_url(self) -> str:
        """Return the URL of the list."""
        return reverse("notices:list")
