"""Tests of the list page that every register shares."""

from __future__ import annotations

import datetime
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse

from changzhi_portal.pages import DetailPage, ListPage, PortalPage
from communities.models import Community
from periods.models import ReportingPeriod
from tests.factories import (
    make_community,
    make_document,
    make_facility,
    make_organization,
    make_point,
    make_profile,
    make_project,
    make_training,
    make_work_item,
    make_worker,
)
from tests.queries import exactly

LISTS = (
    *("communities:community_list", "communities:facility_list", "communities:point_list"),
    *("orgs:list", "socialworkers:list", "socialworkers:training_list", "services:list", "workload:list"),
    "practice:document_list",
)
HTMX = {"HTTP_HX_REQUEST": "true"}


def fill(place, number: int) -> None:
    """Create `number` records of every register in 城区."""
    for _ in range(number):
        community = make_community(place.street)
        make_profile(community)
        make_facility(community)
        make_point(community)
        make_organization(community)
        make_worker(community)
        make_training(place.county, name=f"演示{community.name}培训")
        make_project(place.county, community)
        make_work_item(place.county, f"演示{community.name}事项")
        make_document(community)


@pytest.mark.django_db
@pytest.mark.parametrize("name", LISTS)
def test_a_list_costs_the_same_queries_for_one_row_and_for_a_hundred(name, place, officer, signed_in):
    browser = signed_in(officer)
    fill(place, 1)
    # The user with the division, saved views, the choice of counties, the count, the rows; for communities the month.
    number = 6 if name == LISTS[0] else 5
    with exactly(number):
        one = browser.get(reverse(name))
    fill(place, 99)
    with exactly(number):
        many = browser.get(reverse(name), {"per_page": 100})
    assert one.status_code == many.status_code == 200
    assert many.content.count(b"<tr>") >= 100


@pytest.mark.django_db
@pytest.mark.parametrize("name", LISTS)
def test_a_filtered_list_costs_two_queries_more(name, place, officer, signed_in):
    fill(place, 3)
    browser = signed_in(officer)
    # The towns of the chosen county, for the choice, and the communities that the word names.
    with exactly(
        {LISTS[0]: 8, "workload:list": 6, "socialworkers:training_list": 6}.get(name, 7)
    ):  # items name no community
        page = browser.get(reverse(name), {"county": "140402", "q": "社区"})
    assert page.status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("name", LISTS)
def test_a_list_shows_nothing_of_another_county(name, place, other_clerk, clerk, signed_in):
    fill(place, 1)
    assert "还没有记录" in signed_in(other_clerk).get(reverse(name), {"q": ""}).content.decode() or name == LISTS[0]
    found = signed_in(other_clerk).get(reverse(name)).context["table"].data.data
    assert not found.within(place.county).exists()
    assert signed_in(clerk).get(reverse(name)).context["table"].data.data.within(place.county).exists()


@pytest.mark.django_db
def test_a_county_outside_the_own_area_cannot_be_chosen(place, clerk, officer, signed_in):
    page = signed_in(clerk).get(reverse("communities:community_list"))
    assert "county" not in page.context["filter_form"].fields
    towns = page.context["filter_form"].fields["town"].queryset
    assert set(towns) == {place.street, place.other_street}
    refused = signed_in(clerk).get(reverse("communities:community_list"), {"town": place.rural_town.code})
    assert "选择一个有效的选项" in refused.content.decode()
    assert refused.context["table"].paginator.count == 0
    everything = signed_in(officer).get(reverse("communities:community_list"))
    assert set(everything.context["filter_form"].fields["county"].queryset) == {place.county, place.other_county}
    assert not everything.context["filter_form"].fields["town"].queryset.exists(), "towns come with their county"


@pytest.mark.django_db
def test_a_street_sees_only_itself_and_has_no_place_to_choose(place, street_clerk, signed_in):
    page = signed_in(street_clerk).get(reverse("communities:community_list"))
    assert {"county", "town"}.isdisjoint(page.context["filter_form"].fields)
    assert set(page.context["table"].data.data) == set(place.communities)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("和平社区", "和平社区居委会"),
        ("和平", "和平社区居委会"),
        ("  和平社区居民委员会 ", "和平社区居委会"),
        ("hp", "和平社区居委会"),
        ("heping", "和平社区居委会"),
        ("西垴头", "西垴头村委会"),
        ("140423100", "西垴头村委会"),
    ],
)
def test_a_community_is_found_by_name_code_or_pinyin(words, found, place, officer, signed_in):
    page = signed_in(officer).get(reverse("communities:community_list"), {"q": words})
    names = [community.name for community in page.context["table"].data.data]
    assert found in names
    assert len(names) < 7


@pytest.mark.django_db
def test_a_community_is_found_by_a_name_it_had_before(place, officer, signed_in):
    renamed = place.communities[0]
    renamed.placements.update(valid_to=datetime.date(2018, 3, 1))
    Community.objects.filter(pk=renamed.pk).update(name="新名社区居委会", name_key="新名")
    page = signed_in(officer).get(reverse("communities:community_list"), {"q": "和平"})
    assert [community.name for community in page.context["table"].data.data] == ["新名社区居委会"]


@pytest.mark.django_db
def test_names_are_sorted_by_pinyin_and_unknown_figures_stand_last_both_ways(place, officer, signed_in):
    browser = signed_in(officer)
    address = reverse("communities:community_list")

    def names(**asked):
        return [community.name for community in browser.get(address, asked).context["table"].page.object_list.data]

    by_name = names(sort="name")
    assert by_name[:3] == ["参府社区居委会", "东关社区居委会", "和平社区居委会"]
    assert names(sort="-name") == by_name[::-1]
    make_profile(place.communities[0], residents=100)
    make_profile(place.communities[1], residents=200)
    assert names(sort="residents")[:2] == ["和平社区居委会", "东关社区居委会"]
    assert names(sort="-residents")[:2] == ["东关社区居委会", "和平社区居委会"]


@pytest.mark.django_db
def test_pages_do_not_repeat_or_lose_rows_with_equal_keys(place, officer, signed_in):
    fill(place, 60)
    browser = signed_in(officer)
    seen = []
    for page in (1, 2, 3):
        result = browser.get(reverse("orgs:list"), {"sort": "registration", "page": page})
        seen += [row.record.pk for row in result.context["table"].paginated_rows]
    assert len(seen) == len(set(seen)) == 60


@pytest.mark.django_db
@pytest.mark.parametrize(("asked", "shown"), [("99", 3), ("0", 1), ("x", 1), ("-1", 1), ("2", 2)])
def test_a_page_that_is_gone_leads_to_the_nearest(asked, shown, place, officer, signed_in):
    fill(place, 60)
    page = signed_in(officer).get(reverse("orgs:list"), {"page": asked})
    assert page.context["table"].page.number == shown


@pytest.mark.django_db
def test_an_empty_register_says_what_to_do_and_an_empty_result_how_to_get_out(place, officer, leader, signed_in):
    empty = signed_in(officer).get(reverse("orgs:list")).content.decode()
    assert "还没有记录" in empty
    assert reverse("uploads:new") in empty
    none = signed_in(officer).get(reverse("communities:community_list"), {"q": "没有这个社区"}).content.decode()
    assert "没有符合条件的记录" in none
    assert reverse("uploads:new") not in none


@pytest.mark.django_db
def test_htmx_gets_the_result_alone_with_the_dependent_choice_and_a_short_address(place, officer, signed_in):
    asked = {"q": "", "county": "140402", "kind": ""}
    part = signed_in(officer).get(reverse("communities:community_list"), asked, **HTMX)
    text = part.content.decode()
    assert "<html" not in text
    assert text.lstrip().startswith("<section") or 'id="result"' in text
    assert 'id="filter-town" class="filter" hx-swap-oob="true"' in " ".join(text.split())
    assert "东街街道办事处" in text
    assert "共5条记录" in text
    assert part["HX-Push-Url"] == reverse("communities:community_list") + "?county=140402"


@pytest.mark.django_db
@pytest.mark.parametrize(("asked", "kept"), [("2", "?q=演示&page=2"), ("1", "?q=演示"), ("x", "?q=演示")])
def test_back_and_reload_lead_to_the_page_that_htmx_has_shown(asked, kept, place, officer, signed_in):
    for number in range(30):
        make_organization(place.communities[0], f"演示{number}协会")
    part = signed_in(officer).get(reverse("orgs:list"), {"q": "演示", "page": asked}, **HTMX)
    assert unquote(part["HX-Push-Url"]) == reverse("orgs:list") + kept


@pytest.mark.django_db
def test_a_saved_view_begins_on_the_first_page(place, officer, signed_in):
    fill(place, 30)
    page = signed_in(officer).get(reverse("orgs:list"), {"sort": "-name", "page": "2"})
    assert page.context["table"].page.number == 2
    saved = parse_qs(urlsplit(page.context["save_view_url"]).query)
    assert saved["query"] == ["sort=-name"]


@pytest.mark.django_db
def test_personal_data_are_masked_in_list_and_page(place, officer, signed_in):
    worker = make_worker(place.communities[0], phone="19900001234")
    plain = worker.id_number.reveal()
    organization = make_organization(place.communities[0], phone="19900004321")
    for address in (
        reverse("socialworkers:list"),
        reverse("socialworkers:detail", args=[worker.ref]),
        reverse("orgs:detail", args=[organization.ref]),
        reverse("communities:community_detail", args=[place.communities[0].ref]),
    ):
        text = signed_in(officer).get(address).content.decode()
        assert plain not in text
        assert "19900001234" not in text
        assert "19900004321" not in text
    assert f"{plain[:6]}********{plain[-4:]}" in signed_in(officer).get(reverse("socialworkers:list")).content.decode()


def test_a_list_of_something_unscoped_refuses_to_start():
    class Periods(ListPage):
        requires = ""
        queryset = ReportingPeriod.objects.all()

    with pytest.raises(ImproperlyConfigured, match="scoped model"):
        Periods.as_view()


def test_a_page_of_one_unscoped_record_refuses_to_start():
    class Period(DetailPage):
        requires = ""
        queryset = ReportingPeriod.objects.all()

    with pytest.raises(ImproperlyConfigured, match="scoped model"):
        Period.as_view()


def test_a_page_that_does_not_say_who_may_open_it_refuses_to_start():
    class Open(PortalPage):
        pass

    with pytest.raises(ImproperlyConfigured, match="requires"):
        Open.as_view()
