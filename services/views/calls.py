"""征集: the list with what is open, one call with its proposals, its form, its moves."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import Http404
from django.urls import reverse
from django.utils import timezone

from changelog.views.moving import MovePage
from changzhi_portal.facts import Fact
from changzhi_portal.pages import Crumb, DetailPage, FormPage, ListPage
from changzhi_portal.refusals import NotFoundError
from changzhi_portal.rights import has_right
from communities.views import crumbs_of_place
from periods.workdays import estimated_note, workdays_between
from services.actions import communities_text, divisions_with_calls_of, open_call, save_call
from services.call_forms import CallForm
from services.filters import CallFilterSet
from services.flow import CALLS, MAY_RUN_CALLS
from services.forms import CallFilterForm
from services.models import Call, Proposal
from services.rules import chosen_amount
from services.tables import CallTable

TITLE = "公益创投和认领"
ANCHOR = "公益创投和认领"
State = Call.State


def list_crumb() -> Crumb:
    """Return the breadcrumb of the list of calls."""
    return Crumb(TITLE, reverse("services:calls"))


class CallList(ListPage):
    """公益创投和认领: the calls of the area, those that close last on top."""

    requires = "may_see_registers"
    help_at = ANCHOR
    template_name = "services/calls.html"
    title = TITLE
    queryset = Call.objects.select_related("division").with_proposals()
    filterset = CallFilterSet
    form = CallFilterForm
    table = CallTable
    is_filled_by_uploads = False
    empty_advice = "还没有征集。县（市、区）和市局可以发布公益创投或者认领，由社会组织申报。"

    def get_add_url(self) -> str:
        """Return the form of a new call, for who runs calls."""
        return reverse("services:call_new") if has_right(self.request.user, MAY_RUN_CALLS) else ""


class CallDetail(DetailPage):
    """One call: what it asks for, its proposals by score, and the moves that the reader may make."""

    requires = "may_see_registers"
    help_at = ANCHOR
    template_name = "services/call.html"
    queryset = Call.objects.select_related("division__parent")
    list_url_name = "services:calls"
    list_title = TITLE
    facts = (
        *("kind", "state", "division", "opens_on", "closes_on", "budget", "funding_source", "field", "beneficiaries"),
        *("starts_on", "ends_on", "announced_on", "announced_until", "note"),
    )
    record: Call

    def get_places(self) -> list[Crumb]:
        """Return the county."""
        return crumbs_of_place(self.record, self.list_url_name) if hasattr(self, "record") else []

    def get_facts(self) -> list[Fact]:
        """Add the communities."""
        links = self.record.links.select_related("community").order_by("community__code")
        named = "、".join(
            f"{link.community}（已撤销）" if link.community.closed_on else str(link.community) for link in links
        )
        return [*super().get_facts(), Fact("服务社区", named or "不限")]

    def get_actions(self) -> list[Crumb]:
        """Return what comes next first: entering proposals, choosing, the next move; then the form while it is open."""
        call, user = self.record, self.request.user
        moves = [
            Crumb(move.label, reverse("services:call_move", args=[call.ref, move.code]))
            for move in CALLS.offered(call, user)
        ]
        if not has_right(user, MAY_RUN_CALLS):
            return moves
        edit = [Crumb("修改", reverse("services:call_edit", args=[call.ref]))] if call.may_be_changed else []
        if call.state == State.OPEN:
            enter = Crumb(f"登记{call.deed}", reverse("services:proposal_new", args=[call.ref]))
            is_over = timezone.localdate() > call.closes_on
            return [*moves[:1], enter, *moves[1:], *edit] if is_over else [enter, *moves, *edit]
        if call.state == State.REVIEWING:
            choose = Crumb("评选", reverse("services:call_choose", args=[call.ref]))
            undecided = call.proposals.filter(state__in=(Proposal.State.SUBMITTED, Proposal.State.SHORTLISTED))
            return [choose, *moves] if undecided.exists() else [*moves[:1], choose, *moves[1:]]
        return [*moves, *edit]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the proposals, what the chosen ones ask for, what was done, and the days that are left."""
        call, today = self.record, timezone.localdate()
        last = {State.OPEN: call.closes_on, State.ANNOUNCED: call.announced_until}.get(State(call.state))
        proposals = list(call.proposals.select_related("organization", "project").by_score())
        return super().get_context_data(
            proposals=proposals,
            chosen_count=sum(each.state == Proposal.State.CHOSEN for each in proposals),
            chosen_total=chosen_amount(call),
            last_day=last,
            days_left=None if last is None or last < today else workdays_between(today, last),
            limit_note="" if last is None else estimated_note(last),
            steps=CALLS.steps_of(call),
            **kwargs,
        )


class _CallForm(FormPage):
    """The form of a call; of a new one `call` is None."""

    requires = MAY_RUN_CALLS
    help_at = ANCHOR
    form_class = CallForm
    template_name = "services/call_form.html"
    call: Call | None = None

    def get_form_kwargs(self) -> dict[str, Any]:
        """Add the call, its communities, and the divisions to choose from."""
        user, call = self.request.user, self.call
        own = {"divisions": list(divisions_with_calls_of(user)), "call": call}
        return {**super().get_form_kwargs(), **own, "communities": communities_text(call, user) if call else ""}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the call."""
        return super().get_context_data(call=self.call, **kwargs)

    def get_success_url(self) -> str:
        """Return the call's page, before it is saved the list."""
        return self.call.get_absolute_url() if self.call is not None else reverse("services:calls")

    def get_crumbs(self) -> list[Crumb]:
        """Add the list, and the call."""
        return [list_crumb()] if self.call is None else [list_crumb(), Crumb(str(self.call), self.get_success_url())]


class NewCall(_CallForm):
    """A new call, which begins as a draft."""

    title = "新增征集"

    def load(self) -> None:
        """Load nothing."""

    def act(self, form: CallForm) -> str:
        """Save the draft."""
        self.call = save_call(by=self.request.user, fields=form.values())
        return "已保存草稿，核对后请点“发布征集”。"


class EditCall(_CallForm):
    """A draft, or the last day and the note of a call that is open."""

    title = "修改征集"

    def load(self) -> None:
        """Load the call; raises Http404. StaleError for one that does not change any more is shown on the form's page."""
        try:
            self.call = open_call(self.kwargs["ref"], self.request.user)
        except NotFoundError as error:
            raise Http404(error.cure) from error

    def act(self, form: CallForm) -> str:
        """Save the changes."""
        version = form.cleaned_data["version"]
        self.call = save_call(by=self.request.user, fields=form.values(), ref=self.kwargs["ref"], version=version)
        return "已保存。"


class CallMovePage(MovePage):
    """One step of a call: 发布征集, 开始评审, 公示结果, 结束征集, 重新评审, 终止征集."""

    help_at = ANCHOR
    requires = MAY_RUN_CALLS
    flow = CALLS
    queryset: ClassVar[QuerySet[Any]] = Call.objects.select_related("division")

    def get_crumbs(self) -> list[Crumb]:
        """Add the list before the call."""
        return [list_crumb(), *super().get_crumbs()]
