"""Writes of the targets: changing plans, measuring a month, reporting it, locking it, opening it again. One module a kind of write."""

from targets.actions.calendar import judge_lateness_anew, open_months_begun
from targets.actions.comparing import COMPARE_EVERY, compare_if_due, compare_locked, locked_periods_to_compare
from targets.actions.locking import Locked, change_dates, lock_period, outstanding_counties, reopen_period
from targets.actions.measuring import MEASURE_EVERY, compute_period, measure_if_due, periods_to_measure
from targets.actions.planning import add_target, change_plan, change_target, copy_plan, drop_target
from targets.actions.submitting import accept_submission, return_submission, submit_month

__all__ = [
    "COMPARE_EVERY",
    "MEASURE_EVERY",
    "Locked",
    "accept_submission",
    "add_target",
    "change_dates",
    "change_plan",
    "change_target",
    "compare_if_due",
    "compare_locked",
    "compute_period",
    "copy_plan",
    "drop_target",
    "judge_lateness_anew",
    "lock_period",
    "locked_periods_to_compare",
    "measure_if_due",
    "open_months_begun",
    "outstanding_counties",
    "periods_to_measure",
    "reopen_period",
    "return_submission",
    "submit_month",
]
