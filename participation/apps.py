"""Registration of the app."""

from django.apps import AppConfig


class ParticipationConfig(AppConfig):
    """调查、协商和活动."""

    name = "participation"
    verbose_name = "调查、协商和活动"
