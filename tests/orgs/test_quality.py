"""Tests of the quality rules of social organizations."""

from __future__ import annotations

import datetime

import pytest

from changzhi_portal.quality import Occasion, rule_named
from tests.factories import credit_code, make_community, make_organization
from tests.quality import found_by, refs_found_by

pytestmark = pytest.mark.django_db
NAME = "演示爱心志愿服务队"


def test_one_organization_under_two_keys_is_found(place):
    at_community = make_organization(place.communities[0], NAME)
    with_code = make_organization(place.communities[0], NAME, registration="registered")
    at_town = make_organization(place.street, "演示 舞蹈队")
    of_same_town = make_organization(place.communities[1], "演示舞蹈队")
    found = {at_community.ref, with_code.ref, at_town.ref, of_same_town.ref}
    assert refs_found_by("organization_name_twice", place.city) == found


def test_neighbours_may_call_their_groups_alike(place):
    for community in place.communities:
        make_organization(community, "太极拳队")
    make_organization(place.other_street, "太极拳队")
    make_organization(place.communities[0], NAME)
    make_organization(place.communities[0], NAME, registration="registered", dissolved_on=datetime.date(2018, 6, 1))
    assert found_by("organization_name_twice", place.city) == []


def test_what_every_village_has_does_not_keep_a_clerk_waiting_for_the_checks(place):
    """3,600 红白理事会 took 18 seconds, and more each year, when each was searched for among all others."""
    day = datetime.date(2018, 6, 30)
    found = rule_named("organization_name_twice").find(Occasion(day, datetime.date(2018, 5, 31)))
    assert "EXISTS" not in str(found.query)


@pytest.mark.parametrize(
    ("form", "kind", "contradicts"),
    [
        ("association", "51", False),
        ("association", "52", True),
        ("private_non_enterprise", "52", False),
        ("service", "52", False),
        ("service", "51", True),
        ("foundation", "53", False),
        ("foundation", "52", True),
        ("", "52", False),
    ],
)
def test_a_legal_form_that_the_credit_code_contradicts_is_found(place, form, kind, contradicts):
    make_organization(place.street, registration="registered", legal_form=form, credit_code=credit_code(kind=kind))
    make_organization(place.street, legal_form="association")
    assert bool(found_by("legal_form_contradicts_code", place.city)) is contradicts


def test_an_agency_that_does_not_count_is_found(place):
    odd = make_organization(place.county, is_social_work_agency=True, registration="filed")
    make_organization(place.county, is_social_work_agency=True, registration="registered")
    assert refs_found_by("agency_not_registered", place.city) == {odd.ref}


def test_organizations_that_hang_too_high_are_found(place):
    guided = make_organization(place.street, registration="guided")
    filed = make_organization(place.county)
    for fine in (place.communities[0], place.street):
        make_organization(fine)
    make_organization(place.communities[0], registration="guided")
    make_organization(place.county, registration="registered")
    assert refs_found_by("guided_without_community", place.city) == {guided.ref}
    assert refs_found_by("filed_above_town", place.city) == {filed.ref}


def test_an_organization_active_at_a_closed_community_is_found(place):
    closed = make_community(place.street, closed_on=datetime.date(2018, 6, 30))
    odd = make_organization(closed)
    make_organization(closed, dissolved_on=datetime.date(2018, 6, 30))
    assert refs_found_by("organization_in_closed_community", place.city) == {odd.ref}
    assert found_by("organization_in_closed_community", place.city, "2018-05") == []
