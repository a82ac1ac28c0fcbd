"""Writes of the targets: changing plans, measuring a month. One module a kind of write."""

from targets.actions.measuring import compute_period, measure_if_due
from targets.actions.planning import add_target, change_plan, change_target, copy_plan, drop_target

__all__ = [
    "add_target",
    "change_plan",
    "change_target",
    "compute_period",
    "copy_plan",
    "drop_target",
    "measure_if_due",
]
