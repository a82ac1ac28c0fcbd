"""Tests of the figures of organizations, with the worked example of the paper to the digit (docs/domain.md §5.12)."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest

from communities.models import RecordMove, ServicePoint
from orgs.models import SocialOrganization
from targets.actions import compute_period
from targets.models import FigureResult
from tests.factories import make_change_set, make_division, make_organization, make_point, make_support

pytestmark = pytest.mark.django_db
HUB = SocialOrganization.HubKind
END = datetime.date(2018, 6, 30)


def result(period, code, division, part=""):
    """Return the stored figure of a division and month."""
    return FigureResult.objects.of_period(period).of_division(division).of_figure(code).filter(part=part).first()


def sums(period, code, division, part=""):
    found = result(period, code, division, part)
    return None if found is None else (found.numerator, found.denominator)


def test_four_of_nine_towns_with_a_federation_of_which_one_was_dissolved_on_the_day_are_a_third(place, period):
    towns = [place.street, place.other_street]
    towns += [make_division(f"140402{number:03}", f"演示第{number}街道", place.county) for number in range(3, 10)]
    for town in towns[:4]:
        make_organization(town, hub_kind=HUB.FEDERATION)
    make_organization(towns[0], hub_kind=HUB.PROMOTION)  # its town counts once
    make_organization(place.county, hub_kind=HUB.FEDERATION)  # serves no single town
    make_organization(towns[5])
    SocialOrganization.objects.filter(division=towns[3]).update(dissolved_on=END)
    compute_period(period)
    numerator, denominator = sums(period, "hub_towns", place.county)
    assert (numerator, denominator) == (3, 9)
    assert round(100 * Decimal(numerator) / denominator, 1) == Decimal("33.3")
    assert sums(period, "hub_towns", towns[3]) == (0, 1)
    assert sums(period, "hub_towns", place.other_county) is None


def test_a_federation_of_a_community_is_one_of_its_town(place, period):
    make_organization(place.communities[0], hub_kind=HUB.FEDERATION)
    compute_period(period)
    assert sums(period, "hub_towns", place.county) == (1, 2)


def test_towns_with_a_platform_in_use(place, period):
    platform = [ServicePoint.Function.ORG_PLATFORM.value, ServicePoint.Function.VOLUNTEER.value]
    make_point(place.street, functions=platform)
    make_point(place.communities[0], functions=platform)
    make_point(place.other_street, functions=platform, closed_on=END)
    make_point(place.other_communities[0])
    compute_period(period)
    assert sums(period, "platform_towns", place.county) == (1, 2)
    assert sums(period, "platform_towns", place.street) == (1, 1)


def test_organizations_by_category_on_the_last_day(place, period):
    make_organization(place.communities[0], category="culture_sports")
    make_organization(place.street, category="culture_sports")
    make_organization(place.communities[0], category="charity", dissolved_on=datetime.date(2018, 7, 1))
    make_organization(place.communities[0], category="charity", dissolved_on=END)
    make_organization(place.communities[0], established_on=datetime.date(2018, 7, 1))
    kept = make_organization(place.communities[0], category="other")
    make_organization(place.communities[0], category="other", merged_into=kept, dissolved_on=datetime.date(2019, 1, 1))
    compute_period(period)
    found = {
        part: sums(period, "organizations", place.county, part)[0]
        for part in ("", "culture_sports", "charity", "other")
    }
    assert found == {"": 4, "culture_sports": 2, "charity": 1, "other": 1}


def test_what_was_newly_filed_counts_in_the_month_of_its_filing(place, period):
    for day in (datetime.date(2018, 6, 1), END, datetime.date(2018, 5, 31), datetime.date(2018, 7, 1)):
        make_organization(place.communities[0], filed_on=day, established_on=datetime.date(2018, 5, 1))
    make_organization(place.communities[0], established_on=datetime.date(2018, 6, 5))
    compute_period(period)
    found = result(period, "filed_new", place.county)
    assert (found.numerator, found.numerator_year) == (2, 3)


def test_money_of_support_counts_when_it_begins_and_where_its_organization_was(place, period, officer):
    organization = make_organization(place.communities[0])
    make_support(organization, valid_from=datetime.date(2018, 6, 1), kind="funds", amount=Decimal("10000.10"))
    make_support(organization, valid_from=datetime.date(2018, 6, 2), kind="funds", amount=Decimal("0.20"))
    make_support(organization, valid_from=datetime.date(2018, 6, 3), amount=None)
    make_support(organization, valid_from=datetime.date(2018, 5, 3), kind="talent", amount=5)
    make_support(make_organization(place.county), valid_from=END, kind="purchase", amount=7)
    # The organization has gone to another town since.
    SocialOrganization.objects.filter(pk=organization.pk).update(community=place.other_communities[0])
    RecordMove.objects.create(
        model=SocialOrganization._meta.label_lower,
        record_id=organization.pk,
        from_community=place.communities[0],
        to_community=place.other_communities[0],
        moved_on=datetime.date(2018, 7, 1),
        change_set=make_change_set(officer),
    )
    compute_period(period)
    assert sums(period, "support_amount", place.county)[0] == Decimal("10007.30")
    assert sums(period, "support_amount", place.street)[0] == Decimal("10000.30")
    assert result(period, "support_amount", place.county).numerator_year == Decimal("10012.30")


def test_nothing_is_known_where_nothing_was_noted(place, period):
    make_organization(place.communities[0], hub_kind=HUB.FEDERATION)
    compute_period(period)
    for code in ("filed_new", "support_amount", "platform_towns"):
        assert sums(period, code, place.city) is None, code
    assert sums(period, "hub_towns", place.city) == (1, 2), "the other county has not reported"
