"""Tests of old names and codes in new files, and of new ones in old files (docs/domain.md §3.6)."""

from __future__ import annotations

import datetime

import pytest
from django.urls import reverse

from accounts.actions import apply_division_changes
from accounts.models import Role
from communities.models import Community, CrosswalkRow, Division, Facility
from communities.places import PlaceFinder, PlaceIndex, PlaceNotFoundError
from orgs.models import SocialOrganization
from services.models import ServiceProject
from tests.communities.changes import change
from tests.factories import (
    make_community,
    make_division,
    make_facility,
    make_organization,
    make_project,
    make_user,
)
from tests.uploads.office import codes_of

pytestmark = pytest.mark.django_db
DAY = datetime.date(2018, 11, 23)


@pytest.fixture
def changed_city(city):
    """Apply the changes of 23 November 2018 to the real city."""
    apply_division_changes(by=make_user(Role.BUREAU_ADMIN, city))
    return city


def index_of(code):
    return PlaceIndex(Division.objects.by_code(code).path)


def found(index, county="", town="", community="", code=""):
    place = PlaceFinder(index).find(county=county, town=town, community=community, code=code)
    return (place.community.code if place.community else index.divisions[place.division_id].code), place.old_parts


def refused(index, **texts):
    with pytest.raises(PlaceNotFoundError) as refusal:
        found(index, **texts)
    return refusal.value.code


# --- Before the change is applied: the clerk of 城区 and the clerk of 郊区 ---


def test_every_new_code_of_the_crosswalk_is_understood_before_the_change(city):
    index = index_of("140400")
    then = dict(Community.objects.values_list("code", "id"))
    rows = CrosswalkRow.objects.exclude(to_code="")
    assert rows.count() == 982
    for row in rows:
        assert PlaceFinder(index).community_coded(row.to_code).id == then[row.from_code]


def test_a_new_code_is_what_the_crosswalk_says_and_not_the_old_one_with_other_digits(city):
    suburb = index_of("140411")
    assert found(suburb, code="140403011001") == ("140411001001", ("community_code",))
    assert refused(suburb, code="140403001001") == "out_of_scope", "that is 城区's, although 140411001001 is ours"
    assert found(index_of("140402"), code="140403001001") == ("140402001001", ("community_code",))


def test_a_clerk_who_writes_the_coming_county_reaches_the_own_communities_only(city):
    urban, suburb = index_of("140402"), index_of("140411")
    texts = {"county": "潞州区", "town": "东街街道", "community": "和平社区"}
    assert found(urban, **texts) == ("140402001001", ("county",))
    assert refused(suburb, **texts) == "unknown_place"
    assert found(suburb, county="潞州区", town="长北街道") == ("140411001", ("county",))


def test_a_village_with_a_coming_name_is_found_by_it(city):
    index = index_of("140481")
    assert found(index, county="潞城区", town="微子镇", community="子北村") == (
        "140481101200",
        ("county", "community_name"),
    )


# --- After it is applied ---


def test_every_old_code_leads_to_what_the_community_has_become(changed_city):
    index = index_of("140400")
    now = dict(Community.objects.values_list("id", "code"))
    for row in CrosswalkRow.objects.exclude(to_code=""):
        assert now[PlaceFinder(index).community_coded(row.from_code).id] == row.to_code
        assert now[PlaceFinder(index).community_coded(row.to_code).id] == row.to_code


def test_an_old_county_and_town_still_lead_there_and_are_pointed_out(changed_city):
    index = index_of("140403")
    assert found(index, county="城区", town="东街街道", community="和平社区") == ("140403001001", ("county",))
    assert found(index, county="郊区", town="长北街道") == ("140403011", ("county",))
    assert found(index, county="城区") == ("140403", ("county",))
    assert found(index, county="潞州区", town="东街街道", community="和平社区") == ("140403001001", ())
    assert found(index, county="城区", code="140402001001") == ("140403001001", ("county", "community_code"))


def test_a_village_that_moved_is_found_in_its_old_town_and_that_is_pointed_out(changed_city):
    index = index_of("140403")
    assert found(index, county="潞州区", town="常青街道", community="屈家庄村") == ("140403007201", ("town",))
    assert found(index, county="潞州区", town="太行西街街道", community="屈家庄村") == ("140403007201", ())


def test_the_old_county_says_which_of_two_communities_of_one_name_is_meant(place):
    suburb = make_division("140411", "郊区", place.city)
    make_community(make_division("140411100", "老顶山镇", suburb), "和平社区居委会")
    for old in (place.county, suburb):
        change("merge", old, "140403", "潞州区")
    apply_division_changes(by=make_user(Role.BUREAU_ADMIN, place.city))
    index = index_of("140403")
    assert refused(index, county="潞州区", community="和平社区") == "ambiguous_place"
    assert found(index, county="城区", community="和平社区") == ("140403001001", ("county",))
    assert found(index, county="郊区", community="和平社区") == ("140403100001", ("county",))


def test_the_clerk_of_a_split_off_county_may_still_write_the_old_one(place):
    for code, name in (("140408", "东城区"), ("140409", "西城区")):
        change("split", place.county, code, name)
    for code, communities in (("140408", place.communities), ("140409", place.other_communities)):
        for each in communities:
            new = each.code.replace("140402", code)
            CrosswalkRow.objects.create(
                effective_on=DAY, from_code=each.code, from_name=each.name, to_code=new, to_name=each.name
            )
    apply_division_changes(by=make_user(Role.BUREAU_ADMIN, place.city))
    western = index_of("140409")
    assert found(western, county="城区", town="西街街道", community="参府社区") == ("140409002002", ("county",))
    assert refused(western, county="城区", town="东街街道", community="和平社区") == "out_of_scope"


def facility_row(**changes):
    return {
        "县（市、区）": "城区",
        "街道（乡镇）": "东街街道",
        "社区名称": "和平社区",
        "社区代码": "",
        "设施名称": "党群服务中心",
        "设施类型": "综合服务设施",
        "建筑面积（㎡）": 520,
        "启用日期": "2016-05-01",
    } | changes


def merge(place):
    change("merge", place.county, "140403", "潞州区")
    apply_division_changes(by=make_user(Role.BUREAU_ADMIN, place.city))


def test_an_office_may_go_on_uploading_its_old_file_after_the_merger(place, clerk, send):
    merge(place)
    answer = send("facilities", clerk, [facility_row()], commit="all")
    assert (answer["state"], codes_of(answer)) == ("committed", ["old_place_name"])
    again = send("facilities", clerk, [facility_row(**{"县（市、区）": "潞州区"})])
    assert (again["unchanged"], codes_of(again)) == (1, [])
    assert Facility.objects.get().community == place.communities[0]


def test_what_hangs_at_a_closed_division_is_found_and_not_added_again(place, clerk, officer, send):
    organization = make_organization(place.street, "演示志愿者联合会")
    project = make_project(place.county)
    merge(place)
    row = {
        "名称": organization.name,
        "管理方式": "街道备案",
        "类别": "文体活动类",
        "县（市、区）": "潞州区",
        "街道（乡镇）": "东街街道",
        "成立日期": "2015-03-01",
    }
    answer = send("organizations", clerk, [row], commit="all")
    assert codes_of(answer) == []
    assert (answer["new"], answer["changed"]) == (0, 1)
    assert SocialOrganization.objects.get().division == place.street, "facts of a town keep their division"
    row = {
        "项目编号": project.number,
        "县（市、区）": "潞州区",
        "项目名称": "演示更名项目",
        "购买主体": project.buyer,
        "承接主体": project.provider_name,
        "服务领域": "社区养老",
        "服务对象": "全体居民",
        "购买方式": "公开招标",
        "资金来源": "一般公共预算",
        "预算金额（元）": 100_000,
        "开始日期": "2018-01-01",
        "结束日期": "2018-12-31",
        "状态": "履约中",
    }
    answer = send("projects", officer, [row], commit="all")
    assert (answer["new"], answer["changed"]) == (0, 1)
    assert ServiceProject.objects.get().division == place.county


# --- Searching ---


def test_communities_are_found_by_the_name_and_code_they_had(changed_city, signed_in):
    browser = signed_in(make_user(Role.BUREAU_OFFICER, changed_city))

    def codes(words):
        table = browser.get(reverse("communities:community_list"), {"q": words}).context["table"]
        return {row.record.code for row in table.rows}

    assert codes("140411001001") == {"140403011001"}
    assert codes("子北村") == codes("140481101200") == {"140406101200"}
    assert "140406101200" in codes("北村")


def test_facilities_are_found_by_the_code_their_community_had(changed_city, signed_in):
    facility = make_facility(Community.objects.get(code="140403011001"))
    browser = signed_in(make_user(Role.BUREAU_OFFICER, changed_city))
    table = browser.get(reverse("communities:facility_list"), {"q": "140411001001"}).context["table"]
    assert [row.record for row in table.rows] == [facility]


def test_a_list_can_be_cut_to_an_old_county(changed_city, signed_in):
    browser = signed_in(make_user(Role.BUREAU_OFFICER, changed_city))
    page = browser.get(reverse("communities:community_list"), {"county": "140402"})
    assert page.context["table"].paginator.count == 83
    assert {row.record.town.parent.name for row in page.context["table"].rows} == {"潞州区"}


def test_the_choice_of_an_old_county_names_what_is_in_its_place_today(changed_city, signed_in):
    browser = signed_in(make_user(Role.BUREAU_OFFICER, changed_city))
    page = browser.get(reverse("communities:community_list")).content.decode()
    for old, new in (("城区", "潞州区"), ("郊区", "潞州区"), ("长治县", "上党区"), ("潞城市", "潞城区")):
        assert f"{old}（2018-11-23前，今{new}）" in page
