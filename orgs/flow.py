"""The life of a filing: submitted ⇄ returned → filed or refused (docs/domain.md §13.1).

Granting it writes the organization in the same transaction; from then on the register says what it is.
"""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from changelog.flow import Asks, Flow, Move
from changzhi_portal.refusals import NotAllowedError
from changzhi_portal.rights import Actor, Viewer
from communities.models import Community
from orgs.granting import write_organization
from orgs.models import Filing
from orgs.rules import DECISION_LIMIT, follow_organization, refuse_what_is_wrong
from periods.workdays import deadline, workdays_between

State = Filing.State
MAY_FILE = "may_file_organizations"


def _check_rules(filing: Filing, by: Actor | None, note: str) -> None:
    follow_organization(filing)
    refuse_what_is_wrong(filing, timezone.localdate())


def _grant(filing: Filing, by: Actor | None, note: str) -> None:
    """Refuse what the rules refuse, else write the organization: what its register refuses refuses the move as well.

    Sets `organization` and `number`, which `_filed` returns as columns of the move. Raises InvalidError.
    """
    today = timezone.localdate()
    follow_organization(filing)
    refuse_what_is_wrong(filing, today)
    if by is None:
        raise NotAllowedError("备案由街道（乡镇）的经办人办理。", cure="The portal grants no filing by itself.")
    filing.organization = write_organization(filing, by=by, day=today)
    filing.number = filing.organization.filing_number


def _stands(filing: Filing, user: Viewer) -> bool:
    """Return whether the community of a filing, or that of its organization now, has not closed; the page says so otherwise."""
    organization = filing.organization
    place = filing.community_id if organization is None else organization.community_id or filing.community_id
    is_closed = Community.objects.filter(pk=place, closed_on__isnull=False).exists()
    return not is_closed or filing.kind == Filing.Kind.CANCEL


def _submitted(filing: Filing) -> dict[str, Any]:
    """Return the columns of a filing that is handed in again today; the limit begins anew, and is stored."""
    today = timezone.localdate()
    return {"submitted_on": today, "due_on": deadline(today, DECISION_LIMIT), "community": filing.community}


def _decided(filing: Filing) -> dict[str, Any]:
    """Return the columns of a decision made today: the day, and the working days that it took.

    The phone was for questions in hand; the organization has its own, so the filing keeps none.
    """
    today = timezone.localdate()
    taken = workdays_between(filing.submitted_on, today)
    return {"decided_on": today, "decided_in": taken, "phone": None, "phone_digests": ""}


def _filed(filing: Filing) -> dict[str, Any]:
    """Return the columns of a granted filing: the decision, the organization and its number."""
    own = {"organization": filing.organization, "community": filing.community, "number": filing.number}
    return {**_decided(filing), **own}


FLOW: Flow[Filing] = Flow(
    Filing,
    "state",
    moves=(
        Move(
            code="file",
            label="准予备案",
            sources=(State.SUBMITTED,),
            target=State.FILED,
            right=MAY_FILE,
            asks=Asks("说明", is_required=False),
            explanation="办理后写入社会组织登记表：备案、变更按所填内容登记，转登记改为“登记”，注销从今天起不再计入。",
            done="已办理，社会组织登记表已经更新，可以打印备案通知书。",
            check=_grant,
            values=_filed,
            concerns=_stands,
        ),
        Move(
            code="return",
            label="退回补正",
            sources=(State.SUBMITTED,),
            target=State.RETURNED,
            right=MAY_FILE,
            asks=Asks("要补正什么", "一次写全；补好后可以重新提交。"),
            done="已退回补正。",
        ),
        Move(
            code="refuse",
            label="不予备案",
            sources=(State.SUBMITTED,),
            target=State.REFUSED,
            right=MAY_FILE,
            asks=Asks("不予备案的理由", "写明依据哪一条规定，申请人会看到。"),
            done="已作出不予备案的决定，可以打印通知书。",
            values=_decided,
        ),
        Move(
            code="submit",
            label="重新提交",
            sources=(State.RETURNED,),
            target=State.SUBMITTED,
            right=MAY_FILE,
            explanation=f"重新提交后，从今天起重新计算{DECISION_LIMIT}个工作日的办理期限。",
            done="已重新提交，等待办理。",
            check=_check_rules,
            values=_submitted,
            concerns=_stands,
        ),
    ),
)
