"""The life of an application: draft → submitted ⇄ returned → approved or refused → ended (docs/domain.md §11)."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from accounts.models import User
from changelog.flow import BY_PORTAL_ALONE, Asks, Flow, Move
from changzhi_portal.refusals import InvalidError, NotAllowedError
from changzhi_portal.rights import Actor, Viewer
from notices.actions import Message, notify
from periods.workdays import deadline, workdays_between
from workload.models import OPEN, WorkItem
from workload.rules import DECISION_LIMIT, held_in_words, held_of, nothing_left, refuse_what_is_wrong

State = WorkItem.State
MAY_PROPOSE = "may_propose_work_items"
MAY_DECIDE = "may_decide_work_items"


def is_own(item: WorkItem, user: Viewer) -> bool:
    """Return whether an item is one of the user's own department."""
    return getattr(user, "department_id", None) == item.department_id


def _check_application(item: WorkItem, by: Actor | None, note: str) -> None:
    """Refuse what the rules refuse, and an application that asks only for what is there."""
    refuse_what_is_wrong(item, timezone.localdate())
    nothing = nothing_left(item, held_of(item, timezone.localdate()))
    if nothing is not None:
        raise InvalidError(nothing.sentence, cure=f"All columns of {item.number} are held.", field=nothing.field)


def _check_own(item: WorkItem, by: Actor | None, note: str) -> None:
    if by is not None and not is_own(item, by):
        raise NotAllowedError(
            "只能提交本部门的申请。", cure=f"{item.number} belongs to another department than {by.username}'s."
        )
    _check_application(item, by, note)


def _check_decides(item: WorkItem, by: Actor | None, note: str) -> None:
    """Raise NotAllowedError for an application that somebody else decides on."""
    if by is None or item.is_decided_by(by):
        return
    raise NotAllowedError(
        "市级部门的事项由市局审定，县、街道部门的事项由所在县（市、区）审定。",
        cure=f"{item.number} is not decided at the division of {by.username}.",
    )


def _check_approval(item: WorkItem, by: Actor | None, note: str) -> None:
    _check_decides(item, by, note)
    _check_application(item, by, note)


def _submitted(item: WorkItem) -> dict[str, Any]:
    """Return the columns of an application that is made today; the limit is stored and never computed again."""
    today = timezone.localdate()
    return {
        "submitted_on": today,
        "due_on": deadline(today, DECISION_LIMIT),
        "decided_on": None,
        "decided_in": None,
    }


def _decided(item: WorkItem) -> dict[str, Any]:
    """Return the columns of a decision made today: the day, and the working days that it took."""
    today = timezone.localdate()
    taken = 0 if item.submitted_on is None else workdays_between(item.submitted_on, today)
    return {"decided_on": today, "decided_in": taken}


def _approved(item: WorkItem) -> dict[str, Any]:
    """Return the columns of an approval: the decision, and what is taken from the registers instead of asked."""
    return {**_decided(item), "held": held_in_words(held_of(item, timezone.localdate()))}


def _ended(item: WorkItem) -> dict[str, Any]:
    """Return the columns of an item that ends today; one that has not begun never holds."""
    today = timezone.localdate()
    if item.valid_to is not None and item.valid_to <= today:
        return {}
    return {"valid_to": max(today, item.valid_from)}


def _tell_department(item: WorkItem, by: Actor | None, note: str) -> None:
    """Tell the clerks of the item's department what was decided, with the reason."""
    words = {State.APPROVED: "已批准", State.RETURNED: "已退回", State.REFUSED: "不予准入"}[State(item.state)]
    clerks = User.objects.people().filter(department=item.department_id, is_active=True)
    notify(
        Message(user=clerk, title=f"“{item}”（{item.number}）{words}", text=note, url=item.get_absolute_url())
        for clerk in clerks
    )


FLOW: Flow[WorkItem] = Flow(
    WorkItem,
    "state",
    moves=(
        Move(
            code="submit",
            label="提交",
            sources=OPEN,
            target=State.SUBMITTED,
            right=MAY_PROPOSE,
            explanation="提交后由市局或者所在县（市、区）在15个工作日内审定，审定以前不能再改。",
            done="已提交，等待审定。",
            check=_check_own,
            values=_submitted,
            concerns=is_own,
        ),
        Move(
            code="approve",
            label="批准",
            sources=(State.SUBMITTED,),
            target=State.APPROVED,
            right=MAY_DECIDE,
            asks=Asks("说明", is_required=False),
            explanation="批准后列入事项清单，从“起”的那一天开始可以要求社区办理。",
            done="已批准，列入事项清单。",
            check=_check_approval,
            values=_approved,
            then=_tell_department,
            concerns=WorkItem.is_decided_by,
        ),
        Move(
            code="return",
            label="退回",
            sources=(State.SUBMITTED,),
            target=State.RETURNED,
            right=MAY_DECIDE,
            asks=Asks("退回原因", "部门会看到，改好后可以再提交。"),
            done="已退回。",
            check=_check_decides,
            then=_tell_department,
            concerns=WorkItem.is_decided_by,
        ),
        Move(
            code="refuse",
            label="不予准入",
            sources=(State.SUBMITTED,),
            target=State.REFUSED,
            right=MAY_DECIDE,
            asks=Asks("不予准入的理由", "部门会看到；同一事项要再申请的，另报一份。"),
            done="已作出不予准入的决定。",
            check=_check_decides,
            values=_decided,
            then=_tell_department,
            concerns=WorkItem.is_decided_by,
        ),
        Move(
            code="end",
            label="终止",
            sources=(State.APPROVED,),
            target=State.ENDED,
            right=MAY_DECIDE,
            asks=Asks("终止原因", "例如：居民不认可，或者工作已经结束。"),
            explanation="从今天起不再要求社区办理这一事项。",
            done="已终止。",
            check=_check_decides,
            values=_ended,
            concerns=WorkItem.is_decided_by,
        ),
        Move(
            code="expire",
            label="到期",
            sources=(State.APPROVED,),
            target=State.ENDED,
            right=BY_PORTAL_ALONE,
        ),
    ),
)
