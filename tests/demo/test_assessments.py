"""Tests of the demo's assessments: schemes and scores of the year before, through the upload path."""

from __future__ import annotations

import datetime

import pytest

from demo.assessments import set_schemes, write_assessments
from tests.factories import make_count, make_survey
from tests.uploads.samples import upload
from workload.models import Assessment, AssessmentScheme

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
JANUARY = datetime.date(2019, 1, 1)


def test_the_communities_of_the_years_survey_get_scores_and_totals(place, officer, tmp_path, capsys):
    survey = make_survey(place.county, state="closed")
    for community in place.communities[:2]:
        make_count(survey, community)
    set_schemes(2018, by=officer)
    set_schemes(2018, by=officer)  # a run that is resumed sets none again
    assert AssessmentScheme.objects.filter(year=2018).count() == 2
    answer, status = upload(
        capsys, "assessments", write_assessments(2018, tmp_path, JANUARY), officer, commit="all", period="2018-10"
    )
    assert (status, answer["state"], answer["problems"]) == (0, "committed", [])
    scores = Assessment.objects.with_weight()
    assert {score.community for score in scores} == set(place.communities[:2])
    assert all(score.weight >= 50 and score.work_score >= 70 for score in scores)


def test_a_year_without_a_survey_has_no_file(place, tmp_path):
    assert write_assessments(2018, tmp_path, JANUARY) is None
