"""The client address of a request, by which failed sign-ins are counted besides the user name (docs/domain.md §9)."""

from __future__ import annotations

from ipaddress import ip_address

from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """Return the client address reported by the proxy in front, else the address of the connection.

    Only the last address of X-Forwarded-For was written by the proxy; the ones before it may be forged.
    """
    forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    try:
        return str(ip_address(forwarded))
    except ValueError:
        return str(request.META.get("REMOTE_ADDR", ""))
