"""Tests of findings kept for pages: they are the same as those asked anew, and change with the registers."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser

from changelog.actions import begin_change_set, change_of, log_changes
from changzhi_portal import after_changes
from communities.models import Facility
from periods.models import ReportingPeriod
from submissions.checks import findings_for
from submissions.jobs import FINDINGS
from submissions.kept_findings import KeptFindings, found_places, kept_findings_for
from submissions.tasks import keep_findings
from tests.factories import make_change_set, make_facility
from tests.queries import queries_of

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


def test_kept_findings_are_those_of_the_registers_for_each_narrowing(place, period, officer):
    make_facility(place.communities[0], area=100, activity_area=250)
    make_facility(place.communities[1], area=30_000)
    make_change_set(officer)
    asked = {"period": period, "division": place.city, "user": officer}
    live = findings_for(**asked)
    for _ in range(2):
        kept = kept_findings_for(**asked)
        assert isinstance(kept, KeptFindings)
        for narrowing in ({}, {"severity": "hard"}, {"severity": "soft"}, {"rule": "facility_too_large"}):
            mine, theirs = kept.narrowed(**narrowing), live.narrowed(**narrowing)
            assert mine.counts() == theirs.counts(), narrowing
            assert mine[0:3] == theirs[0:3], narrowing
            assert mine[1:3] == theirs[1:3], narrowing


def test_a_second_look_asks_no_register_and_a_change_is_seen_at_once(place, period, officer, other_clerk):
    make_facility(place.communities[1], area=30_000)
    make_change_set(officer)
    asked = {"period": period, "division": place.city, "user": officer}
    first = kept_findings_for(**asked)
    number = first.counts()["facility_too_large"]
    first[0:50]

    def look():
        again = kept_findings_for(**asked)
        return again.counts(), again[0:50]

    assert not [query for query in queries_of(look).captured_queries if "communities_facility" in query["sql"]]
    make_facility(place.communities[0], area=40_000)
    make_change_set(officer)
    assert kept_findings_for(**asked).counts()["facility_too_large"] == number + 1
    hidden = kept_findings_for(period=period, division=place.city, user=other_clerk)
    assert hidden.counts()["facility_too_large"] == 0, "another office has a scope of its own"


def log_facility(officer, facility):
    """Log a change of a facility, as every action does."""
    change_set = make_change_set(officer)
    changed = change_of(facility, division=officer.division.pk, before={"area": 1}, after={"area": 2})
    log_changes(change_set, [changed])
    return change_set


def asked_tables(occasion) -> str:
    return " ".join(query["sql"] for query in queries_of(lambda: found_places(occasion)).captured_queries)


def test_after_a_change_only_the_rules_of_the_changed_register_are_asked(place, period, officer):
    facility = make_facility(place.communities[1], area=30_000)
    log_facility(officer, facility)
    occasion = findings_for(period=period, division=place.city).occasion
    first = found_places(occasion)
    assert first is not None
    assert "socialworkers_posting" in first.rules["worker_name_twice"].tables
    assert first.rules["facility_unlike_peers"].tables, "also a rule without findings says what it asks"
    Facility.objects.filter(pk=facility.pk).update(area=200)
    log_facility(officer, facility)
    asked = asked_tables(occasion)
    assert "communities_facility" in asked
    assert "socialworkers_posting" not in asked
    assert "services_serviceproject" not in asked
    again = found_places(occasion)
    assert again.rules["facility_too_large"].places == {}
    assert "communities_facility" not in asked_tables(occasion)


def test_a_change_that_was_committed_late_or_says_no_record_has_every_rule_asked_again(place, period, officer):
    facility = make_facility(place.communities[1], area=30_000)
    log_facility(officer, facility)
    late = log_facility(officer, facility)
    key = late.pk
    late.records.all().delete()
    late.delete()
    log_facility(officer, facility)
    occasion = findings_for(period=period, division=place.city).occasion
    found_places(occasion)
    make_change_set(officer, pk=key, affects_figures=False)  # smaller than the newest that was seen
    assert "socialworkers_posting" in asked_tables(occasion)
    assert "socialworkers_posting" not in asked_tables(occasion)
    make_change_set(officer)  # says that figures may have changed, but not which
    assert "socialworkers_posting" in asked_tables(occasion)


def test_pages_that_begin_and_end_within_a_town_are_those_of_the_registers(place, period, officer, clerk):
    for number, community in enumerate(place.communities):
        for each in range(3):
            make_facility(community, name=f"演示设施{number}-{each}", area=30_000 + each, activity_area=40_000)
    log_facility(officer, Facility.objects.first())
    for user, division in ((officer, place.city), (clerk, place.county), (officer, place.other_county)):
        asked = {"period": period, "division": division, "user": user}
        live, kept = findings_for(**asked), kept_findings_for(**asked)
        everything = live.all()
        assert kept.counts() == live.counts()
        for size in (1, 4, 50):
            pages = [kept[start : start + size] for start in range(0, len(everything), size)]
            assert [finding for page in pages for finding in page] == everything
        assert kept[len(everything) : len(everything) + 5] == []


def test_a_division_outside_the_readers_scope_has_no_findings(place, period, officer, other_clerk):
    make_facility(place.communities[1], area=30_000)
    make_change_set(officer)
    kept = kept_findings_for(period=period, division=place.county, user=other_clerk)
    assert (sum(kept.counts().values()), kept[0:50]) == (0, [])
    nobody = kept_findings_for(period=period, division=place.city, user=AnonymousUser())
    assert (sum(nobody.counts().values()), nobody[0:50]) == (0, [])


def test_the_worker_finds_after_a_change_what_the_next_page_shows(place, period, officer, monkeypatch):
    make_facility(place.communities[1], area=30_000)
    log_facility(officer, Facility.objects.first())
    monkeypatch.setattr(type(ReportingPeriod.objects), "in_hand", lambda self, day: period)
    keep_findings()
    kept = kept_findings_for(period=period, division=place.city, user=officer)
    assert kept.counts()["facility_too_large"] == 1
    assert "communities_facility" not in asked_tables(kept.occasion)


def test_every_logged_change_is_announced_to_the_worker(officer, monkeypatch, django_capture_on_commit_callbacks):
    sent = []
    monkeypatch.setattr(after_changes, "enqueue", lambda task, queue, **options: sent.append((task, queue)))
    with django_capture_on_commit_callbacks(execute=True):
        begin_change_set(by=officer, summary="演示修改")
    assert (FINDINGS.task, FINDINGS.queue) in sent
