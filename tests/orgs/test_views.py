"""Tests of the pages of social organizations."""

from __future__ import annotations

import datetime

import pytest
from django.urls import reverse

from tests.factories import credit_code, make_organization

LIST = "/organizations/"


def names(answer):
    return {row.record.name for row in answer.context["table"].rows}


@pytest.fixture
def organizations(place):
    """Create four organizations: at a community, a town, a county, and one dissolved."""
    make_organization(place.communities[0], "和平读书会")
    make_organization(place.street, "东街联合会", hub_kind="federation")
    make_organization(
        place.county,
        "城区社工服务中心",
        registration="registered",
        credit_code=credit_code(7),
        is_social_work_agency=True,
    )
    make_organization(place.communities[1], "旧日棋社", dissolved_on=datetime.date(2018, 1, 1))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"registration": "registered"}, {"城区社工服务中心"}),
        ({"active": "no"}, {"旧日棋社"}),
        ({"active": "yes"}, {"和平读书会", "东街联合会", "城区社工服务中心"}),
        ({"agency": "yes"}, {"城区社工服务中心"}),
        ({"agency": "no", "active": "yes"}, {"和平读书会", "东街联合会"}),
        ({"hub_kind": "federation"}, {"东街联合会"}),
        ({"q": "读书"}, {"和平读书会"}),
        ({"q": "hpdsh"}, {"和平读书会"}),
        ({"q": "和平社区居委会"}, {"和平读书会"}),
        ({"q": credit_code(7).lower()[:12]}, {"城区社工服务中心"}),
        ({"town": "140402001"}, {"和平读书会", "东街联合会", "旧日棋社"}),
    ],
)
def test_organizations_are_found_by_what_is_known_of_them(asked, found, organizations, clerk, signed_in):
    assert names(signed_in(clerk).get(LIST, asked)) == found


@pytest.mark.django_db
def test_an_organization_of_a_town_or_county_says_where_it_is(organizations, place, officer, signed_in):
    text = signed_in(officer).get(LIST, {"q": "东街联合会"}).content.decode()
    assert "东街街道办事处" in text
    assert "城区" in text


@pytest.mark.django_db
def test_a_dissolved_organization_shows_both_days(organizations, clerk, signed_in):
    text = signed_in(clerk).get(LIST, {"active": "no"}).content.decode()
    assert "2015-03-01 至 2018-01-01" in text


@pytest.mark.django_db
def test_an_organization_page_says_its_columns_in_words(place, clerk, signed_in):
    made = make_organization(
        place.communities[0], "和平读书会", phone="0355-1234567", member_count=1_200, legal_form="association"
    )
    text = signed_in(clerk).get(reverse("orgs:detail", args=[made.ref])).content.decode()
    for told in ("街道备案", "社区服务类", "社会团体", "1,200", "0355-***4567", "和平社区居委会", "城区"):
        assert told in text
