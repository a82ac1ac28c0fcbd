"""The client address of a request, by which attempts to sign in are counted besides the user name (docs/domain.md §9.5)."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

from django.http import HttpRequest

_IPV6_PREFIX = 64  # what one connection is given: whoever has one address has all of them


def client_address(request: HttpRequest) -> str:
    """Return the client address that nginx reports, else that of the connection; "" when neither is known.

    nginx is the only client of the web process's socket, whose connections have no address of their own; it writes
    X-Forwarded-For itself (ADR 0023), and of a list only the last address. That header of a request over TCP may be
    forged, and is ignored.
    """
    connection = str(request.META.get("REMOTE_ADDR", ""))
    if connection:
        return connection
    forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    try:
        parsed = ip_address(forwarded)
    except ValueError:
        return ""
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)  # ::ffff:10.1.2.3, as some proxies write 10.1.2.3


def counted_address(address: str) -> str:
    """Return what attempts from an address are counted by: itself, or for IPv6 the network that one connection is given."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    return address if parsed.version == 4 else str(ip_network((parsed, _IPV6_PREFIX), strict=False))
