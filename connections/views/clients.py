"""The list of other systems, one system's page, and the forms that register, change and revoke one."""

from __future__ import annotations

from typing import Any

from django.forms import BaseForm
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone

from changzhi_portal.display import display_value
from changzhi_portal.facts import Fact, fact_of
from changzhi_portal.pages import Crumb, DetailPage, FormPage, PortalPage
from changzhi_portal.pages.base import PortalRequest
from changzhi_portal.pages.paging import ForgivingPaginator
from connections.actions import edit_client, register_client, revoke_client
from connections.forms import ClientForm, NewClientForm, RevokeClientForm
from connections.models import TOLD_BEFORE, ApiClient

TITLE = "对接系统"
_A_PAGE = 50


class Clients(PortalPage):
    """All systems of the own area, those that are revoked last."""

    requires = "may_manage_clients"
    title = TITLE
    template_name = "connections/clients.html"

    def get(self, request: PortalRequest) -> HttpResponse:
        """Show one page of them."""
        found = ApiClient.objects.visible_to(request.user).with_use().order_by("revoked_at", "name", "pk")
        standing = found.filter(revoked_at__isnull=True).order_by("name", "pk")
        revoked = found.filter(revoked_at__isnull=False).order_by("-revoked_at")
        page = ForgivingPaginator([*standing, *revoked], _A_PAGE).get_page(request.GET.get("page", 1))
        soon = timezone.localdate() + TOLD_BEFORE
        return self.render_to_response(self.get_context_data(page=page, soon=soon))


class Client(DetailPage):
    """One system with its tokens and webhooks."""

    requires = "may_manage_clients"
    template_name = "connections/client.html"
    queryset = ApiClient.objects.select_related("user__division__parent", "made_by", "revoked_by")
    list_url_name = "connections:clients"
    list_title = TITLE

    def get_facts(self) -> list[Fact]:
        """Return what is known of the system."""
        client: ApiClient = self.record
        facts = [
            *(fact_of(client, name) for name in ("name", "purpose", "contact")),
            Fact("数据范围", client.user.division.full_name),
            Fact("登记", f"{display_value(client.made_at)}，{client.made_by}"),
        ]
        if client.is_revoked:
            facts.append(Fact("停用", f"{display_value(client.revoked_at)}，{client.revoked_by}：{client.revoked_for}"))
        return facts

    def get_actions(self) -> list[Crumb]:
        """Return the links to what may be done; nothing to one that is revoked."""
        if self.record.is_revoked:
            return []
        steps = [
            ("发放令牌", "token_new"),
            ("登记推送", "webhook_new"),
            ("修改", "client_edit"),
            ("停用", "client_revoke"),
        ]
        return [Crumb(title, reverse(f"connections:{name}", args=[self.record.ref])) for title, name in steps]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the tokens, those that stand first, and the webhooks."""
        tokens = list(self.record.tokens.select_related("made_by", "revoked_by"))
        for token in tokens:
            token.client = self.record
        tokens.sort(key=lambda token: token.state in {token.State.REVOKED, token.State.EXPIRED})
        webhooks = list(self.record.webhooks.with_numbers().order_by("pk"))
        for webhook in webhooks:
            webhook.client = self.record
        return super().get_context_data(tokens=tokens, webhooks=webhooks, **kwargs)


def clients_crumb(client: ApiClient) -> list[Crumb]:
    """Return the crumbs of what belongs to a system: the list, and the system."""
    return [Crumb(TITLE, reverse("connections:clients")), Crumb(str(client), client.get_absolute_url())]


class ClientForms(FormPage):
    """A form about one system; for a new one it is None."""

    requires = "may_manage_clients"
    form_class: type[BaseForm] = ClientForm
    client: ApiClient | None = None
    unavailable_message = "这个对接系统已经停用，不能再改；需要的请另外登记。"

    def load(self) -> None:
        """Load it; raises Http404."""
        found = ApiClient.objects.visible_to(self.request.user).select_related("user__division__parent")
        self.client = found.filter(ref=self.kwargs["ref"]).first()
        if self.client is None:
            raise Http404("No such client in the area of the user.")

    def is_available(self) -> bool:
        """Return whether the system is not revoked."""
        return self.client is None or not self.client.is_revoked

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the system."""
        return super().get_context_data(client=self.client, **kwargs)

    def get_title(self) -> str:
        """Return what is done, and to which system."""
        return f"{self.title}：{self.client}" if self.client is not None else self.title

    def get_success_url(self) -> str:
        """Return the system's page, or the list."""
        return reverse("connections:clients") if self.client is None else self.client.get_absolute_url()

    def get_crumbs(self) -> list[Crumb]:
        """Add the list and the system."""
        return [Crumb(TITLE, reverse("connections:clients"))] if self.client is None else clients_crumb(self.client)


class NewClient(ClientForms):
    """A system that is to connect."""

    title = "登记对接系统"
    form_class = NewClientForm
    submit_label = "登记"

    def load(self) -> None:
        """Load nothing."""

    def get_form_kwargs(self) -> dict[str, Any]:
        """Add whose area the divisions are of."""
        return {**super().get_form_kwargs(), "by": self.request.user}

    def act(self, form: NewClientForm) -> str:
        """Register it."""
        self.client = register_client(by=self.request.user, **form.values())
        return f"“{self.client}”已登记，请给它发放令牌。"


class EditClient(ClientForms):
    """Changing what is known of a system."""

    title = "修改对接系统"

    def get_form_kwargs(self) -> dict[str, Any]:
        """Add the system."""
        return {**super().get_form_kwargs(), "client": self.client}

    def act(self, form: ClientForm) -> str:
        """Change it."""
        data = form.cleaned_data
        client = edit_client(by=self.request.user, ref=self.kwargs["ref"], version=data["version"], **form.values())
        return f"“{client}”已保存。"


class RevokeClient(ClientForms):
    """Asking before a system is shut out."""

    title = "停用对接系统"
    form_class = RevokeClientForm
    template_name = "connections/client_revoke.html"
    submit_label = "停用这个对接系统"
    busy_label = "正在停用…"

    def get_initial(self) -> dict[str, Any]:
        """Send the version that the page shows."""
        return {"version": self.client.version if self.client else 0}

    def act(self, form: RevokeClientForm) -> str:
        """Shut it out."""
        data = form.cleaned_data
        client = revoke_client(
            by=self.request.user, ref=self.kwargs["ref"], version=data["version"], reason=data["reason"]
        )
        return f"“{client}”已停用，它的令牌都不能再用。"
