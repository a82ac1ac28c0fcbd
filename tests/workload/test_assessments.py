"""Tests of the yearly assessment: who sets the weight, that satisfaction leads it, and the total."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from accounts.models import User
from changelog.models import ChangeSet
from changzhi_portal.refusals import InvalidError, NotAllowedError, StaleError
from tests.factories import Place, make_count, make_survey
from workload.actions import save_scheme
from workload.models import Assessment, AssessmentScheme, assessment_total

pytestmark = [pytest.mark.django_db]
LIST = "/workload/assessments/"


@pytest.fixture
def surveyed(place: Place) -> None:
    """Close a survey of 2018 in which 30 residents of 和平社区 were very satisfied and 30 satisfied: 90.0."""
    make_count(make_survey(place.county, state="closed"), place.communities[0], (30, 30, 0, 0, 0))


def test_a_weight_of_60_with_90_and_80_gives_86() -> None:
    assert assessment_total(60, Decimal("90.0"), Decimal("80.0")) == Decimal("86.0")
    assert assessment_total(60, None, Decimal("80.0")) is None
    assert assessment_total(None, Decimal("90.0"), Decimal("80.0")) is None


def test_a_total_is_rounded_half_up_to_one_decimal() -> None:
    assert str(assessment_total(50, Decimal("90.0"), Decimal("80.10"))) == "85.1", "85.05"


def test_a_weight_below_50_is_refused_with_the_clause(place: Place, clerk: User) -> None:
    with pytest.raises(InvalidError) as refusal:
        save_scheme(by=clerk, county=place.county, year=2018, weight=40)
    assert str(refusal.value) == "社区考核以居民满意度为主［四（一）4］，满意度权重不能低于百分之五十。"
    assert refusal.value.field == "weight"
    with pytest.raises(IntegrityError), transaction.atomic():
        AssessmentScheme.objects.create(county=place.county, year=2018, weight=49)
    assert not ChangeSet.objects.exists()


def test_a_county_sets_its_own_weight_once_a_year_and_it_is_logged(place: Place, clerk: User, officer: User) -> None:
    scheme = save_scheme(by=clerk, county=place.county, year=2018, weight=60)
    assert save_scheme(by=officer, county=place.county, year=2018, weight=70, version=1).pk == scheme.pk
    with pytest.raises(StaleError):
        save_scheme(by=clerk, county=place.county, year=2018, weight=80, version=1)
    assert [each.summary for each in ChangeSet.objects.order_by("pk")] == ["设置考核办法：城区2018年社区考核"] * 2
    with pytest.raises(NotAllowedError):
        save_scheme(by=clerk, county=place.other_county, year=2018, weight=60)


def test_nobody_who_does_not_decide_sets_a_weight(place: Place, street_clerk: User, leader: User) -> None:
    for user in (street_clerk, leader):
        with pytest.raises(NotAllowedError):
            save_scheme(by=user, county=place.county, year=2018, weight=60)


def test_the_list_shows_the_total_and_a_dash_without_a_survey(place: Place, clerk: User, signed_in, surveyed) -> None:
    AssessmentScheme.objects.create(county=place.county, year=2018, weight=60)
    for community in place.communities[:2]:
        Assessment.objects.create(community=community, year=2018, work_score=Decimal(80))
    page = signed_in(clerk).get(LIST)
    rows = {row.record.community_id: row for row in page.context["table"].rows}
    first, second = (rows[each.pk] for each in place.communities[:2])
    assert (first.get_cell("satisfaction"), first.get_cell("total")) == ("90.0", "86.0")
    assert (second.get_cell("satisfaction"), second.get_cell("total")) == ("—", "—")
    own = signed_in(clerk).get(first.record.get_absolute_url()).content.decode()
    assert "86" in own and "居民满意度得分" in own


def test_the_form_refuses_40_at_its_field_and_takes_60(place: Place, clerk: User, signed_in) -> None:
    browser = signed_in(clerk)
    given = {"county_code": "140402", "year": "2018", "weight": "40", "note": ""}
    refused = browser.post(f"{LIST}scheme/", given)
    assert refused.status_code == 422 and "不能低于百分之五十" in refused.content.decode()
    assert refused.context["form"].errors["weight"]
    assert browser.post(f"{LIST}scheme/", given | {"weight": "60"}).status_code == 302
    assert AssessmentScheme.objects.get().weight == 60
