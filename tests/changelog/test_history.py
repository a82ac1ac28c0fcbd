"""Tests of the history on the page of a record."""

from __future__ import annotations

import datetime

import pytest
from django.urls import reverse

from changelog.actions import change_of
from changelog.history import history_of
from changelog.models import ChangeRecord
from changzhi_portal.personal import Sealed
from communities.models import CommunityProfile
from tests.factories import (
    make_batch,
    make_change_set,
    make_facility,
    make_governance_body,
    make_organization,
    make_profile,
    make_project,
    make_worker,
)
from tests.queries import exactly


def log(user, record, before, after, *, division=None, kind="updated", **of_set):
    """Log a change of `record` by `user`."""
    return ChangeRecord.objects.create(
        change_set=make_change_set(user, **of_set),
        model=record._meta.label_lower,
        object_id=record.pk,
        object_ref=getattr(record, "ref", ""),
        object_label=str(record),
        division=division or user.division,
        kind=kind,
        before=before,
        after=after,
    )


@pytest.mark.django_db
def test_choices_dates_yes_and_no_and_places_are_told_in_words(place, clerk):
    organization = make_organization(place.communities[0])
    log(
        clerk,
        organization,
        {
            "registration": "filed",
            "is_social_work_agency": False,
            "community_id": place.communities[1].pk,
            "leader": "",
        },
        {
            "registration": "guided",
            "is_social_work_agency": True,
            "community_id": place.communities[0].pk,
            "leader": "演示人",
        },
        batch=make_batch(clerk, file_name="6月社会组织.xlsx"),
    )
    (entry,) = history_of(organization, clerk, limit=10)
    assert {(change.label, change.old, change.new) for change in entry.changes} == {
        ("管理方式", "街道备案", "社区指导"),
        ("民办社工机构", "否", "是"),
        ("社区", "东关社区居委会", "和平社区居委会"),
        ("负责人", "—", "演示人"),
    }
    assert (entry.kind, entry.part, entry.made_by) == ("修改", "", "测试县区填报员")
    assert entry.file_name == "6月社会组织.xlsx"


@pytest.mark.django_db
def test_personal_data_are_masked_in_the_history(place, clerk, signed_in):
    worker = make_worker(place.communities[0])
    values = [{"phone": Sealed("phone", plain=number)} for number in ("19900001234", "19900005678")]
    logged = change_of(worker, division=clerk.division.pk, before=values[0], after=values[1])
    log(clerk, worker, logged.before, logged.after)
    page = signed_in(clerk).get(reverse("socialworkers:detail", args=[worker.ref])).content.decode()
    assert "199****1234" in page
    assert "199****5678" in page
    assert "19900001234" not in page
    assert "gAAAA" not in page


@pytest.mark.django_db
def test_changes_of_a_part_belong_to_the_whole_and_those_of_another_do_not(place, clerk):
    profile = make_profile(place.communities[0])
    log(clerk, profile, {"residents": 100}, {"residents": 200})
    log(clerk, make_profile(place.communities[1]), {"residents": 1}, {"residents": 2})
    (entry,) = history_of(place.communities[0], clerk, limit=10)
    assert entry.part == "社区概况"
    assert [(change.label, change.old, change.new) for change in entry.changes] == [("常住人口", "100", "200")]


@pytest.mark.django_db
def test_what_happened_in_another_county_is_neither_listed_nor_named(place, clerk, officer):
    worker = make_worker(place.communities[0])
    log(officer, worker, {"name": "旧"}, {"name": "新"}, division=place.other_county)
    posting = worker.postings.get()
    here, there = place.communities[0].pk, place.villages[0].pk
    log(officer, posting, {"community_id": there}, {"community_id": here}, division=place.county)
    (entry,) = history_of(worker, clerk, limit=10)
    assert [(change.old, change.new) for change in entry.changes] == [("其他单位", "和平社区居委会")]
    assert len(history_of(worker, officer, limit=10)) == 2


@pytest.mark.django_db
def test_a_history_costs_the_same_queries_however_long(place, clerk):
    organization = make_organization(place.communities[0])

    def change(number):
        for community in (place.communities * number)[:number]:
            log(
                clerk,
                organization,
                {"community_id": None, "leader": "甲"},
                {"community_id": community.pk, "leader": "乙"},
            )

    change(1)
    with exactly(2):
        history_of(organization, clerk, limit=50)
    change(30)
    with exactly(2):
        assert len(history_of(organization, clerk, limit=50)) == 31


@pytest.mark.django_db
def test_a_new_record_says_so_without_listing_every_value(place, clerk):
    profile = CommunityProfile.objects.create(
        community=place.communities[0], as_of=datetime.date(2018, 6, 30), residents=5
    )
    log(clerk, profile, {}, {"residents": 5}, kind="created")
    (entry,) = history_of(place.communities[0], clerk, limit=10)
    assert (entry.kind, entry.changes) == ("新增", [])


@pytest.mark.django_db
def test_a_body_of_a_community_is_called_by_its_column(place, clerk):
    body = make_governance_body(place.communities[0], "party", exists=True)
    groups = make_governance_body(place.communities[0], "groups", number=5)
    log(clerk, body, {"exists": False}, {"exists": True})
    log(clerk, groups, {"number": 4}, {"number": 5})
    changes = [change for entry in history_of(place.communities[0], clerk, limit=10) for change in entry.changes]
    assert [(change.label, change.old, change.new) for change in changes] == [
        ("居（村）民小组数", "4", "5"),
        ("社区党组织", "否", "是"),
    ]


@pytest.mark.django_db
def test_lists_of_choices_and_links_are_told_in_words(place, clerk):
    facility = make_facility(place.communities[0])
    log(clerk, facility, {"functions": []}, {"functions": ["party", "culture"]})
    project = make_project(place.county)
    log(clerk, project, {"communities": []}, {"communities": [place.communities[0].pk]})
    changes = [history_of(record, clerk, limit=10)[0].changes[0] for record in (facility, project)]
    assert [(change.label, change.old, change.new) for change in changes] == [
        ("功能", "—", "党员活动中心、文化活动中心"),
        ("服务社区", "0个社区", "1个社区"),
    ]


@pytest.mark.django_db
def test_what_an_undoing_did_is_called_undone(place, clerk):
    organization = make_organization(place.communities[0])
    change = log(clerk, organization, {"leader": ""}, {"leader": "演示人"})
    log(clerk, organization, {"leader": "演示人"}, {"leader": ""}, reverses=change.change_set)
    assert [entry.kind for entry in history_of(organization, clerk, limit=10)] == ["撤销", "修改"]
