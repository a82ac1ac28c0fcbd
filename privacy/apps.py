"""Registration of the app."""

from django.apps import AppConfig


class PrivacyConfig(AppConfig):
    """个人信息."""

    name = "privacy"
    verbose_name = "个人信息"
