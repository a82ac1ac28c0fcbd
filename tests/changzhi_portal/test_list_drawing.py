"""Tests of what lists keep and leave out to be quick: nobody sees another's choices, old ones, or HTML of a name."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from changzhi_portal.pages import filters
from communities.filters import CommunityFilterSet
from communities.models import Community, Division
from tests.factories import make_community, make_facility, make_organization, make_worker
from tests.queries import exactly, queries_of

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
COMMUNITIES = "communities:community_list"


def choices(page, name: str) -> list[str]:
    """Return the labels of a filter's choices."""
    select = re.search(rf'<select name="{name}".*?</select>', page.content.decode(), re.DOTALL)
    return re.findall(r"<option[^>]*>([^<]*)</option>", select[0]) if select else []


def test_every_user_is_offered_the_own_places_whoever_looked_before(officer, clerk, other_clerk, place, signed_in):
    for _ in range(2):
        assert {place.county.name, place.other_county.name} < set(
            choices(signed_in(officer).get(reverse(COMMUNITIES)), "county")
        )
        for user, county in ((clerk, place.county), (other_clerk, place.other_county)):
            towns = set(Division.objects.towns().current().filter(parent=county).values_list("name", flat=True))
            page = signed_in(user).get(reverse(COMMUNITIES))
            assert set(choices(page, "town")) == {"全部", *towns}
            assert not choices(page, "county")


def test_a_renamed_county_has_its_new_name_in_the_choice_at_once(officer, place, signed_in):
    browser = signed_in(officer)
    assert place.county.name in choices(browser.get(reverse(COMMUNITIES)), "county")
    Division.objects.filter(pk=place.county.pk).update(name="新城区")
    assert "新城区" in choices(browser.get(reverse(COMMUNITIES)), "county")
    assert place.county.name not in choices(browser.get(reverse(COMMUNITIES)), "county")


def test_the_chosen_county_stays_chosen_for_who_chose_it_only(officer, place, signed_in):
    browser = signed_in(officer)
    chosen = browser.get(reverse(COMMUNITIES), {"county": place.county.code}).content.decode()
    plain = browser.get(reverse(COMMUNITIES)).content.decode()
    assert f'<option value="{place.county.code}" selected>' in chosen
    assert f'<option value="{place.county.code}">' in plain


def test_nothing_that_was_typed_is_kept(officer, place, signed_in, monkeypatch):
    monkeypatch.setattr(filters, "_drawn", {})
    page = signed_in(officer).get(reverse("socialworkers:list"), {"q": "张某某", "on_day": "2018-06-30"})
    assert "张某某" in page.content.decode()
    assert filters._drawn
    assert "张某某" not in repr(filters._drawn)
    assert "2018-06-30" not in repr(filters._drawn)


def test_no_number_of_addresses_fills_the_memory(officer, place, signed_in, monkeypatch):
    monkeypatch.setattr(filters, "_drawn", {})
    monkeypatch.setattr(filters, "_MOST_DRAWN", 10)
    browser = signed_in(officer)
    for kind in ("urban", "rural", "none", "x", "y"):
        browser.get(reverse(COMMUNITIES), {"kind": kind})
    assert len(filters._drawn) <= 10


def test_filter_sets_change_nothing_of_each_other(rf, place, officer, clerk):
    pages = []
    for user in (officer, clerk):
        request = rf.get("/")
        request.user = user
        pages.append(CommunityFilterSet(request.GET, Community.objects.visible_to(user), request=request))
    first, second = pages
    first.filters["kind"].extra["choices"] = []
    assert second.filters["kind"].extra["choices"]
    assert CommunityFilterSet.base_filters["kind"].extra["choices"]
    assert first.filters["town"].filter.f is first.filters["town"]
    assert second.filters["town"].parent is second
    assert second.form.fields["town"].divisions
    assert not first.form.fields["town"].divisions


def test_names_are_escaped_in_cells_links_and_boxes(officer, place, signed_in):
    community = make_community(place.street)
    Community.objects.filter(pk=community.pk).update(name='<b>社区 & "甲"')
    make_facility(community, name="<script>设施")
    html = signed_in(officer).get(reverse("communities:facility_list")).content.decode()
    assert "&lt;b&gt;社区 &amp; &quot;甲&quot;</a>" in html
    assert "选择&lt;script&gt;设施" in html
    assert "<script>设施" not in html
    assert "<b>社区" not in html


@pytest.mark.parametrize(("name", "make"), [("orgs:list", make_organization), ("socialworkers:list", make_worker)])
def test_records_of_towns_and_counties_load_nothing_row_by_row(name, make, officer, place, signed_in):
    browser = signed_in(officer)

    def add() -> None:
        for division in (place.street, place.county):
            make(division)

    add()
    once = len(queries_of(lambda: browser.get(reverse(name))))
    for _ in range(5):
        add()
    with exactly(once):
        assert place.street.name in browser.get(reverse(name)).content.decode()
