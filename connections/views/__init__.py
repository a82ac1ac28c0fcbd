"""Pages of other systems that connect. Import from here."""

from connections.views.clients import Client, Clients, EditClient, NewClient, RevokeClient
from connections.views.tokens import NewToken, RevokeToken
from connections.views.webhooks import (
    ChangeSecret,
    EditWebhook,
    NewWebhook,
    PauseWebhook,
    RemoveWebhook,
    ResumeWebhook,
    SendAgain,
    SendTest,
    WebhookPage,
)

__all__ = [
    "ChangeSecret",
    "Client",
    "Clients",
    "EditClient",
    "EditWebhook",
    "NewClient",
    "NewToken",
    "NewWebhook",
    "PauseWebhook",
    "RemoveWebhook",
    "ResumeWebhook",
    "RevokeClient",
    "RevokeToken",
    "SendAgain",
    "SendTest",
    "WebhookPage",
]
