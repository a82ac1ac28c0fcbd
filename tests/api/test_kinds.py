"""Tests of what the API gives beside the registers: measures, verdicts, findings, reports, briefings, notices, the trail."""

from __future__ import annotations

import json

import pytest

from changelog.models import TrailKind, TrailRecord
from changzhi_portal.api.endpoints import ComputedEndpoint, ListEndpoint
from changzhi_portal.api.routes import endpoints
from changzhi_portal.rights import has_right
from notices.actions import Message, notify
from reports.models import Briefing
from submissions.kept_findings import kept_findings_for
from submissions.models import Submission
from targets.actions import compute_period
from targets.models import CommunityMeasure, Target
from tests.api.test_registers import rows_of
from tests.factories import make_facility, make_organization, make_period, make_profile, make_worker
from tests.queries import queries_of
from tests.reports.briefings import make_issued, store_pdf

pytestmark = pytest.mark.django_db
REQUIRED = {
    "results-of-today": "period=2018-06",
    "community-results": "period=2018-06&target=urban_facility_area",
    "findings": "period=2018-06",
}
LISTS = [each for each in endpoints() if issubclass(each, ListEndpoint)]


@pytest.fixture
def measured(place):
    """Return the small city with a measured month, a report, a briefing and a notice in two counties."""
    for community in (*place.communities, *place.villages):
        make_profile(community, residents=3_500)
        make_facility(community, area=600)
        make_organization(community, f"{community.name}队")
        make_worker(community)
    period = make_period()
    compute_period(period)
    for county in (place.county, place.other_county):
        Submission.objects.create(period=period, county=county)
        make_issued(county).files.all().delete()
    return place


@pytest.mark.parametrize("endpoint", LISTS, ids=lambda each: each.slug)
def test_no_list_has_anything_of_another_county(endpoint, measured, clerk, signed_in):
    address = f"/api/v1/{endpoint.slug}/?{REQUIRED.get(endpoint.slug, '')}"
    if not has_right(clerk, endpoint.requires):
        assert signed_in(clerk).get(address).status_code == 403
        return
    text = json.dumps(rows_of(signed_in(clerk), address))
    theirs = measured.other_county
    assert f'"{theirs.code}"' not in text
    assert not any(community.ref in text or community.code in text for community in measured.villages)


@pytest.mark.parametrize("endpoint", LISTS, ids=lambda each: each.slug)
def test_every_kind_can_be_read_with_all_that_it_may_add(endpoint, measured, administrator, auditor, signed_in):
    user = auditor if endpoint.requires == "may_audit" else administrator
    address = f"/api/v1/{endpoint.slug}/?{REQUIRED.get(endpoint.slug, '')}"
    rows = rows_of(
        signed_in(user), f"{address}&limit=3&expand={','.join(endpoint.expands)}" if endpoint.expands else address
    )
    for row in rows:
        assert set(row) == {*endpoint().fields, *(f"{name}_record" for name in endpoint.expands)}
    if issubclass(endpoint, ComputedEndpoint):
        assert signed_in(user).get(f"/api/v1/{endpoint.slug}/").json()["errors"][0]["field"] == "period"


def test_a_related_record_is_added_by_name(measured, clerk, signed_in):
    row = rows_of(signed_in(clerk), "/api/v1/organizations/?fields=ref&expand=community,division")[0]
    community = measured.communities[0]
    assert row["community_record"]["code"] == community.code
    assert row["community_record"]["town"] == community.town.code
    assert row["division_record"] is None
    answer = signed_in(clerk).get("/api/v1/organizations/?expand=owner")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "expand")


def test_verdicts_on_communities_are_those_of_the_month(measured, clerk, signed_in):
    rows = rows_of(signed_in(clerk), f"/api/v1/community-results/?{REQUIRED['community-results']}&limit=2")
    target = Target.objects.get(code="urban_facility_area", plan__is_current=True)
    judged = CommunityMeasure.objects.visible_to(clerk).judged_by(target).order_by("code")
    assert [(row["code"], row["verdict"]) for row in rows] == [(each.code, each.verdict) for each in judged]
    met = rows_of(signed_in(clerk), f"/api/v1/community-results/?{REQUIRED['community-results']}&verdict=met")
    assert len(met) == sum(row["verdict"] == "met" for row in rows) > 0
    assert rows[0]["value"] == "600.00"


def test_measures_say_where_a_community_lay_and_where_it_lies(measured, officer, signed_in):
    rows = rows_of(signed_in(officer), "/api/v1/measures/?period=2018-06&limit=2&sort=code")
    assert [row["code"] for row in rows] == sorted(CommunityMeasure.objects.values_list("code", flat=True))
    assert {row["county"] for row in rows} == {row["county_of_today"] for row in rows}
    assert rows[0]["facility_area"] == "600.00"


def test_results_for_the_divisions_of_today_are_those_of_the_month_where_nothing_changed(measured, officer, signed_in):
    client = signed_in(officer)
    then = rows_of(client, "/api/v1/results/?period=2018-06&limit=1000")
    now = rows_of(client, "/api/v1/results-of-today/?period=2018-06&limit=7")

    def known(rows):
        return sorted((row["target"], row["division"], row["judged"], row["met"], row["verdict"]) for row in rows)

    assert known(now) == known(then)


def test_findings_are_those_of_the_page(measured, clerk, signed_in):
    rows = rows_of(signed_in(clerk), "/api/v1/findings/?period=2018-06&limit=3")
    found = kept_findings_for(period=make_period(), division=clerk.division, user=clerk)
    assert [(row["rule"], row["ref"], row["message"]) for row in rows] == [
        (each.rule.code, each.ref, each.message) for each in found.all()
    ]
    hard = rows_of(signed_in(clerk), "/api/v1/findings/?period=2018-06&severity=hard")
    assert len(hard) == sum(row["severity"] == "hard" for row in rows)
    answer = signed_in(clerk).get(f"/api/v1/findings/?period=2018-06&division={measured.other_county.code}")
    assert answer.status_code == 404


def test_the_file_of_a_briefing_goes_to_its_county_and_into_the_trail(measured, clerk, other_clerk, signed_in):
    briefing = Briefing.objects.get(division=measured.county)
    address = f"/api/v1/briefings/{briefing.ref}/pdf/"
    assert signed_in(clerk).get(address).status_code == 404  # no file yet
    store_pdf(briefing, b"%PDF-1.7 a file")
    answer = signed_in(clerk).get(address)
    assert (answer.status_code, answer["Content-Type"], b"".join(answer)) == (
        200,
        "application/pdf",
        b"%PDF-1.7 a file",
    )
    assert signed_in(other_clerk).get(address).status_code == 404
    [record] = TrailRecord.objects.filter(kind=TrailKind.DOCUMENT)
    assert (record.made_by, record.object_ref) == (clerk, briefing.ref)


def test_notices_are_the_own_ones(measured, clerk, other_clerk, signed_in):
    for user in (clerk, other_clerk):
        notify([Message(user, f"给{user.username}")])
    assert [row["title"] for row in rows_of(signed_in(clerk), "/api/v1/notices/?seen=no")] == [f"给{clerk.username}"]
    assert rows_of(signed_in(clerk), "/api/v1/notices/?seen=yes") == []


def test_the_trail_is_for_auditors(measured, clerk, auditor, signed_in):
    assert signed_in(clerk).get("/api/v1/trail/").status_code == 403
    signed_in(clerk).get("/api/v1/organizations/")
    rows = rows_of(signed_in(auditor), "/api/v1/trail/?kind=called")
    assert (rows[-1]["user"], rows[-1]["rows"]) == (clerk.username, 3)


@pytest.mark.parametrize("endpoint", LISTS, ids=lambda each: each.slug)
def test_no_list_takes_more_queries_for_more_rows(endpoint, measured, administrator, auditor, signed_in):
    client = signed_in(auditor if endpoint.requires == "may_audit" else administrator)
    address = f"/api/v1/{endpoint.slug}/?{REQUIRED.get(endpoint.slug, '')}"
    client.get(address)
    one = len(queries_of(lambda: client.get(f"{address}&limit=1")))
    assert (
        len(queries_of(lambda: client.get(address))) - one <= 2
    )  # a finding is read by a query for each rule on the page


@pytest.mark.parametrize(
    ("text", "months"), [("2018", 1), ("2018-06", 1), ("2018-07", 0), ("0", 0), ("99999", 0), ("٢٠١٨", 0)]
)
def test_a_search_for_what_is_no_year_finds_no_month(text, months, period, clerk, signed_in):
    assert len(signed_in(clerk).get("/api/v1/periods/", {"q": text}).json()["results"]) == months


@pytest.mark.parametrize("number", ["0.5", "1e3", "-1", "99999999999999999999", "１"])
def test_a_number_in_an_address_is_whole(number, place, clerk, signed_in):
    answer = signed_in(clerk).get("/api/v1/targets/", {"version": number})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "version")
