"""Actions on other systems, their tokens, and what they are told. Import from here."""

from connections.actions.clients import edit_client, register_client, revoke_client
from connections.actions.deliveries import old_deliveries, remove_old, send_again, send_test
from connections.actions.expiry import tell_of_expiry
from connections.actions.feed import read_feed
from connections.actions.sending import tell_systems
from connections.actions.tokens import IssuedToken, issue_token, revoke_token
from connections.actions.use import note_use
from connections.actions.webhooks import (
    ShownSecret,
    add_webhook,
    change_secret,
    edit_webhook,
    pause_webhook,
    remove_webhook,
    resume_webhook,
)

__all__ = [
    "IssuedToken",
    "ShownSecret",
    "add_webhook",
    "change_secret",
    "edit_client",
    "edit_webhook",
    "issue_token",
    "note_use",
    "old_deliveries",
    "pause_webhook",
    "read_feed",
    "register_client",
    "remove_old",
    "remove_webhook",
    "resume_webhook",
    "revoke_client",
    "revoke_token",
    "send_again",
    "send_test",
    "tell_of_expiry",
    "tell_systems",
]
