"""The client address of a request, by which failed sign-ins are counted besides the user name (docs/domain.md §9)."""

from __future__ import annotations

from ipaddress import ip_address

from django.http import HttpRequest


def client_address(request: HttpRequest) -> str | None:
    """Return the client address that nginx reports, else that of the connection; None when neither is known.

    nginx is the only client of the web process's socket, whose connections have no address of their own; it writes
    X-Forwarded-For itself (ADR 0023), and of a list only the last address. That header of a request over TCP may be
    forged, and is ignored.
    """
    connection = str(request.META.get("REMOTE_ADDR", ""))
    if connection:
        return connection
    forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    try:
        return str(ip_address(forwarded))
    except ValueError:
        return None
