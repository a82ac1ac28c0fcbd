"""Registration of the app."""

from django.apps import AppConfig


class OrgsConfig(AppConfig):
    """社会组织."""

    name = "orgs"
    verbose_name = "社会组织"
