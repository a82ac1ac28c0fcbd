"""Where a request comes from: failed sign-ins are counted by user name and address (docs/domain.md §9)."""

from __future__ import annotations

from ipaddress import ip_address

from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The address that the proxy in front saw, else the one that has connected to us, which is the proxy's own.

    Of X-Forwarded-For only the last one is the proxy's word; those before it the visitor may have made up.
    """
    said = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    try:
        return str(ip_address(said))
    except ValueError:
        return str(request.META.get("REMOTE_ADDR", ""))
