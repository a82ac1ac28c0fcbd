"""Registration of the app."""

from django.apps import AppConfig


class WorkloadConfig(AppConfig):
    """社区减负."""

    name = "workload"
    verbose_name = "社区减负"
