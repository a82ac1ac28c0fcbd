"""Choosing the place of a record in its form: within the own area, and without listing a whole city."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from changelog.models import ChangeSet
from communities.models import Facility
from tests.changelog.editing import HERE
from tests.changelog.forms import address, opened
from tests.factories import Place, make_community, make_division

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


def words_of_list(answer: Any, name: str) -> list[str]:
    """Return the words of a `<datalist>`."""
    found = re.search(rf'<datalist id="offered-{name}">(.*?)</datalist>', answer.content.decode(), re.DOTALL)
    assert found
    return re.findall(r'<option value="([^"]*)"', found[1])


def test_county_and_town_are_chosen_and_communities_are_those_of_the_town(
    place, officer, clerk, street_clerk, signed_in
):
    url = address("add", "facilities")
    whole = signed_in(officer).get(url).context["form"].fields
    assert [value for value, _ in whole["county"].choices] == ["", "城区", "襄垣县"]
    assert dict(whole["town"].choices)["襄垣县"] == [("古韩镇", "古韩镇")], "towns stand under their counties"
    own = signed_in(clerk).get(url)
    assert [value for value, _ in own.context["form"].fields["county"].choices] == ["", "城区"]
    assert own.context["form"]["county"].value() == "城区"
    assert [value for value, _ in own.context["form"].fields["town"].choices] == [
        "",
        "东街街道办事处",
        "西街街道办事处",
    ]
    here = signed_in(clerk).get(url, {"county": "城区", "town": "西街街道办事处"})
    assert words_of_list(here, "community_name") == [community.name for community in place.other_communities]
    assert here.context["form"]["town"].value() == "西街街道办事处"
    assert '<select name="town"' in here.content.decode()
    street = signed_in(street_clerk).get(url)
    assert words_of_list(street, "community_name") == [community.name for community in place.communities]


def test_a_place_of_others_is_neither_shown_nor_taken(place: Place, clerk: User, client: Client, period):
    client.force_login(clerk)
    url = address("add", "facilities")
    asked = client.get(url, {"county": "襄垣县", "town": "古韩镇"})
    assert "古韩镇" not in asked.content.decode()
    assert asked.context["form"]["town"].value() in ("", None)
    sent = opened(
        client, url, HERE | {"name": "文化中心", "kind": "activity", "area": "120", "opened_on": "2016-05-04"}
    )
    refused = client.post(url, sent | {"county": "襄垣县", "town": "古韩镇", "community_name": place.villages[0].name})
    assert set(refused.context["form"].errors) == {"county", "town"}
    assert place.villages[0].name not in words_of_list(refused, "community_name")


def test_a_city_with_too_many_communities_lists_those_of_the_chosen_town_only(
    place: Place, officer: User, client: Client, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("communities.sheets.placed.MOST_OFFERED", 4)
    client.force_login(officer)
    url = address("add", "facilities")
    assert words_of_list(client.get(url), "community_name") == []
    assert words_of_list(client.get(url, {"county": "襄垣县"}), "community_name") == ["西垴头村委会", "栗家岭村委会"]


def test_without_scripts_a_button_lists_the_communities_and_saves_nothing(place: Place, clerk: User, client: Client):
    client.force_login(clerk)
    url = address("add", "facilities")
    sent = opened(client, url, {"town": "西街街道办事处", "name": "文化中心", "show_places": "1"})
    shown = client.post(url, sent)
    assert shown.status_code == 200
    assert words_of_list(shown, "community_name") == [community.name for community in place.other_communities]
    assert shown.context["form"]["name"].value() == "文化中心"
    assert not shown.context["form"].errors
    assert not ChangeSet.objects.exists()


def test_towns_of_one_name_are_told_apart_by_their_county(place: Place, officer: User, client: Client, period):
    twin = make_division("140423777", "东街街道办事处", place.other_county)
    community = make_community(twin, "双胞社区居委会")
    client.force_login(officer)
    url = address("add", "facilities")
    town = dict(client.get(url).context["form"].fields["town"].choices)["襄垣县"][-1]
    assert town == ("襄垣县东街街道办事处", "东街街道办事处")
    listed = client.get(url, {"county": "襄垣县", "town": town[0]})
    assert words_of_list(listed, "community_name") == [community.name]
    new = {"name": "文化中心", "kind": "activity", "area": "120", "opened_on": "2016-05-04"}
    there = {"county": "襄垣县", "town": town[0], "community_name": community.name}
    assert client.post(url, opened(client, url, new | there)).status_code == 302
    assert Facility.objects.get().community == community
    from_page = client.get(url, {"county": "襄垣县", "town": "东街街道办事处", "community_name": community.name})
    assert from_page.context["form"]["town"].value() == town[0]
    wrong = client.post(url, opened(client, url, new | there | {"county": "城区"}))
    assert set(wrong.context["form"].errors) == {"town"}


def test_a_new_record_from_the_page_of_a_community_is_of_that_community(place: Place, clerk: User, client: Client):
    client.force_login(clerk)
    page = client.get(place.communities[1].get_absolute_url()).content.decode()
    found = re.search(r'href="(/registers/facilities/new/[^"]*)"', page)
    assert found
    form = client.get(html.unescape(found[1])).context["form"]
    shown = [form[name].value() for name in ("county", "town", "community_name")]
    assert shown == ["城区", "东街街道办事处", place.communities[1].name]
