"""Tests of the demo's surveys: opened, uploaded and closed as an office does, and the same on every machine."""

from __future__ import annotations

import datetime

import pytest

from demo.surveys import SURVEYS, close_surveys, open_surveys, write_counts
from participation.models import Survey, SurveyCount
from participation.scores import satisfaction_scores
from tests.uploads.samples import upload

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


@pytest.mark.parametrize("planned", SURVEYS, ids=lambda planned: planned.name)
def test_every_county_is_asked_through_the_upload_path(planned, place, officer, tmp_path, capsys):
    surveys = open_surveys(planned.month, by=officer)
    assert {survey.division for survey in surveys} == {place.county, place.other_county}
    answer, status = upload(
        capsys, "surveys", write_counts(surveys, tmp_path, planned.month), officer, commit="all", period="2018-10"
    )
    assert (status, answer["state"], answer["problems"]) == (0, "committed", [])
    close_surveys(surveys, by=officer)
    assert set(Survey.objects.values_list("state", flat=True)) == {"closed"}
    asked = len(surveys[0].asked)
    assert SurveyCount.objects.count() == asked * 7  # all communities of the small city
    if planned.kind == Survey.Kind.SATISFACTION:
        assert satisfaction_scores(planned.month.year)
    assert all("演示数据" in survey.name for survey in surveys)
    assert open_surveys(planned.month, by=officer) == []  # a run that is resumed makes none again


def test_another_month_has_no_survey(place, officer):
    assert open_surveys(datetime.date(2018, 9, 1), by=officer) == []
    assert not Survey.objects.exists()
