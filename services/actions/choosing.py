"""Choosing among the proposals of a call at once: scores and decisions of one page (docs/domain.md §14.6)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from changelog.actions import begin_change_set, change_of, log_changes
from changzhi_portal.refusals import InvalidError, NotAllowedError, NotFoundError, StaleError
from changzhi_portal.rights import Actor, has_right
from services.flow import MAY_RUN_CALLS, PROPOSALS
from services.models import Call, Proposal
from services.rules import bad_standing, refuse_over_budget

State = Proposal.State
_HIGHEST_SCORE = 100


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What a page says of one proposal: its score from 0 to 100, None for none, and whether it is chosen."""

    score: Decimal | None
    is_chosen: bool


def page_seen(call: Call, proposals: Iterable[Proposal]) -> str:
    """Return a digest of the versions that a page shows, by which a later save knows whether anything has changed."""
    shown = [f"{call.ref}:{call.version}", *sorted(f"{each.ref}:{each.version}" for each in proposals)]
    return hashlib.sha256(" ".join(shown).encode()).hexdigest()[:32]


def decide(*, by: Actor, call: Call, choices: Mapping[str, Choice], seen: str) -> int:
    """Save the scores of all proposals of a call that stand, choose the ticked ones and refuse the others.

    `choices` are by ref; `seen` is the digest of the page (`page_seen`). Returns how many are chosen. Everything is
    written, or nothing. Raises NotAllowedError for a role that runs no calls, NotFoundError, StaleError where a
    proposal or the call has changed since the page was shown, InvalidError outside the review, for more than the budget,
    and for an organization that is not in good standing, with its name.
    """
    if not has_right(by, MAY_RUN_CALLS):
        raise NotAllowedError(
            "您的角色不能评选，请联系县（市、区）或市局。", cure=f"The role of {by.username} may not run calls."
        )
    _refuse_outside_review(call)  # before anything is held: closing a call holds it before its proposals
    with transaction.atomic():
        # Proposals before their call, as their single moves take them.
        standing = Proposal.objects.visible_to(by).filter(call=call.pk).standing()
        proposals = list(
            standing.select_for_update(of=("self",)).select_related("organization__merged_into").order_by("pk")
        )
        held: Call | None = (
            Call.objects.visible_to(by)
            .select_for_update(of=("self",))
            .select_related("division")
            .filter(pk=call.pk)
            .first()
        )
        if held is None:
            raise NotFoundError("没有找到这次征集。", cure=f"There is no call {call.ref} in the user's area.")
        _refuse_outside_review(held)
        if page_seen(held, proposals) != seen or {each.ref for each in proposals} != set(choices):
            raise StaleError(
                "您打开页面以后，有申报或者征集改动过，没有保存；请重新打开这一页再选。",
                cure="A proposal or the call has changed since the page was shown.",
            )
        chosen = [each for each in proposals if choices[each.ref].is_chosen]
        _refuse(held, chosen)
        _save_scores(held, proposals, choices, by=by)
        # First what goes, so that no sum on the way is above the budget.
        for proposal in proposals:
            if not choices[proposal.ref].is_chosen and proposal.state != State.REFUSED:
                PROPOSALS.make(proposal, "refuse", by=by)
        for proposal in chosen:
            if proposal.state != State.CHOSEN:
                PROPOSALS.make(proposal, "choose", by=by)
    return len(chosen)


def _refuse_outside_review(call: Call) -> None:
    if call.state != Call.State.REVIEWING:
        raise StaleError(
            f"征集现在是“{call.get_state_display()}”，不能评选。", cure=f"The call {call.ref} is {call.state}."
        )


def _refuse(call: Call, chosen: list[Proposal]) -> None:
    """Raise InvalidError for chosen proposals of more than the budget, or of organizations that may not answer a call."""
    refuse_over_budget(sum((each.amount for each in chosen), Decimal(0)), call)
    today = timezone.localdate()
    for proposal in chosen:
        if said := bad_standing(proposal.organization, call, today):
            raise InvalidError(
                f"“{proposal.organization}”：{said}", cure=f"The organization of {proposal.ref} may not answer calls."
            )


def _save_scores(call: Call, proposals: list[Proposal], choices: Mapping[str, Choice], *, by: Actor) -> None:
    """Write the scores that differ, as one change set. Raises InvalidError for a score that is none."""
    changed = []
    division = call.division
    for proposal in proposals:
        score = choices[proposal.ref].score
        if score is not None and not 0 <= score <= _HIGHEST_SCORE:
            raise InvalidError("得分在0到100之间。", cure=f"{score} is no score.")
        if score == proposal.score:
            continue
        changed.append(
            change_of(proposal, division=division.pk, before={"score": proposal.score}, after={"score": score})
        )
        proposal.score = score
        proposal.version += 1
        proposal.save(update_fields=["score", "version"])
    if changed:
        change_set = begin_change_set(
            by=by, summary=f"评分：{division.name}{call}", division=division, affects_figures=False
        )
        log_changes(change_set, changed)
