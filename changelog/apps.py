"""Registration of the app."""

from django.apps import AppConfig


class ChangelogConfig(AppConfig):
    """变更记录."""

    name = "changelog"
    verbose_name = "变更记录"
