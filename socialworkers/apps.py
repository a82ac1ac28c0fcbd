"""Registration of the app."""

from django.apps import AppConfig


class SocialWorkersConfig(AppConfig):
    """社会工作者."""

    name = "socialworkers"
    verbose_name = "社会工作者"
