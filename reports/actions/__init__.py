"""Actions of briefings: drafting, editing texts, printing, correcting, publishing on the day, settings and recipients."""

from reports.actions.corrected_editions import begin_correction
from reports.actions.drafted import measure_if_outdated
from reports.actions.drafting import prepare_briefing, refresh_drafts, settings_of
from reports.actions.issuing import issue_now, request_issue
from reports.actions.month import divisions_with_issues, move_all, newest_editions, prepare_all
from reports.actions.printing import print_briefing, print_queued
from reports.actions.publishing import publish_due
from reports.actions.recipients import save_recipients
from reports.actions.settings import save_settings
from reports.actions.texts import edit_texts

__all__ = [
    "begin_correction",
    "divisions_with_issues",
    "edit_texts",
    "issue_now",
    "measure_if_outdated",
    "move_all",
    "newest_editions",
    "prepare_all",
    "prepare_briefing",
    "print_briefing",
    "print_queued",
    "publish_due",
    "refresh_drafts",
    "request_issue",
    "save_recipients",
    "save_settings",
    "settings_of",
]
