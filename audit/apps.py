"""Registration of the app."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """审计."""

    name = "audit"
    verbose_name = "审计"
