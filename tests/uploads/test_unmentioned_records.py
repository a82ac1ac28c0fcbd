"""Tests of the register's records that a file does not mention."""

from __future__ import annotations

import datetime

import pytest
from django.urls import reverse

from changzhi_portal.registers.registry import register_named, registers
from services.models import ServiceProject
from tests.communities.test_sheets import community_row, facility_row
from tests.factories import (
    make_activity,
    make_catalogue_item,
    make_count,
    make_document,
    make_facility,
    make_hours,
    make_monthly_report,
    make_organization,
    make_payment,
    make_point,
    make_project,
    make_review,
    make_support,
    make_survey,
    make_training,
    make_work_item,
    make_worker,
)
from tests.queries import queries_of
from uploads.models import UploadBatch
from uploads.unmentioned_records import describe_record, unmentioned_records
from workload.models import Assessment

pytestmark = pytest.mark.django_db


def sent(send, user, rows, register="facilities", **options):
    return UploadBatch.objects.get(pk=send(register, user, rows, **options)["batch"])


def absent(batch):
    return list(unmentioned_records(batch, register_named(batch.register)()))


def test_only_what_no_row_found_is_listed(send, clerk, place):
    make_facility(place.communities[0], "党群服务中心")
    left_out = make_facility(place.communities[1], "演示活动室")
    make_facility(place.villages[0], "别县的设施")
    batch = sent(send, clerk, [facility_row(), facility_row("下东社区")])
    assert absent(batch) == [left_out]
    assert batch.unmentioned == 1


def test_a_row_with_an_error_has_found_its_record_all_the_same(send, clerk, place):
    make_facility(place.communities[0], "党群服务中心")
    batch = sent(send, clerk, [facility_row(**{"建筑面积（㎡）": "五百多"})])
    assert (batch.errors, absent(batch), batch.unmentioned) == (1, [], 0)


def test_what_has_ended_by_the_month_is_not_missed(send, clerk, place):
    make_facility(place.communities[0], "旧设施", closed_on=datetime.date(2018, 6, 30))
    later = make_facility(place.communities[0], "快停用的", closed_on=datetime.date(2018, 7, 1))
    assert absent(sent(send, clerk, [facility_row()], period="2018-06")) == [later]


def test_every_register_says_what_stands_and_where(place, clerk):
    community = place.communities[0]
    make_facility(community)
    make_monthly_report(community)
    make_monthly_report(community, "2018-05")
    make_organization(community)
    make_organization(place.street)
    make_organization(community, dissolved_on=datetime.date(2018, 1, 1))
    worker = make_worker(community)
    make_worker(place.street)
    make_hours(worker, make_training(place.county))
    make_hours(worker, make_training(place.county, ends_on=datetime.date(2017, 5, 9)))
    make_worker(community, posting={"ended_on": datetime.date(2018, 1, 1)})
    make_project(place.county, community)
    make_project(place.county, status=ServiceProject.Status.ACCEPTED)
    make_point(community)
    make_point(place.street)
    make_point(community, closed_on=datetime.date(2018, 1, 1))
    make_support(make_organization(community))
    make_support(make_organization(community), valid_to=datetime.date(2018, 6, 30))
    make_activity(community)
    make_activity(place.street)
    make_activity(community, held_on=datetime.date(2018, 5, 31))
    make_count(make_survey(place.county), community)
    make_count(make_survey(place.county, state="closed"), community)
    make_catalogue_item(place.county)
    make_catalogue_item(place.county, valid_to=datetime.date(2018, 6, 30))
    make_review(make_project(place.county, status=ServiceProject.Status.TERMINATED))
    make_payment(place.county)
    make_payment(place.county, paid_on=datetime.date(2018, 5, 31))
    make_work_item(place.county)
    make_work_item(place.county, valid_to=datetime.date(2018, 6, 30))
    make_work_item(place.city)
    for year in (2017, 2018):
        Assessment.objects.create(community=community, year=year, work_score=80)
    make_document(place.county)
    make_document(community)
    make_document(community, valid_to=datetime.date(2018, 6, 30))
    day = datetime.date(2018, 6, 30)
    found = {}
    for kind in registers():
        sheet = kind()
        records = list(sheet.standing(place.county.path, day))
        found[sheet.name] = len(records)
        for record in records:
            shown = describe_record(record, sheet)
            assert shown["name"] and shown["where"] and shown["url"].endswith(f"/{record.ref}/")
        assert not sheet.standing(place.other_county.path, day).exists() or sheet.name == "communities"
    records = {
        "communities": 5,
        "facilities": 1,
        "organizations": 4,
        "supports": 1,
        "activities": 2,
        "workers": 2,
        "projects": 1,
        "points": 2,
        "monthly": 1,
        "surveys": 1,
        "trainings": 1,
        "training_records": 1,
        "catalogue": 1,
        "reviews": 1,
        "payments": 1,
    }
    assert found == records | {"work_items": 1, "assessments": 1, "documents": 2}


def test_the_tab_lists_them_with_links_and_can_be_searched(send, clerk, place, signed_in):
    facility = make_facility(place.communities[1], "演示活动室")
    make_facility(place.communities[2], "另一个")
    batch = sent(send, clerk, [facility_row()])
    address = reverse("uploads:batch", args=[batch.ref])
    page = signed_in(clerk).get(address, {"tab": "absent"}).content.decode()
    assert f'href="/facilities/{facility.ref}/"' in page
    assert "文件中没有的" in page and "另一个" in page
    narrowed = signed_in(clerk).get(address, {"tab": "absent", "q": "演示"}).content.decode()
    assert "演示活动室" in narrowed and "另一个" not in narrowed


def test_the_tab_is_gone_once_the_batch_is_committed(send, clerk, place, signed_in):
    make_facility(place.communities[1], "演示活动室")
    batch = sent(send, clerk, [facility_row()], commit="all")
    page = signed_in(clerk).get(reverse("uploads:batch", args=[batch.ref]), {"tab": "absent"}).content.decode()
    assert "文件中没有的" not in page


def test_the_tab_costs_the_same_queries_for_more_records(send, clerk, place, signed_in):
    batch = sent(send, clerk, [community_row()], register="communities")
    browser = signed_in(clerk)
    address = reverse("uploads:batch", args=[batch.ref])
    few = len(queries_of(lambda: browser.get(address, {"tab": "absent"})))
    other = sent(send, clerk, [facility_row()])
    for number in range(30):
        make_facility(place.communities[number % 3], f"演示{number}")
    UploadBatch.objects.filter(pk=other.pk).update(unmentioned=30)
    many = queries_of(lambda: browser.get(reverse("uploads:batch", args=[other.ref]), {"tab": "absent"}))
    assert len(many) == few
