"""Writes of the targets: measuring a month, locking it, opening it again. One module a kind of write."""

from targets.actions.locking import Locked, change_dates, lock_period, outstanding_counties, reopen_period
from targets.actions.measuring import MEASURE_EVERY, compute_period, measure_if_due, periods_to_measure

__all__ = [
    "MEASURE_EVERY",
    "Locked",
    "change_dates",
    "compute_period",
    "lock_period",
    "measure_if_due",
    "outstanding_counties",
    "periods_to_measure",
    "reopen_period",
]
