"""Addresses of the target pages: the month, its reports (上报), plans and data quality."""

from django.urls import URLPattern, path

from targets.views.quality import DataQuality

app_name = "targets"
urlpatterns: list[URLPattern] = [
    path("quality/", DataQuality.as_view(), name="quality"),
]
