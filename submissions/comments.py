"""Comments at the findings of a county's month, as threads: what the bureau asks, and what the county answers.

A finding is named by its rule and its record, as explanations are (`submissions.models.explanation_key`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse

from changzhi_portal.rights import Actor
from submissions.checks import findings_for
from submissions.models import FindingComment, Submission, explanation_key


@dataclass(frozen=True)
class CommentedFinding:
    """What a thread is about. `is_current` tells whether the check still finds it; `explanation` is the county's."""

    rule: str
    record: str
    title: str
    label: str
    place: str
    message: str
    url: str
    is_current: bool = False
    explanation: str = ""


@dataclass(frozen=True)
class Thread:
    """The comments at one finding, oldest first, and the URL of their page."""

    url: str
    comments: tuple[FindingComment, ...] = ()

    @property
    def newest(self) -> FindingComment | None:
        """Return the newest comment; None if there is none."""
        return self.comments[-1] if self.comments else None

    @property
    def awaits_county(self) -> bool:
        """Return whether the bureau spoke last, so that the county is to answer."""
        return self.newest is not None and self.newest.is_from_bureau


class Threads:
    """The threads of a county's month in one user's scope. One query."""

    def __init__(self, submission: Submission, user: Actor) -> None:
        self._ref = submission.ref
        by_key: dict[tuple[str, str], list[FindingComment]] = {}
        for comment in FindingComment.objects.visible_to(user).of_report(submission):
            by_key.setdefault((comment.rule, comment.record), []).append(comment)
        self._threads = {key: Thread(self._url(*key), tuple(comments)) for key, comments in by_key.items()}

    def at(self, rule: str, record: str) -> Thread:
        """Return the thread of a finding, which may have no comment yet."""
        return self._threads.get((rule, record)) or Thread(self._url(rule, record))

    def besides(self, shown: Iterable[tuple[str, str]]) -> list[Thread]:
        """Return the threads of other findings than those shown, which are gone or not listed one by one."""
        keys = set(shown)
        return [thread for key, thread in self._threads.items() if key not in keys]

    def awaiting_county(self) -> list[Thread]:
        """Return the threads in which the bureau spoke last."""
        return [thread for thread in self._threads.values() if thread.awaits_county]

    def _url(self, rule: str, record: str) -> str:
        return reverse("submissions:submission_finding", args=[self._ref, rule, record])


def questions_as_note(threads: Threads, most: int) -> str:
    """Return what the county has not answered yet, a line each, as the note of a return of at most `most` characters."""
    lines = []
    for thread in threads.awaiting_county():
        newest = thread.comments[-1]
        lines.append(f"{newest.label}（{newest.title}）：{' '.join(newest.text.split())}")
    note = "\n".join(lines)
    return note if len(note) <= most else f"{note[: most - 1]}…"


def commented_finding(submission: Submission, rule: str, record: str, user: Actor) -> CommentedFinding | None:
    """Return the finding of a county's month that a thread is about; None if there never was one in the user's scope.

    That is a current finding, one that was explained with the report, or one that was commented before it was corrected.
    """
    stored = submission.explanations.get(explanation_key(rule, record), {})
    explanation = stored.get("text", "")
    findings = findings_for(period=submission.period, division=submission.county, user=user)
    found = findings.of_record(rule, record)
    if found is not None:
        title, place, message, url = found.rule.title, found.place, found.message, found.url
        return CommentedFinding(rule, record, title, found.label, place, message, url, True, explanation)
    if stored:
        title, label, place = stored["title"], stored["label"], stored["place"]
        return CommentedFinding(rule, record, title, label, place, stored["message"], stored["url"], False, explanation)
    comments = FindingComment.objects.visible_to(user).of_report(submission).of_finding(rule, record)
    last = comments.last()
    if last is None:
        return None
    return CommentedFinding(rule, record, last.title, last.label, last.place, last.message, last.url)
