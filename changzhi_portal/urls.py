"""Every address of the portal."""

from django.http import HttpRequest, HttpResponse
from django.urls import path


def healthz(request: HttpRequest) -> HttpResponse:
    """Placeholder"""
    return HttpResponse("ok")


urlpatterns = [path("healthz", healthz, name="healthz")]
