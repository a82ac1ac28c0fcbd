"""Tests of the pages of purchased-service projects."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest
from django.urls import reverse

from tests.factories import make_organization, make_project

LIST = "/projects/"


def names(answer):
    return {row.record.name for row in answer.context["table"].rows}


@pytest.fixture
def projects(place):
    """Create two projects of 城区, one of them of last year and serving two communities."""
    make_project(place.county, *place.communities[:2], name="养老项目", field="elderly", provider_name="甲中心")
    make_project(
        place.county,
        name="矫正项目",
        field="correction",
        status="accepted",
        starts_on=datetime.date(2016, 1, 1),
        ends_on=datetime.date(2017, 2, 1),
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"field": "elderly"}, {"养老项目"}),
        ({"status": "accepted"}, {"矫正项目"}),
        ({"year": "2017"}, {"矫正项目"}),
        ({"year": "2018"}, {"养老项目"}),
        ({"q": "甲中心"}, {"养老项目"}),
        ({"q": "和平社区"}, {"养老项目"}),
        ({"q": "140402001"}, {"养老项目"}),
        ({"year": "abc"}, set()),
    ],
)
def test_projects_are_found_by_what_is_known_of_them(asked, found, projects, clerk, signed_in):
    assert names(signed_in(clerk).get(LIST, asked)) == found


@pytest.mark.django_db
def test_a_project_that_serves_several_communities_is_listed_once(projects, clerk, signed_in):
    assert signed_in(clerk).get(LIST, {"q": "社区居委会"}).context["table"].paginator.count == 1


@pytest.mark.django_db
def test_a_project_page_names_its_communities_and_money(place, clerk, signed_in):
    project = make_project(place.county, *place.communities[:2], budget=Decimal("1234567.50"), grade="good")
    text = signed_in(clerk).get(reverse("services:detail", args=[project.ref])).content.decode()
    for told in ("1,234,567.50", "东关社区居委会", "和平社区居委会", "公开招标", "一般公共预算", "良"):
        assert told in text


@pytest.mark.django_db
def test_a_project_its_provider_and_its_communities_lead_to_each_other(place, clerk, other_clerk, signed_in):
    community, code = place.communities[0], "51140402MJ1234567X"
    provider = make_organization(community, credit_code=code, registration="registered")
    project = make_project(place.county, community, provider_name="甲中心", provider_credit_code=code)
    page = signed_in(clerk).get(project.get_absolute_url()).content.decode()
    assert f'<a href="{provider.get_absolute_url()}">甲中心</a>' in page
    assert f'<a href="{community.get_absolute_url()}">{community.name}</a>' in page
    assert f'href="{project.get_absolute_url()}"' in signed_in(clerk).get(provider.get_absolute_url()).content.decode()
    assert f'href="{project.get_absolute_url()}"' in signed_in(clerk).get(community.get_absolute_url()).content.decode()
    elsewhere = make_project(place.other_county, provider_name="甲中心", provider_credit_code=code)
    assert provider.get_absolute_url() not in signed_in(other_clerk).get(elsewhere.get_absolute_url()).content.decode()
    assert elsewhere.ref not in signed_in(clerk).get(provider.get_absolute_url()).content.decode()
