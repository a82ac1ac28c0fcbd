"""Registration of the app."""

from django.apps import AppConfig


class CommunitiesConfig(AppConfig):
    """社区."""

    name = "communities"
    verbose_name = "社区"
