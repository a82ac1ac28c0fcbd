"""公告: the list, the forms, and putting one away."""

from __future__ import annotations

from typing import Any

from django.forms import BaseForm
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone

from changzhi_portal.kept_input import page_of_form
from changzhi_portal.pages import ActionPage, Crumb, FormPage, PortalPage, VersionForm
from changzhi_portal.pages.base import PortalRequest
from changzhi_portal.pages.paging import ForgivingPaginator
from changzhi_portal.rights import EVERYBODY
from notices.announcements.actions import delete_announcement, save_announcement
from notices.announcements.forms import AnnouncementForm
from notices.announcements.shown import put_away
from notices.models import Announcement

TITLE = "公告"
_A_PAGE = 25


class Announcements(PortalPage):
    """All announcements, those of before included, the newest first."""

    requires = "may_announce"
    title = TITLE
    template_name = "notices/announcements.html"

    def get(self, request: PortalRequest) -> HttpResponse:
        """Show one page of them."""
        found = Announcement.objects.visible_to(request.user).newest_first()
        page = ForgivingPaginator(found, _A_PAGE).get_page(request.GET.get("page", 1))
        return self.render_to_response(self.get_context_data(page=page, today=timezone.localdate()))


class _AnnouncementForm(FormPage):
    """A form about one announcement; for a new one it is None."""

    requires = "may_announce"
    form_class: type[BaseForm] = AnnouncementForm
    announcement: Announcement | None = None

    def load(self) -> None:
        """Load it; raises Http404."""
        found = Announcement.objects.visible_to(self.request.user)
        self.announcement = found.filter(ref=self.kwargs["ref"]).first()
        if self.announcement is None:
            raise Http404("No such announcement.")

    def get_form_kwargs(self) -> dict[str, Any]:
        """Add the announcement."""
        return {**super().get_form_kwargs(), "announcement": self.announcement}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the announcement."""
        return super().get_context_data(announcement=self.announcement, **kwargs)

    def get_success_url(self) -> str:
        """Return the list."""
        return reverse("notices:announcements")

    def get_crumbs(self) -> list[Crumb]:
        """Add the list."""
        return [Crumb(TITLE, reverse("notices:announcements"))]


class NewAnnouncement(_AnnouncementForm):
    """A new announcement."""

    title = "发布公告"
    submit_label = "发布"
    busy_label = "正在发布…"

    def load(self) -> None:
        """Load nothing."""

    def act(self, form: AnnouncementForm) -> str:
        """Announce it."""
        saved = save_announcement(by=self.request.user, **form.values())
        return "公告已发布。" if saved.begins_on <= timezone.localdate() else f"公告已保存，{saved.begins_on}起显示。"


class EditAnnouncement(_AnnouncementForm):
    """Changing an announcement, also to end it."""

    title = "修改公告"
    template_name = "notices/announcement_edit.html"

    def act(self, form: AnnouncementForm) -> str:
        """Change it."""
        save_announcement(
            by=self.request.user, ref=self.kwargs["ref"], version=form.cleaned_data["version"], **form.values()
        )
        return "公告已保存。"


class DeleteAnnouncement(_AnnouncementForm):
    """Asking before an announcement is deleted."""

    title = "删除公告"
    form_class = VersionForm
    template_name = "notices/announcement_delete.html"
    submit_label = "删除"
    busy_label = "正在删除…"

    def get_form_kwargs(self) -> dict[str, Any]:
        """Leave out what only the whole form needs."""
        kwargs = super().get_form_kwargs()
        del kwargs["announcement"]
        return kwargs

    def get_initial(self) -> dict[str, Any]:
        """Return the version that the page shows."""
        return {"version": self.announcement.version if self.announcement else 0}

    def act(self, form: VersionForm) -> str:
        """Delete it."""
        delete_announcement(by=self.request.user, ref=self.kwargs["ref"], version=form.cleaned_data["version"])
        return "公告已删除。"


class PutAway(ActionPage):
    """Putting an announcement away until the session ends."""

    requires = EVERYBODY

    def act(self) -> str:
        """Put it away."""
        put_away(self.request, self.request.POST.get("announcement", ""))
        return ""

    def get_success_url(self) -> str:
        """Return the page that showed it."""
        return page_of_form(self.request)
