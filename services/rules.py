"""What is refused of calls and proposals, each with one sentence (systems.md §D; docs/domain.md §14.6)."""

from __future__ import annotations

import datetime
from decimal import Decimal

from django.db.models import Sum

from changzhi_portal.display import display_number
from changzhi_portal.refusals import InvalidError
from orgs.models import SocialOrganization
from services.models import Call, CallCommunity, Proposal

_CreditStatus = SocialOrganization.CreditStatus


def refuse_bad_standing(organization: SocialOrganization, call: Call, day: datetime.date) -> None:
    """Raise InvalidError unless an organization is in effect on a day with 信用状况 正常 (诚信; 民政部令60号).

    Whoever names several organizations at once says which one is meant: see `bad_standing`.
    """
    if said := bad_standing(organization, call, day):
        raise InvalidError(said, cure=f"{organization.ref} is not in good standing on {day}.", field="organization")


def bad_standing(organization: SocialOrganization, call: Call, day: datetime.date) -> str:
    """Return why an organization may not answer a call on a day, in one sentence; "" where it may.

    Of a record that was merged into another one, that one counts.
    """
    deed, organization = call.deed, organization.merged_into or organization
    if organization.dissolved_on is not None and organization.dissolved_on <= day:
        return f"该组织已于{organization.dissolved_on}注销，不能{deed}。"
    if organization.established_on > day:
        return f"该组织{organization.established_on}才成立，{day}还不能{deed}。"
    if organization.credit_status == _CreditStatus.ABNORMAL:
        return f"该组织列入活动异常名录，不能{deed}。"
    if organization.credit_status == _CreditStatus.DISHONEST:
        return f"该组织列入严重违法失信名单，不能{deed}。"
    if organization.credit_status != _CreditStatus.NORMAL:
        return f"社会组织登记表里没有填该组织的信用状况，核实填写以后才能{deed}。"
    return ""


def over_budget(total: Decimal, call: Call) -> str:
    """Return the sentence that refuses chosen proposals of more than the budget together; "" where they fit.

    A call for claims has no budget and refuses no sum.
    """
    if call.budget is None or total <= call.budget:
        return ""
    return f"入选金额合计{display_number(total)}元，超过本次预算{display_number(call.budget)}元。"


def refuse_over_budget(total: Decimal, call: Call) -> None:
    """Raise InvalidError for chosen proposals of more than the budget together."""
    if said := over_budget(total, call):
        raise InvalidError(said, cure=f"The chosen proposals cost {total} of {call.budget} yuan.")


def chosen_amount(call: Call, *, besides: Proposal | None = None) -> Decimal:
    """Return what the chosen proposals of a call ask for together, in yuan; without one of them where it is given."""
    chosen = Proposal.objects.filter(call=call).chosen().order_by()
    if besides is not None:
        chosen = chosen.exclude(pk=besides.pk)
    found = chosen.aggregate(total=Sum("amount"))["total"]
    return Decimal(0) if found is None else Decimal(found).quantize(Decimal("0.01"))


def refuse_closed_communities(call: Call) -> None:
    """Raise InvalidError for a call whose communities have closed without a successor among those it lists."""
    links = CallCommunity.objects.filter(call=call).select_related("community").order_by("community__code")
    communities = [link.community for link in links]
    listed = {community.pk for community in communities}
    for community in communities:
        if community.closed_on is not None and community.successor_id not in listed:
            raise InvalidError(
                f"{community}已经撤销，请先从服务社区里去掉，或者改选现在的社区。",
                cure=f"The community {community.code} has closed.",
                field="communities",
            )


def refuse_in_state(call: Call, deed: str, *states: str) -> None:
    """Raise InvalidError where a call is in none of these states, for what is done with its proposals."""
    if call.state not in states:
        raise InvalidError(
            f"征集“{call}”现在是“{call.get_state_display()}”，不能“{deed}”。",
            cure=f"The call {call.ref} is {call.state}.",
        )
