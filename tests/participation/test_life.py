"""Tests of a survey's life: who changes one, and what a state refuses (each move by each role: tests/changelog/test_flows.py)."""

from __future__ import annotations

import datetime

import pytest
from django.db import IntegrityError, transaction

from changelog.models import ChangeRecord
from changzhi_portal.refusals import InvalidError, NotAllowedError, NotFoundError, StaleError
from participation.actions import SurveyFields, save_survey
from participation.flow import FLOW
from participation.models import Survey, SurveyCount
from tests.factories import make_count, make_survey, phone

pytestmark = pytest.mark.django_db
State = Survey.State


def fields(division, **changes):
    values = {
        "division": division,
        "name": "2018年居民满意度调查",
        "kind": "satisfaction",
        "starts_on": datetime.date(2018, 5, 1),
        "ends_on": datetime.date(2018, 6, 15),
    }
    return SurveyFields(**values | changes)


def test_a_survey_without_counts_is_not_closed(place, clerk):
    survey = make_survey(place.county)
    with pytest.raises(InvalidError, match="还没有填报任何社区的结果"):
        FLOW.make(survey, "close", by=clerk)


def test_a_survey_begins_as_a_draft_and_its_changes_are_logged(place, clerk):
    survey = save_survey(by=clerk, fields=fields(place.county, name=" 2018年 居民满意度调查 "))
    assert (survey.state, survey.name, survey.asked[0]) == ("draft", "2018年居民满意度调查", "总体")
    again = save_survey(by=clerk, fields=fields(place.county, method="phone"), ref=survey.ref, version=1)
    assert (again.method, again.version) == ("phone", 2)
    same = save_survey(by=clerk, fields=fields(place.county, method="phone"), ref=survey.ref, version=2)
    assert same.version == 2
    logged = ChangeRecord.objects.of_object(survey).order_by("pk")
    assert [(each.kind, each.change_set.made_by) for each in logged] == [("created", clerk), ("updated", clerk)]
    assert logged[1].after == {"method": "phone"}


def test_a_survey_of_needs_lists_its_questions(place, clerk):
    needs = fields(place.county, kind="needs", questions=" 老年食堂\n\n 托管班 ")
    assert save_survey(by=clerk, fields=needs).asked == ("老年食堂", "托管班")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"kind": "needs"}, "请写出需求调查的题目，每行一个。"),
        ({"questions": "停车"}, "满意度调查用统一的题目，不另列"),
        ({"kind": "needs", "questions": "停车\n停车"}, "题目“停车”写了两次"),
        ({"kind": "needs", "questions": "\n".join(f"第{n}题" for n in range(21))}, "题目最多20个，现在有21个"),
        ({"kind": "needs", "questions": "长" * 61}, "太长，最多60个字"),
        ({"ends_on": datetime.date(2018, 4, 30)}, "截止日期早于开始日期"),
        ({"kind": "needs", "questions": "打{}问"}, "题目里有手机号"),
        ({"name": "打{}问"}, "调查名称里有手机号"),
    ],
)
def test_wrong_fields_are_refused_with_a_sentence(place, clerk, changes, told):
    number = phone()
    filled = {name: each.format(number) if isinstance(each, str) else each for name, each in changes.items()}
    with pytest.raises(InvalidError, match=told):
        save_survey(by=clerk, fields=fields(place.county, **filled))
    assert not Survey.objects.exists()


def test_a_name_stands_once_in_a_division(place, clerk):
    save_survey(by=clerk, fields=fields(place.county))
    with pytest.raises(InvalidError, match="本单位已有同名的调查"):
        save_survey(by=clerk, fields=fields(place.county))


def test_while_it_collects_only_days_and_manner_change(place, clerk):
    survey = save_survey(by=clerk, fields=fields(place.county))
    FLOW.make(survey, "open", by=clerk)
    later = fields(place.county, ends_on=datetime.date(2018, 6, 30), method="household", by_third_party=True)
    assert save_survey(by=clerk, fields=later, ref=survey.ref, version=2).ends_on.day == 30
    with pytest.raises(InvalidError, match="调查正在填报，不能再改“调查名称”"):
        save_survey(by=clerk, fields=fields(place.county, name="别的"), ref=survey.ref, version=3)


def test_a_closed_survey_does_not_change(place, clerk):
    survey = save_survey(by=clerk, fields=fields(place.county))
    Survey.objects.update(state=State.CLOSED)
    with pytest.raises(InvalidError, match="调查已结束，不能再修改"):
        save_survey(by=clerk, fields=fields(place.county, method="phone"), ref=survey.ref, version=1)


def test_who_runs_no_surveys_saves_none(place, clerk, other_clerk, street_clerk, leader):
    for user in (street_clerk, leader):
        with pytest.raises(NotAllowedError, match="您的角色不能组织调查"):
            save_survey(by=user, fields=fields(place.county))
    with pytest.raises(NotAllowedError, match="城区的调查不由您组织"):
        save_survey(by=other_clerk, fields=fields(place.county))
    survey = save_survey(by=clerk, fields=fields(place.county))
    with pytest.raises(NotFoundError):
        save_survey(by=other_clerk, fields=fields(place.other_county), ref=survey.ref, version=1)
    with pytest.raises(StaleError, match="有人改过这个调查"):
        save_survey(by=clerk, fields=fields(place.county, method="phone"), ref=survey.ref, version=9)


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"sent": 49}, "survey_answers_at_most_sent"),
        ({"chosen": 3}, "survey_count_grades_or_chosen"),
        ({"sent": None}, ""),
    ],
)
def test_the_database_holds_what_counts_may_say(place, values, name):
    count = make_count(make_survey(place.county), place.communities[0])
    if not name:
        assert SurveyCount.objects.filter(pk=count.pk).update(**values) == 1
        return
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        SurveyCount.objects.filter(pk=count.pk).update(**values)


def test_the_database_holds_what_surveys_ask(place):
    survey = make_survey(place.county)
    with pytest.raises(IntegrityError, match="survey_of_needs_has_questions"), transaction.atomic():
        Survey.objects.filter(pk=survey.pk).update(kind="needs")
    with pytest.raises(IntegrityError, match="survey_ends_after_start"), transaction.atomic():
        Survey.objects.filter(pk=survey.pk).update(ends_on=datetime.date(2018, 4, 1))
