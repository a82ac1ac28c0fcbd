"""Issuing a token, which is shown once, and revoking one."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse

from changzhi_portal.kept_input import mark_done
from changzhi_portal.pages import VersionForm
from changzhi_portal.refusals import PortalError
from connections.actions import IssuedToken, issue_token, revoke_token
from connections.forms import TokenForm
from connections.models import ApiToken
from connections.views.clients import ClientForms


class NewToken(ClientForms):
    """A new token. The answer to the form shows it, once."""

    title = "发放令牌"
    form_class = TokenForm
    submit_label = "发放并显示令牌"
    busy_label = "正在发放…"

    def form_valid(self, form: Any) -> HttpResponse:
        """Issue the token and show it."""
        try:
            issued = issue_token(by=self.request.user, client_ref=self.kwargs["ref"], **form.cleaned_data)
        except PortalError as refusal:
            return self.refuse(form, refusal)
        return self.show(issued)

    def show(self, issued: IssuedToken) -> HttpResponse:
        """Return the page that shows a token: the answer to the form itself, so that it is stored nowhere."""
        mark_done(self.request)
        return self.response_class(
            request=self.request,
            template=["connections/token_shown.html"],
            # The object, not its text: at the level DEBUG Django logs the context of a template, by `repr`.
            context=self.get_context_data(
                issued=issued, address=self.request.build_absolute_uri(self._example(issued))
            ),
            using=self.template_engine,
        )

    @staticmethod
    def _example(issued: IssuedToken) -> str:
        """Return an address that the token reads: of the registers where it may, else of what everybody with a token may."""
        names = issued.token.scope_names
        slug = "organizations/?limit=1" if "registers:read" in names else "periods/?limit=1"
        return f"/api/v1/{slug}" if {"registers:read", "figures:read"} & set(names) else "/api/v1/openapi.json"


class RevokeToken(ClientForms):
    """Asking before a token is revoked."""

    title = "停用令牌"
    form_class = VersionForm
    template_name = "connections/token_revoke.html"
    submit_label = "停用这个令牌"
    busy_label = "正在停用…"
    unavailable_message = "这个令牌已经停用了。"
    token: ApiToken | None = None

    def load(self) -> None:
        """Load the system and the token; raises Http404."""
        super().load()
        assert self.client is not None  # noqa: S101 - super() has found it
        self.token = self.client.tokens.filter(ref=self.kwargs["token"]).first()
        if self.token is None:
            raise Http404("The client has no such token.")
        self.token.client = self.client

    def is_available(self) -> bool:
        """Return whether neither system nor token is revoked."""
        return super().is_available() and self.token is not None and self.token.revoked_at is None

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the token."""
        return super().get_context_data(token=self.token, **kwargs)

    def act(self, form: VersionForm) -> str:
        """Revoke it."""
        token = revoke_token(by=self.request.user, client_ref=self.kwargs["ref"], ref=self.kwargs["token"])
        return f"令牌“{token.label}”已停用，下一次调用就会被拒绝。"
