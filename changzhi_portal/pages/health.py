"""Whether the portal works: for monitoring (`/healthz`, `/readyz`), and as a page for those who look after it."""

from __future__ import annotations

import logging
import tomllib
from functools import cache
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, Error, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from changzhi_portal.health.load import queue_loads
from changzhi_portal.health.own_checks import QUEUE_TITLES
from changzhi_portal.health.report import answers
from changzhi_portal.models import PortalProcess
from changzhi_portal.pages.base import PortalPage, PortalRequest

logger = logging.getLogger(__name__)


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Return `ok` as plain text when the database answers, else status 503. It discloses nothing else to visitors."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        logger.exception("The database does not answer")
        return HttpResponse("database unavailable", status=503, content_type="text/plain")
    return HttpResponse("ok", content_type="text/plain")


@login_not_required
@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Return as JSON which checks hold: status 200 if all do, else 503. Visitors read names of checks and nothing else."""
    found = {answer.check.name: answer.is_good for answer in answers()}
    failed = [name for name, is_good in found.items() if not is_good]
    checks = {name: "ok" if is_good else "failed" for name, is_good in found.items()}
    return JsonResponse({"ready": not failed, "failed": failed, "checks": checks}, status=503 if failed else 200)


class HealthPage(PortalPage):
    """The same checks in words, the work of each queue and the processes; htmx asks for them again by itself."""

    requires = "may_see_health"
    title = "运行状况"
    template_name = "frame/health.html"
    is_polled = True

    def get(self, request: PortalRequest) -> HttpResponse:
        """Show the page, or to htmx its changing part."""
        found = answers()
        failed = sum(not answer.is_good for answer in found)
        state = {"answers": found, "failed": failed, "now": timezone.now(), "version": version(), **_work()}
        if request.htmx:
            self.template_name = "frame/health_state.html"
            return self.render_to_response(state | {"announces": request.GET.get("failed") != str(failed)})
        return self.render_to_response(self.get_context_data(**state, announces=False))


def _work() -> dict[str, Any]:
    """Return the work of each queue and the processes; nothing while the database does not answer."""
    try:
        processes = [
            (each, [QUEUE_TITLES.get(name, name) for name in each.queue_names]) for each in PortalProcess.objects.all()
        ]
        return {"loads": queue_loads(), "processes": processes}
    except Error:
        logger.exception("The work of the queues cannot be read")
        return {"loads": [], "processes": []}


@cache
def version() -> str:
    """Return the portal's version, from `pyproject.toml`."""
    written = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text(encoding="utf-8"))
    return str(written["project"]["version"])
