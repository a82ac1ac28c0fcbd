"""Tests of the demo's calls: one of each state of work, labelled, through the portal's own actions, and a resumed run adds none."""

from __future__ import annotations

import datetime

import pytest

from accounts.models import Role
from demo.calls import CALLS_OF_DEMO, run_calls
from demo.span import Span
from services.models import Call, Proposal
from tests.factories import make_organization, make_user

SPAN = Span()


@pytest.mark.django_db
@pytest.mark.one_database
def test_a_county_runs_its_calls_once(place):
    clerk = make_user(Role.DISTRICT_CLERK, place.county, "demo_chengqu")
    for _ in range(6):
        make_organization(place.communities[0], credit_status="normal")
    for community in place.communities[:2]:  # not to be told apart by name
        make_organization(community, "阿重名队", credit_status="normal")
    expected = {datetime.date(2018, 4, 1): 1, datetime.date(2019, 11, 1): 1, datetime.date(2018, 5, 1): 0}
    for month, number in expected.items():
        assert run_calls(month) == number
        assert run_calls(month) == 0, "a run that is resumed"
    announced, ended = Call.objects.order_by("pk")
    assert (announced.state, announced.division, ended.state) == ("announced", place.county, "closed")
    assert [step.move for step in announced.steps.order_by("pk")] == ["open", "review", "announce"]
    assert ended.steps.order_by("-pk")[0].note.startswith("演示数据")
    proposals = Proposal.objects.filter(call=announced).order_by("pk")
    assert [each.state for each in proposals] == ["chosen"] * 3 + ["refused"] * 2
    assert sum(each.amount for each in proposals if each.state == "chosen") == 95_000
    assert {step.made_by for each in proposals for step in each.steps.all()} == {clerk}
    assert len({each.organization for each in proposals}) == 5


def test_all_calls_are_labelled_and_lie_in_the_demo():
    assert all(planned.title.endswith("（演示数据）") and planned.month in SPAN.months for planned in CALLS_OF_DEMO)
    assert len({planned.title for planned in CALLS_OF_DEMO}) == len(CALLS_OF_DEMO)
    assert {planned.until for planned in CALLS_OF_DEMO} == {"open", "reviewing", "announced", "closed"}
