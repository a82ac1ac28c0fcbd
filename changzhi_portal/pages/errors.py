"""The page of an error that nothing else has answered (`handler500`)."""

from __future__ import annotations

import sys

from django.http import HttpRequest, HttpResponse
from django.views.defaults import server_error

from changzhi_portal.faults import fault_page


def unexpected_error(request: HttpRequest) -> HttpResponse:
    """Return the page of a fault of database or disk that has come outside a view, else that of an unexpected error."""
    return fault_page(request, sys.exc_info()[1]) or server_error(request)
