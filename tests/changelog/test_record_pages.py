"""Forms that add, change and end one record, as the user meets them in the browser."""

from __future__ import annotations

import datetime
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Role, User
from changelog.models import ChangeRecord, ChangeSet
from changzhi_portal.registers.registry import register_named
from communities.models import Community, CommunityProfile
from orgs.models import SocialOrganization
from periods.models import ReportingPeriod
from socialworkers.models import Posting, SocialWorker
from tests.changelog.editing import CASES, HERE, NUMBER, Case
from tests.changelog.forms import address, input_of, opened
from tests.factories import (
    Place,
    make_facility,
    make_organization,
    make_profile,
    make_user,
    make_worker,
)
from tests.pages import markup_of
from tests.queries import queries_of

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
PHONE, OTHER_PHONE = "19900001111", "19900002222"


@pytest.fixture(params=CASES, ids=str)
def case(request: pytest.FixtureRequest, period: ReportingPeriod) -> Case:
    found: Case = request.param
    found.prepare(request.getfixturevalue("place"))
    return found


def texts(values: dict[str, Any]) -> dict[str, Any]:
    """Return values as a browser sends them: a choice by its value, a day and a number as text."""
    words = {True: "是", False: "否"}
    return {name: value if isinstance(value, list) else words.get(value, str(value)) for name, value in values.items()}


CHANGES = {
    "communities": {"residents": "3100", "as_of": "2018-06-30", "has_party": "是", "groups": "4", "kind": "rural"},
    "facilities": {"area": "2.5万", "functions": ["party", "culture"], "tenure": "leased"},
    "points": {"windows": "3", "functions": ["window", "volunteer"], "accepts_all": "是"},
    "monthly": {"meetings": "7次", "ledgers": "9"},
    "organizations": {"leader": "张演示", "member_count": "30", "is_social_work_agency": "是", "credit_code": ""},
    "supports": {"amount": "20000", "area": "80.5"},
    "activities": {"participants": "66", "volunteers": "20", "volunteer_hours": "40.5"},
    "workers": {"level": "social_worker", "position": "主任", "started_on": "2017-07-01"},
    "projects": {"paid": "50000.50", "communities": "和平社区、东关社区"},
    "catalogue": {"finance_code": "B0101", "prefers_organizations": "是"},
    "reviews": {"score": "91.5", "reviewer": "third_party"},
    "payments": {"amount": "1200.50", "source": "lottery"},
    "surveys": {"satisfied": "16", "sent": "70"},
    "trainings": {"hours": "16", "kind": "supervision", "service_staff": "12"},
    "training_records": {"hours": "16.5", "note": "补课"},
    "work_items": {"yearly_funds": "1200.50", "payment": "purchase"},
    "assessments": {"work_score": "85.5"},
    "documents": {"title": "演示实施意见", "kind": "admission"},
}


def test_a_change_in_the_form_reaches_the_register_and_the_log(case: Case, place: Place, clerk: User, client: Client):
    record = case.make(place)
    client.force_login(clerk)
    url = address("edit", case.register, record)
    answer = client.post(url, opened(client, url, CHANGES[case.register]))
    if answer.status_code == 200:  # asked once more, because of a warning
        answer = client.post(url, input_of(answer.context["form"], {"previewed": answer.context["previewed"]}))
    assert answer.status_code == 302, answer.context["form"].errors
    assert answer["Location"] == record.get_absolute_url()
    changed = {name: value for name, value in case.changed.items() if name != "credit_code"}
    for lookup, value in changed.items():
        assert type(record).objects.filter(pk=record.pk, **{lookup: value}).exists() or (
            getattr(type(record).objects.get(pk=record.pk), lookup) == value
        ), lookup
    change_set = ChangeSet.objects.get()
    assert (change_set.made_by, change_set.batch) == (clerk, None)


def test_an_untouched_form_writes_nothing(case: Case, place: Place, clerk: User, client: Client):
    record = case.make(place)
    client.force_login(clerk)
    url = address("edit", case.register, record)
    answer = client.post(url, opened(client, url, {}), follow=True)
    assert "没有改动。" in markup_of(answer)
    assert not ChangeSet.objects.exists()


def test_personal_data_are_masked_and_stay_unless_retyped(place: Place, clerk: User, client: Client, period):
    organization = make_organization(place.communities[0], "演示书画社", phone=PHONE)
    client.force_login(clerk)
    url = address("edit", "organizations", organization)
    page = client.get(url)
    assert PHONE not in page.content.decode()
    assert page.context["form"]["phone"].value() == "199****1111"
    client.post(url, opened(client, url, {"leader": "张演示"}))
    organization.refresh_from_db()
    assert (organization.leader, organization.phone.reveal()) == ("张演示", PHONE)
    client.post(url, opened(client, url, {"phone": OTHER_PHONE}))
    organization.refresh_from_db()
    assert organization.phone.reveal() == OTHER_PHONE
    client.post(url, opened(client, url, {"phone": ""}))
    organization.refresh_from_db()
    assert organization.phone is None
    assert PHONE not in str(ChangeRecord.objects.values_list("before", "after"))


def test_what_is_wrong_stands_at_its_field_and_nothing_is_written(
    case: Case, place: Place, clerk: User, client: Client
):
    record = case.make(place)
    client.force_login(clerk)
    url = address("edit", case.register, record)
    answer = client.post(url, opened(client, url, texts(case.wrong)))
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == set(case.wrong)
    assert not ChangeSet.objects.exists()


def test_a_number_of_a_person_in_a_note_is_refused_at_the_note(place: Place, clerk: User, client: Client, period):
    facility = make_facility(place.communities[0])
    client.force_login(clerk)
    url = address("edit", "facilities", facility)
    answer = client.post(url, opened(client, url, {"note": f"联系{PHONE}"}))
    assert answer.status_code == 422
    assert "个人号码" in answer.context["form"].errors["note"][0]


def test_a_warning_is_asked_about_once_and_only_for_the_same_input(place: Place, clerk: User, client: Client, period):
    facility = make_facility(place.communities[0], area="300")
    client.force_login(clerk)
    url = address("edit", "facilities", facility)
    asked = client.post(url, opened(client, url, {"area": "3000"}))
    assert asked.status_code == 200
    assert "请核实" in markup_of(asked)
    assert "核对无误，仍然保存" in markup_of(asked)
    seen = asked.context["previewed"]
    other = client.post(url, input_of(asked.context["form"], {"previewed": seen, "area": "30000"}))
    assert other.status_code == 200  # asked again: it is another area
    facility.refresh_from_db()
    assert facility.area == 300
    saved = client.post(url, input_of(asked.context["form"], {"previewed": seen}))
    assert saved.status_code == 302
    facility.refresh_from_db()
    assert facility.area == 3000


@pytest.mark.parametrize("register", [case.register for case in CASES if case.new])
def test_a_new_record_is_added(register: str, place: Place, clerk: User, client: Client, period):
    case = next(each for each in CASES if each.register == register)
    case.prepare(place)
    client.force_login(clerk)
    url = address("add", register)
    in_form = {
        "facilities": {"kind": "activity"},
        "points": {},
        "monthly": {},
        "organizations": {"category": "recreation"},
        "workers": {"level": "none"},
        "projects": {
            "beneficiaries": "all",
            "purchase_method": "open_tender",
            "funding_source": "welfare_lottery",
            "status": "running",
        },
        "catalogue": {"field": "elderly"},
        "reviews": {"kind": "midterm"},
        "payments": {"source": "lottery", "purpose": "activity"},
        "surveys": {},
        "trainings": {"kind": None},
        "documents": {"kind": None},
        "supports": {"kind": "venue"},
        "activities": {"kind": "volunteering"},
        "work_items": dict.fromkeys(("kind", "listed_as", "role", "applies_to")),
    }.get(register, {})
    form = client.get(url).context["form"]
    by_label = {
        name: next(value for value, label in form.fields[name].choices if label == case.new.get(name))
        for name in in_form
        if case.new.get(name) in {label for _, label in form.fields[name].choices}
    }
    answer = client.post(url, input_of(form, texts(case.new) | by_label))
    assert answer.status_code == 302, answer.context["form"].errors
    record = form_model(register).objects.get()
    assert answer["Location"] == record.get_absolute_url()
    assert ChangeSet.objects.get().summary.startswith("新增")


def form_model(register: str) -> Any:
    return register_named(register).model


def test_a_new_record_says_at_each_field_what_is_missing(place: Place, clerk: User, client: Client, period):
    client.force_login(clerk)
    url = address("add", "organizations")
    answer = client.post(url, opened(client, url, HERE))
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"name", "registration", "category", "established_on"}


def test_a_record_that_is_known_already_is_not_added_again(place: Place, clerk: User, client: Client, period):
    make_worker(place.communities[0], id_number=NUMBER, name="李演示")
    client.force_login(clerk)
    url = address("add", "workers")
    new = HERE | {"name": "李演示", "id_number": NUMBER, "level": "none", "started_on": "2018-03-01"}
    answer = client.post(url, opened(client, url, new))
    assert answer.status_code == 422
    assert "已有这条记录" in answer.context["form"].errors["id_number"][0]
    assert SocialWorker.objects.count() == 1


def test_communities_are_not_added_in_a_form(place: Place, clerk: User, client: Client):
    client.force_login(clerk)
    assert client.get(address("add", "communities")).status_code == 404
    assert address("add", "communities") not in client.get(reverse("communities:community_list")).content.decode()


def test_a_community_is_not_moved_or_renamed_in_a_form(place: Place, clerk: User, client: Client, period):
    community = place.communities[0]
    client.force_login(clerk)
    url = address("edit", "communities", community)
    sent = opened(client, url, {"community_name": "别的社区", "community_code": "1", "note": "新"})
    assert client.post(url, sent).status_code == 302
    name = community.name
    community.refresh_from_db()
    assert (community.name, community.note) == (name, "新")


def test_new_figures_of_another_day_are_added_beside_the_old(place: Place, clerk: User, client: Client, period):
    community = place.communities[0]
    make_profile(community, residents=3000, as_of=datetime.date(2018, 5, 31))
    client.force_login(clerk)
    url = address("part", "communities", community)
    assert client.get(url).context["form"]["as_of"].value() == period.as_of.isoformat()
    assert client.post(url, opened(client, url, {"residents": "3010"})).status_code == 302
    found = CommunityProfile.objects.filter(community=community).order_by("as_of").values_list("as_of", "residents")
    assert list(found) == [(datetime.date(2018, 5, 31), 3000), (datetime.date(2018, 6, 30), 3010)]


@pytest.mark.parametrize(
    "change", [{"residents": "3010"}, {"as_of": "2018-06-15"}, {"households": "", "as_of": "2018-06-01"}]
)
def test_figures_and_their_day_are_corrected_where_they_stand(
    change: dict[str, str], place: Place, clerk: User, client: Client, period
):
    community = place.communities[0]
    make_profile(community, residents=3000, households=1000, as_of=datetime.date(2018, 5, 31))
    client.force_login(clerk)
    url = address("edit", "communities", community)
    assert client.post(url, opened(client, url, change)).status_code == 302
    [profile] = CommunityProfile.objects.filter(community=community)
    kept = {"residents": "3000", "households": "1000", "as_of": "2018-05-31"} | change
    found = (profile.residents, profile.households, profile.as_of.isoformat())
    assert found == (int(kept["residents"]), int(kept["households"]) if kept["households"] else None, kept["as_of"])


def test_an_organization_is_dissolved_and_taken_back(place: Place, clerk: User, client: Client, period):
    organization = make_organization(place.communities[0])
    client.force_login(clerk)
    page = client.get(organization.get_absolute_url())
    end, resume = (address(name, "organizations", organization) for name in ("end", "resume"))
    assert end in page.content.decode()
    assert resume not in page.content.decode()
    assert client.post(end, opened(client, end, {"dissolved_on": "2018-06-01"})).status_code == 302
    organization.refresh_from_db()
    assert organization.dissolved_on == datetime.date(2018, 6, 1)
    page = client.get(organization.get_absolute_url())
    assert resume in page.content.decode()
    assert end not in page.content.decode()
    assert client.post(resume, opened(client, resume, {})).status_code == 302
    organization.refresh_from_db()
    assert organization.dissolved_on is None


def test_the_first_day_of_a_posting_is_corrected_and_no_posting_added(
    place: Place, clerk: User, client: Client, period
):
    worker = make_worker(place.communities[0])
    posting = worker.postings.get()
    later = posting.started_on + datetime.timedelta(days=30)
    client.force_login(clerk)
    url = address("edit", "workers", worker)
    assert client.post(url, opened(client, url, {"started_on": later.isoformat()})).status_code == 302
    posting.refresh_from_db()
    assert (posting.started_on, worker.postings.count()) == (later, 1)


def test_a_new_posting_ends_the_one_before(place: Place, clerk: User, client: Client, period):
    worker = make_worker(place.communities[0], posting={"position": "网格员"})
    client.force_login(clerk)
    url = address("part", "workers", worker)
    new = {"community_name": "东关社区", "started_on": "2018-06-01", "position": "主任"}
    answer = client.post(url, opened(client, url, new))
    assert answer.status_code == 302, answer.context["form"].errors
    old, current = Posting.objects.filter(worker=worker).order_by("started_on")
    assert old.ended_on == current.started_on == datetime.date(2018, 6, 1)
    assert current.position == "主任"
    assert "东关" in current.community.name


def test_who_comes_second_sees_both_versions_and_keeps_the_own_input(place: Place, clerk: User, client: Client, period):
    organization = make_organization(place.communities[0], "演示书画社")
    client.force_login(clerk)
    url = address("edit", "organizations", organization)
    mine = opened(client, url, {"leader": "我填的"})
    other = make_user(Role.DISTRICT_CLERK, place.county, full_name="王第二")
    second = Client()
    second.force_login(other)
    second.post(url, opened(second, url, {"leader": "别人填的", "member_count": "12"}))
    answer = client.post(url, mine)
    assert answer.status_code == 409
    assert answer.context["form"]["leader"].value() == "我填的"
    assert answer.context["form"]["member_count"].value() == "12"  # what the other has changed elsewhere stays
    text = markup_of(answer)
    assert "负责人：别人填的" in text
    assert str(other) in text
    assert client.post(url, input_of(answer.context["form"], {})).status_code == 302
    organization.refresh_from_db()
    assert (organization.leader, organization.member_count) == ("我填的", 12)


@pytest.mark.parametrize("page", ["edit", "end", "resume"])
def test_a_record_of_another_county_does_not_exist(page: str, place: Place, clerk: User, client: Client, period):
    elsewhere = make_organization(place.villages[0], "别县合唱团")
    client.force_login(clerk)
    url = address(page, "organizations", elsewhere)
    assert client.get(url).status_code == 404
    assert client.post(url, {"leader": "我", "version": "1"}).status_code == 404
    elsewhere.refresh_from_db()
    assert elsewhere.leader != "我"


@pytest.mark.parametrize("role", [Role.LEADER, Role.AUDITOR])
def test_who_may_not_upload_may_not_edit(role: Role, place: Place, client: Client, period):
    organization = make_organization(place.communities[0])
    client.force_login(make_user(role, place.city))
    for page in ("edit", "end"):
        assert client.get(address(page, "organizations", organization)).status_code == 403
        assert client.post(address(page, "organizations", organization), {}).status_code == 403
    assert client.get(address("add", "organizations")).status_code == 403
    if role is Role.AUDITOR:
        assert "修改</a>" not in client.get(organization.get_absolute_url()).content.decode()


def test_a_locked_month_is_protected_and_the_bureau_may_say_why(place: Place, clerk: User, client: Client, locked):
    community = place.communities[0]
    make_profile(community, residents=3000, as_of=locked.as_of)
    url = address("edit", "communities", community)
    change = {"residents": "3001", "as_of": "2018-06-30"}
    client.force_login(clerk)
    refused = client.post(url, opened(client, url, change))
    assert refused.status_code == 422
    assert "已锁定" in markup_of(refused)
    assert "locked_reason" not in refused.context["form"].fields
    client.force_login(make_user(Role.BUREAU_OFFICER, place.city))
    asked = client.post(url, opened(client, url, change | {"locked_reason": "县里更正"}))
    assert asked.status_code == 200  # the warning that a locked month is altered
    saved = client.post(url, input_of(asked.context["form"], {"previewed": asked.context["previewed"]}))
    assert saved.status_code == 302
    assert CommunityProfile.objects.get(community=community).residents == 3001


def test_a_street_edits_its_own_communities_only(place: Place, street_clerk: User, client: Client, period):
    own = next(each for each in place.communities if street_clerk.division.path in each.town.path)
    other = next(each for each in Community.objects.all() if street_clerk.division.path not in each.town.path)
    client.force_login(street_clerk)
    assert client.get(address("edit", "communities", own)).status_code == 200
    assert client.get(address("edit", "communities", other)).status_code == 404


def test_double_sending_adds_one_record(place: Place, clerk: User, client: Client, period):
    client.force_login(clerk)
    url = address("add", "organizations")
    new = HERE | {
        "name": "演示合唱团",
        "registration": "filed",
        "category": "recreation",
        "established_on": "2015-03-02",
    }
    form = client.get(url).context["form"]
    new["category"] = next(value for value, label in form.fields["category"].choices if label == "文体活动类")
    sent = input_of(form, new)
    assert client.post(url, sent).status_code == 302
    again = client.post(url, sent)
    assert again.status_code == 422
    assert SocialOrganization.objects.count() == 1


def test_the_form_takes_as_many_queries_for_many_records_as_for_one(
    case: Case, place: Place, clerk: User, client: Client
):
    record = case.make(place)
    client.force_login(clerk)
    url = address("edit", case.register, record)
    client.get(url)
    first = queries_of(lambda: client.get(url))
    for number in range(5):
        make_organization(place.communities[0], f"演示队{number}")
        make_facility(place.communities[0], f"活动室{number}")
        make_worker(place.communities[0])
    assert len(queries_of(lambda: client.get(url))) == len(first)
    assert len(first) <= 16


@pytest.mark.parametrize(
    ("register", "title"),
    [
        ("facilities", "服务设施"),
        ("organizations", "社会组织"),
        ("workers", "社会工作者"),
        ("projects", "购买服务"),
        ("surveys", "满意度调查"),
        ("trainings", "培训"),
    ],
)
def test_a_form_of_a_register_lies_in_the_section_of_its_list(
    register: str, title: str, clerk: User, place: Place, signed_in: Any
) -> None:
    page = signed_in(clerk).get(reverse("changelog:add", args=[register])).content.decode()
    [below] = re.findall(r'<nav class="menu-below".*?</nav>', page, re.DOTALL)
    assert re.findall(r'aria-current="[^"]*"[^>]*>([^<]*)<', below) == [title]
