"""Steps of a county's report of a month: 上报, 退回, 接收 (docs/domain.md §6).

Every step takes the row lock of the month first, so concurrent steps and locking are serialized; the second one is
refused with the present state. A step writes the submission, the step itself, the change log and the notices to the
county's clerks in one transaction.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from changelog.actions import begin_change_set, change_of, differing, log_changes
from changzhi_portal.display import display_value
from changzhi_portal.personal_numbers import refuse_personal_numbers
from changzhi_portal.quality import Finding, Severity
from changzhi_portal.refusals import InvalidError, LockedError, NotAllowedError, StaleError
from changzhi_portal.rights import Actor
from communities.models import Division
from notices.actions import Message, notify
from periods.models import ReportingPeriod
from submissions.checks import findings_for
from submissions.explanations import in_order_of_page
from submissions.models import Submission, SubmissionStep, explanation_key
from submissions.report_status import Phase, phase_of, reporting_counties
from targets.actions.measuring import lock_period_row

State = Submission.State
Kind = SubmissionStep.Kind
NOTE_LENGTH = 500
EXPLANATION_LENGTH = 500
_LOGGED = ("state", "is_late", "return_note")


def submit_month(
    *,
    period: ReportingPeriod,
    county: Division,
    by: Actor,
    explanations: Mapping[str, str] | None = None,
    steps_seen: int | None = None,
    at: datetime.datetime | None = None,
    findings: Sequence[Finding] | None = None,
) -> Submission:
    """Report a month for a county, also again after it was returned, and return the submission.

    `explanations` are texts for every soft finding, by `explanation_key`. `steps_seen` is the number of steps that the
    page showed; StaleError is raised if there are more by now. `at` is the time of the report, by default now; demo data
    passes past times. `findings` are current findings of the county, for callers that report several counties and have
    read all findings together; by default they are read here.

    Raises NotAllowedError for a role or county without the right, and after `late_until` for all but the bureau;
    LockedError for a locked month; StaleError for a month that is not open or is reported already; InvalidError for a
    hard finding and for a soft one without an explanation.
    """
    moment = at or timezone.now()
    _refuse_unless_reporting(period, county, by)
    _refuse_unless_in_time(period, by, timezone.localdate(moment))
    stored = _stored_explanations(_soft_findings(period, county, findings), explanations or {})
    with transaction.atomic():
        period = lock_period_row(period)
        _refuse_unless_in_time(period, by, timezone.localdate(moment))
        submission, _ = Submission.objects.select_related("county").get_or_create(period=period, county=county)
        submission.period = period
        _refuse_unless_as_seen(submission, steps_seen)
        if submission.is_reported:
            raise StaleError(
                f"{county.name}{period}已由{submission.submitted_by}于{display_value(submission.submitted_at)}上报，不用再报。",
                cure=f"{submission.ref} was submitted already.",
            )
        if submission.submitted_at is None:
            submission.is_late = timezone.localdate(moment) > period.due_on
        before = _logged_values(submission)
        submission.submitted_at, submission.submitted_by = moment, by
        submission.explanations = stored
        return _step(submission, Kind.SUBMITTED, State.SUBMITTED, by, moment, before=before, explanations=stored)


def return_submission(
    *,
    submission: Submission,
    note: str,
    by: Actor,
    steps_seen: int | None = None,
    at: datetime.datetime | None = None,
) -> Submission:
    """Return a submitted or accepted report to the county with a note on what to correct.

    Raises NotAllowedError for a role without the right, InvalidError for an empty or too long note, LockedError for a
    locked month, StaleError for a report that is in another state or has more steps than `steps_seen`.
    """
    words = note.strip()
    if not words:
        raise InvalidError("请写明退回意见，让填报员知道要改什么。", cure="Give a note with the return.", field="note")
    if len(words) > NOTE_LENGTH:
        raise InvalidError(
            f"退回意见超过{NOTE_LENGTH}个字，请写短一些。",
            cure=f"The note exceeds {NOTE_LENGTH} characters.",
            field="note",
        )
    refuse_personal_numbers(words, what="退回意见", field="note")
    return _review(
        submission, Kind.RETURNED, State.RETURNED, by, since=Submission.REPORTED, note=words, seen=steps_seen, at=at
    )


def accept_submission(
    *, submission: Submission, by: Actor, steps_seen: int | None = None, at: datetime.datetime | None = None
) -> Submission:
    """Accept a submitted report. Raises as `return_submission` does."""
    return _review(
        submission, Kind.ACCEPTED, State.ACCEPTED, by, since=(State.SUBMITTED,), note="", seen=steps_seen, at=at
    )


# --- Rights and deadlines ---


def _refuse_unless_reporting(period: ReportingPeriod, county: Division, by: Actor) -> None:
    if not by.role.may_submit:
        raise NotAllowedError(
            "您的角色不能上报，请由县（市、区）填报员上报。", cure=f"The role of {by.username} may not submit."
        )
    if not reporting_counties(period).visible_to(by).filter(pk=county.pk).exists():
        raise NotAllowedError(
            f"您不能为{county.name}上报{period}，请选择本单位当月的县（市、区）。",
            cure=f"{county.code} does not report {period.code}, or lies outside the area of {by.username}.",
        )


def _refuse_unless_in_time(period: ReportingPeriod, by: Actor, day: datetime.date) -> None:
    phase = phase_of(period, day)
    if phase == Phase.LOCKED:
        raise LockedError(
            f"{period}已锁定，不能再上报；确需补报，请联系市局管理员重新开放。",
            cure=f"{period.code} is locked. Reopen it first.",
        )
    if phase == Phase.NOT_OPEN:
        raise StaleError(
            f"{period}还没有开放填报，{display_value(period.opens_on)}起可以上报。",
            cure=f"{period.code} is not open yet.",
        )
    if phase == Phase.CLOSED and not by.role.may_review:
        raise NotAllowedError(
            f"{period}的迟报截止日（{display_value(period.late_until)}）已过，您不能再自行上报，请联系市局业务员代为上报。",
            cure=f"After {period.late_until} only a bureau_officer or bureau_admin may submit {period.code}.",
        )


def _refuse_unless_reviewing(submission: Submission, by: Actor) -> None:
    if not by.role.may_review:
        raise NotAllowedError(
            "您的角色不能审核上报，请联系市局业务员。", cure=f"The role of {by.username} may not review."
        )
    if not Submission.objects.visible_to(by).filter(pk=submission.pk).exists():
        raise NotAllowedError(
            f"您不能审核{submission.county.name}的上报。", cure=f"{submission.ref} lies outside the user's area."
        )


# --- The checks ---


def _soft_findings(period: ReportingPeriod, county: Division, findings: Sequence[Finding] | None) -> list[Finding]:
    """Return the soft ones of the given or current findings. Raises InvalidError if there is a hard one."""
    if findings is None:
        current = findings_for(period=period, division=county)
        hard = current.hard
        soft = current.narrowed(severity=Severity.SOFT).all() if current.soft and not hard else []
    else:
        hard = sum(finding.is_hard for finding in findings)
        soft = [finding for finding in findings if not finding.is_hard]
    if hard:
        raise InvalidError(
            f"还有{hard}处必须改正的问题，请改正后再上报。",
            cure=f"{hard} hard findings block the submission. Run check_data and correct them.",
        )
    return soft


def _stored_explanations(soft: Sequence[Finding], given: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return the explanations to store, each with the text of its finding, by `explanation_key`.

    Raises InvalidError for a missing or too long explanation; its field is "explanations." and the key of the finding.
    """
    texts = {key: text.strip() for key, text in given.items()}
    missing = [finding for finding in in_order_of_page(soft) if not texts.get(_key(finding))]
    if missing:
        first = missing[0]
        raise InvalidError(
            f"还有{len(missing)}处需要说明情况，第一处是“{first.label}”（{first.rule.title}），请写明后再上报。",
            cure=f"{len(missing)} soft findings have no explanation, first {_key(first)}.",
            field=f"explanations.{_key(first)}",
        )
    too_long = [finding for finding in soft if len(texts[_key(finding)]) > EXPLANATION_LENGTH]
    if too_long:
        raise InvalidError(
            f"有的情况说明超过{EXPLANATION_LENGTH}个字，请写短一些。",
            cure=f"An explanation exceeds {EXPLANATION_LENGTH} characters.",
            field=f"explanations.{_key(too_long[0])}",
        )
    for finding in soft:
        refuse_personal_numbers(
            texts[_key(finding)], what=f"“{finding.label}”的情况说明", field=f"explanations.{_key(finding)}"
        )
    return {
        _key(finding): {
            "rule": finding.rule.code,
            "title": finding.rule.title,
            "label": finding.label,
            "place": finding.place,
            "message": finding.message,
            "url": finding.url,
            "text": texts[_key(finding)],
        }
        for finding in soft
    }


def _key(finding: Finding) -> str:
    return explanation_key(finding.rule.code, finding.ref)


# --- Writing a step ---


def _refuse_unless_as_seen(submission: Submission, steps_seen: int | None) -> None:
    if steps_seen is not None and submission.steps.count() != steps_seen:
        raise StaleError(
            "您打开页面以后，这份上报又有了新的变化，请看过现在的情况再操作。",
            cure=f"{submission.ref} has moved on since it was read.",
        )


def _review(
    submission: Submission,
    kind: Kind,
    state: State,
    by: Actor,
    *,
    since: Iterable[str],
    note: str,
    seen: int | None,
    at: datetime.datetime | None,
) -> Submission:
    _refuse_unless_reviewing(submission, by)
    moment = at or timezone.now()
    with transaction.atomic():
        period = lock_period_row(submission.period)
        if period.state == ReportingPeriod.State.LOCKED:
            raise LockedError(
                f"{period}已锁定，不能再{kind.label}；如需更改，请先由市局管理员重新开放。",
                cure=f"{period.code} is locked. Reopen it first.",
            )
        current = Submission.objects.select_related("county").get(pk=submission.pk)
        current.period = period
        _refuse_unless_as_seen(current, seen)
        if current.state not in since:
            raise StaleError(
                f"{current.county.name}{period}现在是“{current.get_state_display()}”，不能{kind.label}；请先看现在的情况。",
                cure=f"{current.ref} is {current.state}; it cannot be {state}.",
            )
        before = _logged_values(current)
        current.reviewed_at, current.reviewed_by = moment, by
        current.return_note = note
        return _step(current, kind, state, by, moment, before=before)


def _step(
    submission: Submission,
    kind: Kind,
    state: State,
    by: Actor,
    moment: datetime.datetime,
    *,
    before: dict[str, Any],
    explanations: dict[str, Any] | None = None,
) -> Submission:
    """Save the submission in its new state, the step, the change log and the notices."""
    submission.state = state
    submission.save()
    note = submission.return_note if kind == Kind.RETURNED else ""
    SubmissionStep.objects.create(
        submission=submission, kind=kind, made_at=moment, made_by_id=by.pk, note=note, explanations=explanations or {}
    )
    _log(submission, kind, by, before)
    notify(_messages(submission, kind, by))
    return submission


def _logged_values(submission: Submission) -> dict[str, Any]:
    return {name: getattr(submission, name) for name in _LOGGED}


def _log(submission: Submission, kind: Kind, by: Actor, before: dict[str, Any]) -> None:
    """Log a step as one change set, which makes no measure stale."""
    change_set = begin_change_set(
        by=by, division=submission.county, summary=f"{kind.label}{submission.period}", affects_figures=False
    )
    changed = differing(before, _logged_values(submission))
    log_changes(change_set, [change_of(submission, division=submission.county_id, **changed)])


def _messages(submission: Submission, kind: Kind, by: Actor) -> list[Message]:
    """Return the notices of a step to the county's clerks, without the user who made it."""
    month, name = submission.period, submission.county.name
    is_too_late = phase_of(month, timezone.localdate(submission.reviewed_at)) == Phase.CLOSED
    again = "请改正后联系市局业务员代为上报（迟报截止日已过）" if is_too_late else "请改正后重新上报"
    title, text = {
        Kind.SUBMITTED: (f"{name}{month}已由市局代为上报", ""),
        Kind.RETURNED: (f"{name}{month}上报被退回，{again}", f"退回意见：{submission.return_note}"),
        Kind.ACCEPTED: (f"{name}{month}上报已接收", ""),
    }[kind]
    if kind == Kind.SUBMITTED and not by.role.may_review:
        return []
    return [
        Message(clerk, title, text, submission_url(submission), submission.ref)
        for clerk in User.objects.clerks_of([submission.county]).exclude(pk=by.pk)
    ]


def submission_url(submission: Submission) -> str:
    """Return the URL of a submission's page; the submission may be unsaved."""
    return reverse("submissions:submission", args=[submission.ref])
