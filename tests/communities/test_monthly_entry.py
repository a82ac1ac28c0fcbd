"""The clerk's page of one community and month, as the clerk meets it in the browser."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role, User
from changelog.actions import find_undoing, undo_changes
from changelog.models import ChangeRecord, ChangeSet
from changzhi_portal.refusals import LockedError
from communities.models import Community, CommunityEntry, CommunityProfile, Facility
from communities.monthly.at_community import registers_at_communities, registers_naming_communities
from orgs.models import SocialOrganization
from periods.models import ReportingPeriod
from socialworkers.models import Posting
from tests.communities.monthly import address, of, of_new, save
from tests.factories import (
    Place,
    id_number,
    make_facility,
    make_organization,
    make_period,
    make_profile,
    make_user,
    make_worker,
)
from tests.forms import sent_by
from tests.pages import markup_of

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
PHONE = "19900001111"
NEW_FACILITY = {"name": "文化中心", "kind": "activity", "area": "120", "opened_on": "2018-06-04"}
NEW_ORGANIZATION = {
    "name": "演示合唱团",
    "registration": "filed",
    "category": "culture_sports",
    "established_on": "2018-06-10",
}


def test_the_registers_of_the_page_are_found_and_not_named():
    assert [at.register.name for at in registers_at_communities()] == [
        "facilities",
        "organizations",
        "workers",
        "points",
        "documents",
    ]
    assert [register.name for register, _ in registers_naming_communities()] == ["projects"]


def test_a_month_of_one_community_is_one_change_set(place: Place, street_clerk: User, entering: Client):
    community = place.communities[0]
    make_profile(community, residents=2_400, households=800)
    facility = make_facility(community, "党群服务中心", area="300")
    leaving = make_worker(community, "李演示")
    organization = make_organization(community, "演示书画社", phone=PHONE)
    answer = save(
        entering,
        community,
        of(community, "communities", residents="2450", has_party="是", groups="4")
        | of(facility, "facilities", area="320")
        | of_new("facilities", NEW_FACILITY)
        | of_new("organizations", NEW_ORGANIZATION)
        | of(organization, "organizations", leader="张演示")
        | of(leaving, "workers", ended_on="2018-06-20"),
        go="next",
    )
    assert answer.status_code == 302
    assert answer["Location"] == address(place.communities[1])
    change_set = ChangeSet.objects.get()
    assert change_set.made_by == street_clerk
    assert change_set.summary == "2018年6月逐社区填报：和平社区居委会"
    newest = CommunityProfile.objects.get(community=community, as_of=datetime.date(2018, 6, 30))
    assert (newest.residents, newest.households) == (2_450, 800)
    assert CommunityProfile.objects.count() == 2, "the figures of the month before stay"
    assert set(Facility.objects.values_list("name", "area")) == {
        ("党群服务中心", Decimal(320)),
        ("文化中心", Decimal(120)),
    }
    assert SocialOrganization.objects.get(name="演示合唱团").community == community
    organization.refresh_from_db()
    assert (organization.leader, organization.phone.reveal()) == ("张演示", PHONE)
    assert Posting.objects.get().ended_on == datetime.date(2018, 6, 20)
    entry = CommunityEntry.objects.get()
    assert (entry.community, entry.state, entry.made_by) == (community, "entered", street_clerk)


def test_last_month_stands_beside_with_the_difference(place: Place, entering: Client):
    community = place.communities[0]
    make_profile(community, residents=2_400, households=800)
    facility = make_facility(community, "党群服务中心", area="300")
    make_organization(community, "演示书画社")
    gone = make_organization(community, "演示棋社", dissolved_on=datetime.date(2018, 6, 12))
    make_organization(community, "演示旧社", dissolved_on=datetime.date(2018, 5, 12))
    save(
        entering,
        community,
        of(community, "communities", residents="2350") | of(facility, "facilities", area="320"),
    )
    shown = entering.get(address(community))
    own = shown.context["month"].own.form
    assert (own["residents"].value(), own["residents"].was.text, own["residents"].change) == ("2350", "2,400", "−50")
    assert own["households"].change == "持平"
    area = shown.context["month"].groups[0].rows[0].form["area"]
    assert (area.was.text, area.change) == ("300.00", "+20")
    organizations = shown.context["month"].groups[1]
    assert (organizations.before, organizations.now) == (2, 1)
    assert {str(row.record): row.status for row in organizations.rows}[gone.name] == "6月12日注销"
    assert len(organizations.rows) == 2, "what ended before is no part of the month"


def test_a_blank_field_changes_nothing_and_a_word_takes_a_value_away(place: Place, entering: Client):
    organization = make_organization(place.communities[0], "演示书画社", leader="张演示", member_count=12)
    save(entering, place.communities[0], of(organization, "organizations", leader="", member_count="清空"))
    organization.refresh_from_db()
    assert (organization.leader, organization.member_count) == ("张演示", None)


def test_what_is_wrong_stands_at_its_field_and_nothing_is_written(place: Place, entering: Client):
    community = place.communities[0]
    facility = make_facility(community, "党群服务中心", area="300")
    answer = save(
        entering,
        community,
        of(community, "communities", residents="2450")
        | of(facility, "facilities", area="很大")
        | of_new("organizations", {"name": "演示合唱团"}),
    )
    assert answer.status_code == 422
    month = answer.context["month"]
    assert set(month.groups[0].rows[0].form.errors) == {"area"}
    assert set(month.groups[1].new[0].errors) == {"registration", "category", "established_on"}
    assert month.own.form["residents"].value() == "2450"
    assert not ChangeSet.objects.exists()
    assert not CommunityEntry.objects.exists()
    assert "autofocus" in str(month.groups[0].rows[0].form["area"])


def test_two_new_records_that_are_the_same_are_refused(place: Place, entering: Client):
    community = place.communities[0]
    shown = entering.get(address(community))
    more = entering.post(
        address(community), sent_by(shown) | of_new("facilities", NEW_FACILITY) | {"more": "facilities"}
    )
    assert [form["name"].value() for form in more.context["month"].groups[0].new] == ["文化中心", None]
    both = sent_by(more) | of_new("facilities", NEW_FACILITY, 1) | {"go": "stay"}
    answer = entering.post(address(community), both)
    assert answer.status_code == 422
    assert "同一条记录" in markup_of(answer)
    assert not Facility.objects.exists()


def test_a_warning_is_asked_about_once(place: Place, entering: Client):
    community = place.communities[0]
    make_profile(community, residents=2_400)
    asked = save(entering, community, of(community, "communities", residents="24000"))
    assert asked.status_code == 200
    assert "请核实" in markup_of(asked)
    assert not ChangeSet.objects.exists()
    entering.post(address(community), sent_by(asked) | {"go": "stay"})
    assert CommunityProfile.objects.filter(residents=24_000).exists()


def undo_newest(by: User) -> None:
    ref = ChangeSet.objects.latest("pk").ref
    undo_changes(ref=ref, by=by, seen=find_undoing(ref=ref, by=by).reversible)


def test_a_save_of_several_registers_is_undone_whole(place: Place, street_clerk: User, entering: Client):
    community = place.communities[0]
    make_profile(community, residents=2_400, households=800)
    facility = make_facility(community, "党群服务中心", area="300")
    save(
        entering,
        community,
        of(community, "communities", residents="2450")
        | of(facility, "facilities", area="320")
        | of_new("organizations", NEW_ORGANIZATION),
    )
    page = entering.get(reverse("changelog:undo", args=[ChangeSet.objects.get().ref]))
    assert markup_of(page).count("删除这条记录") == 1
    undo_newest(street_clerk)
    facility.refresh_from_db()
    assert facility.area == Decimal(300)
    assert not SocialOrganization.objects.exists()
    assert CommunityProfile.objects.get().residents == 2_400


def test_what_was_undone_can_be_typed_again_and_is_not_entered_until_then(
    place: Place, period: ReportingPeriod, street_clerk: User, entering: Client
):
    community = place.communities[0]
    sent = sent_by(entering.get(address(community))) | of_new("facilities", NEW_FACILITY) | {"go": "stay"}

    def is_entered() -> bool:
        return Community.objects.with_entry(period).get(pk=community.pk).is_entered

    entering.post(address(community), sent)
    assert is_entered()
    undo_newest(street_clerk)
    assert (Facility.objects.count(), is_entered()) == (0, False)
    save(entering, community, of_new("facilities", NEW_FACILITY))
    assert (Facility.objects.count(), is_entered()) == (1, True)
    undo_newest(street_clerk)
    entering.post(address(community), sent_by(entering.get(address(community))) | {"go": "unchanged"})
    assert (CommunityEntry.objects.get().state, is_entered()) == ("unchanged", True)


def test_a_locked_month_among_several_registers_is_the_bureaus_to_undo(
    place: Place, period: ReportingPeriod, street_clerk: User, officer: User, entering: Client
):
    community = place.communities[0]
    facility = make_facility(community, "党群服务中心", area="300")
    save(
        entering,
        community,
        of(facility, "facilities", area="320") | of(community, "communities", residents="2450", households="800"),
    )
    ReportingPeriod.objects.filter(pk=period.pk).update(state="locked", locked_at=timezone.now(), locked_by=officer)
    with pytest.raises(LockedError):
        undo_newest(street_clerk)
    undo_newest(officer)
    facility.refresh_from_db()
    assert facility.area == Decimal(300)


def test_the_same_input_sent_twice_is_saved_once(place: Place, entering: Client):
    community = place.communities[0]
    shown = sent_by(entering.get(address(community)))
    sent = (
        shown
        | of_new("organizations", NEW_ORGANIZATION)
        | of(community, "communities", residents="2450")
        | {"go": "next"}
    )
    first, second = entering.post(address(community), sent), entering.post(address(community), sent)
    assert first.status_code == second.status_code == 302
    assert first["Location"] == second["Location"]
    assert ChangeSet.objects.count() == SocialOrganization.objects.count() == 1


def test_both_versions_are_shown_where_somebody_else_was_faster(place: Place, entering: Client, clerk: User):
    community = place.communities[0]
    facility = make_facility(community, "党群服务中心", area="300")
    untouched = make_facility(community, "文化站", area="100")
    sent = sent_by(entering.get(address(community)))
    other = Client()
    other.force_login(clerk)
    save(other, community, of(facility, "facilities", area="330") | of(untouched, "facilities", area="110"))
    mine = sent | of(facility, "facilities", area="350", tenure="leased") | {"go": "stay"}
    answer = entering.post(address(community), mine)
    assert answer.status_code == 409
    ((name, last_change, values),) = answer.context["by_others"]
    assert (name, values) == ("党群服务中心", [("建筑面积（㎡）", "330.00")])
    assert clerk.full_name in last_change
    again = sent_by(answer)
    assert again[f"facilities-{facility.ref}-area"] == "350"
    entering.post(address(community), again | {"go": "stay"})
    facility.refresh_from_db()
    untouched.refresh_from_db()
    assert (facility.area, facility.tenure, untouched.area) == (Decimal(350), "leased", Decimal(110))


def test_changes_of_a_record_that_has_gone_meanwhile_are_not_lost_silently(place: Place, entering: Client):
    community = place.communities[0]
    organization = make_organization(community, "演示书画社")
    sent = sent_by(entering.get(address(community)))
    SocialOrganization.objects.update(community=place.communities[1])
    answer = entering.post(
        address(community), sent | of(organization, "organizations", leader="张演示") | {"go": "stay"}
    )
    assert answer.status_code == 409
    assert "已不在本页" in markup_of(answer)


def test_figures_of_a_locked_month_are_refused_at_the_day(place: Place, entering: Client, officer: User):
    community = place.communities[0]
    make_period("2018-05")
    ReportingPeriod.objects.filter(month="2018-05-01").update(
        state="locked", locked_at=timezone.now(), locked_by=officer
    )
    answer = save(entering, community, of(community, "communities", residents="2300", as_of="2018-05-31"))
    assert answer.status_code == 422
    assert set(answer.context["month"].own.form.errors) == {"as_of"}
    assert not ChangeSet.objects.exists()


def test_personal_data_are_masked_and_a_new_worker_is_posted_here(place: Place, entering: Client):
    community = place.communities[0]
    worker = make_worker(community, "李演示", phone=PHONE)
    page = entering.get(address(community))
    assert PHONE not in page.content.decode()
    number = id_number(4711)
    new = {"name": "王演示", "id_number": number, "level": "none", "started_on": "2018-06-01"}
    save(entering, community, of_new("workers", new) | of(worker, "workers", level="social_worker"))
    worker.refresh_from_db()
    assert (worker.level, worker.phone.reveal()) == ("social_worker", PHONE)
    posting = Posting.objects.get(worker__name="王演示")
    assert (posting.community, posting.is_community_worker) == (community, True)
    assert number not in str(ChangeRecord.objects.values_list("before", "after"))


def test_who_has_changed_the_contested_figures_and_bodies_is_named_and_nobody_later(
    place: Place, entering: Client, clerk: User
):
    community = place.communities[0]
    make_profile(community, residents=2_400)
    sent = sent_by(entering.get(address(community)))
    counting, founding, renewing = (
        make_user(Role.DISTRICT_CLERK, place.county, full_name=name) for name in ("王数人", "李建会", "赵更新")
    )
    for user, changes in (
        (counting, {"residents": "2410", "as_of": "2018-06-30"}),
        (founding, {"has_committee": "是"}),
        (renewing, {"kind": "rural"}),
        (clerk, {"residents": "2390", "as_of": "2018-05-31"}),
    ):
        browser = Client()
        browser.force_login(user)
        assert save(browser, community, of(community, "communities", **changes)).status_code == 302, changes
    for mine, other in (
        ({"residents": "2450"}, counting),
        ({"has_committee": "否"}, founding),
    ):
        answer = entering.post(address(community), sent | of(community, "communities", **mine) | {"go": "stay"})
        assert answer.status_code == 409
        ((_, last_change, values),) = answer.context["by_others"]
        assert len(values) == 1
        assert last_change.startswith(f"{other.full_name} "), (mine, last_change)
