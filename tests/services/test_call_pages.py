"""Tests of the pages of calls and proposals: list, record, forms, moves, search, home page, the organization's page, the API."""

from __future__ import annotations

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from services.models import Call, Proposal
from tests.factories import make_call, make_organization, make_project, make_proposal
from tests.pages import markup_of
from tests.queries import exactly, queries_of

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
CALL = {
    "kind": "venture",
    "division": "140402",
    "title": "2018年社区公益创投",
    "opens_on": "2018-06-01",
    "closes_on": "2018-06-20",
    "budget": "100000",
    "funding_source": "lottery",
    "field": "elderly",
    "beneficiaries": "needy",
    "communities": "和平社区",
    "starts_on": "2018-09-01",
    "ends_on": "2019-08-31",
}


@pytest.fixture(autouse=True)
def june(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let it be 4 June 2018."""
    monkeypatch.setattr(timezone, "localdate", lambda *_: datetime.date(2018, 6, 4))


def titles(page):
    return [action.title for action in page.context["actions"]]


def test_a_county_publishes_a_call_and_enters_a_proposal(place, clerk, signed_in):
    browser = signed_in(clerk)
    assert browser.get(reverse("services:calls")).context["add_url"] == reverse("services:call_new")
    browser.post(reverse("services:call_new"), CALL)
    call = Call.objects.get()
    assert titles(browser.get(call.get_absolute_url())) == ["发布征集", "终止征集", "修改"]
    form = browser.get(reverse("services:call_edit", args=[call.ref])).context["form"]
    assert form["communities"].value() == "和平社区居委会"
    browser.post(reverse("services:call_move", args=[call.ref, "open"]), {"seen": "1"})
    page = browser.get(call.get_absolute_url())
    assert titles(page) == ["登记申报", "开始评审", "终止征集", "修改"]
    assert "还有11个工作日" in markup_of(page)
    organization = make_organization(place.county, "演示中心", credit_status="normal")
    asked = {"organization": "演示中心", "title": "日间照料", "submitted_on": "2018-06-04", "amount": "40000"}
    answer = browser.post(reverse("services:proposal_new", args=[call.ref]), asked)
    proposal = Proposal.objects.get()
    assert (proposal.organization, proposal.amount) == (organization, 40_000)
    assert answer["Location"] == proposal.get_absolute_url()
    page = browser.get(proposal.get_absolute_url())
    assert titles(page) == ["选为入选", "进入初选", "列为未入选", "撤回", "修改"]
    assert "演示中心" in markup_of(page) and call.get_absolute_url() in markup_of(page)
    edit = reverse("services:proposal_edit", args=[proposal.ref])
    browser.post(edit, asked | {"amount": "35000", "version": "1"})
    proposal.refresh_from_db()
    assert (proposal.amount, proposal.version) == (35_000, 2)


def test_a_refused_form_says_why_at_its_field(place, clerk, signed_in):
    browser = signed_in(clerk)
    answer = browser.post(reverse("services:call_new"), CALL | {"communities": "没有的社区"})
    assert answer.status_code == 422 and "communities" in answer.context["form"].errors
    call = make_call(place.county, closes_on=datetime.date(2018, 6, 20))
    make_organization(place.county, "演示中心", credit_status="abnormal")
    asked = {"organization": "演示中心", "title": "日间照料", "submitted_on": "2018-06-04", "amount": "1"}
    answer = browser.post(reverse("services:proposal_new", args=[call.ref]), asked)
    assert answer.context["form"].errors["organization"] == ["该组织列入活动异常名录，不能申报。"]
    empty = browser.post(reverse("services:call_new"), {})
    assert {"kind", "division", "title", "opens_on", "closes_on"} == set(empty.context["form"].errors)


def test_a_claim_asks_for_no_amount(place, clerk, signed_in):
    call = make_call(place.county, kind="claim", closes_on=datetime.date(2018, 6, 20))
    page = signed_in(clerk).get(reverse("services:proposal_new", args=[call.ref]))
    assert "amount" not in page.context["form"].fields
    assert "登记认领" in markup_of(page)


@pytest.mark.parametrize(
    ("state", "proposed", "expected"),
    [
        ("open", "submitted", ["开始评审", "登记申报", "终止征集", "修改"]),
        ("reviewing", "submitted", ["评选", "公示结果", "终止征集"]),
        ("reviewing", "chosen", ["公示结果", "评选", "终止征集"]),
        ("announced", "chosen", ["结束征集", "重新评审"]),
        ("closed", "chosen", []),
    ],
)
def test_a_call_offers_what_comes_next_first(state, proposed, expected, place, clerk, street_clerk, signed_in):
    call = make_call(place.county, state=state)
    make_proposal(call, make_organization(place.county), 40_000, state=proposed)
    assert titles(signed_in(clerk).get(call.get_absolute_url())) == expected


def test_who_runs_no_calls_reads_them_and_other_counties_see_none(place, other_clerk, auditor, signed_in):
    call = make_call(place.county)
    proposal = make_proposal(call, make_organization(place.county))
    browser = signed_in(auditor)
    for record in (call, proposal):
        page = browser.get(record.get_absolute_url())
        assert page.status_code == 200 and titles(page) == []
    assert browser.get(reverse("services:call_new")).status_code == 403
    browser = signed_in(other_clerk)
    for record in (call, proposal):
        assert browser.get(record.get_absolute_url()).status_code == 404
    assert browser.get(reverse("services:proposal_new", args=[call.ref])).status_code == 404
    assert len(browser.get(reverse("services:proposals")).context["table"].rows) == 0


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"accepting": "yes"}, {"收"}),
        ({"accepting": "no"}, {"过"}),
        ({"kind": "claim"}, {"过"}),
        ({"q": "收"}, {"收"}),
        ({"state": "open", "closes_to": "2018-06-01"}, {"过"}),
    ],
)
def test_calls_are_found_by_what_is_known_of_them(asked, found, place, clerk, signed_in):
    make_call(place.county, title="收", closes_on=datetime.date(2018, 6, 20))
    make_call(place.county, title="过", kind="claim")
    page = signed_in(clerk).get(reverse("services:calls"), asked)
    assert {row.record.title for row in page.context["table"].rows} == found


def test_the_list_counts_what_was_not_withdrawn(place, clerk, signed_in):
    call = make_call(place.county)
    for state in ("submitted", "withdrawn", "refused"):
        make_proposal(call, make_organization(place.county), state=state)
    make_call(place.county, state="draft")
    rows = signed_in(clerk).get(reverse("services:calls")).context["table"].rows
    assert {row.record.ref: row.record.proposals_received for row in rows}[call.ref] == 2
    assert sorted(row.record.proposals_received for row in rows) == [0, 2]


def test_proposals_are_found_by_call_organization_and_state(place, clerk, signed_in):
    call, organization = make_call(place.county, title="公益创投"), make_organization(place.county, "演示中心")
    wanted = make_proposal(call, organization, title="日间照料")
    make_proposal(make_call(place.county), make_organization(place.county), title="别的", state="withdrawn")
    browser = signed_in(clerk)
    for asked in ({"call": call.ref}, {"q": "演示中心"}, {"q": "公益创投"}, {"state": "standing"}, {"q": "rjzl"}):
        page = browser.get(reverse("services:proposals"), asked)
        assert [row.record for row in page.context["table"].rows] == [wanted], asked


def test_the_home_page_says_what_waits_at_the_cost_of_one_query(place, clerk, street_clerk, signed_in):
    browser = signed_in(clerk)
    before = len(queries_of(lambda: browser.get("/")))
    make_call(place.county, title="到期的")
    make_call(place.county, title="在征集的", closes_on=datetime.date(2018, 6, 20))
    make_call(place.county, title="公示完的", state="announced", announced_until=datetime.date(2018, 6, 3),
              announced_on=datetime.date(2018, 5, 25))  # fmt: skip
    with exactly(before):
        page = markup_of(browser.get("/"))
    for told in ("待办理<b>2</b>次", "已截止，待评审", "征集中，2018-06-20截止", "公示期满，待结束征集、立项"):
        assert told in page
    assert "到期的" not in markup_of(signed_in(street_clerk).get("/"))


def test_an_organization_and_a_project_lead_to_the_proposal(place, clerk, other_clerk, signed_in):
    organization, project = make_organization(place.county), make_project(place.county)
    call = make_call(place.county, state="closed", announced_on="2018-06-01", announced_until="2018-06-08")
    proposal = make_proposal(call, organization, 40_000, state="chosen", project=project)
    for record in (organization, project):
        assert proposal.get_absolute_url() in markup_of(signed_in(clerk).get(record.get_absolute_url()))


def test_a_program_reads_calls_and_proposals(place, clerk, signed_in):
    call = make_call(place.county)
    proposal = make_proposal(call, make_organization(place.county, "演示中心"), 40_000)
    browser = signed_in(clerk)
    (row,) = browser.get("/api/v1/calls/").json()["results"]
    assert (row["ref"], row["state"], row["budget"]) == (call.ref, "open", "100000.00")
    (row,) = browser.get("/api/v1/proposals/", {"call": call.ref}).json()["results"]
    assert (row["ref"], row["organization_name"], row["project"]) == (proposal.ref, "演示中心", None)
