"""Other systems that connect, their tokens (ADR 0030), and what they are told (ADR 0033). Import from here."""

from connections.models.clients import LONGEST_LIFE, TOLD_BEFORE, ApiClient, ApiToken
from connections.models.deliveries import Delivery, EventFeed
from connections.models.webhooks import Webhook, WebhookSecret

__all__ = [
    "LONGEST_LIFE",
    "TOLD_BEFORE",
    "ApiClient",
    "ApiToken",
    "Delivery",
    "EventFeed",
    "Webhook",
    "WebhookSecret",
]
