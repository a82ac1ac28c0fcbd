"""The lives of calls and of their proposals (docs/domain.md §14.6).

A call: draft → open → reviewing → announced → closed. A proposal: submitted → shortlisted → chosen or refused, or
withdrawn. Closing a call after its announcement opens a project for each chosen proposal in the same transaction.
"""

from __future__ import annotations

from typing import Any, Final

from django.utils import timezone

from changelog.flow import Asks, Flow, Move
from changzhi_portal.refusals import InvalidError, NotAllowedError
from changzhi_portal.rights import Actor
from periods.workdays import deadline
from services.models import ANNOUNCED_FOR, Call, Proposal
from services.opening import open_projects
from services.rules import (
    chosen_amount,
    refuse_bad_standing,
    refuse_closed_communities,
    refuse_in_state,
    refuse_over_budget,
)

State = Call.State
Stand = Proposal.State
MAY_RUN_CALLS: Final = "may_run_calls"


# --- Calls ---


def _check_open(call: Call, by: Actor | None, note: str) -> None:
    """Raise InvalidError for a call that says too little for projects, or is for closed communities."""
    if not (call.field and call.beneficiaries and call.starts_on and call.ends_on):
        raise InvalidError(
            "发布前要填服务领域、服务对象和项目起止日期，入选的要据此立项。", cure=f"The call {call.ref} is not whole."
        )
    refuse_closed_communities(call)


def _check_review(call: Call, by: Actor | None, note: str) -> None:
    """Raise InvalidError before the last day of a call is over, and for one that nobody has answered."""
    if timezone.localdate() <= call.closes_on:
        raise InvalidError(
            f"征集到{call.closes_on}为止，截止以后才能开始评审。", cure=f"The call {call.ref} still takes proposals."
        )
    if not Proposal.objects.filter(call=call).standing().exists():
        raise InvalidError(
            f"没有登记{call.deed}，不能评审；征集不办了的，请“终止征集”。",
            cure=f"The call {call.ref} has no proposals.",
        )


def _check_announce(call: Call, by: Actor | None, note: str) -> None:
    """Raise InvalidError while a proposal is not decided, where none is chosen, or for more than the budget."""
    proposals = Proposal.objects.filter(call=call)
    open_ones = proposals.filter(state__in=(Stand.SUBMITTED, Stand.SHORTLISTED)).count()
    if open_ones:
        raise InvalidError(
            f"还有{open_ones}件没有评定，请先到“评选”里评定。", cure=f"The call {call.ref} has undecided proposals."
        )
    if not proposals.chosen().exists():
        raise InvalidError(
            "没有入选的，不用公示；征集不办了的，请“终止征集”。", cure=f"The call {call.ref} has no chosen proposals."
        )
    refuse_over_budget(chosen_amount(call), call)


def _announced(call: Call) -> dict[str, Any]:
    """Return the columns of an announcement that begins today; its last day is stored."""
    today = timezone.localdate()
    return {"announced_on": today, "announced_until": deadline(today, ANNOUNCED_FOR)}


def _not_announced(call: Call) -> dict[str, Any]:
    return {"announced_on": None, "announced_until": None}


def _check_close(call: Call, by: Actor | None, note: str) -> None:
    """Raise InvalidError before the announcement is over; NotAllowedError for the portal, which opens no projects."""
    if by is None:
        raise NotAllowedError("征集由组织征集的单位结束。", cure="The portal opens no projects by itself.")
    if call.announced_until is not None and timezone.localdate() <= call.announced_until:
        raise InvalidError(
            f"公示到{call.announced_until}为止，期满以后才能结束征集。",
            cure=f"The announcement of {call.ref} is not over.",
        )


def _open_projects(call: Call, by: Actor | None, note: str) -> None:
    if by is not None:  # see _check_close
        open_projects(call, by=by, day=timezone.localdate())


CALLS: Flow[Call] = Flow(
    Call,
    "state",
    moves=(
        Move(
            code="open",
            label="发布征集",
            sources=(State.DRAFT,),
            target=State.OPEN,
            right=MAY_RUN_CALLS,
            explanation="发布后可以登记申报和认领；征集期间只能改截止日期和备注。",
            done="已发布，可以登记申报和认领。",
            check=_check_open,
        ),
        Move(
            code="review",
            label="开始评审",
            sources=(State.OPEN,),
            target=State.REVIEWING,
            right=MAY_RUN_CALLS,
            explanation="开始后不再登记申报，可以评分和评选。",
            done="已开始评审，请到“评选”里评分，选出入选的。",
            check=_check_review,
        ),
        Move(
            code="announce",
            label="公示结果",
            sources=(State.REVIEWING,),
            target=State.ANNOUNCED,
            right=MAY_RUN_CALLS,
            explanation=f"从今天起公示{ANNOUNCED_FOR}个工作日，当天不算；期满没有异议的，结束征集后立项。",
            done="已开始公示。",
            check=_check_announce,
            values=_announced,
        ),
        Move(
            code="close",
            label="结束征集",
            sources=(State.ANNOUNCED,),
            target=State.CLOSED,
            right=MAY_RUN_CALLS,
            explanation="为每个入选的新增一个购买服务项目，状态是“拟购买”；认领的是自行采购，0元。",
            done="征集已结束，入选的已经立项。",
            check=_check_close,
            then=_open_projects,
        ),
        Move(
            code="again",
            label="重新评审",
            sources=(State.ANNOUNCED,),
            target=State.REVIEWING,
            right=MAY_RUN_CALLS,
            asks=Asks("原因", "例如：公示期间收到异议，经核实属实。"),
            explanation="撤下公示，重新评选；评好以后要重新公示。",
            done="已重新开始评审。",
            values=_not_announced,
        ),
        Move(
            code="end",
            label="终止征集",
            sources=(State.DRAFT, State.OPEN, State.REVIEWING),
            target=State.CLOSED,
            right=MAY_RUN_CALLS,
            asks=Asks("终止原因", "例如：截止后没有组织申报。"),
            explanation="终止后不再评选，也不立项。",
            done="征集已终止。",
        ),
    ),
)


# --- Proposals ---


def _check_shortlist(proposal: Proposal, by: Actor | None, note: str) -> None:
    refuse_in_state(proposal.call, "进入初选", State.OPEN, State.REVIEWING)


def _check_choose(proposal: Proposal, by: Actor | None, note: str) -> None:
    """Raise InvalidError outside the review, for an organization in bad standing, or for more than the budget.

    The call is held until the transaction ends, so that two who choose at once see each other's sum.
    """
    call = Call.objects.select_for_update(of=("self",)).select_related("division").get(pk=proposal.call_id)
    refuse_in_state(call, "选为入选", State.REVIEWING)
    refuse_bad_standing(proposal.organization, call, timezone.localdate())
    refuse_over_budget(chosen_amount(call, besides=proposal) + proposal.amount, call)


def _check_refuse(proposal: Proposal, by: Actor | None, note: str) -> None:
    refuse_in_state(proposal.call, "列为未入选", State.REVIEWING)


def _check_withdraw(proposal: Proposal, by: Actor | None, note: str) -> None:
    refuse_in_state(proposal.call, "撤回", State.OPEN, State.REVIEWING, State.ANNOUNCED)
    if proposal.project_id is not None:
        raise InvalidError(
            "已经立项，不能撤回；不做了的，请把项目改为“已终止”。", cure=f"{proposal.ref} has a project."
        )


def _decided(proposal: Proposal) -> dict[str, Any]:
    return {"decided_on": timezone.localdate()}


_IN_HAND = (Stand.SUBMITTED, Stand.SHORTLISTED)
PROPOSALS: Flow[Proposal] = Flow(
    Proposal,
    "state",
    moves=(
        Move(
            code="choose",
            label="选为入选",
            sources=(*_IN_HAND, Stand.REFUSED),
            target=Stand.CHOSEN,
            right=MAY_RUN_CALLS,
            asks=Asks("说明", is_required=False),
            explanation="入选金额合计不能超过本次预算；公示期满、结束征集以后立项。",
            done="已选为入选。",
            check=_check_choose,
            values=_decided,
        ),
        Move(
            code="shortlist",
            label="进入初选",
            sources=(Stand.SUBMITTED,),
            target=Stand.SHORTLISTED,
            right=MAY_RUN_CALLS,
            done="已进入初选。",
            check=_check_shortlist,
        ),
        Move(
            code="refuse",
            label="列为未入选",
            sources=(*_IN_HAND, Stand.CHOSEN),
            target=Stand.REFUSED,
            right=MAY_RUN_CALLS,
            asks=Asks("理由", is_required=False),
            done="已列为未入选。",
            check=_check_refuse,
            values=_decided,
        ),
        Move(
            code="withdraw",
            label="撤回",
            sources=(*_IN_HAND, Stand.CHOSEN),
            target=Stand.WITHDRAWN,
            right=MAY_RUN_CALLS,
            asks=Asks("撤回原因", "例如：组织人手不够，自己提出撤回；不写个人姓名。"),
            done="已撤回。",
            check=_check_withdraw,
        ),
    ),
)
