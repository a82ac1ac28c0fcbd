"""申报 and 认领: the list, one of them, its form, its moves, and the page on which an office chooses among those of a call."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse

from changelog.views.moving import MovePage
from changzhi_portal.facts import Fact
from changzhi_portal.pages import Crumb, DetailPage, FormPage, ListPage
from changzhi_portal.refusals import NotFoundError
from changzhi_portal.rights import has_right
from communities.views import crumbs_of_place
from services.actions import call_to_answer, decide, open_proposal, save_proposal
from services.call_forms import ChoosingForm, ProposalForm
from services.filters import ProposalFilterSet
from services.flow import MAY_RUN_CALLS, PROPOSALS
from services.forms import ProposalFilterForm
from services.models import Call, Proposal
from services.rules import over_budget
from services.tables import ProposalTable
from services.views.calls import ANCHOR, list_crumb

LIST_TITLE = "申报和认领"


def proposals_crumb() -> Crumb:
    """Return the breadcrumb of the list of proposals."""
    return Crumb(LIST_TITLE, reverse("services:proposals"))


class ProposalList(ListPage):
    """申报和认领: what organizations propose or claim under the calls of the area."""

    requires = "may_see_registers"
    help_at = ANCHOR
    title = LIST_TITLE
    queryset = Proposal.objects.select_related("organization", "call__division")
    filterset = ProposalFilterSet
    form = ProposalFilterForm
    table = ProposalTable
    is_filled_by_uploads = False
    empty_advice = "还没有申报和认领。征集发布以后，在那次征集的页面登记。"

    def get_crumbs(self) -> list[Crumb]:
        """Add the list of calls."""
        return [list_crumb()]


class ProposalDetail(DetailPage):
    """One proposal: who proposes what for how much, what was decided, and the project that it has led to."""

    requires = "may_see_registers"
    help_at = ANCHOR
    template_name = "services/proposal.html"
    queryset = Proposal.objects.with_call().select_related("project")
    list_url_name = "services:proposals"
    list_title = LIST_TITLE
    facts = ("state", "submitted_on", "amount", "score", "decided_on", "note")
    record: Proposal

    def get_places(self) -> list[Crumb]:
        """Return the county."""
        return crumbs_of_place(self.record.call, "services:calls") if hasattr(self, "record") else []

    def get_facts(self) -> list[Fact]:
        """Add the call, the organization and the project, each with its page."""
        proposal, call, organization = self.record, self.record.call, self.record.organization
        linked = [
            Fact("征集", str(call), call.get_absolute_url()),
            Fact("组织", str(organization), organization.get_absolute_url()),
        ]
        project = proposal.project
        opened = (
            [] if project is None else [Fact("立项的项目", f"{project.number} {project}", project.get_absolute_url())]
        )
        return [*linked, *super().get_facts(), *opened]

    def get_actions(self) -> list[Crumb]:
        """Return the moves first, the main one before the others; then the form while it is open."""
        proposal, user = self.record, self.request.user
        actions = [
            Crumb(move.label, reverse("services:proposal_move", args=[proposal.ref, move.code]))
            for move in PROPOSALS.offered(proposal, user)
        ]
        if proposal.is_open and has_right(user, MAY_RUN_CALLS):
            actions.append(Crumb("修改", reverse("services:proposal_edit", args=[proposal.ref])))
        return actions

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add what was done."""
        return super().get_context_data(steps=PROPOSALS.steps_of(self.record), **kwargs)


class _ProposalForm(FormPage):
    """The form of a proposal; of a new one `proposal` is None."""

    requires = MAY_RUN_CALLS
    help_at = ANCHOR
    form_class = ProposalForm
    template_name = "services/proposal_form.html"
    call: Call | None = None
    proposal: Proposal | None = None

    def get_form_kwargs(self) -> dict[str, Any]:
        """Add the call, and the proposal that is changed."""
        return {**super().get_form_kwargs(), "call": self.call, "proposal": self.proposal}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the call."""
        return super().get_context_data(call=self.call, **kwargs)

    def get_success_url(self) -> str:
        """Return the page of the proposal, before it is saved that of the call."""
        shown = self.proposal or self.call
        return shown.get_absolute_url() if shown is not None else reverse("services:calls")

    def get_crumbs(self) -> list[Crumb]:
        """Add the list, the call, and the proposal."""
        chain: list[Any] = [each for each in (self.call, self.proposal) if each is not None]
        return [list_crumb(), *(Crumb(str(each), each.get_absolute_url()) for each in chain)]


class NewProposal(_ProposalForm):
    """登记申报 or 登记认领 under a call that is open."""

    def load(self) -> None:
        """Load the call; raises Http404. StaleError for one that takes no proposals is shown on the form's page."""
        try:
            self.call = call_to_answer(self.kwargs["ref"], self.request.user)
        except NotFoundError as error:
            raise Http404(error.cure) from error

    def act(self, form: ProposalForm) -> str:
        """Enter the proposal."""
        self.proposal = save_proposal(by=self.request.user, fields=form.values(), call=self.call)
        return f"已登记{self.proposal.call.deed}。"

    def get_title(self) -> str:
        """Return what is entered."""
        return f"登记{self.call.deed}" if self.call is not None else "登记申报"


class EditProposal(_ProposalForm):
    """A proposal that is not decided."""

    title = "修改申报"

    def load(self) -> None:
        """Load the proposal; raises Http404. StaleError for a decided one is shown on the form's page."""
        try:
            self.proposal = open_proposal(self.kwargs["ref"], self.request.user)
        except NotFoundError as error:
            raise Http404(error.cure) from error
        self.call = self.proposal.call

    def act(self, form: ProposalForm) -> str:
        """Save the changes."""
        version = form.cleaned_data["version"]
        self.proposal = save_proposal(
            by=self.request.user, fields=form.values(), ref=self.kwargs["ref"], version=version
        )
        return "已保存。"


class ProposalMovePage(MovePage):
    """One step of a proposal: 选为入选, 进入初选, 列为未入选, 撤回."""

    help_at = ANCHOR
    requires = MAY_RUN_CALLS
    flow = PROPOSALS
    queryset: ClassVar[QuerySet[Any]] = Proposal.objects.with_call()

    def get_crumbs(self) -> list[Crumb]:
        """Add the list and the call before the proposal."""
        if not hasattr(self, "record"):
            return [list_crumb()]
        call = self.record.call
        return [list_crumb(), Crumb(str(call), call.get_absolute_url()), *super().get_crumbs()]


class ChooseProposals(FormPage):
    """评选: the proposals of a call on one page, with scores, boxes and the running total against the budget.

    「试算」 shows order and total of what is ticked; only what was shown is saved (see `FormPage`).
    """

    requires = MAY_RUN_CALLS
    help_at = ANCHOR
    title = "评选"
    form_class = ChoosingForm
    template_name = "services/choosing.html"
    unavailable_message = "这次征集现在不在评审，不能评选。"
    call: Call
    proposals: list[Proposal]

    def load(self) -> None:
        """Load the call with the proposals that stand; raises Http404 for one of another area."""
        visible = Call.objects.visible_to(self.request.user).select_related("division__parent")
        self.call = get_object_or_404(visible, ref=self.kwargs["ref"])
        self.proposals = list(self.call.proposals.standing().select_related("organization").by_score())

    def is_available(self) -> bool:
        """Return whether the call is under review."""
        return self.call.state == Call.State.REVIEWING

    def get_form_kwargs(self) -> dict[str, Any]:
        """Add the call and its proposals."""
        return {**super().get_form_kwargs(), "call": self.call, "proposals": self.proposals}

    def preview(self, form: ChoosingForm) -> dict[str, Any] | None:
        """Return that order and total are those of what was filled in."""
        return {"is_tried": True}

    def act(self, form: ChoosingForm) -> str:
        """Save scores and decisions."""
        chosen = decide(by=self.request.user, call=self.call, choices=form.choices(), seen=form.cleaned_data["seen"])
        return f"已保存：入选{chosen}件，其余{len(self.proposals) - chosen}件未入选。核对后请公示结果。"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the lines, and how the total stands to the budget."""
        form: ChoosingForm = kwargs["form"]
        budget, total = self.call.budget, form.chosen_total
        shown = {"is_tried": False} | kwargs
        return super().get_context_data(
            call=self.call,
            lines=list(form.lines()),
            chosen_count=form.chosen_count,
            chosen_total=total,
            left=None if budget is None else budget - total,
            exceeded=None if budget is None else total - budget,
            over_budget=over_budget(total, self.call),
            **shown,
        )

    def get_success_url(self) -> str:
        """Return the call's page."""
        return self.call.get_absolute_url()

    def get_crumbs(self) -> list[Crumb]:
        """Add the list, and the call."""
        return (
            [list_crumb(), Crumb(str(self.call), self.call.get_absolute_url())]
            if hasattr(self, "call")
            else [list_crumb()]
        )
