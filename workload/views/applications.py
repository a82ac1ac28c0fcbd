"""Applying for what is to be asked of communities, and moving an application on."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone

from changelog.views.moving import MovePage
from changzhi_portal.pages import Crumb, FormPage
from changzhi_portal.pages.base import PortalPage, PortalRequest
from changzhi_portal.refusals import NotFoundError
from workload.actions import change_application, new_application, open_application
from workload.asked_columns import HeldColumn
from workload.flow import FLOW, MAY_PROPOSE
from workload.forms import ApplicationForm
from workload.models import COLLECTING, FUNDED, WorkItem
from workload.rules import Verdict, held_of, told_of

# What an application of each kind is for, beside its name.
_EXPLAINED = {
    WorkItem.Kind.TASK: "要社区做或者协助做的事；要写明经费和工作条件。",
    WorkItem.Kind.BODY: "要社区设立的机构；要写明人数。",
    WorkItem.Kind.SIGN: "要社区挂的牌子；要写明挂在室内还是室外。",
    WorkItem.Kind.LEDGER: "要社区报的台账、报表；要写明一年几次、采集哪些项目。",
    WorkItem.Kind.STANDARD: "要社区参加的创建、达标；要写明经费和工作条件。",
    WorkItem.Kind.SURVEY: "要社区做的调查、统计；要写明采集哪些项目、经费和工作条件。",
    WorkItem.Kind.SYSTEM: "要社区使用的信息系统；要写明经费和工作条件。",
    WorkItem.Kind.CERTIFICATE: "要社区出具的证明；要写明由哪个单位索要。",
}


def list_crumb() -> Crumb:
    """Return the breadcrumb of the list of items."""
    return Crumb("事项清单", reverse("workload:list"))


class ChooseKind(PortalPage):
    """申请准入: which kind of thing is asked, so that the form asks only what that kind needs."""

    requires = MAY_PROPOSE
    template_name = "workload/choose_kind.html"
    title = "申请准入"

    def get(self, request: PortalRequest) -> HttpResponse:
        """Show the kinds."""
        return self.render_to_response(self.get_context_data())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the kinds, each with what it is and its form."""
        kinds = [
            (kind.label, text, reverse("workload:apply_kind", args=[kind.value])) for kind, text in _EXPLAINED.items()
        ]
        return super().get_context_data(kinds=kinds, department=self.request.user.department, **kwargs)  # type: ignore[attr-defined]  # a user of a department

    def get_crumbs(self) -> list[Crumb]:
        """Add the list."""
        return [list_crumb()]


class ApplicationPage(FormPage):
    """Base of the forms of an application, which ask what its kind needs."""

    requires = MAY_PROPOSE
    template_name = "workload/application.html"
    form_class = ApplicationForm
    kind: str
    item: WorkItem | None = None

    def get_form_kwargs(self) -> dict[str, Any]:
        """Add the kind, and the application that is changed."""
        return {**super().get_form_kwargs(), "kind": self.kind, "item": self.item}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add what the page says of the kind."""
        return super().get_context_data(
            kind_label=WorkItem.Kind(self.kind).label,
            is_funded=self.kind in FUNDED,
            is_collecting=self.kind in COLLECTING,
            **kwargs,
        )

    def get_success_url(self) -> str:
        """Return the page of the application, or the list."""
        item = getattr(self, "saved", None) or self.item
        return item.get_absolute_url() if item is not None else reverse("workload:list")

    def get_crumbs(self) -> list[Crumb]:
        """Add the list, and the application that is changed."""
        crumbs = [list_crumb()]
        if self.item is not None:
            crumbs.append(Crumb(str(self.item), self.item.get_absolute_url()))
        return crumbs


class NewApplication(ApplicationPage):
    """A new application of one kind. It is a draft until it is submitted."""

    title = "申请准入"

    def load(self) -> None:
        """Take the kind of the address; raises Http404 for one that nobody applies for."""
        if self.kwargs["kind"] not in _EXPLAINED:
            raise Http404(f"Nobody applies for {self.kwargs['kind']}.")
        self.kind = self.kwargs["kind"]

    def act(self, form: ApplicationForm) -> str:
        """Save the draft."""
        self.saved = new_application(by=self.request.user, values=form.values())  # type: ignore[arg-type]  # a user of the portal
        return "已保存草稿，核对后请提交。"

    def get_title(self) -> str:
        """Return what is applied for."""
        return f"申请准入：{WorkItem.Kind(self.kind).label}" if hasattr(self, "kind") else self.title


class ChangeApplication(ApplicationPage):
    """A draft, or an application that was returned."""

    title = "修改申请"

    def load(self) -> None:
        """Load the application of the own department; raises Http404. StaleError is shown on the form's page."""
        try:
            self.item = open_application(self.kwargs["ref"], self.request.user)  # type: ignore[arg-type]  # a user of the portal
        except NotFoundError as error:
            raise Http404(error.cure) from error
        self.kind = self.item.kind

    def act(self, form: ApplicationForm) -> str:
        """Save the changes."""
        self.saved = change_application(
            by=self.request.user,  # type: ignore[arg-type]  # a user of the portal
            ref=self.kwargs["ref"],
            version=form.cleaned_data["version"],
            values=form.values(),
        )
        return "已保存，核对后请提交。"


class MoveItem(MovePage):
    """One move of an item, with what the rules say of it and what is taken from the system."""

    requires = "may_see_work_items"
    template_name = "workload/move.html"
    flow = FLOW
    queryset = WorkItem.objects.select_related("division", "department")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add what whoever submits or approves should know."""
        item, today = self.record, timezone.localdate()
        said: list[Verdict] = []
        held: list[HeldColumn] = []
        if self.move.code in {"submit", "approve"}:
            said, held = told_of(item, today), held_of(item, today)
        return super().get_context_data(said=said, held=held, **kwargs)

    def get_crumbs(self) -> list[Crumb]:
        """Add the list before the item."""
        return [list_crumb(), *super().get_crumbs()]
