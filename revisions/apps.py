"""Registration of the app."""

from django.apps import AppConfig


class RevisionsConfig(AppConfig):
    """锁定后变动."""

    name = "revisions"
    verbose_name = "锁定后变动"
