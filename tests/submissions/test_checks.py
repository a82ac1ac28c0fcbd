"""Data quality of a month: findings, their order, scope and number of queries."""

from __future__ import annotations

import datetime

import pytest
from django.db import connection
from django.urls import reverse

from accounts.actions import apply_division_changes
from changzhi_portal.quality import Severity, quality_rules, rule_named
from changzhi_portal.refusals import NotFoundError
from communities.models import CommunityPlacement, Division
from submissions.checks import Findings, findings_for
from tests.communities.changes import change
from tests.factories import make_community, make_division, make_facility, make_organization, make_period, make_profile
from tests.queries import queries_of

pytestmark = pytest.mark.django_db
MERGED = datetime.date(2018, 11, 23)


@pytest.fixture
def found(place, period) -> Findings:
    """Return the findings in the small city, which has no population figures."""
    return findings_for(period=period, division=place.city)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite compiles nothing")
def test_the_checks_of_a_whole_city_do_not_wait_for_postgresql_to_compile_them():
    """JIT compilation took fifteen seconds instead of half a second for this long statement."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW jit")
        assert cursor.fetchone() == ("off",)


def only(found: Findings, code: str) -> Findings:
    return found.narrowed(rule=code)


def test_a_finding_says_what_is_wrong_where_and_leads_to_the_record(place, found):
    facility = make_facility(place.communities[0], "和平综合服务中心", area=100, activity_area=250)
    (finding,) = only(found, "activity_area_exceeds_area")
    assert finding.message == "居民活动面积250㎡大于建筑面积100㎡，请改正。"
    assert (finding.label, finding.ref, finding.model) == ("和平综合服务中心", facility.ref, "communities.Facility")
    assert finding.place == "城区东街街道办事处和平社区居委会"
    assert finding.path == place.street.path
    assert finding.url == reverse("communities:facility_detail", args=[facility.ref])
    assert finding.is_hard


def test_findings_stand_in_the_order_of_places_and_a_page_is_a_part_of_them(place, found):
    for community in (place.villages[0], place.communities[1], place.communities[0]):
        make_facility(community, area=30_000)
    everything = list(found)
    places = [finding.path for finding in everything]
    assert places == sorted(places)
    assert len(everything) == len(found) >= 10  # seven communities without population, three large facilities
    assert found[2:5] == everything[2:5]
    assert found[3] == everything[3]
    with pytest.raises(IndexError):
        found[len(everything)]


def test_counts_are_those_of_the_list(place, found):
    make_profile(place.communities[0])
    make_facility(place.communities[0], area=30_000)
    counts = found.counts()
    assert set(counts) == {rule.code for rule in quality_rules()}
    for code, count in counts.items():
        assert len(list(only(found, code))) == count == len(only(found, code))
    assert counts["population_missing"] == 6
    assert found.hard + found.soft == len(found)
    assert len(found.narrowed(severity=Severity.HARD)) == found.hard == 0


def test_nobody_is_shown_what_lies_outside_the_own_area(place, period, clerk, other_clerk):
    make_facility(place.communities[0], area=30_000)
    asked = {"period": period, "division": place.city}
    own = findings_for(**asked, user=clerk)
    assert {finding.path for finding in own} == {place.street.path, place.other_street.path}
    assert len(only(findings_for(**asked, user=other_clerk), "facility_too_large")) == 0
    assert len(findings_for(period=period, division=place.other_county, user=clerk)) == 0
    assert len(findings_for(**asked, user=None)) == 0


def test_the_number_of_queries_does_not_depend_on_the_number_of_findings(place, period, found):
    make_facility(place.communities[0], area=30_000)
    few = queries_of(lambda: (found.counts(), found[0:100]))
    for _ in range(30):
        make_facility(make_community(place.street), area=30_000)
    anew = findings_for(period=period, division=place.city)
    many = queries_of(lambda: (anew.counts(), anew[0:100]))
    assert len(anew) == len(found) + 60  # each new community: no population, a large facility
    assert len(many) == len(few)


def test_an_unknown_rule_is_refused_with_the_known_ones(place):
    with pytest.raises(NotFoundError) as refusal:
        rule_named("nothing")
    assert "population_missing" in refusal.value.cure


def test_every_rule_has_a_title_and_a_sentence_of_its_own():
    rules = quality_rules()
    assert len({rule.title for rule in rules}) == len({rule.message for rule in rules}) == len(rules)
    assert all(rule.message.endswith("。") for rule in rules)
    assert all(rule.find.__doc__ for rule in rules), "a rule says why it is one"


def test_a_county_that_has_been_merged_finds_what_its_communities_had(place, period):
    facility = make_facility(place.communities[0], area=30_000)
    successor = make_division("140403", "潞州区", place.city, valid_from=MERGED)
    new_town = make_division("140403001", "东街街道办事处", successor, valid_from=MERGED)
    old = place.county
    old.valid_to, old.successor = MERGED, successor
    old.prepare_keys()
    old.save()
    community = place.communities[0]
    community.placements.update(valid_to=MERGED)
    CommunityPlacement.objects.create(
        community=community, town=new_town, code="140403001001", name=community.name, valid_from=MERGED
    )
    community.town, community.code = new_town, "140403001001"
    community.save()
    for division in (old, successor):
        assert [f.ref for f in only(findings_for(period=period, division=division), "facility_too_large")] == [
            facility.ref
        ]
    later = make_period("2019-06")
    assert len(only(findings_for(period=later, division=old), "facility_too_large")) == 0


def test_a_county_answers_for_what_was_its_own_in_a_month_before_it_took_another_in(place, period, administrator):
    """Wrong records of another county must not block a county's report."""
    wrong = {"area": 100, "activity_area": 250}
    mine, theirs = make_facility(place.communities[0], **wrong), make_facility(place.villages[0], **wrong)
    change("merge", place.other_county, "140402", "城区")
    apply_division_changes(by=administrator)
    since = make_facility(place.villages[1], **wrong)
    at_station = make_organization(Division.objects.by_code("140402100"), registration="guided")
    place.county.refresh_from_db()
    place.other_county.refresh_from_db()

    def refs(county, month, code="activity_area_exceeds_area"):
        return {finding.ref for finding in only(findings_for(period=month, division=county), code)}

    assert refs(place.county, period) == {mine.ref}
    assert refs(place.other_county, period) == {theirs.ref, since.ref}
    assert refs(place.other_county, period, "guided_without_community") == {at_station.ref}
    assert refs(place.county, make_period("2019-06")) == {mine.ref, theirs.ref, since.ref}
