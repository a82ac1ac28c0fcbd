"""The page on which a clerk gives the counts of one community and month (社区月报): eight fields, prefilled."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from changelog.actions import EditsTogether, WantedEdit, check_together
from changelog.forms import RecordForm
from changzhi_portal.kept_input import refuse_form
from changzhi_portal.pages import Crumb, PortalPage
from changzhi_portal.pages.base import PortalRequest
from changzhi_portal.personal import digest
from changzhi_portal.refusals import PortalError
from changzhi_portal.registers.columns import Column
from changzhi_portal.registers.problems import Level
from communities.actions import save_counts
from communities.models import MonthlyReport
from communities.monthly.counted import communities_to_count
from communities.monthly.forms import MonthlyField, RowForm
from communities.monthly.month import Was
from communities.monthly.progress import next_to_enter, progress_of
from communities.monthly.views import is_open, reason_against_sending
from communities.sheets import MonthlySheet
from communities.sheets.monthly import COUNTS
from communities.sheets.place_columns import place_values_of
from periods.models import ReportingPeriod

_FIELDS = (*COUNTS, "note")


class CountsForm(RecordForm):
    """The form of the counts of one community and month; each field knows the number of the time before."""

    bound_field_class = MonthlyField
    shown_before = RowForm.shown_before

    def __init__(self, *args: Any, was: Mapping[str, Was], **kwargs: Any) -> None:
        self.values = kwargs["values"]
        self.was = was
        super().__init__(*args, choices={}, offered={}, hints={}, url="", may_alter_locked=False, **kwargs)

    @property
    def shown(self) -> list[Any]:
        """Return the fields in the order of the sheet."""
        return [self[column.field] for column in self.columns]

    def given_in_full(self) -> dict[str, Any]:
        """Return every field that is not blank: the prefilled numbers too. Call only when the form is valid."""
        return {c.field: self.cleaned_data[c.field] for c in self.columns if self.cleaned_data[c.field] != ""}


class CountsPage(PortalPage):
    """The counts of one community for the month in hand, prefilled with its newest ones.

    A save of a month that has none yet says that all numbers on the page hold for it; a later one changes what was changed.
    """

    help_at = "社区月报"
    requires = "may_upload"
    template_name = "communities/monthly_counts.html"

    def load(self) -> None:
        """Load community, month and what is known; raises Http404, also for a community of another area."""
        self.period = ReportingPeriod.objects.for_month_or_in_hand(None)
        self.all = communities_to_count(self.request.user, self.period)
        self.community = get_object_or_404(self.all.with_place(), ref=self.kwargs["ref"])  # type: ignore[attr-defined]
        self.read_counts()

    def read_counts(self) -> None:
        """Read the report of the month, and the newest one before it."""
        reports = MonthlyReport.objects.filter(community=self.community).with_counts()
        self.report = reports.of_month(self.period.month).first()
        self.before = reports.filter(month__lt=self.period.month).order_by("-month").first()

    def get(self, request: PortalRequest, ref: str) -> HttpResponse:
        """Show the page; without a month in hand lead back to the community."""
        self.load()
        if not is_open(self.period):
            messages.info(request, reason_against_sending(request, self.period))
            return redirect(self.community.get_absolute_url())
        return self._show(self._form())

    def post(self, request: PortalRequest, ref: str) -> HttpResponse:
        """Save the counts, and go on to the next community that has none."""
        self.load()
        if reason_against := reason_against_sending(request, self.period):
            refuse_form(request, reason_against)
            return redirect(request.path if is_open(self.period) else self.community.get_absolute_url())
        form = self._form(request.POST)
        if not form.is_valid():
            return self._show(form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        if self._was_given_meanwhile(form):
            return self._show_present(form)
        wanted = self._wanted(form)
        if not wanted:
            messages.info(request, f"{self.community.name}的月报没有改动。")
            return self._go_on()
        try:
            return self._save(form, wanted)
        except PortalError as refusal:
            return self._show(form, status=refusal.status, sentences=[str(refusal)])

    # --- Saving ---

    def _was_given_meanwhile(self, form: CountsForm) -> bool:
        """Return whether somebody has given other counts since the page was opened without any; the same may be sent twice."""
        if self.report is None or form.cleaned_data["version"] is not None:
            return False
        given, known = form.given_in_full(), self._values_of(self.report)
        said = {name: "" if value is None else str(value) for name, value in known.items()}
        return any(value != said[name] for name, value in given.items())

    def _wanted(self, form: CountsForm) -> list[WantedEdit]:
        report = self.report
        if report is None:
            given = form.given_in_full()
            where = place_values_of(self.community) | {"month": self.period.code}
            return [WantedEdit(MonthlySheet, given | where)] if given else []
        version = form.cleaned_data["version"]
        if version is None:  # sent twice
            return []
        given = form.given()
        return [WantedEdit(MonthlySheet, given, report.ref, version)] if given else []

    def _save(self, form: CountsForm, wanted: Sequence[WantedEdit]) -> HttpResponse:
        by, sent = self.request.user, self._input_digest()
        if self.request.POST.get("previewed") != sent:
            checked = check_together(edits=wanted, by=by, period=self.period)
            warnings = self._problems(checked, Level.WARNING)
            if warnings and not checked.has_error:
                return self._show(form, warnings=warnings, previewed=sent)
        together = save_counts(community=self.community, period=self.period, edits=wanted, by=by)
        if together.stale:
            return self._show_present(form)
        if together.has_error:
            for name, sentence in self._problems(together, Level.ERROR):
                form.add_error(name if name in form.fields else None, f"{sentence}。")
            return self._show(form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        messages.success(self.request, f"{self.community.name}的月报已保存。")
        return self._go_on()

    @staticmethod
    def _problems(together: EditsTogether, level: Level) -> list[tuple[str, str]]:
        found = (problem for edit in together.edits for problems in edit.problems.values() for problem in problems)
        return [(problem.field, problem.message) for problem in found if problem.level == level]

    def _go_on(self) -> HttpResponse:
        """Redirect to the next community that has no counts, or stay; to the list of communities when all have."""
        if self.request.POST.get("go") == "stay":
            return redirect(self.request.path)
        following = next_to_enter(self.community, self.all)
        if following is None:
            messages.success(self.request, f"{self.period}所有社区的月报都填好了。")
            return redirect("communities:monthly")
        return redirect("communities:monthly_counts", ref=following.ref)

    # --- Showing ---

    @property
    def _columns(self) -> tuple[Column, ...]:
        return MonthlySheet.form_columns(_FIELDS)

    @staticmethod
    def _values_of(report: MonthlyReport) -> dict[str, Any]:
        return {name: getattr(report, name) for name in _FIELDS}

    def _form(self, data: QueryDict | None = None) -> CountsForm:
        if self.report is not None:
            values, version = self._values_of(self.report), self.report.version
        else:
            values, version = {}, None
            if self.before is not None:
                values = {name: getattr(self.before, name) for name in COUNTS}
        return CountsForm(data, columns=self._columns, values=values, version=version, was=self._was())

    def _was(self) -> dict[str, Was]:
        """Return the numbers of the newest month before, with that month."""
        if self.before is None:
            return {}
        known = {name: getattr(self.before, name) for name in COUNTS}
        when = f"上次（{self.before.month_in_words}）"
        return {name: Was(f"{number:,}", Decimal(number), when) for name, number in known.items() if number is not None}

    def _show_present(self, form: CountsForm) -> HttpResponse:
        """Show the page on the present values with the user's input, since somebody else has saved meanwhile."""
        self.read_counts()
        if self.report is None:
            raise Http404("The report was removed meanwhile.")
        present = self._form(form.rebased(self._values_of(self.report), self.report.version))
        present.is_valid()
        sentence = "您打开页面以后，有人改过这个社区的月报，没有保存；请看一看现在的内容，再保存一次。"
        known = [
            (column.header, column.written(getattr(self.report, column.field)) or "（没有填）")
            for column in self._columns
            if column.field in present.changed_data
        ]
        return self._show(present, status=HTTPStatus.CONFLICT, sentences=[sentence], by_others=known)

    def _show(
        self, form: CountsForm, *, status: int = HTTPStatus.OK, sentences: Collection[str] = (), **context: Any
    ) -> HttpResponse:
        headers = {column.field: column.header for column in self._columns}
        warnings = [(headers.get(name, ""), sentence) for name, sentence in context.pop("warnings", [])]
        context = {"previewed": "", "by_others": [], **context}
        return self.render_to_response(
            self.get_context_data(
                period=self.period,
                community=self.community,
                form=form,
                report=self.report,
                before=self.before,
                progress=progress_of(self.all.filter(town=self.community.town_id)),
                sentences=sentences,
                warnings=warnings,
                **context,
            ),
            status=status,
        )

    def _input_digest(self) -> str:
        """Return a keyed digest of what was typed, by which a save that was asked about is known again."""
        return digest("\n".join(f"{name}={self.request.POST.get(name, '')}" for name in _FIELDS))

    def get_title(self) -> str:
        """Return the community's name and what is given."""
        return f"{self.community.name}社区月报" if hasattr(self, "community") else "社区月报"

    def get_crumbs(self) -> list[Crumb]:
        """Add the list of the town's communities, and the community."""
        if not hasattr(self, "community"):
            return []
        listed = f"{reverse('communities:monthly')}?division={self.community.town.code}"
        return [Crumb(f"{self.period}逐社区填报", listed)]
