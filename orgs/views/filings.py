"""备案: the list with the working days left, one filing, its form, its moves."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import Http404
from django.urls import reverse
from django.utils import timezone

from changelog.views.moving import MovePage
from changzhi_portal.facts import Fact
from changzhi_portal.pages import Crumb, FormPage, ListPage
from changzhi_portal.refusals import InvalidError, NotFoundError
from changzhi_portal.rights import has_right
from communities.views import PlacedDetailPage
from orgs.actions import change_filing, communities_to_file_in, new_filing, open_filing, organization_to_file
from orgs.filters import FilingFilterSet
from orgs.flow import FLOW, MAY_FILE
from orgs.forms import FilingFilterForm, FilingForm
from orgs.models import Filing, SocialOrganization
from orgs.rules import WHOLE, fields_asked
from orgs.tables import FilingTable
from periods.workdays import estimated_note, workdays_between

TITLE = "社会组织备案"
ANCHOR = "社会组织备案和扶持"
Kind, State = Filing.Kind, Filing.State


def list_crumb() -> Crumb:
    """Return the breadcrumb of the list of filings."""
    return Crumb(TITLE, reverse("orgs:filings"))


class FilingList(ListPage):
    """The filings of the area, those that wait and are due first on top."""

    requires = "may_see_registers"
    help_at = ANCHOR
    template_name = "orgs/filings.html"
    title = TITLE
    queryset = Filing.objects.select_related("community__town__parent")
    filterset = FilingFilterSet
    form = FilingFilterForm
    table = FilingTable
    is_filled_by_uploads = False
    empty_advice = "没有待办理的备案。居民自己组织起来的文体队、互助会等，由街道（乡镇）登记备案。"

    def get_add_url(self) -> str:
        """Return the form of a new filing, for who files."""
        return reverse("orgs:filing_new") if has_right(self.request.user, MAY_FILE) else ""


class FilingDetail(PlacedDetailPage):
    """One filing: what it asks for, what was done, and the moves that the reader may make. The phone is masked."""

    requires = "may_see_registers"
    help_at = ANCHOR
    template_name = "orgs/filing.html"
    queryset = Filing.objects.with_place()
    list_url_name = "orgs:filings"
    list_title = TITLE
    facts = (
        *("kind", "state", "number", "name", "category", "leader", "phone", "members", "venue", "purpose"),
        *("credit_code", "legal_form", "reason", "submitted_on", "due_on", "decided_on", "decided_in"),
    )
    _always = frozenset({"kind", "state", "name", "submitted_on", "due_on"})
    record: Filing

    def get_facts(self) -> list[Fact]:
        """Return the organization, the place, and what the kind asks or else is said."""
        asked = {*fields_asked(self.record.kind), *self._always}
        own = super().get_facts()
        number = len(own) - len(self.facts)  # the place stands first
        places, named = own[:number], zip(self.facts, own[number:], strict=True)
        shown = [fact for name, fact in named if name in asked or getattr(self.record, name) not in (None, "")]
        organization = self.record.organization
        if organization is not None:
            return [Fact("组织", organization.name, organization.get_absolute_url()), *places, *shown]
        return [*places, *shown]

    def get_actions(self) -> list[Crumb]:
        """Return the moves first, the main one before the others; then the form while it is open."""
        filing, user = self.record, self.request.user
        moves = FLOW.offered(filing, user)
        actions = [Crumb(move.label, reverse("orgs:filing_move", args=[filing.ref, move.code])) for move in moves]
        if filing.is_open and has_right(user, MAY_FILE):
            actions.append(Crumb("修改", reverse("orgs:filing_change", args=[filing.ref])))
        return actions

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add steps with their labels, and how many working days are left."""
        filing, today = self.record, timezone.localdate()
        waits = filing.state == State.SUBMITTED
        return super().get_context_data(
            steps=FLOW.steps_of(filing),
            days_left=workdays_between(today, filing.due_on) if waits else None,
            is_late=waits and filing.due_on < today,
            limit_note=estimated_note(filing.due_on) if waits else "",
            **kwargs,
        )


class FilingPage(FormPage):
    """Base of the forms of a filing, which ask what its kind needs."""

    requires = MAY_FILE
    help_at = ANCHOR
    template_name = "orgs/filing_form.html"
    form_class = FilingForm
    filing: Filing

    def get_form_kwargs(self) -> dict[str, Any]:
        """Add the filing and the communities to choose from."""
        communities = list(communities_to_file_in(self.request.user)) if self.filing.kind == Kind.FIRST else []
        own = {"kind": self.filing.kind, "filing": self.filing, "communities": communities}
        return {**super().get_form_kwargs(), **own}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add what is filed, and of which organization."""
        filing = getattr(self, "filing", None)
        return super().get_context_data(
            kind_label=filing.get_kind_display() if filing is not None else "",
            organization=filing.organization if filing is not None else None,
            is_whole=filing is not None and filing.kind in WHOLE,
            **kwargs,
        )

    def get_success_url(self) -> str:
        """Return the filing's page, before it is saved the list."""
        filing = getattr(self, "filing", None)
        return filing.get_absolute_url() if filing is not None and filing.pk else reverse("orgs:filings")

    def get_crumbs(self) -> list[Crumb]:
        """Add the list, and the filing that is changed."""
        filing = getattr(self, "filing", None)
        if filing is None or not filing.pk:
            return [list_crumb()]
        return [list_crumb(), Crumb(str(filing), filing.get_absolute_url())]


class NewFiling(FilingPage):
    """登记备案: a new organization."""

    title = "登记备案"

    def load(self) -> None:
        """Begin a filing without an organization."""
        self.filing = Filing(kind=Kind.FIRST)

    def act(self, form: FilingForm) -> str:
        """Note the filing."""
        self.filing = new_filing(by=self.request.user, kind=Kind.FIRST, fields=form.values())
        return f"已收件，请在{self.filing.due_on:%Y-%m-%d}前办理。"


class NewFilingOf(FilingPage):
    """变更、转登记、注销 of an organization that is filed."""

    def load(self) -> None:
        """Load the organization; raises Http404 for one of another area, or a kind that there is not."""
        kind = self.kwargs["kind"]
        if kind not in {Kind.CHANGE, Kind.REGISTER, Kind.CANCEL}:
            raise Http404(f"There is no kind {kind}.")
        try:
            self.organization = organization_to_file(self.kwargs["ref"], self.request.user)
        except (NotFoundError, InvalidError) as refusal:
            raise Http404(refusal.cure) from refusal
        self.filing = _filing_of(kind, self.organization)

    def act(self, form: FilingForm) -> str:
        """Note the filing."""
        self.filing = new_filing(
            by=self.request.user, kind=self.filing.kind, fields=form.values(), organization=self.organization
        )
        return f"已收件，请在{self.filing.due_on:%Y-%m-%d}前办理。"

    def get_title(self) -> str:
        """Return what is filed."""
        return f"备案{self.filing.get_kind_display()}" if hasattr(self, "filing") else TITLE

    def get_success_url(self) -> str:
        """Return the filing's page, before it is saved that of the organization."""
        return self.filing.get_absolute_url() if self.filing.pk else self.organization.get_absolute_url()


def _filing_of(kind: str, organization: SocialOrganization) -> Filing:
    """Return a filing that says what is known of an organization, with what its newest filing said."""
    newest = Filing.objects.filter(organization=organization, kind__in=WHOLE).order_by("-pk").first()
    return Filing(
        kind=kind,
        organization=organization,
        community=organization.community,
        name=organization.name,
        category=organization.category,
        leader=organization.leader,
        phone=organization.phone,
        members=organization.member_count,
        venue=newest.venue if newest is not None else "",
        purpose=newest.purpose if newest is not None else "",
    )


class ChangeFiling(FilingPage):
    """A filing that is open."""

    title = "修改备案"

    def load(self) -> None:
        """Load the filing; raises Http404. StaleError for a decided one is shown on the form's page."""
        try:
            self.filing = open_filing(self.kwargs["ref"], self.request.user)
        except NotFoundError as error:
            raise Http404(error.cure) from error

    def act(self, form: FilingForm) -> str:
        """Save the changes."""
        version = form.cleaned_data["version"]
        self.filing = change_filing(by=self.request.user, ref=self.kwargs["ref"], version=version, fields=form.values())
        return "已保存。"


class MoveFiling(MovePage):
    """One move of a filing: 准予备案, 退回补正, 不予备案, 重新提交."""

    help_at = ANCHOR
    requires = MAY_FILE
    flow = FLOW
    queryset: ClassVar[QuerySet[Any]] = Filing.objects.with_place()

    def get_crumbs(self) -> list[Crumb]:
        """Add the list before the filing."""
        return [list_crumb(), *super().get_crumbs()]
