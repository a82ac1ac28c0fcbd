"""Actions of the targets: changing plans (`planning`) and measuring a month (`measuring`)."""

from targets.actions.measuring import compute_period, measure_if_due, refresh_figures, refresh_open_months
from targets.actions.planning import add_target, change_plan, change_target, copy_plan, drop_target

__all__ = [
    "add_target",
    "change_plan",
    "change_target",
    "compute_period",
    "copy_plan",
    "drop_target",
    "measure_if_due",
    "refresh_figures",
    "refresh_open_months",
]
