"""Addresses of the target pages: the month, its reports (上报), plans and data quality."""

from django.urls import URLPattern

app_name = "targets"
urlpatterns: list[URLPattern] = []
