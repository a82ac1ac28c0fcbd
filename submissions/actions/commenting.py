"""Commenting on a finding of a county's month: the bureau asks, the county answers, the other side gets a notice."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.urls import reverse

from accounts.models import User
from changzhi_portal.personal_numbers import refuse_personal_numbers
from changzhi_portal.records import field_of
from changzhi_portal.refusals import InvalidError, LockedError, NotAllowedError, StaleError
from changzhi_portal.rights import Actor
from notices.actions import Message, notify
from submissions.comments import CommentedFinding
from submissions.models import FindingComment, Submission
from submissions.report_status import reporting_counties
from targets.actions.measuring import lock_period_row

KIND = "finding_comment"


def comment_on_finding(
    *, submission: Submission, about: CommentedFinding, text: str, by: Actor, seen: int | None = None
) -> FindingComment:
    """Write a comment at a finding of a county's month, which may not be reported yet, and tell the other side.

    `seen` is the number of comments that the page showed. Raises NotAllowedError for a role or county without the right,
    InvalidError for an empty or too long text and for one with a personal number, LockedError for a locked month,
    StaleError if others have commented since, or the same was sent just before.
    """
    _refuse_unless_allowed(submission, by)
    words = text.strip()
    if not words:
        raise InvalidError("请写明意见。", cure="Give a text.", field="text")
    if len(words) > FindingComment.LONGEST:
        raise InvalidError(
            f"意见超过{FindingComment.LONGEST}个字，请写短一些。",
            cure=f"The text exceeds {FindingComment.LONGEST} characters.",
            field="text",
        )
    refuse_personal_numbers(words, what="意见", field="text")
    with transaction.atomic():
        period = lock_period_row(submission.period)
        if period.is_locked:
            raise LockedError(
                f"{period}已锁定，不能再写意见；确需更改，请联系市局管理员重新开放。",
                cure=f"{period.code} is locked. Reopen it first.",
            )
        thread = list(FindingComment.objects.of_report(submission).of_finding(about.rule, about.record))
        _refuse_unless_as_seen(thread, words, by, seen)
        comment = FindingComment.objects.create(
            period=period,
            county=submission.county,
            rule=about.rule,
            record=about.record,
            title=_cut(about.title, "title"),
            label=_cut(about.label, "label"),
            place=_cut(about.place, "place"),
            message=_cut(about.message, "message"),
            url=about.url,
            text=words,
            is_from_bureau=by.role.may_review,
            made_by_id=by.pk,
        )
        notify(_messages(comment, submission, by, thread))
    return comment


def _refuse_unless_allowed(submission: Submission, by: Actor) -> None:
    if not by.role.may_submit:
        raise NotAllowedError(
            "您的角色不能写意见，请由市局业务员或者县（市、区）填报员填写。",
            cure=f"The role of {by.username} may not comment.",
        )
    if not reporting_counties(submission.period).visible_to(by).filter(pk=submission.county_id).exists():
        raise NotAllowedError(
            f"您不能为{submission.county.name}写意见。", cure=f"{submission.ref} lies outside the user's area."
        )


def _refuse_unless_as_seen(thread: list[FindingComment], words: str, by: Actor, seen: int | None) -> None:
    if seen is None or len(thread) == seen:
        return
    newest = thread[-1] if thread else None
    if newest is not None and newest.made_by_id == by.pk and newest.text == words:
        raise StaleError("这条意见刚才已经发出，没有重复保存。", cure="The same comment was sent just before.")
    raise StaleError(
        "您打开页面以后，又有了新的意见，请看过再发；您写的还在。", cure="Others have commented since it was read."
    )


def _cut(text: str, column: str) -> str:
    return text[: field_of(FindingComment, column).max_length]


def _messages(
    comment: FindingComment, submission: Submission, by: Actor, thread: list[FindingComment]
) -> list[Message]:
    """Return the notices to the other side; the title, which is mailed, names the check and not the record."""
    county, month = submission.county.name, submission.period
    if comment.is_from_bureau:
        title = f"市局对{county}{month}的“{comment.title}”提了意见，请答复"
        told: Iterable[User] = User.objects.clerks_of([submission.county]).exclude(pk=by.pk)
    else:
        title = f"{county}答复了{month}的“{comment.title}”"
        told = _bureau_people(submission, thread)
    url = reverse("submissions:submission_finding", args=[submission.ref, comment.rule, comment.record])
    return [Message(user, title, f"{comment.label}：{comment.text}", url, submission.ref, kind=KIND) for user in told]


def _bureau_people(submission: Submission, thread: list[FindingComment]) -> list[User]:
    """Return who gets the county's answer: who of the bureau took part or reviewed, otherwise all who review."""
    reviewers = list(User.objects.reviewers_of(submission.county))
    concerned = {comment.made_by_id for comment in thread if comment.is_from_bureau}
    if not concerned and submission.reviewed_by_id:
        concerned = {submission.reviewed_by_id}
    return [user for user in reviewers if user.pk in concerned] or reviewers
