"""Tests of files that still name a village which was merged into another one (docs/domain.md §3.9)."""

from __future__ import annotations

import datetime

import pytest

from accounts.actions import apply_division_changes
from communities.models import CommunityProfile, DivisionChange, Facility
from communities.places import PlaceFinder, PlaceIndex
from socialworkers.models import Posting
from tests.factories import make_community, make_facility, make_project, make_worker
from tests.uploads.office import codes_of, send

__all__ = ["send"]
pytestmark = pytest.mark.django_db
DAY = datetime.date(2018, 6, 15)


@pytest.fixture
def merged(place, admin):
    """Merge the first village into the second; both had a 便民服务中心, and the first a worker."""
    gone, stays = place.villages
    facilities = [make_facility(village, "便民服务中心") for village in (gone, stays)]
    worker = make_worker(gone)
    DivisionChange.objects.create(
        kind="merge",
        level="village",
        effective_on=DAY,
        from_code=gone.code,
        from_name=gone.name,
        to_code=stays.code,
        to_name=stays.name,
        source="演示",
    )
    apply_division_changes(by=admin)
    return facilities, worker


def row(**values):
    return {
        "县（市、区）": "襄垣县",
        "社区名称": "西垴头村",
        "设施名称": "便民服务中心",
        "设施类型": "综合服务设施",
        "建筑面积（㎡）": "610",
        "启用日期": "2016-05-01",
    } | values


def test_the_old_name_and_code_mean_the_successor_and_that_is_said(place, merged, other_clerk, send):
    facilities, _ = merged
    answer = send("facilities", other_clerk, [row()], commit="all")
    assert codes_of(answer) == ["old_place_name"]
    assert "已撤销，由“栗家岭村委会”承接" in answer["problems"][0]["message"]
    assert (answer["new"], answer["changed"]) == (0, 1)
    own, others = (Facility.objects.get(pk=facility.pk) for facility in facilities)
    assert (own.area, own.name) == (610, "便民服务中心（原西垴头村委会）"), (
        "the one that came along, under its new name"
    )
    assert others.area == 520
    by_code = send(
        "facilities", other_clerk, [row(**{"社区名称": "", "社区代码": "140423100200", "设施名称": "新书屋"})]
    )
    assert (by_code["new"], codes_of(by_code)) == (1, ["old_place_name"])


def test_a_worker_of_the_old_village_keeps_the_posting(place, merged, other_clerk, send):
    _, worker = merged
    values = {
        "姓名": worker.name,
        "身份证号": worker.id_number.reveal(),
        "县（市、区）": "襄垣县",
        "社区名称": "西垴头村",
        "职业水平": "社会工作师",
        "到岗日期": "2017-07-01",
    }
    answer = send("workers", other_clerk, [values], commit="all")
    assert (answer["new"], answer["changed"]) == (0, 1)
    posting = Posting.objects.get(worker=worker)
    assert (posting.community, posting.ended_on) == (place.villages[1], None)


def test_the_ref_of_a_closed_village_means_its_successor(place, merged, other_clerk, send):
    values = {"记录编号": place.villages[0].ref, "社区名称": "西垴头村", "常住人口": 1_700, "数据日期": "2018-06-30"}
    answer = send("communities", other_clerk, [values], commit="all")
    assert codes_of(answer) == ["old_place_name"]
    assert CommunityProfile.objects.get(as_of=datetime.date(2018, 6, 30)).community == place.villages[1]


def test_what_serves_the_old_village_serves_the_successor_too(place, merged, other_clerk):
    project = make_project(place.other_county, place.villages[0])
    index = PlaceIndex(place.other_county.path)
    assert PlaceFinder(index).community_within(place.other_county.pk, "西垴头村").id == place.villages[1].pk
    assert project.communities.count() == 1


def test_a_living_village_of_the_full_name_comes_before_a_closed_one(place, merged):
    living = make_community(place.rural_town, "西垴头村委会")
    index = PlaceIndex(place.other_county.path)
    found = PlaceFinder(index).find(county="襄垣县", town="古韩镇", community="西垴头村委会", code="")
    assert found.community.id == living.pk
