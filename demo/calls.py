"""Demo calls: 公益创投 and 认领 of some counties, in every state, with the proposals of their filed organizations."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from accounts.models import User
from changzhi_portal.rights import Actor
from demo.accounts import CLERK_OF_COUNTY
from orgs.models import SocialOrganization
from periods.models import month_after
from services.actions import CallFields, Choice, ProposalFields, decide, page_seen, save_call, save_proposal
from services.flow import CALLS, PROPOSALS
from services.models import Call, Proposal, ServiceField, ServiceProject

State = Call.State


@dataclass(frozen=True, slots=True)
class DemoCall:
    """A call of a county's clerk, open during one month; `until` is the state that it comes to.

    `amounts` are what is proposed, in yuan, the best proposal first; of claims zeros. `chosen` is how many are chosen.
    """

    month: datetime.date
    county: str  # its code at the beginning
    title: str
    field: str
    beneficiaries: str
    amounts: tuple[int, ...]
    budget: int | None = None
    chosen: int = 0
    until: str = State.ANNOUNCED


_Beneficiaries = ServiceProject.Beneficiaries
CALLS_OF_DEMO: Final = (
    DemoCall(
        *(datetime.date(2018, 4, 1), "140402", "2018年社区公益创投（演示数据）", ServiceField.ELDERLY),
        *(_Beneficiaries.NEEDY, (40_000, 35_000, 20_000, 30_000, 25_000)),
        budget=100_000,
        chosen=3,
    ),
    DemoCall(
        *(datetime.date(2018, 6, 1), "140427", "2018年便民服务认领（演示数据）", ServiceField.CULTURE),
        *(_Beneficiaries.ALL, (0, 0, 0)),
        chosen=2,
    ),
    DemoCall(
        *(datetime.date(2019, 5, 1), "140429", "2019年社区公益创投（演示数据）", ServiceField.RELIEF),
        *(_Beneficiaries.LEFT_BEHIND, (50_000, 30_000)),
        budget=80_000,
        until=State.REVIEWING,
    ),
    DemoCall(
        *(datetime.date(2019, 11, 1), "140402", "2019年文体活动认领（演示数据）", ServiceField.SPORTS),
        *(_Beneficiaries.ALL, ()),
        until=State.CLOSED,
    ),
    DemoCall(
        *(datetime.date(2020, 6, 1), "140402", "2020年社区公益创投（演示数据）", ServiceField.ELDERLY),
        *(_Beneficiaries.SPECIAL, (45_000, 60_000)),
        budget=150_000,
        until=State.OPEN,
    ),
)
_ENDED: Final = "演示数据：截止后没有组织认领"
_BEST, _STEP = Decimal(95), Decimal("3.5")


def run_calls(month: datetime.date) -> int:
    """Run the calls of a month and return how many; a run that is resumed runs none again."""
    run = 0
    for planned in (each for each in CALLS_OF_DEMO if each.month == month):
        if Call.objects.filter(title=planned.title).exists():
            continue
        clerk = User.objects.select_related("division").get(username=CLERK_OF_COUNTY[planned.county])
        _run(planned, clerk)
        run += 1
    return run


def _run(planned: DemoCall, clerk: User) -> None:
    """Publish a call, enter what is proposed, and bring it to its state."""
    call = CALLS.make(save_call(by=clerk, fields=_fields(planned, clerk)), "open", by=clerk)
    proposals = [
        save_proposal(by=clerk, call=call, fields=_proposal(planned, organization, number))
        for number, organization in zip(range(len(planned.amounts)), _organizations(clerk, planned.month), strict=False)
    ]
    if planned.until == State.OPEN:
        return
    if not proposals:
        CALLS.make(call, "end", by=clerk, note=_ENDED)
        return
    call = CALLS.make(call, "review", by=clerk)
    if planned.until == State.REVIEWING:
        PROPOSALS.make(proposals[0], "shortlist", by=clerk)
        return
    choices = {
        proposal.ref: Choice(score=_BEST - _STEP * number, is_chosen=number < planned.chosen)
        for number, proposal in enumerate(proposals)
    }
    standing = list(Proposal.objects.filter(call=call).standing())
    decide(by=clerk, call=call, choices=choices, seen=page_seen(call, standing))
    CALLS.make(call, "announce", by=clerk)


def _fields(planned: DemoCall, clerk: User) -> CallFields:
    begins = month_after(planned.month, 2)
    return CallFields(
        kind=Call.Kind.CLAIM if planned.budget is None else Call.Kind.VENTURE,
        division=clerk.division,
        title=planned.title,
        opens_on=planned.month,
        closes_on=planned.month.replace(day=25),
        budget=None if planned.budget is None else Decimal(planned.budget),
        funding_source="" if planned.budget is None else ServiceProject.FundingSource.LOTTERY,
        field=planned.field,
        beneficiaries=planned.beneficiaries,
        starts_on=begins,
        ends_on=month_after(begins, 12) - datetime.timedelta(days=1),
        note="演示数据",
    )


def _proposal(planned: DemoCall, organization: SocialOrganization, number: int) -> ProposalFields:
    amount = planned.amounts[number]
    label = ServiceField(planned.field).label
    return ProposalFields(
        organization=organization.credit_code or organization.name,
        title=f"{label}服务第{number + 1}项（演示数据）",
        submitted_on=planned.month.replace(day=10 + number),
        amount=Decimal(amount) if amount else None,
        note="演示数据",
    )


def _organizations(clerk: Actor, month: datetime.date) -> Iterator[SocialOrganization]:
    """Yield organizations of the clerk's area in good standing, in the order of their names, each name once."""
    good = SocialOrganization.CreditStatus.NORMAL
    inside = SocialOrganization.objects.visible_to(clerk).filter(dissolved_on__isnull=True).order_by("name_key", "pk")
    names = list(inside.values_list("name_key", flat=True))
    for organization in inside.filter(credit_status=good, established_on__lt=month):
        if names.count(organization.name_key) == 1:
            yield organization
