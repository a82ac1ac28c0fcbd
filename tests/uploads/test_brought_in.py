"""When a register counts as brought in for a whole county, and how the pages say that only some of its towns have done so."""

from __future__ import annotations

import pytest

from tests.factories import make_batch, make_division, make_user
from tests.pages import markup_of
from tests.submissions.reporting import make_due

pytestmark = pytest.mark.django_db
AT = "2018-07-02T09:00+08:00"
REPORT = "/submissions/201806-140402/"


@pytest.fixture
def due():
    return make_due("2018-06")


@pytest.fixture
def other_street_clerk(place):
    return make_user("street_clerk", place.other_street)


def bring_in(user, due, register="facilities", **fields):
    return make_batch(user, register, period=due, **{"state": "committed", "committed_at": AT, "rows": 5, **fields})


def home_of(signed_in, user):
    answer = signed_in(user).get("/")
    (panel,) = [panel for panel in answer.context["panels"] if {"lines", "lacking"} & set(panel)]
    return panel, markup_of(answer).replace('<span class="visually-hidden">个街道', "个街道")


def is_done_on_every_page(signed_in, clerk, officer):
    """Return whether 服务设施 of 城区 is done; all pages must say the same."""
    county, home = home_of(signed_in, clerk)
    bureau, table = home_of(signed_in, officer)
    report = signed_in(clerk).get(REPORT)
    (uploads,) = [panel for panel in report.context["panels"] if "uploads" in panel]
    (line,) = [each for each in county["lines"] if each["register"].name == "facilities"]
    (row,) = [each for each in (*bureau["lacking"], *bureau["complete"]) if each["county"].code == "140402"]
    (cell,) = [each for each in row["cells"] if each["register"].name == "facilities"]
    (upload,) = [each for each in uploads["uploads"] if each.register.name == "facilities"]
    done = {line["is_done"], cell["is_done"], upload.is_done}
    assert len(done) == 1
    assert (county["done"], row["done"], uploads["done"]) == (int(line["is_done"]),) * 3
    for page in (home, table, markup_of(report)):
        assert ("1 / 2个街道（乡镇）" in page) == upload.is_partly
    return done.pop()


def test_one_street_does_not_make_a_register_of_the_county_done(
    place, due, clerk, street_clerk, other_street_clerk, officer, signed_in
):
    assert not is_done_on_every_page(signed_in, clerk, officer)
    bring_in(street_clerk, due, state="checked", committed_at=None, unchanged=5)
    assert not is_done_on_every_page(signed_in, clerk, officer)
    assert "只有部分街道（乡镇）报了：服务设施（1 / 2个）。本月还没有上传：社区、" in markup_of(
        signed_in(clerk).get(REPORT)
    )
    assert home_of(signed_in, street_clerk)[0]["done"] == 1, "for the street itself it is done"
    bring_in(other_street_clerk, due)
    assert is_done_on_every_page(signed_in, clerk, officer), "every town has brought it in"


@pytest.mark.parametrize("who", ["clerk", "officer"])
def test_the_county_and_those_above_bring_in_for_all_of_its_towns(
    who, request, place, due, clerk, street_clerk, officer, signed_in
):
    bring_in(street_clerk, due)
    bring_in(request.getfixturevalue(who), due)
    assert is_done_on_every_page(signed_in, clerk, officer)


def test_a_town_without_communities_is_not_waited_for(
    place, due, clerk, street_clerk, other_street_clerk, officer, signed_in
):
    make_division("140402003", "演示空街道", place.county)
    for user in (street_clerk, other_street_clerk):
        bring_in(user, due)
    assert is_done_on_every_page(signed_in, clerk, officer)


def test_what_was_uploaded_and_not_confirmed_is_not_called_not_uploaded(place, due, clerk, signed_in):
    bring_in(clerk, due, state="checked", committed_at=None, new=5)
    bring_in(clerk, due, "workers")
    page = markup_of(signed_in(clerk).get(REPORT))
    assert "传了还没有入库：服务设施。本月还没有上传：社区、社会组织、购买服务项目；确实没有变动的，不用再传。" in page
    assert page.count("传了还没有入库</span>") == 1
