"""Writes of burden relief: applications, what ends by itself, assessment schemes. Import from here."""

from workload.actions.applications import change_application, new_application, open_application
from workload.actions.expiring import end_expired
from workload.actions.numbers import draw_number
from workload.actions.schemes import save_scheme

__all__ = [
    "change_application",
    "draw_number",
    "end_expired",
    "new_application",
    "open_application",
    "save_scheme",
]
