"""Tests of the pages of social workers."""

from __future__ import annotations

import datetime

import pytest
from django.urls import reverse

from tests.factories import make_posting, make_worker

LIST = "/workers/"


def names(answer):
    return {row.record.name for row in answer.context["table"].rows}


@pytest.fixture
def workers(place):
    """Create a professional at a community, one at a town's station, and one who has left."""
    make_worker(place.communities[0], "甲演示", posting={"recruited_by": "election"})
    make_worker(place.street, "乙演示", level="none")
    make_worker(
        place.communities[1],
        "丙演示",
        level="none",
        has_social_work_degree=True,
        posting={"ended_on": datetime.date(2018, 3, 1)},
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"professional": "yes"}, {"甲演示", "丙演示"}),
        ({"professional": "no"}, {"乙演示"}),
        ({"posted": "yes"}, {"甲演示", "乙演示"}),
        ({"posted": "no"}, {"丙演示"}),
        ({"community_worker": "no"}, {"乙演示"}),
        ({"recruited_by": "election"}, {"甲演示"}),
        ({"level": "assistant"}, {"甲演示"}),
        ({"q": "和平社区"}, {"甲演示"}),
        ({"q": "jys"}, {"甲演示"}),
        ({"q": "140402001002"}, {"丙演示"}),
    ],
)
def test_workers_are_found_by_what_is_known_of_them(asked, found, workers, clerk, signed_in):
    assert names(signed_in(clerk).get(LIST, asked)) == found


@pytest.mark.django_db
def test_nobody_is_found_by_an_id_number_since_addresses_are_logged(place, clerk, signed_in):
    worker = make_worker(place.communities[0])
    assert names(signed_in(clerk).get(LIST, {"q": worker.id_number.reveal()})) == set()


@pytest.mark.django_db
def test_a_worker_who_has_moved_is_seen_by_the_new_office_without_the_old_post(
    place, clerk, other_clerk, officer, signed_in
):
    worker = make_worker(
        place.communities[0],
        "丁演示",
        posting={"ended_on": datetime.date(2018, 5, 1), "is_newest": False, "position": "旧岗位"},
    )
    make_posting(worker, place.villages[0], started_on=datetime.date(2018, 5, 1), position="新岗位")
    address = reverse("socialworkers:detail", args=[worker.ref])
    assert signed_in(clerk).get(address).status_code == 404
    assert names(signed_in(clerk).get(LIST)) == set()
    new_office = signed_in(other_clerk).get(address).content.decode()
    assert "新岗位" in new_office
    assert "旧岗位" not in new_office
    whole = signed_in(officer).get(address).content.decode()
    assert whole.index("新岗位") < whole.index("旧岗位")


@pytest.mark.django_db
def test_a_worker_is_listed_once_however_many_posts_there_were(place, clerk, signed_in):
    worker = make_worker(place.communities[0], posting={"ended_on": datetime.date(2018, 5, 1), "is_newest": False})
    make_posting(worker, place.communities[1], started_on=datetime.date(2018, 5, 1))
    assert signed_in(clerk).get(LIST, {"q": "演"}).context["table"].paginator.count == 1
