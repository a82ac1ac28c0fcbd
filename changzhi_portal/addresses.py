"""The client address of a request, by which attempts to sign in are counted besides the user name (docs/domain.md §9.5)."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

_IPV6_PREFIX = 64  # what one connection is given: whoever has one address has all of them


def client_address(request: HttpRequest) -> str:
    """Return the client address reported by the proxy in front (`BEHIND_PROXY`), else the address of the connection.

    Only the last address of X-Forwarded-For was written by the proxy; the ones before it may be forged. Without a proxy
    all of it may be.
    """
    connected = str(request.META.get("REMOTE_ADDR", ""))
    if not settings.BEHIND_PROXY:
        return connected
    forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    try:
        return str(ip_address(forwarded))
    except ValueError:
        return connected


def counted_address(address: str) -> str:
    """Return what attempts from an address are counted by: itself, or for IPv6 the network that one connection is given."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    return address if parsed.version == 4 else str(ip_network((parsed, _IPV6_PREFIX), strict=False))
