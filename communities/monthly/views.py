"""The pages on which a clerk enters a month, community by community."""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from changelog.actions import WantedEdit, check_together
from changelog.history import last_change_of
from changzhi_portal.kept_input import refuse_form
from changzhi_portal.pages import Crumb, PortalPage
from changzhi_portal.pages.base import PortalRequest
from changzhi_portal.personal import digest
from changzhi_portal.refusals import PortalError
from changzhi_portal.registers.columns import Column
from changzhi_portal.registers.form_fields import form_value, value_in_words
from communities.actions import confirm_unchanged, save_entry
from communities.models import Division
from communities.monthly.forms import EntryForms, RowForm
from communities.monthly.month import Row, read_month
from communities.monthly.progress import (
    communities_to_enter,
    left_in_words,
    lines_of,
    neighbours,
    next_to_enter,
    progress_by_division,
    progress_of,
)
from periods.models import ReportingPeriod

MOST_OPEN = 3  # a group with more records is collapsed at first
_NOT_INPUT = frozenset({"csrfmiddlewaretoken", "go", "more", "previewed"})
NO_MONTH = "现在没有开放填报的统计月。"


def is_open(period: ReportingPeriod) -> bool:
    """Return whether a month takes figures."""
    return period.state == ReportingPeriod.State.OPEN


def reason_against_sending(request: PortalRequest, period: ReportingPeriod) -> str:
    """Return why what a page sends is not taken: no month is open, or the page was opened for another one; "" if it is.

    A page that stayed open, or came back filled after a session's end, must not count for the month after its own.
    """
    if not is_open(period):
        return NO_MONTH
    if request.POST.get("month") != period.code:
        return f"没有保存：现在填报的是{period}，这一页是以前打开的。请核对后重新填写。"
    return ""


class EntryIndex(PortalPage):
    """The communities of a month, with what is entered and what is left; above the towns how far each division is."""

    help_at = "逐社区填报"
    requires = "may_upload"
    template_name = "communities/monthly_index.html"

    def load(self) -> None:
        """Load the month in hand and the division of `?division=CODE`; raises Http404 for one outside the own area."""
        self.period = ReportingPeriod.objects.for_month_or_in_hand(None)
        code = self.request.GET.get("division", "")
        visible = Division.objects.visible_to(self.request.user)
        own = self.request.user.division
        self.division = get_object_or_404(visible, code=code, valid_to__isnull=True) if code else own
        self.communities = communities_to_enter(self.request.user, self.period).within(self.division)  # type: ignore[attr-defined]

    def get(self, request: PortalRequest) -> HttpResponse:
        """Show the communities of a town, or the divisions below another one."""
        self.load()
        is_town = self.division.level == Division.Level.TOWN
        lines = lines_of(self.communities, self.period) if is_town else []
        below = [] if is_town else progress_by_division(self.division, self.communities)
        return self.render_to_response(
            self.get_context_data(
                period=self.period,
                is_in_hand=is_open(self.period),
                no_month=NO_MONTH,
                division=self.division,
                progress=progress_of(self.communities),
                lines=lines,
                below=below,
                first=self.communities.filter(is_entered=False).first(),
            )
        )

    def post(self, request: PortalRequest) -> HttpResponse:
        """Confirm that nothing has changed in the ticked communities."""
        self.load()
        refs = request.POST.getlist("community")
        reason_against = reason_against_sending(request, self.period)
        try:
            if reason_against or not refs:
                refuse_form(request, reason_against or "请先勾选本月没有变动的社区。")
            elif number := confirm_unchanged(refs=refs, period=self.period, by=request.user):
                left = left_in_words(progress_of(self.communities), self.division.name)
                messages.success(request, f"已确认{number}个社区本月无变动。{left}")
            else:
                messages.info(request, "这些社区已经填过了。")
        except PortalError as refusal:
            refuse_form(request, str(refusal))
        return redirect(request.get_full_path())

    def get_title(self) -> str:
        """Return the month."""
        return f"{self.period}逐社区填报" if hasattr(self, "period") else "逐社区填报"

    def get_crumbs(self) -> list[Crumb]:
        """Return the divisions above, up to the user's own."""
        if not hasattr(self, "division"):
            return []
        own, above = self.request.user.division, self.division.parent
        crumbs: list[Crumb] = []
        if self.division.pk != own.pk and above is not None:
            while above is not None and above.path.startswith(own.path):
                crumbs.insert(0, Crumb(above.name, f"{reverse('communities:monthly')}?division={above.code}"))
                above = above.parent
        return crumbs


class EntryPage(PortalPage):
    """All that is reported of one community for the month in hand; one save is one change set.

    A save with warnings asks once more. Where somebody else has changed a record meanwhile, the page shows both versions.
    """

    help_at = "逐社区填报"
    requires = "may_upload"
    template_name = "communities/monthly_entry.html"

    def load(self) -> None:
        """Load community and month; raises Http404, also for a community of another area."""
        self.period = ReportingPeriod.objects.for_month_or_in_hand(None)
        self.all = communities_to_enter(self.request.user, self.period)
        self.community = get_object_or_404(self.all.with_place(), ref=self.kwargs["ref"])  # type: ignore[attr-defined]

    def get(self, request: PortalRequest, ref: str) -> HttpResponse:
        """Show the page; without a month in hand lead back to the community."""
        self.load()
        if not is_open(self.period):
            messages.info(request, NO_MONTH)
            return redirect(self.community.get_absolute_url())
        return self._show(self._forms())

    def post(self, request: PortalRequest, ref: str) -> HttpResponse:
        """Save all that has been changed, confirm that nothing has, or add a form for one more new record."""
        self.load()
        if reason_against := reason_against_sending(request, self.period):
            refuse_form(request, reason_against)
            return redirect(request.path if is_open(self.period) else self.community.get_absolute_url())
        forms = self._forms(request.POST)
        if "more" in request.POST:
            return self._show(forms)
        if not forms.is_valid():
            return self._show(forms, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        if lost := forms.lost():
            sentence = f"有{lost}条记录刚被别人停用、合并或调走，已不在本页，对它的改动没有保存；其余的请再保存一次。"
            return self._show(forms, status=HTTPStatus.CONFLICT, sentences=[sentence])
        wanted = forms.wanted()
        if request.POST.get("go") == "unchanged":
            return self._confirm(forms, wanted)
        if not wanted:
            messages.info(request, f"{self.community.name}没有改动。本月确实没有变动的，请点“本月无变动”。")
            return redirect(request.path)
        try:
            return self._save(forms, wanted)
        except PortalError as refusal:
            return self._show(forms, status=refusal.status, sentences=[str(refusal)])

    def _save(self, forms: EntryForms, wanted: list[tuple[RowForm, WantedEdit]]) -> HttpResponse:
        edits, reason, sent = [edit for _, edit in wanted], forms.locked_reason, self._input_digest()
        if self.request.POST.get("previewed") != sent:
            checked = check_together(edits=edits, by=self.request.user, period=self.period, locked_reason=reason)
            warnings = forms.warnings(wanted, checked.edits)
            if warnings and not checked.has_error:
                return self._show(forms, warnings=warnings, previewed=sent)
        saved = save_entry(
            community=self.community,
            period=self.period,
            edits=edits,
            by=self.request.user,
            input_digest=sent,
            locked_reason=reason,
        )
        together = saved.together
        if together.stale:
            return self._show_both_versions(forms, together.stale)
        if together.has_error:
            forms.add_problems(wanted, together.edits)
            return self._show(forms, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        if saved.is_repeated or together.change_set is not None:
            said = dict.fromkeys(sentence for edit in together.edits for sentence in edit.row.also)
            told = "".join(f"{sentence}。" for sentence in said)
            messages.success(self.request, f"{self.community.name}已保存。{told}")
        else:
            messages.info(self.request, f"{self.community.name}没有改动。")
        return self._go_on()

    def _confirm(self, forms: EntryForms, wanted: list[tuple[RowForm, WantedEdit]]) -> HttpResponse:
        if wanted:
            sentence = "页面上有改动，没有确认；要保存改动，请点“保存”。"
            return self._show(forms, status=HTTPStatus.UNPROCESSABLE_ENTITY, sentences=[sentence])
        try:
            confirm_unchanged(refs=[self.community.ref], period=self.period, by=self.request.user)
        except PortalError as refusal:
            return self._show(forms, status=refusal.status, sentences=[str(refusal)])
        progress = progress_of(self.all)
        # Where none is left, `_go_on` says so.
        left = left_in_words(progress, self.request.user.division.name) if progress.left else ""
        messages.success(self.request, f"已确认{self.community.name}本月无变动。{left}")
        return self._go_on()

    def _go_on(self) -> HttpResponse:
        """Redirect to the next community that is not entered, or stay; to the list when all are entered."""
        if self.request.POST.get("go") == "stay":
            return redirect(self.request.path)
        following = next_to_enter(self.community, self.all)
        if following is None:
            messages.success(self.request, f"{self.period}所有社区都填好了。")
            return redirect(self._index_url())
        return redirect("communities:monthly_entry", ref=following.ref)

    def _forms(self, data: QueryDict | None = None) -> EntryForms:
        self.month = read_month(self.community, self.period, self.request.user)
        if not self.month.own.values:
            raise Http404("The register of communities does not hold it.")
        return EntryForms(self.month, self.request.user, data)

    def _show_both_versions(self, forms: EntryForms, refs: Collection[str]) -> HttpResponse:
        """Show the page on the present values, with the user's input, and what others have made of the same fields."""
        mine = {row.record.ref: set(row.form.changed_data) for row in forms.rows if row.record.ref in refs}
        self.load()
        fresh = read_month(self.community, self.period, self.request.user)
        data = forms.rebased(fresh)
        present = self._forms(data)
        present.is_valid()
        by_others = []
        for row in present.rows:
            if row.record.ref in refs:
                contested = [c for c in row.form.columns if c.field in mine[row.record.ref] and self._is_other(row, c)]
                values = [(c.header, value_in_words(c, row.values)) for c in contested]
                fields = {column.field for column in contested}
                last = last_change_of(row.record, self.request.user, fields, row.parts)
                by_others.append((str(row.record), last, values))
        sentence = "您打开页面以后，有人改过下面的记录，没有保存；请看一看现在的内容，再保存一次。"
        return self._show(present, status=HTTPStatus.CONFLICT, sentences=[sentence], by_others=by_others)

    def _is_other(self, row: Row, column: Column) -> bool:
        """Return whether a column says something else than when the user opened the page."""
        seen = self.request.POST.getlist(row.form[column.field].html_initial_name)
        shown = form_value(column, row.values.get(column.field))
        return [str(each) for each in (shown if isinstance(shown, list) else [shown])] != seen

    def _show(
        self, forms: EntryForms, *, status: int = HTTPStatus.OK, sentences: Collection[str] = (), **context: Any
    ) -> HttpResponse:
        wrong = _focus_first_error(forms) if not sentences else []
        more = self.request.POST.get("more", "")
        for group in self.month.groups:
            shown = [*(row.form for row in group.rows if row.form is not None), *group.new]
            group.is_open = (
                len(group.rows) <= MOST_OPEN
                or group.register.name == more
                or any(form.is_bound and (form.errors or form.has_changed()) for form in shown)
            )
        before, after = neighbours(self.community, self.all)
        around = {
            "warnings": [],
            "previewed": "",
            # A page shown anew after an input carries on with its token; see `_input_digest`.
            "shown_once": self.request.POST.get("shown_once") or secrets.token_urlsafe(16),
            "by_others": [],
            "sentences": sentences,
            "wrong": wrong,
            "more": more,
        }
        in_town = self.all.filter(town=self.community.town_id)
        context = {
            **around,
            "period": self.period,
            "community": self.community,
            "month": self.month,
            "forms": forms,
            "progress": progress_of(in_town),
            "before": before,
            "after": after,
            "index_url": self._index_url(),
            **context,
        }
        return self.render_to_response(self.get_context_data(**context), status=status)

    def _input_digest(self) -> str:
        """Return a keyed digest of what was typed, the same for the same input on the same page.

        The token `shown_once` is part of it: who types the same on a page opened later, after an undoing, means it.
        """
        lists = sorted((name, values) for name, values in self.request.POST.lists() if name not in _NOT_INPUT)
        return digest(json.dumps(lists, ensure_ascii=False))

    def _index_url(self) -> str:
        return f"{reverse('communities:monthly')}?division={self.community.town.code}"

    def get_title(self) -> str:
        """Return the community's name."""
        return f"{self.community.name}" if hasattr(self, "community") else "逐社区填报"

    def get_crumbs(self) -> list[Crumb]:
        """Add the list of the town's communities."""
        if not hasattr(self, "community"):
            return []
        return [Crumb(f"{self.period}逐社区填报", self._index_url())]


def _focus_first_error(forms: EntryForms) -> list[tuple[str, str, str]]:
    """Give the first wrong field the focus when the page opens, and return id, name and sentence of each wrong field."""
    wrong = []
    has_focus = False
    every: list[Any] = [*forms.forms, *([forms.page] if forms.page is not None else [])]
    for form in every:
        if not form.is_bound:
            continue
        wrong += [("", "", sentence) for sentence in form.non_field_errors()]
        for bound in (bound for bound in form if bound.errors):
            wrong += [(bound.id_for_label, str(bound.label).removesuffix(" *"), sentence) for sentence in bound.errors]
            if not has_focus:
                bound.field.widget.attrs["autofocus"] = has_focus = True
    return wrong
