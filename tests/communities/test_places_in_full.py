"""Tests of community names with county and town written before them (docs/domain.md §4.3)."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from communities.models import Community, Division
from communities.places import PlaceFinder, PlaceIndex, PlaceNotFoundError
from tests.communities.test_sheets import community_row
from tests.factories import Place
from tests.uploads.office import Send, codes_of

pytestmark = pytest.mark.django_db
SEPARATORS = ("", "/", "-", ">", " ", " - ", "→", "／", "、")


@pytest.fixture
def finder(city: Division) -> PlaceFinder:
    return PlaceFinder(PlaceIndex(Division.objects.by_code("140423").path))


@pytest.fixture
def known(city: Division) -> list[Community]:
    """Return the real communities of 襄垣县 with their towns, read once for all examples."""
    of_county = Community.objects.filter(town__parent__code="140423", is_virtual=False)
    return list(of_county.select_related("town__parent").order_by("code"))


def code_of(finder: PlaceFinder, community: str, county: str = "", town: str = "", code: str = "") -> str:
    found = finder.find(county=county, town=town, community=community, code=code)
    assert found.community is not None and not found.old_parts
    return found.community.code


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(st.data())
def test_any_community_is_found_by_its_full_name(
    finder: PlaceFinder, known: list[Community], data: st.DataObject
) -> None:
    community = data.draw(st.sampled_from(known))
    between = data.draw(st.sampled_from(SEPARATORS))
    above = data.draw(st.sampled_from(["", "长治市", "山西省长治市", "山西省"]))
    parts = [*([above] if above else []), "襄垣县", community.town.name, community.name]
    assert code_of(finder, between.join(parts)) == community.code
    assert code_of(finder, between.join(parts), county="襄垣县", town=community.town.name) == community.code
    assert code_of(finder, between.join(parts), code=community.code) == community.code
    assert code_of(finder, between.join(parts[-2:])) == community.code


def test_a_full_name_that_contradicts_its_columns_is_not_found(finder: PlaceFinder, city: Division) -> None:
    towns = list(Division.objects.filter(parent__code="140423", level="town").order_by("code"))
    community = towns[1].communities.first()
    with pytest.raises(PlaceNotFoundError) as refused:
        code_of(finder, f"襄垣县{towns[1].name}{community.name}", town=towns[0].name)
    assert refused.value.code == "unknown_place"


def test_the_full_name_of_another_offices_community_is_out_of_scope(finder: PlaceFinder) -> None:
    other = Community.objects.filter(town__parent__code="140429").select_related("town__parent").first()
    assert other is not None
    with pytest.raises(PlaceNotFoundError) as refused:
        code_of(finder, f"{other.town.parent.name}{other.town.name}{other.name}")
    assert refused.value.code == "out_of_scope"


def test_a_misspelt_full_name_gets_the_nearest_name_of_its_town(send: Send, other_clerk: User, place: Place) -> None:
    row = community_row("襄垣县古韩镇栗家苓村", **{"县（市、区）": "", "街道（乡镇）": ""})
    answer = send("communities", other_clerk, [row])
    assert codes_of(answer) == ["unknown_place"]
    assert "是否为“栗家岭村委会”？" in answer["problems"][0]["message"]


def test_a_full_name_is_read_from_a_file(send: Send, other_clerk: User, place: Place) -> None:
    places = {"县（市、区）": "襄垣县", "街道（乡镇）": "襄垣县古韩镇"}
    rows = [community_row("襄垣县-古韩镇-栗家岭村", **places), community_row("古韩镇 / 西垴头村", **places)]
    answer = send("communities", other_clerk, rows)
    assert (answer["changed"], answer["errors"], answer["warnings"]) == (2, 0, 0)
