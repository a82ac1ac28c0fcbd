"""Tests of the fixtures."""

import pytest
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from changzhi_portal.identifiers import clean_credit_code, clean_id_number
from communities.models import Community, Division
from targets.models import Target, TargetPlan
from tests.factories import (
    credit_code,
    id_number,
    make_community,
    make_facility,
    make_organization,
    make_project,
    make_worker,
)


@pytest.mark.django_db(transaction=True)
def test_a_transactional_test_sees_the_real_city(city):
    assert Community.objects.count() == 3_606
    assert Division.objects.within(city).count() == 181


@pytest.mark.parametrize("turn", [1, 2])
@pytest.mark.django_db(transaction=True)
def test_rows_of_migrations_survive_a_transactional_test(turn):
    """The first turn ends by emptying all tables; the rows of migrations must exist in the second."""
    assert TargetPlan.objects.exists()
    assert Target.objects.count() >= 7


@pytest.mark.django_db
def test_a_community_added_to_the_real_city_gets_a_key_of_its_own(city):
    community = make_community(Division.objects.by_code("140402001"))
    assert Community.objects.count() == 3_607
    assert Community.objects.filter(pk=community.pk).count() == 1


@pytest.mark.parametrize("number", [0, 1, 998, 999, 2_000])
def test_made_up_identifiers_are_valid(number):
    assert clean_id_number(id_number(number), today=timezone.localdate()) == id_number(number)
    assert clean_credit_code(credit_code(number)) == credit_code(number)


@pytest.mark.django_db
def test_records_made_here_lie_where_they_were_put(place, clerk, other_clerk):
    facility = make_facility(place.communities[0])
    at_community = make_organization(place.communities[0], registration="registered")
    at_county = make_organization(place.county)
    worker = make_worker(place.street)
    project = make_project(place.county, *place.communities)
    for row in (facility, at_community, at_county, worker, project):
        model = type(row)
        assert row in model.objects.visible_to(clerk)
        assert row not in model.objects.visible_to(other_clerk)


def test_the_cache_of_a_test_is_its_own():
    assert cache.get("left-over") is None
    cache.set("left-over", 1)


def test_the_cache_of_another_test_is_its_own_too():
    assert cache.get("left-over") is None
    cache.set("left-over", 1)


@pytest.mark.django_db
def test_tests_on_sqlite_use_a_file_as_the_product_does():
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL has no file")
    assert not connection.is_in_memory_db()
