"""Where a system is told of events: registering that and what follows, the deliveries of each, the secret shown once."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse

from changzhi_portal.display import display_value
from changzhi_portal.facts import Fact, fact_of
from changzhi_portal.kept_input import mark_done
from changzhi_portal.pages import ActionPage, Crumb, PortalPage, VersionForm
from changzhi_portal.pages.base import PortalRequest
from changzhi_portal.pages.paging import ForgivingPaginator
from changzhi_portal.refusals import PortalError
from connections.actions import (
    ShownSecret,
    add_webhook,
    change_secret,
    edit_webhook,
    pause_webhook,
    remove_webhook,
    resume_webhook,
    send_again,
    send_test,
)
from connections.forms import WebhookForm
from connections.models import ApiClient, Webhook
from connections.views.clients import TITLE, ClientForms, clients_crumb

_A_PAGE = 50


class ShowsSecret(ClientForms):
    """A form whose answer shows a new secret: the only page that does, so that it is stored nowhere in clear."""

    def make(self, form: Any) -> ShownSecret:
        """Carry out the action and return the secret. Raises PortalError."""
        raise NotImplementedError

    def form_valid(self, form: Any) -> HttpResponse:
        """Act, and show the secret."""
        try:
            shown = self.make(form)
        except PortalError as refusal:
            return self.refuse(form, refusal)
        mark_done(self.request)
        return self.response_class(
            request=self.request,
            template=["connections/secret_shown.html"],
            # The object, not its text: at the level DEBUG Django logs the context of a template, by `repr`.
            context=self.get_context_data(shown=shown),
            using=self.template_engine,
        )


class NewWebhook(ShowsSecret):
    """An address that is to be told of events."""

    title = "登记推送"
    form_class = WebhookForm
    submit_label = "登记并显示密钥"
    busy_label = "正在登记…"

    def make(self, form: WebhookForm) -> ShownSecret:
        """Register it."""
        data = form.cleaned_data
        return add_webhook(by=self.request.user, client_ref=self.kwargs["ref"], url=data["url"], kinds=data["kinds"])


class OneWebhook(ClientForms):
    """A form about one webhook of a client."""

    webhook: Webhook | None = None

    def load(self) -> None:
        """Load the system and the webhook; raises Http404."""
        super().load()
        self.webhook = webhook_of(self.client, self.kwargs["webhook"])

    def get_success_url(self) -> str:
        """Return the page of the webhook."""
        return self.webhook.get_absolute_url() if self.webhook is not None else super().get_success_url()

    def get_crumbs(self) -> list[Crumb]:
        """Add the system and the webhook."""
        assert self.client is not None and self.webhook is not None  # noqa: S101 - loaded
        return [*clients_crumb(self.client), Crumb(str(self.webhook), self.webhook.get_absolute_url())]

    def get_initial(self) -> dict[str, Any]:
        """Send the version that the page shows."""
        return {"version": self.webhook.version if self.webhook else 0}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the webhook."""
        return super().get_context_data(webhook=self.webhook, **kwargs)

    def which(self) -> dict[str, Any]:
        """Return who acts on which webhook of which client."""
        return {"by": self.request.user, "client_ref": self.kwargs["ref"], "ref": self.kwargs["webhook"]}


class EditWebhook(OneWebhook):
    """Changing the address and the kinds of events."""

    title = "修改推送"
    form_class = WebhookForm

    def get_form_kwargs(self) -> dict[str, Any]:
        """Add the webhook."""
        return {**super().get_form_kwargs(), "webhook": self.webhook}

    def act(self, form: WebhookForm) -> str:
        """Change it."""
        data = form.cleaned_data
        edit_webhook(**self.which(), version=data["version"], url=data["url"], kinds=data["kinds"])
        return "推送已保存。"


class ChangeSecret(OneWebhook, ShowsSecret):
    """Asking before a webhook gets another secret."""

    title = "更换推送密钥"
    form_class = VersionForm
    template_name = "connections/webhook_secret.html"
    submit_label = "更换并显示密钥"
    busy_label = "正在更换…"

    def make(self, form: VersionForm) -> ShownSecret:
        """Change it."""
        return change_secret(**self.which(), version=form.cleaned_data["version"])


class RemoveWebhook(OneWebhook):
    """Asking before a webhook is removed."""

    title = "删除推送"
    form_class = VersionForm
    template_name = "connections/webhook_remove.html"
    submit_label = "删除这个推送"
    busy_label = "正在删除…"
    removed = False

    def act(self, form: VersionForm) -> str:
        """Remove it."""
        remove_webhook(**self.which(), version=form.cleaned_data["version"])
        self.removed = True
        return "推送已删除，不再往那个地址发。"

    def get_success_url(self) -> str:
        """Return the page of the system once there is no webhook any more."""
        assert self.client is not None  # noqa: S101 - loaded
        return self.client.get_absolute_url() if self.removed else super().get_success_url()


class WebhookPage(PortalPage):
    """One webhook with its deliveries, the newest first."""

    requires = "may_manage_clients"
    template_name = "connections/webhook.html"
    client: ApiClient
    webhook: Webhook

    def load(self) -> None:
        """Load it; raises Http404."""
        self.client = client_of(self.request, self.kwargs["ref"])
        self.webhook = webhook_of(self.client, self.kwargs["webhook"])

    def get(self, request: PortalRequest, **kwargs: Any) -> HttpResponse:
        """Show one page of its deliveries."""
        self.load()
        found = self.webhook.deliveries.newest_first()
        page = ForgivingPaginator(found, _A_PAGE).get_page(request.GET.get("page", 1))
        context = self.get_context_data(client=self.client, webhook=self.webhook, page=page, facts=self.get_facts())
        return self.render_to_response(context)

    def get_facts(self) -> list[Fact]:
        """Return what is known of it."""
        webhook = self.webhook
        facts = [
            fact_of(webhook, "url"),
            Fact("事件", webhook.kind_titles),
            Fact("状态", str(webhook.state.label)),
            Fact("登记", f"{display_value(webhook.made_at)}，{webhook.made_by}"),
        ]
        if webhook.failing_since is not None:
            facts.append(Fact("从何时起发不出去", display_value(webhook.failing_since)))
        return facts

    def get_title(self) -> str:
        """Return what it is called."""
        return str(self.webhook) if hasattr(self, "webhook") else "推送"

    def get_crumbs(self) -> list[Crumb]:
        """Add the system."""
        return clients_crumb(self.client)


class WebhookAction(ActionPage):
    """A button of the page of a webhook."""

    requires = "may_manage_clients"
    title = TITLE
    webhook: Webhook

    def load(self) -> None:
        """Load it; raises Http404."""
        self.webhook = webhook_of(client_of(self.request, self.kwargs["ref"]), self.kwargs["webhook"])

    def get_success_url(self) -> str:
        """Return its page."""
        return self.webhook.get_absolute_url()

    def which(self) -> dict[str, Any]:
        """Return who acts on which webhook of which client."""
        return {"by": self.request.user, "client_ref": self.kwargs["ref"], "ref": self.kwargs["webhook"]}


class PauseWebhook(WebhookAction):
    """暂停."""

    def act(self) -> str:
        """Pause it."""
        pause_webhook(**self.which())
        return "推送已暂停；暂停期间发生的事不会补发。"


class ResumeWebhook(WebhookAction):
    """恢复."""

    def act(self) -> str:
        """Go on."""
        resume_webhook(**self.which())
        return "推送已恢复，还在等待的马上发。"


class SendTest(WebhookAction):
    """发送测试."""

    def act(self) -> str:
        """Queue a test."""
        send_test(**self.which())
        return "测试已排队，过几秒刷新页面看结果。"


class SendAgain(WebhookAction):
    """重新发送."""

    def act(self) -> str:
        """Queue a delivery again."""
        send_again(**self.which(), delivery_ref=self.kwargs["delivery"])
        return "已重新排队，过几秒刷新页面看结果。"


def client_of(request: PortalRequest, ref: str) -> ApiClient:
    """Return a system of the user's area; raises Http404."""
    found = ApiClient.objects.visible_to(request.user).select_related("user__division__parent").filter(ref=ref).first()
    if found is None:
        raise Http404("No such client in the area of the user.")
    return found


def webhook_of(client: ApiClient | None, ref: str) -> Webhook:
    """Return a webhook of a system; raises Http404."""
    found = None if client is None else client.webhooks.select_related("made_by").filter(ref=ref).first()
    if found is None or client is None:
        raise Http404("The client has no such webhook.")
    found.client = client
    return found
