"""Tests of filing: what is refused, the limit, what a granted filing writes, numbers (each move by each role: tests/changelog/test_flows.py)."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role, User
from changelog.models import ChangeSet
from changzhi_portal.personal import Sealed
from changzhi_portal.refusals import InvalidError, NotAllowedError, NotFoundError, PortalError, StaleError
from changzhi_portal.registers.registry import register_named
from orgs.actions import FilingFields, change_filing, communities_to_file_in, new_filing
from orgs.flow import FLOW
from orgs.granting import draw_filing_number
from orgs.models import Filing, SocialOrganization
from tests.factories import Place, credit_code, make_community, make_filing, make_organization, make_place, make_user
from tests.pages import markup_of
from tests.threads import run_in_threads

pytestmark = pytest.mark.django_db
Kind, State = Filing.Kind, Filing.State
TODAY = datetime.date(2018, 2, 9)  # the Friday before the Spring Festival


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let today be 2018-02-09, or what the function is called with."""

    def let_it_be(day: datetime.date) -> None:
        monkeypatch.setattr(timezone, "localdate", lambda *_: day)

    let_it_be(TODAY)
    return let_it_be


def fields(place: Place, **changes: Any) -> FilingFields:
    """Return what a choir of twelve says."""
    said: dict[str, Any] = {
        "community": place.communities[0],
        "name": "演示合唱团",
        "category": SocialOrganization.Category.CULTURE_SPORTS.value,
        "leader": "李演示",
        "phone": "19900001111",
        "members": 12,
        "venue": "和平社区党群服务中心二楼",
        "purpose": "丰富居民文化生活",
        "is_eligible": True,
    }
    return FilingFields(**said | changes)


def moved(filing: Filing, code: str, by: User, note: str = "") -> Filing:
    return FLOW.make(Filing.objects.get(pk=filing.pk), code, by=by, note=note)


# --- What is refused ---


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"members": 4}, "成员不少于5人才能备案，现在填的是4人。"),
        ({"members": None}, "成员不少于5人才能备案，现在填的是0人。"),
        ({"name": "和平社区业主委员会"}, "业主委员会、居委会工作机构和营利组织不予备案。"),
        ({"name": "和平社区人民调解委员会"}, "业主委员会、居委会工作机构和营利组织不予备案。"),
        ({"name": "长治演示家政有限公司"}, "业主委员会、居委会工作机构和营利组织不予备案。"),
        ({"is_eligible": False}, "业主委员会、居委会工作机构和营利组织不予备案。"),
        ({"name": "演示书画社"}, "和平社区居委会已有同名组织“演示书画社”，同一社区的组织不得同名，请换一个名称。"),
        ({"venue": ""}, "请填写活动场所。"),
        ({"community": None}, "请选择社区。"),
    ],
)
def test_what_is_not_filed_is_refused_with_its_rule(changes, sentence, place, street_clerk):
    make_organization(place.communities[0], "演示书画社")
    with pytest.raises(InvalidError) as refused:
        new_filing(by=street_clerk, kind=Kind.FIRST, fields=fields(place, **changes))
    assert str(refused.value) == sentence
    assert not Filing.objects.exists()


def test_five_members_are_enough_and_the_same_name_is_free_next_door(place, street_clerk):
    make_organization(place.communities[1], "演示合唱团")
    assert new_filing(by=street_clerk, kind=Kind.FIRST, fields=fields(place, members=5)).state == State.SUBMITTED


def test_a_dissolved_organization_keeps_its_name(place, street_clerk):
    make_organization(place.communities[0], "演示合唱团", dissolved_on=datetime.date(2017, 1, 1))
    with pytest.raises(InvalidError, match="同一社区的组织不得同名"):
        new_filing(by=street_clerk, kind=Kind.FIRST, fields=fields(place))


def test_a_closed_community_files_nothing(place, street_clerk):
    filing = new_filing(by=street_clerk, kind=Kind.FIRST, fields=fields(place))
    place.communities[0].closed_on = TODAY
    place.communities[0].successor = place.communities[1]
    place.communities[0].save()
    with pytest.raises(InvalidError, match="“和平社区居委会”已经撤销，不能再备案，请选择现在的社区。"):
        moved(filing, "file", street_clerk)
    assert place.communities[0] not in communities_to_file_in(street_clerk)


@pytest.mark.parametrize("kind", [Kind.CHANGE, Kind.REGISTER, Kind.CANCEL])
def test_only_a_filed_organization_that_stands_is_changed_registered_or_cancelled(kind, place, street_clerk):
    said = fields(place, credit_code=credit_code(1), reason="不再活动")
    registered = make_organization(place.communities[0], registration="registered")
    label = Kind(kind).label
    with pytest.raises(InvalidError, match=f"的管理方式是“登记”，只有街道备案的组织才办理{label}。"):
        new_filing(by=street_clerk, kind=kind, fields=said, organization=registered)
    gone = make_organization(place.communities[0], dissolved_on=datetime.date(2018, 1, 5))
    with pytest.raises(InvalidError, match=f"已于2018-01-05注销，不能再办理{label}。"):
        new_filing(by=street_clerk, kind=kind, fields=said, organization=gone)


def test_registering_needs_the_code_of_the_certificate(place, street_clerk):
    organization = make_organization(place.communities[0], "演示合唱团")
    for code, sentence in (("", "转登记要填登记证书上的统一社会信用代码。"), ("5214", "。")):
        with pytest.raises(InvalidError, match=sentence):
            new_filing(
                by=street_clerk, kind=Kind.REGISTER, fields=fields(place, credit_code=code), organization=organization
            )


def test_only_the_streets_clerk_files_and_only_at_home(place, clerk, officer, street_clerk):
    for user in (clerk, officer):
        with pytest.raises(NotAllowedError, match="备案由街道（乡镇）的填报员办理。"):
            new_filing(by=user, kind=Kind.FIRST, fields=fields(place))
    with pytest.raises(NotAllowedError, match="不在本街道（乡镇），不由您备案。"):
        new_filing(by=street_clerk, kind=Kind.FIRST, fields=fields(place, community=place.other_communities[0]))


def test_an_organization_has_one_open_filing(place, street_clerk):
    organization = make_organization(place.communities[0], "演示合唱团")
    new_filing(by=street_clerk, kind=Kind.CANCEL, fields=fields(place, reason="不再活动"), organization=organization)
    with pytest.raises(InvalidError, match="这个组织已有一件在办的备案事项，请先办完。"):
        new_filing(by=street_clerk, kind=Kind.CHANGE, fields=fields(place), organization=organization)
    new_filing(by=street_clerk, kind=Kind.FIRST, fields=fields(place, name="演示太极拳队"))
    with pytest.raises(InvalidError, match="这个社区已有同名组织在办理备案"):
        new_filing(by=street_clerk, kind=Kind.FIRST, fields=fields(place, name="演示太极拳队"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "change"},
        {"members": 4},
        {"kind": "register", "credit_code": ""},
        {"state": "filed", "organization": None},
        {"state": "refused", "decided_on": None},
        {"decided_on": datetime.date(2018, 6, 3), "state": "refused"},
    ],
)
def test_the_database_holds_what_a_filing_must_be(wrong, place):
    with pytest.raises(IntegrityError), transaction.atomic():
        make_filing(place.communities[0], **wrong)


# --- The limit ---


def test_ten_working_days_are_stored_and_the_spring_holiday_does_not_count(place, street_clerk, today):
    filing = new_filing(by=street_clerk, kind=Kind.FIRST, fields=fields(place))
    assert (filing.submitted_on, filing.due_on) == (TODAY, datetime.date(2018, 2, 28))
    today(datetime.date(2018, 2, 26))
    filed = moved(filing, "file", street_clerk)
    assert (filed.decided_on, filed.decided_in, filed.due_on) == (
        datetime.date(2018, 2, 26),
        8,
        datetime.date(2018, 2, 28),
    )


def test_what_was_returned_has_a_new_limit_once_it_is_handed_in_again(place, street_clerk, today):
    filing = new_filing(by=street_clerk, kind=Kind.FIRST, fields=fields(place))
    returned = moved(filing, "return", street_clerk, "缺活动场所的证明")
    today(datetime.date(2018, 3, 5))
    version = returned.version
    changed = change_filing(by=street_clerk, ref=filing.ref, version=version, fields=fields(place, members=20))
    again = moved(changed, "submit", street_clerk)
    assert (again.state, again.members) == (State.SUBMITTED, 20)
    assert (again.submitted_on, again.due_on) == (datetime.date(2018, 3, 5), datetime.date(2018, 3, 19))
    with pytest.raises(StaleError, match="有改动，没有保存"):
        change_filing(by=street_clerk, ref=filing.ref, version=version, fields=fields(place))


def test_a_decided_filing_does_not_change(place, street_clerk):
    filing = new_filing(by=street_clerk, kind=Kind.FIRST, fields=fields(place))
    refused = moved(filing, "refuse", street_clerk, "宗旨与居民服务无关")
    with pytest.raises(StaleError, match="这件备案现在是“不予备案”，不能修改。"):
        change_filing(by=street_clerk, ref=filing.ref, version=refused.version, fields=fields(place))
    assert not SocialOrganization.objects.exists()
    with pytest.raises(NotFoundError):
        change_filing(by=street_clerk, ref="nobody", version=1, fields=fields(place))


# --- What a granted filing writes ---


def test_a_filing_becomes_an_organization_of_the_register_with_number_log_and_phone(place, street_clerk):
    filing = moved(new_filing(by=street_clerk, kind=Kind.FIRST, fields=fields(place)), "file", street_clerk)
    organization = SocialOrganization.objects.get()
    assert filing.organization == organization
    assert filing.number == organization.filing_number == "140402001-BA-2018-0001"
    assert (organization.registration, organization.category) == ("filed", "culture_sports")
    assert (organization.community, organization.division) == (place.communities[0], None)
    assert (organization.established_on, organization.filed_on, organization.member_count) == (TODAY, TODAY, 12)
    assert organization.leader == "李演示"
    filing.refresh_from_db()
    assert (filing.phone, filing.phone_digests) == (None, ""), "the organization has it"
    assert isinstance(organization.phone, Sealed) and organization.phone.reveal() == "19900001111"
    change_set = ChangeSet.objects.filter(records__object_ref=organization.ref).get()
    assert change_set.summary == "社会组织备案（备案）：演示合唱团"
    assert change_set.affects_figures
    (row,) = register_named("organizations")().records(place.street.path)
    assert (row["filing_number"], row["filed_on"]) == ("140402001-BA-2018-0001", TODAY)


def test_what_a_filing_wrote_is_not_taken_back_by_itself(place, street_clerk, signed_in):
    filing = moved(new_filing(by=street_clerk, kind=Kind.FIRST, fields=fields(place)), "file", street_clerk)
    change_set = ChangeSet.objects.filter(records__object_ref=filing.organization.ref).get()
    page = markup_of(signed_in(street_clerk).get(filing.organization.get_absolute_url()))
    assert change_set.ref not in page
    assert signed_in(street_clerk).get(reverse("changelog:undo", args=[change_set.ref])).status_code == 404


def test_a_change_keeps_the_number_and_a_phone_that_is_not_given(place, street_clerk, today):
    first = moved(new_filing(by=street_clerk, kind=Kind.FIRST, fields=fields(place)), "file", street_clerk)
    today(datetime.date(2018, 5, 7))
    said = fields(place, name="演示老年合唱团", members=30, phone="")
    change = new_filing(by=street_clerk, kind=Kind.CHANGE, fields=said, organization=first.organization)
    changed = moved(change, "file", street_clerk)
    organization = SocialOrganization.objects.get()
    assert (organization.name, organization.member_count) == ("演示老年合唱团", 30)
    assert changed.number == organization.filing_number == "140402001-BA-2018-0001"
    assert organization.filed_on == TODAY and organization.phone.reveal() == "19900001111"


def test_registering_keeps_the_record_and_its_history(place, street_clerk):
    first = moved(new_filing(by=street_clerk, kind=Kind.FIRST, fields=fields(place)), "file", street_clerk)
    said = FilingFields(credit_code=credit_code(7), legal_form="service", name="长治市演示合唱团服务中心")
    register = new_filing(by=street_clerk, kind=Kind.REGISTER, fields=said, organization=first.organization)
    moved(register, "file", street_clerk)
    organization = SocialOrganization.objects.get()
    assert organization.pk == first.organization_id
    assert (organization.registration, organization.credit_code) == ("registered", credit_code(7))
    assert (organization.name, organization.filing_number) == ("长治市演示合唱团服务中心", "140402001-BA-2018-0001")
    assert ChangeSet.objects.filter(records__object_ref=organization.ref).count() == 2


def test_cancelling_ends_it_on_the_day_of_the_decision(place, street_clerk, today):
    organization = make_organization(place.communities[0], "演示合唱团", member_count=3)
    cancel = new_filing(
        by=street_clerk, kind=Kind.CANCEL, fields=FilingFields(reason="成员散去"), organization=organization
    )
    assert cancel.members == 3, "fewer than five members are a reason to end it"
    today(datetime.date(2018, 3, 1))
    moved(cancel, "file", street_clerk)
    organization.refresh_from_db()
    assert organization.dissolved_on == datetime.date(2018, 3, 1)


def test_what_the_register_refuses_refuses_the_filing_and_leaves_nothing(place, street_clerk):
    organization = make_organization(place.communities[0], "演示合唱团")
    other = make_organization(place.villages[0], registration="registered", credit_code=credit_code(9))
    said = FilingFields(credit_code=other.credit_code, name="演示合唱团")
    register = new_filing(by=street_clerk, kind=Kind.REGISTER, fields=said, organization=organization)
    with pytest.raises(InvalidError, match="这个统一社会信用代码已被其他单位登记"):
        moved(register, "file", street_clerk)
    register.refresh_from_db()
    assert (register.state, register.steps.count()) == (State.SUBMITTED, 0)


def test_an_organization_that_moved_to_another_community_is_filed_there(place, street_clerk):
    organization = make_organization(place.communities[0], "演示合唱团")
    change = new_filing(by=street_clerk, kind=Kind.CHANGE, fields=fields(place), organization=organization)
    organization.community = place.communities[1]
    organization.version += 1
    organization.save()
    assert moved(change, "file", street_clerk).community == place.communities[1]


# --- Numbers ---


def test_numbers_count_by_town_and_year_and_none_is_given_again(place, street_clerk):
    make_organization(place.communities[0], filing_number="140402001-BA-2018-0002")
    make_organization(
        place.communities[0], filing_number="140402001-BA-2018-0041", dissolved_on=datetime.date(2018, 1, 1)
    )
    make_organization(place.other_communities[0], filing_number="140402002-BA-2018-0100")
    make_organization(place.communities[0], filing_number="140402001-BA-2017-0077")
    make_organization(place.communities[0], filing_number="140402001-BA-2018-旧3")
    assert draw_filing_number(place.street, TODAY) == "140402001-BA-2018-0042"
    assert draw_filing_number(place.street, datetime.date(2019, 1, 2)) == "140402001-BA-2019-0001"


def test_a_number_typed_far_ahead_takes_no_serials_away(place):
    make_organization(place.communities[0], filing_number="140402001-BA-2018-0041")
    make_organization(place.communities[0], filing_number="140402001-BA-2018-999999999")
    assert draw_filing_number(place.street, TODAY) == "140402001-BA-2018-0042"


def test_a_number_is_used_once(place):
    make_organization(place.communities[0], filing_number="140402001-BA-2018-0002")
    with pytest.raises(IntegrityError), transaction.atomic():
        make_organization(place.villages[0], filing_number="140402001-BA-2018-0002")


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_filings_that_are_granted_at_once_have_numbers_without_gap_or_double():
    place = make_place()
    clerks = [make_user(Role.STREET_CLERK, place.street) for _ in range(4)]
    communities = [make_community(place.street, f"演示第{number}社区居委会") for number in range(8)]
    filings = [
        new_filing(by=clerks[at % 4], kind=Kind.FIRST, fields=fields(place, community=each))
        for at, each in enumerate(communities)
    ]
    # One that the register refuses draws a number in vain, and leaves no gap.
    make_organization(communities[3], "演示合唱团")

    def grant(filing: Filing, by: User) -> None:
        try:
            FLOW.make(filing, "file", by=by)
        except PortalError:
            assert filing.community == communities[3]

    run_in_threads(*(lambda f=f, at=at: grant(f, clerks[at % 4]) for at, f in enumerate(filings)))
    numbers = sorted(SocialOrganization.objects.exclude(filing_number="").values_list("filing_number", flat=True))
    assert numbers == [f"140402001-BA-2018-{serial:04}" for serial in range(1, 8)]


# --- Pages ---


def test_a_clerk_files_an_organization_on_one_page_and_is_led_to_the_decision(place, street_clerk, signed_in):
    browser = signed_in(street_clerk)
    listed = markup_of(browser.get(reverse("orgs:filings")))
    assert "登记备案" in listed and "没有待办理的备案" in listed
    page = browser.get(reverse("orgs:filing_new"))
    assert "东关社区居委会" in markup_of(page) and "上党门社区居委会" not in markup_of(page)
    sent = {
        "community": place.communities[0].ref, "name": "演示合唱团", "category": "culture_sports", "leader": "李演示",
        "phone": "19900001111", "members": "4", "venue": "二楼", "purpose": "唱歌", "is_eligible": "on",
    }  # fmt: skip
    refused = browser.post(reverse("orgs:filing_new"), sent)
    assert refused.status_code == 422 and "成员不少于5人才能备案" in markup_of(refused)
    answer = browser.post(reverse("orgs:filing_new"), sent | {"members": "12"})
    filing = Filing.objects.get()
    assert answer.status_code == 302 and answer["Location"] == filing.get_absolute_url()
    shown = markup_of(browser.get(filing.get_absolute_url()))
    assert "还有10个工作日" in shown and "准予备案" in shown and "19900001111" not in shown
    waiting = markup_of(browser.get(reverse("orgs:filings")))
    assert "演示合唱团" in waiting and "10天" in waiting
    assert "演示合唱团（备案）" in markup_of(browser.get("/"))


def test_others_of_the_area_read_filings_and_offer_no_move(place, clerk, other_clerk, leader, signed_in):
    filing = make_filing(place.communities[0])
    page = markup_of(signed_in(clerk).get(filing.get_absolute_url()))
    assert "和平社区" in page and "准予备案" not in page and "修改" not in page
    assert signed_in(other_clerk).get(filing.get_absolute_url()).status_code == 404
    assert signed_in(leader).get(filing.get_absolute_url()).status_code == 403


def test_the_organization_offers_what_may_be_filed_next(place, street_clerk, clerk, signed_in):
    organization = make_organization(place.communities[0])
    address = organization.get_absolute_url()
    assert "备案变更" in markup_of(signed_in(street_clerk).get(address))
    assert "备案变更" not in markup_of(signed_in(clerk).get(address))
    form = markup_of(signed_in(street_clerk).get(reverse("orgs:filing_of", args=[organization.ref, "change"])))
    assert organization.name in form
    assert signed_in(street_clerk).get(reverse("orgs:filing_of", args=[organization.ref, "first"])).status_code == 404
    make_filing(place.communities[0], kind=Kind.CHANGE, organization=organization)
    assert "备案变更" not in markup_of(signed_in(street_clerk).get(address)), "one open filing at a time"


def test_a_late_filing_says_so(place, street_clerk, signed_in, today):
    filing = make_filing(
        place.communities[0], due_on=datetime.date(2018, 2, 8), submitted_on=datetime.date(2018, 1, 25)
    )
    page = markup_of(signed_in(street_clerk).get(filing.get_absolute_url()))
    assert "办理期限2018-02-08已经过了" in page
    assert "已超期" in markup_of(signed_in(street_clerk).get(reverse("orgs:filings")))
