"""Pages of briefings: the list, one issue with its progress and figures, the form for a new one, and the PDF."""

from __future__ import annotations

from typing import Any

from csp.decorators import csp_exempt
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django_htmx.http import HttpResponseClientRefresh

from changelog.trail import TrailKind, record_event
from changzhi_portal.pages import ActionPage, Crumb, FormPage, ListPage, PortalPage
from changzhi_portal.pages.base import PortalRequest
from changzhi_portal.rights import has_right
from communities.models import Division
from reports.actions import issue_correction, prepare_briefing
from reports.filters import BriefingFilterSet
from reports.forms import BriefingFilterForm, PrintBriefingForm
from reports.issue import issue_text
from reports.models import Briefing
from reports.storage import pdf_path
from reports.tables import BriefingTable
from revisions.models import LockedChange, LockedComparison
from targets.models import Computation

_MAY_PRINT = "may_print_briefing"


class BriefingList(ListPage):
    """The issues of the user's area; users who may print see the form for a new one above them."""

    requires = "may_see_figures"
    template_name = "reports/briefing_list.html"
    title = "简报"
    queryset = Briefing.objects.newest_first()
    filterset = BriefingFilterSet
    form = BriefingFilterForm
    table = BriefingTable
    empty_advice = "还没有简报，市局生成后会出现在这里。"
    is_filled_by_uploads = False

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add `print_form` for users who may print, if there is a month to print."""
        user = self.request.user
        print_form = PrintBriefingForm(user=user) if has_right(user, _MAY_PRINT) else None
        if print_form and not print_form.has_months:
            print_form = None
        return super().get_context_data(print_form=print_form, **kwargs)


class BriefingDetail(PortalPage):
    """One issue: its progress while it is printed; then the PDF, and its text from the same figures."""

    requires = "may_see_figures"
    template_name = "reports/briefing.html"
    briefing: Briefing

    def get(self, request: PortalRequest, ref: str) -> HttpResponse:
        """Show the page of the issue, if it lies in the user's area."""
        self.briefing = find_briefing(request, ref)
        editions = list(
            Briefing.objects.editions_of(self.briefing).visible_to(request.user).exclude(pk=self.briefing.pk)
        )
        context = self.get_context_data(
            briefing=self.briefing,
            may_print=has_right(request.user, _MAY_PRINT),
            editions=editions,
            corrections=[correction.in_words() for correction in self.briefing.stored_corrections],
            computation=Computation.objects.of_period(self.briefing.period),
            has_changed_since_lock=self._has_changed_since_lock(editions),
        )
        if self.briefing.figures:
            context["issue"] = issue_text(self.briefing)
        return self.render_to_response(context)

    def _has_changed_since_lock(self, other_editions: list[Briefing]) -> bool:
        """Return whether computing the locked month again would change figures of the newest edition, which is shown.

        A corrected edition includes what was known when it was issued: only later comparisons count.
        """
        if any(other.edition > self.briefing.edition for other in other_editions):
            return False
        comparison = LockedComparison.objects.filter(period=self.briefing.period).first()
        issued_at = self.briefing.printed_at if self.briefing.edition > 1 else None
        if comparison is None or (issued_at and comparison.finished_at and comparison.finished_at < issued_at):
            return False
        changes = LockedChange.objects.visible_to(self.request.user).of_period(self.briefing.period)
        division = self.briefing.division
        # By the divisions of that month: today the towns of a closed county no longer belong to it.
        of_county = changes.filter(Q(division=division) | Q(division__parent=division))
        return (changes if division.level == Division.Level.CITY else of_county).exists()

    def get_title(self) -> str:
        """Return 2018年6月长治市简报."""
        return _name(self.briefing) if hasattr(self, "briefing") else "简报"

    def get_crumbs(self) -> list[Crumb]:
        """Add the list."""
        return [Crumb("简报", reverse("reports:briefings"))]


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


class PrintBriefing(FormPage):
    """生成简报: queues the issue of a month and division, and redirects to its page. The list contains the same form."""

    help_at = "生成简报"
    requires = _MAY_PRINT
    title = "生成简报"
    form_class = PrintBriefingForm
    submit_label = "生成简报"
    busy_label = "正在提交…"

    def get_form_kwargs(self) -> dict[str, Any]:
        """Add the user, whose divisions may be chosen."""
        return {**super().get_form_kwargs(), "user": self.request.user}

    def act(self, form: PrintBriefingForm) -> str:
        """Queue the issue."""
        data = form.cleaned_data
        self.briefing = prepare_briefing(
            period=data["period"], division=data["division"], edition=data["edition"] or 1, by=self.request.user
        )
        return ""

    def get_success_url(self) -> str:
        """Return the address of the issue's page, which shows the progress."""
        return reverse("reports:briefing", args=[self.briefing.ref])

    def get_cancel_url(self) -> str:
        """Return the address of the list."""
        return reverse("reports:briefings")

    def get_crumbs(self) -> list[Crumb]:
        """Add the list."""
        return [Crumb("简报", reverse("reports:briefings"))]


class CorrectBriefing(ActionPage):
    """The button 编发更正版: issues a corrected edition of a locked month's issue and shows its page.

    The right is checked after the issue is loaded, so that an issue of another area is not found (404).
    """

    requires = "may_see_figures"
    title = "编发更正版"

    def load(self) -> None:
        """Load the issue; raises Http404, and PermissionDenied for users who may not print."""
        self.briefing = find_briefing(self.request, self.kwargs["ref"])
        if not has_right(self.request.user, _MAY_PRINT):
            raise PermissionDenied("编发更正版由市局业务员办理。")

    def act(self) -> str:
        """Create and queue the edition."""
        self.briefing = issue_correction(briefing=self.briefing, by=self.request.user)
        return ""

    def get_success_url(self) -> str:
        """Return the address of the edition's page; after a refusal, of the issue's."""
        return reverse("reports:briefing", args=[self.briefing.ref])


# Browsers show a PDF in their own viewer, which the pages' policy would block.
@method_decorator(csp_exempt(), name="dispatch")
class BriefingPdf(PortalPage):
    """The PDF of an issue, shown in the browser; `?download` saves it."""

    requires = "may_see_figures"
    title = "简报"

    def get(self, request: PortalRequest, ref: str) -> HttpResponseBase:
        """Send the file; redirect to the issue's page, which shows its state, while there is none."""
        briefing = find_briefing(request, ref)
        path = pdf_path(briefing.pdf_name)
        if not briefing.pdf_name or not path.is_file():
            return redirect("reports:briefing", ref=briefing.ref)
        record_event(TrailKind.DOCUMENT, by=request.user, about=briefing, division=briefing.division)
        return FileResponse(
            path.open("rb"),
            as_attachment="download" in request.GET,
            filename=f"{_name(briefing)}.pdf",
            content_type="application/pdf",
        )


def find_briefing(request: PortalRequest, ref: str) -> Briefing:
    """Return the issue, if the user may see it; raises Http404."""
    return get_object_or_404(Briefing.objects.newest_first().visible_to(request.user), ref=ref)


def _name(briefing: Briefing) -> str:
    return f"{briefing.period}{briefing.division.name}简报{briefing.edition_name}"
