"""Registration of the app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """用户."""

    name = "accounts"
    verbose_name = "用户"
