"""Writes of the month: reporting it, reviewing reports, locking it, opening it again. One module a kind of write."""

from submissions.actions.calendar import judge_lateness_anew, open_months_begun
from submissions.actions.locking import Locked, change_dates, lock_period, outstanding_counties, reopen_period
from submissions.actions.reminders import remind_automatically, remind_counties
from submissions.actions.submitting import accept_submission, return_submission, submit_month

__all__ = [
    "Locked",
    "accept_submission",
    "change_dates",
    "judge_lateness_anew",
    "lock_period",
    "open_months_begun",
    "outstanding_counties",
    "remind_automatically",
    "remind_counties",
    "reopen_period",
    "return_submission",
    "submit_month",
]
