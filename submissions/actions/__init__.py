"""Actions of the month: reporting and reviewing, reminders, locking and reopening, the calendar."""

from submissions.actions.calendar import open_due_months, recompute_lateness
from submissions.actions.commenting import comment_on_finding
from submissions.actions.locking import LockOutcome, change_dates, lock_period, outstanding_counties, reopen_period
from submissions.actions.reminders import remind_automatically, remind_counties
from submissions.actions.submitting import accept_submission, return_submission, submit_month
from submissions.actions.thresholds import set_thresholds

__all__ = [
    "LockOutcome",
    "accept_submission",
    "change_dates",
    "comment_on_finding",
    "lock_period",
    "open_due_months",
    "outstanding_counties",
    "recompute_lateness",
    "remind_automatically",
    "remind_counties",
    "reopen_period",
    "return_submission",
    "set_thresholds",
    "submit_month",
]
