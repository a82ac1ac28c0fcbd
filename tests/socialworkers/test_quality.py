"""Tests of the quality rules of social workers and their postings."""

from __future__ import annotations

import datetime

import pytest

from socialworkers.models import SocialWorker
from tests.factories import make_community, make_posting, make_worker
from tests.quality import found_by, refs_found_by

pytestmark = pytest.mark.django_db


def _certified(where, number: str = "201614000001", **fields) -> SocialWorker:
    return make_worker(where, certificate_number=number, **fields)


def test_a_posting_in_a_closed_community_blocks_the_report_until_it_ends(place):
    closed = make_community(place.street, closed_on=datetime.date(2018, 6, 30))
    odd = make_worker(closed)
    make_worker(closed, posting={"ended_on": datetime.date(2018, 6, 30)})
    (finding,) = found_by("posting_in_closed_community", place.county)
    assert (finding.ref, finding.label, finding.is_hard) == (odd.ref, odd.name, True)
    assert found_by("posting_in_closed_community", place.county, "2018-05") == []


@pytest.mark.parametrize(("ended", "overlaps"), [("2018-03-01", False), ("2018-03-02", True)])
def test_postings_that_overlap_are_found_at_the_office_of_the_newest(place, ended, overlaps):
    worker = make_worker(None)
    make_posting(worker, place.communities[0], ended_on=datetime.date.fromisoformat(ended), is_newest=False)
    make_posting(worker, place.villages[0], started_on=datetime.date(2018, 3, 1))
    assert bool(found_by("postings_overlap", place.other_county)) is overlaps
    assert found_by("postings_overlap", place.county) == []


def test_an_overlap_after_the_months_end_does_not_block_that_month(place):
    worker = make_worker(None)
    make_posting(worker, place.communities[0], ended_on=datetime.date(2018, 7, 10), is_newest=False)
    make_posting(worker, place.communities[1], started_on=datetime.date(2018, 7, 1))
    assert found_by("postings_overlap", place.county) == []


def test_a_level_without_a_certificate_number_is_found(place):
    odd = make_worker(place.communities[0])
    _certified(place.communities[0])
    make_worker(place.street, level="none", has_social_work_degree=True)
    make_worker(place.street, posting={"ended_on": datetime.date(2018, 1, 1)})
    assert refs_found_by("certificate_number_missing", place.city) == {odd.ref}


def test_a_certificate_number_without_a_level_is_found(place):
    odd = _certified(place.communities[0], level="none")
    _certified(place.communities[0], "201614000002")
    assert refs_found_by("certificate_without_level", place.city) == {odd.ref}


def test_a_certificate_of_two_people_is_found_without_saying_who_the_other_is(place):
    here, there = _certified(place.communities[0]), _certified(place.villages[0], name="李远方")
    make_worker(place.communities[0])
    make_worker(place.communities[1])
    (finding,) = found_by("certificate_number_twice", place.county)
    assert finding.ref == here.ref
    assert there.name not in finding.message
    assert refs_found_by("certificate_number_twice", place.city) == {here.ref, there.ref}


def test_two_of_the_same_name_at_one_place_are_found(place):
    twins = [make_worker(place.communities[0], "王小演"), make_worker(place.communities[0], "王小演")]
    stationed = [make_worker(place.street, "王小演"), make_worker(place.street, "王小演")]
    make_worker(place.communities[1], "王小演")
    make_worker(place.communities[0], "李小演")
    make_worker(place.communities[0], "李小演", posting={"ended_on": datetime.date(2018, 1, 1)})
    assert refs_found_by("worker_name_twice", place.city) == {worker.ref for worker in (*twins, *stationed)}


def test_a_posting_at_a_whole_county_is_found(place):
    odd = make_worker(place.county)
    make_worker(place.street)
    make_worker(place.communities[0])
    assert refs_found_by("posting_above_town", place.city) == {odd.ref}
