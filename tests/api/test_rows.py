"""Tests of what the API gives of divisions, months and results."""

from __future__ import annotations

import pytest

from accounts.models import Role
from communities.models import Division
from targets.actions import compute_period
from targets.models import TargetResult
from tests.api.test_registers import rows_of
from tests.factories import make_facility, make_period, make_profile, make_user
from tests.queries import queries_of

pytestmark = pytest.mark.django_db


def test_divisions_of_the_own_area_with_what_lies_above_them(place, clerk, signed_in):
    rows = rows_of(signed_in(clerk), "/api/v1/divisions/?sort=code")
    assert [row["code"] for row in rows] == sorted(Division.objects.visible_to(clerk).values_list("code", flat=True))
    street = next(row for row in rows if row["code"] == place.street.code)
    assert (street["parent"], street["level"], street["valid_to"]) == (place.county.code, "town", None)


def test_divisions_are_found_by_level_day_and_words(place, officer, signed_in):
    client = signed_in(officer)
    assert {row["level"] for row in rows_of(client, "/api/v1/divisions/?level=county")} == {"county"}
    assert rows_of(client, "/api/v1/divisions/?on_day=1900-01-01") == []
    [found] = rows_of(client, "/api/v1/divisions/?q=东街")
    assert found["ref"] == place.street.ref
    assert client.get("/api/v1/divisions/?level=village").status_code == 400


def test_months_are_the_same_for_everybody(place, clerk, signed_in):
    make_period("2018-06")
    make_period("2018-07")
    rows = rows_of(signed_in(clerk), "/api/v1/periods/?sort=-period")
    assert [row["period"] for row in rows] == ["2018-07", "2018-06"]
    assert rows[0]["due_on"] > rows[1]["due_on"]
    assert [row["period"] for row in rows_of(signed_in(clerk), "/api/v1/periods/?q=2018-06")] == ["2018-06"]


def test_results_of_a_month_are_those_that_the_pages_show(place, clerk, officer, signed_in):
    for community in place.communities:
        make_profile(community, residents=3_500)
        make_facility(community, area=600)
    period = make_period()
    compute_period(period)
    rows = rows_of(signed_in(officer), f"/api/v1/results/?period={period.code}&target=urban_facility_area&limit=3")
    expected = TargetResult.objects.for_period(period).filter(target__code="urban_facility_area")
    assert len(rows) == expected.count() > 3
    [county] = [row for row in rows if row["division"] == place.county.code]
    result = expected.get(division=place.county)
    assert (county["judged"], county["met"], county["rate"]) == (result.judged, result.met, f"{result.rate:.4f}")
    assert county["state"] == "open"
    own = {row["division"] for row in rows_of(signed_in(clerk), "/api/v1/results/")}
    assert own == set(TargetResult.objects.visible_to(clerk).values_list("division__code", flat=True))
    assert place.other_county.code not in own


@pytest.mark.parametrize("query", ["period=2018-13", "period=2018", "level=village", "unknown=1"])
def test_wrong_questions_about_results_are_refused_by_name(query, officer, signed_in):
    answer = signed_in(officer).get(f"/api/v1/results/?{query}")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, query.partition("=")[0])


def test_whoever_looks_after_the_system_reads_no_business(place, signed_in):
    client = signed_in(make_user(Role.SYSTEM_ADMIN, place.city))
    for slug in ("divisions", "periods", "results", "communities", "organizations"):
        assert client.get(f"/api/v1/{slug}/").status_code == 403


def test_results_take_the_same_queries_however_many_there_are(place, officer, signed_in):
    client = signed_in(officer)
    for month in ("2018-06", "2018-07"):
        compute_period(make_period(month))
    client.get("/api/v1/results/")
    one = len(queries_of(lambda: client.get("/api/v1/results/?period=2018-06")))
    assert len(queries_of(lambda: client.get("/api/v1/results/"))) == one <= 5
