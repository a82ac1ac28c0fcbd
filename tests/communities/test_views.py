"""Tests of the pages of communities and facilities."""

from __future__ import annotations

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from communities.models import Community
from tests.factories import (
    make_facility,
    make_governance_body,
    make_organization,
    make_profile,
    make_project,
    make_worker,
)
from tests.queries import exactly, queries_of


def words_of(answer) -> str:
    return " ".join(answer.content.decode().split())


@pytest.mark.django_db
def test_a_community_page_gathers_what_every_register_says_of_it(place, clerk, signed_in):
    community = place.communities[0]
    make_profile(community, residents=2_345, as_of=datetime.date(2018, 5, 31))
    make_profile(community, residents=2_400, as_of=datetime.date(2018, 6, 30))
    make_governance_body(community, "party")
    make_governance_body(community, "groups", number=7)
    make_facility(community, "演示服务中心", area="520.5")
    make_organization(community, "演示读书会")
    make_worker(community, "王演示", posting={"position": "社区专干"})
    make_project(place.county, community, name="演示养老项目")
    text = words_of(signed_in(clerk).get(reverse("communities:community_detail", args=[community.ref])))
    for told in (
        "2,345",
        "2,400",
        "社区党组织",
        "已建立",
        "7个",
        "演示服务中心",
        "520.5",
        "演示读书会",
        "王演示",
        "社区专干",
    ):
        assert told in text
    assert "演示养老项目" in text
    assert text.index("2018-06-30") < text.index("2018-05-31"), "the newest count comes first"


@pytest.mark.django_db
def test_a_community_page_costs_the_same_queries_however_much_it_shows(place, clerk, signed_in):
    community = place.communities[0]
    browser = signed_in(clerk)
    address = reverse("communities:community_detail", args=[community.ref])

    def add(number):
        for day in range(1, number + 1):
            make_profile(community, as_of=datetime.date(2018, number % 12 + 1, day))
            make_facility(community)
            make_organization(community)
            make_worker(community)
            make_project(place.county, community)

    add(1)
    before = len(queries_of(lambda: browser.get(address)))
    add(20)
    with exactly(before):
        browser.get(address)


@pytest.mark.django_db
def test_a_long_panel_leads_to_the_whole_list(place, clerk, signed_in):
    community = place.communities[0]
    for _ in range(51):
        make_organization(community)
    browser = signed_in(clerk)
    page = words_of(browser.get(reverse("communities:community_detail", args=[community.ref])))
    assert "查看全部51条" in page
    whole = browser.get(reverse("orgs:list"), {"q": community.code})
    assert whole.context["table"].paginator.count == 51


@pytest.mark.django_db
def test_closed_communities_are_shown_only_when_asked_for(place, officer, signed_in):
    Community.objects.filter(pk=place.communities[0].pk).update(closed_on=datetime.date(2018, 6, 1))
    browser = signed_in(officer)
    address = reverse("communities:community_list")
    assert browser.get(address).context["table"].paginator.count == 6
    closed = browser.get(address, {"status": "closed"})
    assert "和平社区居委会（已撤销）" in closed.content.decode()
    assert closed.context["table"].paginator.count == 1


@pytest.mark.django_db
@pytest.mark.parametrize(("asked", "found"), [("yes", {"在用", "今天启用"}), ("no", {"停用", "今天停用", "未启用"})])
def test_facilities_in_use_are_those_of_today(asked, found, place, clerk, signed_in):
    today = timezone.localdate()
    later, earlier = today + datetime.timedelta(days=2), today - datetime.timedelta(days=2)
    for name, opened, closed in (
        ("在用", earlier, None),
        ("今天启用", today, later),
        ("停用", datetime.date(2010, 1, 1), earlier),
        ("今天停用", earlier, today),
        ("未启用", later, None),
    ):
        make_facility(place.communities[0], name, opened_on=opened, closed_on=closed)
    page = signed_in(clerk).get(reverse("communities:facility_list"), {"in_use": asked})
    assert {row.record.name for row in page.context["table"].rows} == found


@pytest.mark.django_db
def test_a_county_office_is_not_told_its_own_county_in_every_row(place, clerk, street_clerk, officer, signed_in):
    def headers(user):
        table = signed_in(user).get(reverse("communities:community_list")).context["table"]
        return {column.name for column in table.columns}

    assert {"county", "town"} <= headers(officer)
    assert "county" not in headers(clerk)
    assert "town" in headers(clerk)
    assert {"county", "town"}.isdisjoint(headers(street_clerk))


@pytest.mark.django_db
def test_a_facility_page_tells_its_functions_and_leads_to_its_community(place, clerk, signed_in):
    facility = make_facility(place.communities[0], functions=["party", "elderly"])
    answer = signed_in(clerk).get(reverse("communities:facility_detail", args=[facility.ref]))
    text = words_of(answer)
    assert "党员活动中心、社区养老和老年服务中心" in text
    assert reverse("communities:community_detail", args=[place.communities[0].ref]) in text
