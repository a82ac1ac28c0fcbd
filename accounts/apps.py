"""Registration of the app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """用户."""

    name = "accounts"
    verbose_name = "用户"

    def ready(self) -> None:
        """Connect what records sign-ins."""
        import accounts.sign_in_events  # noqa: F401  # the models are loaded by now
