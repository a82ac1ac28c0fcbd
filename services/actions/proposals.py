"""Entering what an organization proposes or claims. Organizations have no accounts: the office that calls enters it."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from changelog.actions import begin_change_set, change_of, differing, log_changes
from changzhi_portal.names import comparable, tidy
from changzhi_portal.personal_numbers import refuse_personal_numbers
from changzhi_portal.records import field_of
from changzhi_portal.refusals import InvalidError, NotAllowedError, NotFoundError, StaleError, field_at_fault
from changzhi_portal.rights import Actor, has_right
from changzhi_portal.violations import violation_in_words
from orgs.models import SocialOrganization
from services.flow import MAY_RUN_CALLS
from services.models import Call, Proposal
from services.rules import refuse_bad_standing

_LOGGED = ("title", "submitted_on", "amount", "score", "note")


@dataclass(frozen=True, kw_only=True)
class ProposalFields:
    """What is said of a proposal. `organization` is a name, credit code, 备案号 or 记录编号; `amount` is in yuan, None for a claim."""

    organization: str
    title: str
    submitted_on: datetime.date
    amount: Decimal | None = None
    note: str = ""


def call_to_answer(ref: str, by: Actor) -> Call:
    """Return the call of the user's area that takes proposals. Raises NotFoundError, StaleError for one in another state."""
    found: Call | None = Call.objects.visible_to(by).select_related("division").filter(ref=ref).first()
    if found is None:
        raise NotFoundError("没有找到这次征集。", cure=f"There is no call {ref} in the user's area.")
    _refuse_unless_open(found)
    return found


def open_proposal(ref: str, by: Actor) -> Proposal:
    """Return the proposal of the user's area that may still be changed. Raises NotFoundError, StaleError."""
    found: Proposal | None = Proposal.objects.visible_to(by).with_call().filter(ref=ref).first()
    if found is None:
        raise NotFoundError("没有找到这一件。", cure=f"There is no proposal {ref} in the user's area.")
    if not found.is_open:
        state = f"{found.get_state_display()}，征集{found.call.get_state_display()}"
        raise StaleError(f"这一件现在是“{state}”，不能修改。", cure=f"{ref} is {found.state} of {found.call.state}.")
    return found


def save_proposal(
    *, by: Actor, fields: ProposalFields, call: Call | None = None, ref: str = "", version: int = 0
) -> Proposal:
    """Enter a proposal under a call, or with a `ref` change the one that the page showed in this version.

    Raises NotAllowedError for a role that runs no calls, NotFoundError, StaleError for a call or proposal in another
    state, InvalidError for wrong fields, an unknown organization, and one that is not in good standing.
    """
    if not has_right(by, MAY_RUN_CALLS):
        raise NotAllowedError(
            "您的角色不能登记申报，请联系县（市、区）或市局。", cure=f"{by.username} enters no proposals."
        )
    if (call is None) == (not ref):
        raise ValueError("A new proposal names its call, a changed one its ref.")
    try:
        with transaction.atomic():
            proposal = _held(by, ref, version) if ref else Proposal(call=_locked(by, call))
            before = _state(proposal) if ref else {}
            _set(proposal, fields, by)
            if ref and _state(proposal) == before:
                return proposal
            proposal.prepare_keys()
            proposal.version += 1 if ref else 0
            proposal.save()
            _log(by, proposal, before)
    except IntegrityError as error:  # two at once with one title
        raise InvalidError(violation_in_words(error, (Proposal,)), field="title") from error
    return proposal


def _locked(by: Actor, call: Call | None) -> Call:
    """Hold a call, so that nobody begins the review meanwhile. Raises NotFoundError, StaleError."""
    held: Call | None = (
        Call.objects.visible_to(by)
        .select_for_update(of=("self",))
        .select_related("division")
        .filter(pk=None if call is None else call.pk)
        .first()
    )
    if held is None:
        raise NotFoundError("没有找到这次征集。", cure="There is no such call in the user's area.")
    _refuse_unless_open(held)
    return held


def _refuse_unless_open(call: Call) -> None:
    if call.state != Call.State.OPEN:
        raise StaleError(
            f"征集现在是“{call.get_state_display()}”，不能登记{call.deed}。",
            cure=f"The call {call.ref} is {call.state}.",
        )


def _held(by: Actor, ref: str, version: int) -> Proposal:
    key = open_proposal(ref, by).pk
    found = Proposal.objects.select_for_update(of=("self",)).select_related("call__division", "organization")
    proposal = found.get(pk=key)
    if proposal.version != version or not proposal.is_open:
        raise StaleError(
            "您打开页面以后，有人改过这一件，没有保存；请重新打开这一页再改。",
            cure=f"{proposal.ref} has version {proposal.version}, not {version}.",
        )
    return proposal


def _set(proposal: Proposal, fields: ProposalFields, by: Actor) -> None:
    """Set what is said, and refuse what is wrong. Raises InvalidError."""
    call = proposal.call
    organization = _organization_named(tidy(fields.organization), by, proposal)
    refuse_bad_standing(organization, call, fields.submitted_on)
    proposal.organization = organization
    proposal.title, proposal.note = tidy(fields.title), tidy(fields.note)
    proposal.submitted_on = fields.submitted_on
    proposal.amount = _amount_of(fields, call)
    for name in ("title", "note"):
        label = str(field_of(Proposal, name).verbose_name)
        refuse_personal_numbers(getattr(proposal, name), what=f"“{label}”", field=name)
    _refuse_wrong_day(proposal)
    try:
        proposal.full_clean(exclude=["call", "organization"])
    except ValidationError as error:
        raise InvalidError(
            "".join(error.messages), cure="The proposal cannot be saved.", field=field_at_fault(error)
        ) from error


def _amount_of(fields: ProposalFields, call: Call) -> Decimal:
    """Return the amount in yuan. Raises InvalidError for none of a venture, one of a claim, and one above the budget."""
    amount = fields.amount or Decimal(0)
    wrong = ""
    if not call.is_venture:
        wrong = "认领不用钱，申请金额请留空。" if amount else ""
    elif amount <= 0:
        wrong = "公益创投要填申请金额，大于0。"
    elif call.budget is not None and amount > call.budget:
        wrong = "申请金额超过本次预算，请核对单位和金额。"
    if wrong:
        raise InvalidError(wrong, cure=f"{amount} yuan under the call {call.ref}.", field="amount")
    return amount


def _refuse_wrong_day(proposal: Proposal) -> None:
    call, day = proposal.call, proposal.submitted_on
    wrong = "申报日期晚于今天，请核对。" if day > timezone.localdate() else ""
    if not wrong and not call.opens_on <= day <= call.closes_on:
        wrong = f"申报日期要在征集期内（{call.opens_on}至{call.closes_on}）。"
    if wrong:
        raise InvalidError(wrong, cure=f"{day} is no day of the call {call.ref}.", field="submitted_on")


def _organization_named(text: str, by: Actor, proposal: Proposal) -> SocialOrganization:
    """Return the organization of the user's area with this name, credit code, 备案号 or 记录编号. Raises InvalidError.

    The name that the proposal's organization has means that one, also where others have it.
    """
    if proposal.pk and comparable(text) == proposal.organization.name_key:
        return proposal.organization
    is_meant = Q(name_key=comparable(text)) | Q(ref=text)
    if text:
        is_meant |= Q(credit_code=text.upper()) | Q(filing_number=text.upper())
    found = list(SocialOrganization.objects.visible_to(by).filter(is_meant).order_by("dissolved_on", "pk")[:20])
    standing = [each for each in found if each.dissolved_on is None] or found
    if not standing:
        raise InvalidError(
            f"社会组织登记表里没有“{text}”，请先登记这个组织，或者核对名称。",
            cure=f"There is no organization {text} in the user's area.",
            field="organization",
        )
    if len(standing) > 1:
        raise InvalidError(
            f"有{len(standing)}个组织都叫“{text}”，请改填统一社会信用代码、备案号或者记录编号。",
            cure=f"Several organizations are called {text}.",
            field="organization",
        )
    return standing[0]


def _state(proposal: Proposal) -> dict[str, Any]:
    said = {name: getattr(proposal, name) for name in _LOGGED}
    return {"call": proposal.call_id, "organization": proposal.organization_id, **said}


def _log(by: Actor, proposal: Proposal, before: dict[str, Any]) -> None:
    """Log the change. No month becomes stale: figures of proposals are refreshed each night, as moves change them too."""
    after = _state(proposal)
    changed = differing(before, after) if before else {"before": {}, "after": after}
    division = proposal.call.division
    change_set = begin_change_set(
        by=by,
        summary=f"{'修改' if before else '登记'}{proposal.call.deed}：{division.name}{proposal.call} {proposal}",
        division=division,
        affects_figures=False,
    )
    log_changes(change_set, [change_of(proposal, division=division.pk, **changed)])
