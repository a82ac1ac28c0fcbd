"""Sending to other systems: which addresses are allowed, signatures, the request itself (ADR 0033). Import from here."""

from connections.sending.addresses import Endpoint, NotAllowedAddressError, check_url, resolve
from connections.sending.requests import Outcome, Outgoing, post
from connections.sending.signing import new_secret, signed_headers

__all__ = [
    "Endpoint",
    "NotAllowedAddressError",
    "Outcome",
    "Outgoing",
    "check_url",
    "new_secret",
    "post",
    "resolve",
    "signed_headers",
]
