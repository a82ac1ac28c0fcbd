"""Tests of calls and proposals: what the rules refuse, the life of a call, the projects it opens (docs/domain.md §14.6)."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.actions import apply_division_changes, undo_division_changes
from changelog.actions import edit_record
from changelog.models import ChangeSet
from changzhi_portal.refusals import InvalidError, NotAllowedError, StaleError
from communities.actions import change_set_of
from communities.models import Division
from orgs.models import SocialOrganization
from services.actions import CallFields, ProposalFields, save_call, save_proposal
from services.flow import CALLS, PROPOSALS
from services.models import Call, Proposal, ServiceProject
from services.sheets import ProjectSheet
from tests.communities.changes import change
from tests.factories import (
    Place,
    credit_code,
    make_call,
    make_community,
    make_division,
    make_organization,
    make_proposal,
)

pytestmark = pytest.mark.django_db
ABNORMAL = "该组织列入活动异常名录，不能认领。"
Today = Callable[[str], None]


@pytest.fixture
def today(monkeypatch: pytest.MonkeyPatch) -> Today:
    """Return a function that lets it be a day."""

    def be(day: str) -> None:
        monkeypatch.setattr(timezone, "localdate", lambda *_: datetime.date.fromisoformat(day))

    be("2018-06-04")
    return be


def good(place: Place, **fields: Any) -> SocialOrganization:
    """Create an organization of 城区 in good standing."""
    return make_organization(place.county, **{"credit_status": "normal", **fields})


def fields_of(division: Division, **changes: Any) -> CallFields:
    """Return what is said of a call for ventures in June 2018."""
    return CallFields(
        **{
            "kind": "venture",
            "division": division,
            "title": "2018年社区公益创投",
            "opens_on": datetime.date(2018, 6, 1),
            "closes_on": datetime.date(2018, 6, 20),
            "budget": Decimal(100_000),
            "funding_source": "lottery",
            "field": "elderly",
            "beneficiaries": "needy",
            "starts_on": datetime.date(2018, 9, 1),
            "ends_on": datetime.date(2019, 8, 31),
            **changes,
        }
    )


def said(organization: str, **changes: Any) -> ProposalFields:
    """Return what is said of a proposal of 4 June 2018."""
    day = datetime.date(2018, 6, 4)
    return ProposalFields(
        **{"organization": organization, "title": "日间照料", "submitted_on": day, "amount": Decimal(40_000), **changes}
    )


# --- 诚信 ---


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"credit_status": "abnormal"}, ABNORMAL),
        ({"credit_status": "dishonest"}, "该组织列入严重违法失信名单，不能认领。"),
        ({"credit_status": ""}, "社会组织登记表里没有填该组织的信用状况，核实填写以后才能认领。"),
        ({"dissolved_on": datetime.date(2018, 6, 4)}, "该组织已于2018-06-04注销，不能认领。"),
        ({"established_on": datetime.date(2018, 6, 5)}, "该组织2018-06-05才成立，2018-06-04还不能认领。"),
    ],
)
def test_who_is_not_in_good_standing_that_day_may_not_claim(fields, sentence, place, clerk, today):
    call = make_call(place.county, kind="claim", closes_on=datetime.date(2018, 6, 20))
    organization = good(place, **fields)
    with pytest.raises(InvalidError) as refusal:
        save_proposal(by=clerk, call=call, fields=said(organization.name, amount=None))
    assert (str(refusal.value), refusal.value.field) == (sentence, "organization")
    assert not Proposal.objects.exists()


def test_who_lost_its_standing_is_not_chosen_and_gets_no_project(place, clerk, today):
    call = make_call(place.county, kind="claim", state="reviewing")
    organization = good(place)
    proposal = make_proposal(call, organization)
    SocialOrganization.objects.update(credit_status="abnormal")
    with pytest.raises(InvalidError, match=ABNORMAL):
        PROPOSALS.make(proposal, "choose", by=clerk)
    announced = make_call(place.county, kind="claim", state="announced")
    make_proposal(announced, organization, state="chosen")
    today("2018-06-20")
    with pytest.raises(InvalidError, match=f"“{organization}”：{ABNORMAL}请先把这一项改为未入选。"):
        CALLS.make(announced, "close", by=clerk)
    announced.refresh_from_db()
    assert announced.state == "announced"
    assert not ServiceProject.objects.exists()


# --- Budget ---


def test_40000_and_35000_and_30000_of_100000_are_refused(place, clerk, today):
    call = make_call(place.county, state="reviewing", budget=100_000)
    proposals = [make_proposal(call, good(place), amount) for amount in (40_000, 35_000, 30_000)]
    for proposal in proposals[:2]:
        PROPOSALS.make(proposal, "choose", by=clerk)
    with pytest.raises(InvalidError) as refusal:
        PROPOSALS.make(proposals[2], "choose", by=clerk)
    assert str(refusal.value) == "入选金额合计105,000元，超过本次预算100,000元。"
    proposals[2].refresh_from_db()
    assert proposals[2].state == "submitted"
    PROPOSALS.make(proposals[0], "refuse", by=clerk)
    PROPOSALS.make(proposals[2], "choose", by=clerk)


# --- Entering ---


def test_an_organization_is_named_by_name_or_code_and_a_doubtful_name_asks_for_the_code(place, clerk, today):
    call = make_call(place.county, closes_on=datetime.date(2018, 6, 20))
    coded = good(place, name="演示养老服务中心", credit_code=credit_code(7), registration="registered")
    assert save_proposal(by=clerk, call=call, fields=said(coded.credit_code)).organization == coded
    for community in place.communities[:2]:
        make_organization(community, "演示合唱团", credit_status="normal")
    with pytest.raises(InvalidError, match="有2个组织都叫“演示合唱团”，请改填统一社会信用代码、备案号或者记录编号。"):
        save_proposal(by=clerk, call=call, fields=said("演示合唱团"))
    chosen = SocialOrganization.objects.filter(name="演示合唱团").order_by("pk")[1]
    proposal = save_proposal(by=clerk, call=call, fields=said(chosen.ref))
    assert proposal.organization == chosen
    kept = save_proposal(by=clerk, ref=proposal.ref, version=1, fields=said(chosen.name, note="补充"))
    assert (kept.organization, kept.note) == (chosen, "补充"), "the name stands for the organization that it has"
    with pytest.raises(InvalidError, match="社会组织登记表里没有“外县组织”"):
        make_organization(place.other_county, "外县组织", credit_status="normal")
        save_proposal(by=clerk, call=call, fields=said("外县组织"))


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"amount": None}, "amount", "公益创投要填申请金额，大于0。"),
        ({"amount": Decimal(100_001)}, "amount", "申请金额超过本次预算"),
        ({"submitted_on": datetime.date(2018, 6, 5)}, "submitted_on", "申报日期晚于今天"),
        ({"submitted_on": datetime.date(2018, 5, 1)}, "submitted_on", "申报日期要在征集期内（2018-05-02至2018-06-20）"),
        ({"title": "打19900001234问"}, "title", "“项目名称”里有手机号"),
    ],
)
def test_a_proposal_is_refused_at_the_field_that_is_wrong(changes, field, sentence, place, clerk, today):
    call = make_call(place.county, closes_on=datetime.date(2018, 6, 20))
    with pytest.raises(InvalidError, match=sentence) as refusal:
        save_proposal(by=clerk, call=call, fields=said(good(place).name, **changes))
    assert refusal.value.field == field


def test_a_claim_costs_nothing_and_two_of_one_name_are_one(place, clerk, today):
    call = make_call(place.county, kind="claim", closes_on=datetime.date(2018, 6, 20))
    organization = good(place)
    with pytest.raises(InvalidError, match="认领不用钱"):
        save_proposal(by=clerk, call=call, fields=said(organization.name))
    proposal = save_proposal(by=clerk, call=call, fields=said(organization.name, amount=None))
    assert proposal.amount == 0
    with pytest.raises(InvalidError, match="这个组织在本次征集里已有同名的申报"):
        save_proposal(by=clerk, call=call, fields=said(organization.name, amount=None))
    PROPOSALS.make(proposal, "withdraw", by=clerk, note="组织人手不够")
    save_proposal(by=clerk, call=call, fields=said(organization.name, amount=None))


def test_only_an_open_call_takes_proposals_and_what_changed_meanwhile_is_not_overwritten(
    place, clerk, other_clerk, today
):
    organization = good(place)
    with pytest.raises(StaleError, match="征集现在是“草稿”，不能登记申报。"):
        save_proposal(by=clerk, call=make_call(place.county, state="draft"), fields=said(organization.name))
    call = make_call(place.county, closes_on=datetime.date(2018, 6, 20))
    proposal = save_proposal(by=clerk, call=call, fields=said(organization.name))
    changed = said(organization.name, title="上门照料")
    assert save_proposal(by=clerk, ref=proposal.ref, version=1, fields=changed).version == 2
    with pytest.raises(StaleError, match="有人改过这一件"):
        save_proposal(by=clerk, ref=proposal.ref, version=1, fields=said(organization.name))
    with pytest.raises(NotAllowedError, match="城区的征集不由您组织"):
        save_call(by=other_clerk, fields=fields_of(place.county))


# --- Calls ---


def test_a_call_lists_communities_and_keeps_what_was_answered_to(place, clerk, officer, today):
    community = place.communities[0]
    call = save_call(by=clerk, fields=fields_of(place.county, communities=f"{community.name}、{community.code}"))
    assert [link.community for link in call.links.all()] == [community]
    call = CALLS.make(call, "open", by=clerk)
    later = fields_of(place.county, communities=community.name, closes_on=datetime.date(2018, 6, 25), note="延期")
    call = save_call(by=clerk, fields=later, ref=call.ref, version=call.version)
    assert call.closes_on == datetime.date(2018, 6, 25)
    kept = {"communities": community.name, "closes_on": call.closes_on, "note": "延期"}
    for late, label in ({"budget": Decimal(1)}, "预算（元）"), ({"communities": ""}, "服务社区"):
        changed = fields_of(place.county, **kept | late)
        with pytest.raises(InvalidError, match=f"征集已经发布，不能再改“{label}”"):
            save_call(by=clerk, fields=changed, ref=call.ref, version=call.version)
    summaries = [each.summary for each in ChangeSet.objects.order_by("pk")]
    assert summaries == ["新增征集：城区2018年社区公益创投", "修改征集：城区2018年社区公益创投"]
    with pytest.raises(InvalidError, match="本单位已有同名的征集"):
        save_call(by=officer, fields=fields_of(place.county))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"budget": None}, "公益创投要填预算和资金来源"),
        ({"kind": "claim"}, "认领不用钱，都留空"),
        ({"closes_on": datetime.date(2018, 5, 1)}, "征集截止日期早于开始日期"),
        ({"ends_on": datetime.date(2018, 5, 1)}, "项目结束日期早于开始日期"),
        ({"communities": "没有的社区"}, "没有的社区"),
        ({"title": "打19900001234问"}, "“征集名称”里有手机号"),
    ],
)
def test_a_call_is_refused_in_one_sentence(changes, sentence, place, clerk, today):
    with pytest.raises(InvalidError, match=sentence):
        save_call(by=clerk, fields=fields_of(place.county, **changes))
    assert not Call.objects.exists()


def test_a_call_for_a_closed_community_is_not_published(place, clerk, today):
    community = make_community(place.street, "老街社区")
    call = save_call(by=clerk, fields=fields_of(place.county, communities="老街社区"))
    type(community).objects.filter(pk=community.pk).update(closed_on=datetime.date(2018, 6, 3))
    with pytest.raises(InvalidError, match="老街社区已经撤销，请先从服务社区里去掉"):
        CALLS.make(call, "open", by=clerk)
    with pytest.raises(InvalidError):
        save_call(by=clerk, fields=fields_of(place.county, title="另一次", communities="老街社区"))


def test_the_announcement_takes_five_working_days_and_the_day_is_stored(place, clerk, today):
    call = make_call(place.county, state="reviewing")
    proposal = make_proposal(call, good(place), 40_000)
    today("2019-09-27")
    with pytest.raises(InvalidError, match="还有1件没有评定"):
        CALLS.make(call, "announce", by=clerk)
    PROPOSALS.make(proposal, "choose", by=clerk)
    call = CALLS.make(call, "announce", by=clerk)
    assert (call.announced_on, call.announced_until) == (datetime.date(2019, 9, 27), datetime.date(2019, 10, 10))
    today("2019-10-10")
    with pytest.raises(InvalidError, match="公示到2019-10-10为止，期满以后才能结束征集。"):
        CALLS.make(call, "close", by=clerk)
    again = CALLS.make(call, "again", by=clerk, note="收到异议")
    assert (again.announced_on, again.announced_until) == (None, None)


def test_a_call_is_reviewed_after_its_last_day_and_with_proposals(place, clerk, today):
    call = make_call(place.county, closes_on=datetime.date(2018, 6, 4))
    with pytest.raises(InvalidError, match="征集到2018-06-04为止，截止以后才能开始评审。"):
        CALLS.make(call, "review", by=clerk)
    today("2018-06-05")
    with pytest.raises(InvalidError, match="没有登记申报，不能评审"):
        CALLS.make(call, "review", by=clerk)
    ended = CALLS.make(call, "end", by=clerk, note="没有组织申报")
    assert (ended.state, ended.announced_on) == ("closed", None)


def test_an_incomplete_draft_is_not_published_but_may_be_ended(place, clerk, today):
    call = save_call(by=clerk, fields=fields_of(place.county, field="", starts_on=None, ends_on=None))
    with pytest.raises(InvalidError, match="发布前要填服务领域、服务对象和项目起止日期"):
        CALLS.make(call, "open", by=clerk)
    with pytest.raises(IntegrityError), transaction.atomic():
        Call.objects.update(state="open")
    assert CALLS.make(call, "end", by=clerk, note="不办了").state == "closed"


# --- Projects ---


def test_chosen_proposals_become_projects_once_the_announcement_is_over(place, clerk, today):
    call = make_call(place.county, *place.communities[:2], state="announced")
    organization = good(place, credit_code=credit_code(9), registration="registered")
    chosen = make_proposal(call, organization, 40_000, state="chosen", score=91)
    second = make_proposal(call, good(place), 35_000, state="chosen", score=80)
    refused = make_proposal(call, good(place), 30_000, state="refused")
    today("2018-06-20")
    CALLS.make(call, "close", by=clerk)
    for proposal in (chosen, second, refused):
        proposal.refresh_from_db()
    project = chosen.project
    assert (project.number, second.project.number) == ("140402-CT-2018-001", "140402-CT-2018-002")
    assert (project.name, project.budget, project.status, project.purchase_method) == (
        chosen.title, 40_000, "planned", "venture",
    )  # fmt: skip
    assert (project.provider, project.division, project.funding_source) == (organization, place.county, "lottery")
    assert set(project.communities.all()) == set(place.communities[:2])
    assert (project.starts_on, project.ends_on) == (call.starts_on, call.ends_on)
    assert refused.project is None
    linked = ChangeSet.objects.get(summary__startswith="入选项目立项")
    assert [record.after for record in linked.records.order_by("pk")] == [
        {"project": project.pk}, {"project": second.project_id}, {"provider": second.organization_id},
    ]  # fmt: skip
    assert second.project.provider == second.organization, "also without a credit code"
    assert set(ServiceProject.objects.by_organizations()) == {project, second.project}
    assert ChangeSet.objects.filter(summary__contains="公益创投").count() >= 2, "each project is in the change log"
    with pytest.raises(InvalidError, match="不能“撤回”"):
        PROPOSALS.make(chosen, "withdraw", by=clerk, note="不做了")


def test_a_claim_becomes_a_project_of_its_own_purchase_for_nothing(place, officer, today):
    call = make_call(place.city, kind="claim", state="announced")
    proposal = make_proposal(call, good(place), state="chosen")
    today("2018-06-20")
    CALLS.make(call, "close", by=officer)
    proposal.refresh_from_db()
    project = proposal.project
    assert (project.number, project.division) == ("140400-RL-2018-001", place.city)
    assert (project.purchase_method, project.budget, project.contract_amount) == ("own", 0, 0)
    assert project.buyer == f"{place.city.name}民政局"


def test_a_project_from_a_call_keeps_its_organization_without_a_code_until_its_name_changes(place, clerk, today):
    call = make_call(place.county, state="announced")
    proposal = make_proposal(call, good(place), 40_000, state="chosen")
    today("2018-06-20")
    CALLS.make(call, "close", by=clerk)
    project = ServiceProject.objects.get()
    for values, provider in (
        ({"status": "performing", "contract_amount": 40_000}, proposal.organization),
        ({"provider_name": "另一家"}, None),
    ):
        edit_record(register=ProjectSheet(), values=values, by=clerk, ref=project.ref, version=project.version)
        project.refresh_from_db()
        assert project.provider == provider


def test_of_a_merged_organization_the_one_that_stays_counts(place, clerk, today):
    kept = good(place, name="演示中心", credit_code=credit_code(11), registration="registered")
    merged = good(place, credit_status="", merged_into=kept, dissolved_on=datetime.date(2018, 6, 1))
    call = make_call(place.county, state="reviewing")
    proposal = make_proposal(call, merged, 40_000)
    PROPOSALS.make(proposal, "choose", by=clerk)
    call = CALLS.make(call, "announce", by=clerk)
    today("2018-06-20")
    CALLS.make(call, "close", by=clerk)
    assert ServiceProject.objects.get().provider == kept


# --- Succession ---


def test_calls_in_hand_follow_their_counties_into_the_one_that_they_become(place, administrator):
    second = make_division("140411", "郊区", place.city)
    call, twin = make_call(place.county, title="公益创投"), make_call(second, title="公益创投")
    proposal = make_proposal(twin, good(place))
    closed = make_call(second, title="去年的", state="closed")
    for old in (place.county, second):
        change("merge", old, "140403", "潞州区")
    applied = apply_division_changes(by=administrator)[0]
    new = Division.objects.by_code("140403")
    for record in (call, twin, closed):
        record.refresh_from_db()
    assert (call.division, call.title) == (new, "公益创投")
    assert (twin.division, twin.title) == (new, "公益创投（原郊区）")
    assert closed.division == second, "it is past"
    assert Proposal.objects.within(new).get() == proposal
    assert "公益创投和认领：城区“公益创投”转到潞州区" in applied.moved
    assert "公益创投和认领：郊区“公益创投”转到潞州区，那里已有同名的，改称“公益创投（原郊区）”" in applied.moved


def test_a_call_comes_back_with_its_title_when_the_merger_is_undone(place, administrator):
    second = make_division("140411", "郊区", place.city)
    make_call(place.county, title="公益创投")
    twin = make_call(second, title="公益创投")
    noted = change("merge", second, place.county.code, place.county.name)
    change("merge", place.county, place.county.code, place.county.name)
    apply_division_changes(by=administrator)
    twin.refresh_from_db()
    assert (twin.division, twin.title) == (place.county, "公益创投（原郊区）")
    noted.refresh_from_db()
    undo_division_changes(change_set=change_set_of(noted), by=administrator)
    twin.refresh_from_db()
    assert (twin.division, twin.title) == (second, "公益创投")
