"""Whether a request comes from somebody who is signed in: nginx asks before it takes in a large body (ADR 0023)."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


@login_not_required
@never_cache
@require_safe
def signed_in(request: HttpRequest) -> HttpResponse:
    """Return an empty answer: with status 200 to who is signed in, with 401 to visitors."""
    return HttpResponse(status=200 if request.user.is_authenticated else 401, content_type="text/plain")
