"""Actions on other systems and their tokens. Import from here."""

from connections.actions.clients import edit_client, register_client, revoke_client
from connections.actions.expiry import tell_of_expiry
from connections.actions.tokens import IssuedToken, issue_token, revoke_token
from connections.actions.use import note_use

__all__ = [
    "IssuedToken",
    "edit_client",
    "issue_token",
    "note_use",
    "register_client",
    "revoke_client",
    "revoke_token",
    "tell_of_expiry",
]
