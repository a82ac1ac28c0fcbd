"""Tests of the page on which an office chooses among the proposals of a call: 40 of them, without JavaScript, all or nothing."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from changelog.models import ChangeSet
from orgs.models import SocialOrganization
from services.flow import PROPOSALS
from services.models import Call, Proposal
from tests.factories import Place, make_call, make_organization, make_proposal
from tests.pages import markup_of
from tests.queries import exactly, queries_of

pytestmark = [pytest.mark.django_db]
OVER = "入选金额合计105,000元，超过本次预算100,000元。"


@pytest.fixture(autouse=True)
def june(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let it be 4 June 2018."""
    monkeypatch.setattr(timezone, "localdate", lambda *_: datetime.date(2018, 6, 4))


@pytest.fixture
def call(place: Place) -> Call:
    """Create a call of 城区 for 100,000 yuan that is reviewed."""
    return make_call(place.county, state="reviewing", budget=100_000)


def propose(place: Place, call: Call, *amounts: int) -> list[Proposal]:
    """Create a proposal of another organization for each amount."""
    return [make_proposal(call, make_organization(place.county, credit_status="normal"), amount) for amount in amounts]


def filled(page: Any, *chosen: Proposal, **scores: Any) -> dict[str, Any]:
    """Return the input of the page with these proposals ticked, and scores by ref."""
    asked = {"seen": page.context["form"]["seen"].value()}
    asked |= {f"chosen-{proposal.ref}": "on" for proposal in chosen}
    return asked | {f"score-{ref}": str(score) for ref, score in scores.items()}


def states(call: Call) -> list[tuple[str, Decimal | None]]:
    """Return state and score of the proposals of a call, in the order in which they were entered."""
    return list(call.proposals.order_by("pk").values_list("state", "score"))


def test_trying_shows_order_and_total_and_saving_chooses_and_refuses(place, call, clerk, signed_in):
    first, second, third = propose(place, call, 40_000, 35_000, 30_000)
    browser, url = signed_in(clerk), reverse("services:call_choose", args=[call.ref])
    page = browser.get(url)
    assert [line.proposal for line in page.context["lines"]] == [first, second, third]
    asked = filled(page, second, third, **{first.ref: 70, second.ref: 80.5, third.ref: 95})
    tried = browser.post(url, asked | {"preview": "1"})
    assert [line.proposal for line in tried.context["lines"]] == [third, second, first]
    assert [line.together for line in tried.context["lines"]] == [30_000, 65_000, None]
    assert "还剩35,000元" in markup_of(tried)
    assert states(call) == [("submitted", None)] * 3, "only tried"
    saved = browser.post(url, asked | {"previewed": tried.context["previewed"]})
    assert saved["Location"] == call.get_absolute_url()
    assert states(call) == [("refused", 70), ("chosen", Decimal("80.5")), ("chosen", 95)]
    assert ChangeSet.objects.get(summary__startswith="评分").records.count() == 3
    assert [step.made_by for step in second.steps.all()] == [clerk]


def test_what_was_not_tried_is_shown_before_it_is_saved(place, call, clerk, signed_in):
    (proposal,) = propose(place, call, 40_000)
    browser, url = signed_in(clerk), reverse("services:call_choose", args=[call.ref])
    answer = browser.post(url, filled(browser.get(url), proposal))
    assert answer.status_code == 200 and answer.context["is_tried"]
    assert states(call) == [("submitted", None)]


def test_105000_of_100000_is_shown_when_it_is_tried_and_refused_when_it_is_saved(place, call, clerk, signed_in):
    proposals = propose(place, call, 40_000, 35_000, 30_000)
    browser, url = signed_in(clerk), reverse("services:call_choose", args=[call.ref])
    asked = filled(browser.get(url), *proposals)
    tried = browser.post(url, asked | {"preview": "1"})
    assert [line.exceeds for line in tried.context["lines"]] == [False, False, True]
    assert OVER in markup_of(tried) and "超出5,000元" in markup_of(tried)
    saved = browser.post(url, asked | {"previewed": tried.context["previewed"]})
    assert saved.status_code == 422
    assert [str(error) for error in saved.context["form"].non_field_errors()] == [OVER]
    assert states(call) == [("submitted", None)] * 3, "all or nothing"


def test_a_choice_may_be_changed_within_the_budget_at_any_time_of_the_review(place, call, clerk, signed_in):
    first, second = propose(place, call, 90_000, 80_000)
    browser, url = signed_in(clerk), reverse("services:call_choose", args=[call.ref])
    for chosen, expected in ((first, ["chosen", "refused"]), (second, ["refused", "chosen"])):
        asked = filled(browser.get(url), chosen)
        tried = browser.post(url, asked | {"preview": "1"})
        browser.post(url, asked | {"previewed": tried.context["previewed"]})
        assert [state for state, _ in states(call)] == expected


def test_nobody_overwrites_what_changed_since_the_page_was_shown(place, call, clerk, signed_in):
    first, second = propose(place, call, 40_000, 35_000)
    browser, url = signed_in(clerk), reverse("services:call_choose", args=[call.ref])
    asked = filled(browser.get(url), first)
    tried = browser.post(url, asked | {"preview": "1"})
    PROPOSALS.make(second, "shortlist", by=clerk)
    saved = browser.post(url, asked | {"previewed": tried.context["previewed"]})
    assert saved.status_code == 409
    assert "您打开页面以后，有申报或者征集改动过" in markup_of(saved)
    assert [state for state, _ in states(call)] == ["submitted", "shortlisted"]


def test_who_lost_its_standing_is_named(place, call, clerk, signed_in):
    (proposal,) = propose(place, call, 40_000)
    SocialOrganization.objects.update(credit_status="abnormal")
    browser, url = signed_in(clerk), reverse("services:call_choose", args=[call.ref])
    asked = filled(browser.get(url), proposal)
    tried = browser.post(url, asked | {"preview": "1"})
    saved = browser.post(url, asked | {"previewed": tried.context["previewed"]})
    assert f"“{proposal.organization}”：该组织列入活动异常名录，不能申报。" in markup_of(saved)


@pytest.mark.parametrize("score", ["101", "-1", "12.345", "好"])
def test_a_score_that_is_none_is_refused_at_its_field(score, place, call, clerk, signed_in):
    (proposal,) = propose(place, call, 40_000)
    browser, url = signed_in(clerk), reverse("services:call_choose", args=[call.ref])
    answer = browser.post(url, filled(browser.get(url), **{proposal.ref: score}) | {"preview": "1"})
    assert answer.status_code == 422
    assert f"score-{proposal.ref}" in answer.context["form"].errors


def test_outside_the_review_the_page_leads_back_with_the_reason(place, clerk, other_clerk, signed_in):
    call = make_call(place.county)
    url = reverse("services:call_choose", args=[call.ref])
    answer = signed_in(clerk).get(url, follow=True)
    assert "这次征集现在不在评审，不能评选。" in markup_of(answer)
    assert signed_in(other_clerk).get(url).status_code == 404


def test_forty_proposals_are_one_page_with_the_queries_of_two(place, call, clerk, signed_in):
    browser, url = signed_in(clerk), reverse("services:call_choose", args=[call.ref])
    propose(place, call, 1_000, 2_000)
    few = len(queries_of(lambda: browser.get(url)))
    propose(place, call, *[1_000] * 38)
    with exactly(few):
        page = browser.get(url)
    assert len(page.context["lines"]) == 40
    assert markup_of(page).count('type="checkbox"') == 40
