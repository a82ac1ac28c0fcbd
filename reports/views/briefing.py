"""Pages of briefings: the list, one edition with its progress and text, and its files."""

from __future__ import annotations

from typing import Any

from csp.decorators import csp_exempt
from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django_htmx.http import HttpResponseClientRefresh

from changelog.trail import TrailKind, record_event
from changzhi_portal.display import DASH
from changzhi_portal.pages import Crumb, ListPage, PortalPage
from changzhi_portal.pages.base import PortalRequest
from changzhi_portal.pages.panels import MOST_ROWS
from changzhi_portal.rights import has_right
from reports.delivery.actions import mark_as_read
from reports.filters import BriefingFilterSet
from reports.flow import FLOW, MAY_APPROVE
from reports.forms import BriefingFilterForm, PrintBriefingForm
from reports.issue import issue_text
from reports.later_changes import has_changed_since
from reports.models import Briefing, BriefingDelivery, BriefingFile
from reports.models.files import CONTENT_TYPES
from reports.next_step import no_briefing_text
from reports.publication import publication_text
from reports.readiness import what_is_missing
from reports.storage import file_path
from reports.tables import BriefingTable
from reports.text_history import text_changes
from reports.titles import file_title

_MAY_PRINT = "may_print_briefing"


def list_crumb() -> Crumb:
    """Return the breadcrumb of the list of briefings."""
    return Crumb("简报", reverse("reports:briefings"))


class BriefingList(ListPage):
    """The issues of the user's area; users who may print see the form for a new one above them."""

    requires = "may_see_figures"
    template_name = "reports/briefing_list.html"
    title = "简报"
    queryset = Briefing.objects.newest_first().defer("figures", "lists", "text")
    filterset = BriefingFilterSet
    form = BriefingFilterForm
    table = BriefingTable
    is_filled_by_uploads = False

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add `print_form` for users who may print, if there is a month to print."""
        user = self.request.user
        print_form = PrintBriefingForm(user=user) if has_right(user, _MAY_PRINT) else None
        if print_form and not print_form.has_months:
            print_form = None
        context = super().get_context_data(print_form=print_form, **kwargs)
        return {**context, "empty_advice": no_briefing_text(user)}


class BriefingDetail(PortalPage):
    """One issue: its progress while it is printed; then the PDF, and its text from the same figures."""

    requires = "may_see_figures"
    template_name = "reports/briefing.html"
    briefing: Briefing

    def get(self, request: PortalRequest, ref: str) -> HttpResponse:
        """Show the page of the issue, if the user may see it."""
        self.briefing = briefing = find_briefing(request, ref)
        may_print = has_right(request.user, _MAY_PRINT)
        _note_reading(request, briefing)
        editions = list(
            Briefing.objects.editions_of(briefing)
            .visible_to(request.user)
            .defer("figures", "lists")
            .exclude(pk=briefing.pk)
        )
        is_newest = not any(other.edition > briefing.edition for other in editions)
        files = list(briefing.files.all()) if may_print or briefing.stage != Briefing.Stage.WITHDRAWN else []
        context = self.get_context_data(
            briefing=briefing,
            may_print=may_print,
            moves=FLOW.offered(briefing, request.user),
            steps=FLOW.steps_of(briefing),
            pdf=next((file for file in files if file.kind == BriefingFile.Kind.PDF), None),
            files=files,
            missing=what_is_missing(briefing) if may_print and not briefing.is_published else [],
            publication=publication_text(briefing, timezone.localdate()) if may_print else "",
            editions=editions,
            may_correct=may_print and briefing.is_published and is_newest,
            corrections=[correction.in_words() for correction in briefing.stored_corrections],
            changes=text_changes(briefing, request.user, limit=MOST_ROWS) if may_print else [],
            dash=DASH,
            has_changed_since=may_print and is_newest and has_changed_since(briefing, request.user),
            deliveries=self._deliveries() if may_print and briefing.is_published else None,
            may_set_recipients=has_right(request.user, MAY_APPROVE),
        )
        if briefing.figures and (may_print or briefing.stage != Briefing.Stage.WITHDRAWN):
            context["issue"] = issue_text(briefing)
        return self.render_to_response(context)

    def _deliveries(self) -> list[BriefingDelivery]:
        return list(BriefingDelivery.objects.visible_to(self.request.user).of_edition(self.briefing))

    def get_title(self) -> str:
        """Return 2018年6月长治市简报."""
        return file_title(self.briefing) if hasattr(self, "briefing") else "简报"

    def get_crumbs(self) -> list[Crumb]:
        """Add the list."""
        return [list_crumb()]


class BriefingProgress(PortalPage):
    """The progress alone, polled every second; when the work is done, the page reloads."""

    requires = "may_see_figures"
    template_name = "reports/briefing_progress.html"
    is_polled = True

    def get(self, request: PortalRequest, ref: str) -> HttpResponse:
        """Show the progress."""
        briefing = find_briefing(request, ref)
        if not request.htmx:
            return redirect("reports:briefing", ref=briefing.ref)
        if not briefing.is_in_progress:
            return HttpResponseClientRefresh()
        step = briefing.step or briefing.get_state_display()
        announcement = "" if request.GET.get("after") == step else step
        return self.render_to_response({"briefing": briefing, "announcement": announcement})


# Browsers show a PDF in their own viewer, which the pages' policy would block.
@method_decorator(csp_exempt(), name="dispatch")
class BriefingFilePage(PortalPage):
    """A file of an edition: the PDF is shown in the browser, `?download` and all others are saved."""

    requires = "may_see_figures"
    title = "简报"
    counted_as = "exports"

    def get(self, request: PortalRequest, ref: str, kind: str) -> HttpResponseBase:
        """Send the file; redirect to the page of the edition, which shows its state, while there is none.

        Of a withdrawn edition only the bureau gets files.
        """
        briefing = find_briefing(request, ref)
        file = briefing.files.filter(kind=kind).first()
        is_withdrawn = briefing.stage == Briefing.Stage.WITHDRAWN and not has_right(request.user, _MAY_PRINT)
        if file is None or is_withdrawn or not file_path(file.name).is_file():
            return redirect("reports:briefing", ref=briefing.ref)
        if file.kind == BriefingFile.Kind.PDF:
            _note_reading(request, briefing)
        record_event(TrailKind.DOCUMENT, by=request.user, about=briefing, division=briefing.division)
        is_shown = file.kind == BriefingFile.Kind.PDF and "download" not in request.GET
        return FileResponse(
            file_path(file.name).open("rb"),
            as_attachment=not is_shown,
            filename=f"{file_title(briefing)}.{file.kind}",
            content_type=CONTENT_TYPES[file.kind],
        )


def find_briefing(request: PortalRequest, ref: str) -> Briefing:
    """Return the issue, if the user may see it; raises Http404."""
    return get_object_or_404(Briefing.objects.newest_first().visible_to(request.user), ref=ref)


def _note_reading(request: PortalRequest, briefing: Briefing) -> None:
    """Mark an issue as read by a recipient who opens it: not for HEAD, what a browser loads ahead, or a page that reloads itself."""
    is_loaded_ahead = "prefetch" in request.headers.get("Sec-Purpose", request.headers.get("Purpose", ""))
    if request.method == "GET" and not request.htmx and not is_loaded_ahead:
        mark_as_read(briefing, request.user)
