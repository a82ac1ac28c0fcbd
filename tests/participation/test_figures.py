"""Tests of what surveys tell: results by question and place, scores of a year, figures."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest

from participation.indicators import SATISFACTION, SATISFACTION_SCORE, SURVEYED
from participation.models import Survey
from participation.results import added_up, question_results, results_by_county, results_in_county
from participation.scores import satisfaction_scores
from periods.models import years_before
from tests.factories import make_count, make_survey
from tests.queries import queries_of

pytestmark = pytest.mark.django_db
CLOSED = Survey.State.CLOSED
YEAR_END = datetime.date(2018, 12, 31)
FEW = (10, 6, 4, 1, 1)  # 22 answers


def rows_of(figure, last=YEAR_END):
    return sorted(tuple(row.values()) for row in figure.rows(last.replace(day=1), last))


def test_a_county_adds_up_the_communities_that_have_enough(place, clerk):
    survey = make_survey(place.county)
    make_count(survey, place.communities[0])
    make_count(survey, place.communities[1], (30, 10, 5, 3, 2))
    make_count(survey, place.other_communities[0], FEW)
    overall = question_results(survey, clerk)[0].result
    assert (overall.communities, overall.few, overall.grades.valid) == (2, 1, 100)
    assert (overall.satisfaction, overall.score) == (Decimal("90.0"), Decimal("82.4"))
    assert overall.remark == "样本不足1个"
    places = results_in_county(survey, "总体", place.county, clerk)
    assert [(row.name, row.result.communities, row.remark) for row in places if row.is_sum] == [
        ("东街街道办事处", 2, "未填报1个"),
        ("西街街道办事处", 0, "样本不足1个，未填报1个"),
    ]
    told = {row.name: (row.result.score, row.remark) for row in places if not row.is_sum}
    assert told[place.communities[0].name] == (Decimal("79.6"), "")
    assert told[place.other_communities[0].name] == (None, "样本不足（有效22份，少于30份）")
    assert told[place.communities[2].name] == (None, "未填报")
    total = added_up(row for row in places if not row.is_sum)
    assert (total.grades, total.communities, total.few, total.missing) == (overall.grades, 2, 1, 2)


def test_a_city_adds_up_its_counties(place, officer):
    survey = make_survey(place.city)
    make_count(survey, place.communities[0])
    make_count(survey, place.villages[0], (50, 0, 0, 0, 0))
    rows = results_by_county(survey, "总体", officer)
    assert [(row.name, row.result.score, row.remark) for row in rows] == [
        ("城区", Decimal("79.6"), "未填报4个"),
        ("襄垣县", Decimal("100.0"), "未填报1个"),
    ]
    assert added_up(rows).score == Decimal("89.8")


def test_needs_say_how_many_chose_and_ask_for_no_number_of_answers(place, clerk):
    survey = make_survey(place.county, kind=Survey.Kind.NEEDS)
    make_count(survey, place.communities[0])
    make_count(survey, place.communities[1], sent=20, chosen=8)
    first, second = question_results(survey, clerk)
    assert (first.result.communities, first.result.chosen, first.result.share) == (2, 20, Decimal("25.0"))
    assert (second.result.communities, second.result.share) == (0, None)


def test_results_take_a_fixed_number_of_queries(place, clerk):
    survey = make_survey(place.county)
    make_count(survey, place.communities[0])
    few = len(queries_of(lambda: results_in_county(survey, "总体", place.county, clerk)))
    for community in (*place.communities[1:], *place.other_communities):
        make_count(survey, community)
    assert len(queries_of(lambda: results_in_county(survey, "总体", place.county, clerk))) == few


def test_scores_of_a_year_are_of_the_newest_closed_survey(place):
    old = make_survey(place.county, state=CLOSED, ends_on=datetime.date(2018, 6, 1))
    new = make_survey(place.county, state=CLOSED, ends_on=datetime.date(2018, 11, 1))
    running = make_survey(place.county, ends_on=datetime.date(2018, 12, 1))
    first, second, third = place.communities
    make_count(old, first, (50, 0, 0, 0, 0))
    make_count(new, first)
    make_count(running, first, (0, 0, 0, 0, 50))
    make_count(old, second, (50, 0, 0, 0, 0))  # the newest that asked there
    make_count(old, third, (50, 0, 0, 0, 0))
    make_count(new, third, FEW)  # too few in the newest: unknown, whatever the older one says
    make_count(new, place.other_communities[0], question="物业")
    assert satisfaction_scores(2018) == {first.pk: Decimal("79.6"), second.pk: Decimal("100.0")}
    assert satisfaction_scores(2017) == satisfaction_scores(2019) == {}


def test_of_two_that_end_on_one_day_the_later_one_counts(place):
    for grades in ((50, 0, 0, 0, 0), (0, 50, 0, 0, 0)):
        make_count(make_survey(place.county, state=CLOSED), place.communities[0], grades)
    assert satisfaction_scores(2018) == {place.communities[0].pk: Decimal("80.0")}


def test_a_survey_of_needs_scores_nothing(place):
    needs = make_survey(place.county, kind=Survey.Kind.NEEDS, state=CLOSED, questions="总体")
    make_count(needs, place.communities[0])
    assert satisfaction_scores(2018) == {}


def test_satisfaction_is_the_rate_of_the_newest_survey_of_the_year(place):
    survey = make_survey(place.county, state=CLOSED)
    make_count(survey, place.communities[0])
    make_count(survey, place.communities[1], FEW)
    key = place.communities[0].pk
    assert rows_of(SATISFACTION) == [(key, 45, 50)]
    assert rows_of(SATISFACTION_SCORE) == [(key, 3980, 50)]
    assert rows_of(SATISFACTION, datetime.date(2018, 5, 31)) == []  # it had not ended
    assert rows_of(SATISFACTION, datetime.date(2019, 1, 31)) == []  # of another year
    reported = {row["community_id"] for row in SATISFACTION.reported(YEAR_END)}
    assert reported == {place.communities[0].pk, place.communities[1].pk}


def test_surveyed_are_the_communities_asked_for_needs_within_twelve_months(place):
    survey = make_survey(place.county, kind=Survey.Kind.NEEDS, state=CLOSED, ends_on=datetime.date(2018, 6, 15))
    for question in survey.asked:
        make_count(survey, place.communities[0], question=question)
    running = make_survey(place.county, kind=Survey.Kind.NEEDS)
    make_count(running, place.communities[1])
    once = [(place.communities[0].pk, 1)]
    assert rows_of(SURVEYED, datetime.date(2018, 6, 30)) == once
    assert rows_of(SURVEYED, datetime.date(2019, 6, 14)) == once
    assert rows_of(SURVEYED, datetime.date(2019, 6, 15)) == []
    assert rows_of(SURVEYED, datetime.date(2018, 6, 14)) == []


def test_twelve_months_before_a_leap_day_end_in_february():
    assert years_before(datetime.date(2020, 2, 29)) == datetime.date(2019, 2, 28)
    assert years_before(datetime.date(2020, 3, 1)) == datetime.date(2019, 3, 1)
