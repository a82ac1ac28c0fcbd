"""Tests of uploaded rows of communities and facilities, and of finding their places (docs/domain.md §3, §4)."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from accounts.models import User
from communities.models import Community, CommunityPlacement, CommunityProfile, DivisionChange, Facility, GovernanceBody
from periods.models import ReportingPeriod
from submissions.checks import findings_for
from tests.factories import Place, make_profile
from tests.uploads.office import Send, codes_of
from uploads.models import UploadRow

pytestmark = pytest.mark.django_db


def community_row(name: str = "和平社区", **changes: Any) -> dict[str, Any]:
    return {
        "县（市、区）": "城区",
        "街道（乡镇）": "东街街道",
        "社区名称": name,
        "社区代码": "",
        "户数": 100,
        "常住人口": 3000,
        "数据日期": "",
        "社区党组织": "是",
        "居（村）民小组数": 3,
    } | changes


def facility_row(name: str = "和平社区", **changes: Any) -> dict[str, Any]:
    return {
        "县（市、区）": "城区",
        "街道（乡镇）": "东街街道",
        "社区名称": name,
        "社区代码": "",
        "设施名称": "党群服务中心",
        "设施类型": "综合服务设施",
        "建筑面积（㎡）": "520㎡",
        "启用日期": "2016年5月",
    } | changes


def test_a_blank_date_means_the_last_day_of_the_month_in_the_title(send: Send, clerk: User, place: Place) -> None:
    send("communities", clerk, [community_row()], title="城区城乡社区基本情况统计表（2018年6月）", commit="all")
    profile = CommunityProfile.objects.get()
    assert (profile.as_of, profile.residents) == (datetime.date(2018, 6, 30), 3000)
    kinds = {body.kind: (body.exists, body.number) for body in GovernanceBody.objects.all()}
    assert kinds == {"party": (True, None), "groups": (None, 3)}


def test_the_chosen_month_wins_over_the_title(send: Send, clerk: User) -> None:
    send("communities", clerk, [community_row()], title="2018年6月", period="2018-05", commit="all")
    assert CommunityProfile.objects.get().as_of == datetime.date(2018, 5, 31)


def test_a_zero_is_kept_and_a_blank_is_not_given(send: Send, clerk: User) -> None:
    send("communities", clerk, [community_row(户数=0, 常住人口="")], period="2018-06", commit="all")
    profile = CommunityProfile.objects.get()
    assert (profile.households, profile.residents) == (0, None)


def test_an_unknown_community_is_never_made_by_an_upload(send: Send, clerk: User, place: Place) -> None:
    answer = send("communities", clerk, [community_row("和苹社区")], commit="all")
    assert codes_of(answer) == ["unknown_place"]
    assert "和平社区" in answer["problems"][0]["message"]
    assert Community.objects.count() == 7


def test_a_row_of_another_county_is_out_of_scope_whether_or_not_it_exists(
    send: Send, other_clerk: User, place: Place
) -> None:
    real = facility_row(社区代码=place.communities[0].code)
    invented = facility_row("没有的社区", 社区代码="140402001999")
    bare = facility_row("", 社区代码=place.communities[0].code, **{"县（市、区）": "", "街道（乡镇）": ""})
    answer = send("facilities", other_clerk, [real, invented, bare])
    errors = [problem for problem in answer["problems"] if problem["level"] == "error"]
    assert [problem["code"] for problem in errors] == ["out_of_scope"] * 3
    real_says, invented_says, _ = (problem["message"] for problem in errors)
    assert real_says == invented_says


def test_an_old_name_of_a_community_still_finds_it_with_a_warning(send: Send, clerk: User, place: Place) -> None:
    community = place.communities[0]
    CommunityPlacement.objects.filter(community=community).update(
        valid_to=datetime.date(2018, 1, 1), name="解放社区居委会"
    )
    CommunityPlacement.objects.create(
        community=community,
        town=place.street,
        code=community.code,
        name=community.name,
        valid_from=datetime.date(2018, 1, 1),
    )
    answer = send("facilities", clerk, [facility_row("解放社区")], commit="all")
    assert "old_place_name" in codes_of(answer)
    assert Facility.objects.get().community == community


def test_the_new_name_of_a_merged_county_reaches_the_clerks_own_communities_only(
    send: Send, clerk: User, place: Place
) -> None:
    for code, name in (("140402", "城区"), ("140423", "襄垣县")):
        DivisionChange.objects.create(
            kind="merge", level="county", effective_on=datetime.date(2018, 11, 23), from_code=code, from_name=name,
            to_code="140403", to_name="潞州区", source="演示",
        )  # fmt: skip
    here = facility_row(**{"县（市、区）": "潞州区"})
    there = facility_row("西垴头村", **{"县（市、区）": "潞州区", "街道（乡镇）": "古韩镇"})
    answer = send("facilities", clerk, [here, there], period="2018-06")
    found = [(problem["cell"], problem["code"]) for problem in answer["problems"]]
    assert ("A2", "old_place_name") in found
    assert ("B3", "unknown_place") in found


def test_facilities_are_measured_by_what_the_sheet_says(send: Send, clerk: User) -> None:
    answer = send("facilities", clerk, [facility_row()], commit="all")
    assert codes_of(answer) == ["approximate_date"]
    facility = Facility.objects.get()
    assert (str(facility.area), facility.opened_on) == ("520.00", datetime.date(2016, 5, 1))
    changed = send("facilities", clerk, [facility_row(**{"建筑面积（㎡）": "620", "启用日期": ""})], commit="all")
    assert (changed["changed"], changed["new"]) == (1, 0)
    assert str(Facility.objects.get().area) == "620.00"
    jumped = send("facilities", clerk, [facility_row(**{"建筑面积（㎡）": "6200", "启用日期": ""})])
    assert codes_of(jumped) == ["outlier"]
    assert "上次是620㎡，这次是6,200㎡" in jumped["problems"][0]["message"]


def test_an_activity_area_that_would_block_the_report_is_pointed_out_at_the_upload(send: Send, clerk: User) -> None:
    months = {"period": "2018-06", "commit": "all"}
    exact = {"启用日期": "2016-05-01"}
    wrong = send("facilities", clerk, [facility_row(**exact, **{"居民活动面积（㎡）": "1200.5"})], **months)
    assert (codes_of(wrong), wrong["state"]) == (["activity_area_exceeds_area"], "committed"), "it is a warning"
    (problem,) = wrong["problems"]
    assert problem["column"] == "居民活动面积（㎡）"
    period = ReportingPeriod.objects.get(month="2018-06-01")
    (finding,) = findings_for(period=period, division=clerk.division).narrowed(rule="activity_area_exceeds_area")
    assert finding.message == "居民活动面积1,200.5㎡大于建筑面积520㎡，请改正。"
    assert problem["message"] == f"{finding.message.rstrip('。')}，否则本月不能上报"
    again = send("facilities", clerk, [facility_row(**exact, **{"建筑面积（㎡）": "600"})], **months)
    assert [problem["column"] for problem in again["problems"]] == ["建筑面积（㎡）"], (
        "the other area is the register's"
    )
    fine = send("facilities", clerk, [facility_row(**exact, **{"建筑面积（㎡）": "1300"})], **months)
    ended = send("facilities", clerk, [facility_row(**exact, 停用日期="2018-06-30")], **months)
    assert codes_of(fine) == codes_of(ended) == [], "what has ended blocks nothing"


def test_a_jump_in_population_is_pointed_out_but_passes(send: Send, clerk: User, place: Place) -> None:
    make_profile(place.communities[0], residents=3000, as_of=datetime.date(2018, 5, 31))
    answer = send("communities", clerk, [community_row(常住人口=20000)], period="2018-06", commit="all")
    assert (codes_of(answer), answer["state"]) == (["outlier"], "committed")


def test_the_preview_says_in_words_what_would_change(send: Send, clerk: User) -> None:
    send("communities", clerk, [community_row()], period="2018-06", commit="all")
    answer = send("communities", clerk, [community_row(社区党组织="否", 常住人口=3100)], period="2018-06")
    (row,) = UploadRow.objects.filter(batch=answer["batch"])
    changes = {change["column"]: (change["old"], change["new"]) for change in row.changes}
    assert changes == {"社区党组织": ("是", "否"), "常住人口": ("3000", "3100")}


# --- 记录编号 ---


def test_a_row_found_by_its_record_number_needs_no_place(send: Send, clerk: User) -> None:
    send("facilities", clerk, [facility_row()], commit="all")
    facility = Facility.objects.get()
    row = {
        "记录编号": facility.ref,
        "社区名称": "",
        "设施名称": "",
        "设施类型": "",
        "建筑面积（㎡）": 888,
        "启用日期": "",
    }
    answer = send("facilities", clerk, [row], commit="all")
    assert (answer["state"], answer["changed"]) == ("committed", 1)
    before = facility.community_id
    facility.refresh_from_db()
    assert (facility.area, facility.community_id) == (888, before)


def test_a_community_is_found_by_its_record_number_alone(send: Send, clerk: User, place: Place) -> None:
    answer = send(
        "communities", clerk, [{"记录编号": place.communities[0].ref, "户数": 7, "常住人口": 20}], commit="all"
    )
    assert (answer["state"], answer["changed"]) == ("committed", 1)
    assert CommunityProfile.objects.get().community == place.communities[0]


def test_a_sheet_sorted_by_half_is_found_out(send: Send, clerk: User, place: Place) -> None:
    answer = send("communities", clerk, [{"记录编号": place.communities[1].ref} | community_row()])
    assert [(p["code"], p["cell"]) for p in answer["problems"]] == [("conflicting_key", "A2")]


def test_a_facility_whose_community_is_cleared_is_told_once_which_cell_to_fill(send: Send, clerk: User) -> None:
    answer = send("facilities", clerk, [facility_row("清空", 启用日期="2016-05-01")])
    assert codes_of(answer) == ["required"]
    assert answer["problems"][0]["message"] == "请填社区名称或12位社区代码"
