"""Pages of other systems that connect. Import from here."""

from connections.views.clients import Client, Clients, EditClient, NewClient, RevokeClient
from connections.views.tokens import NewToken, RevokeToken

__all__ = ["Client", "Clients", "EditClient", "NewClient", "NewToken", "RevokeClient", "RevokeToken"]
