"""Tests of rows of 调查结果: which survey they are of, what they may say, what a template holds."""

from __future__ import annotations

import datetime

import pytest

from changzhi_portal.registers.registry import register_named
from participation.models import Survey, SurveyCount
from participation.questions import SATISFACTION_QUESTIONS
from tests.factories import make_count, make_survey
from tests.participation.rows import needs_row, row
from tests.uploads.office import codes_of
from uploads import actions
from uploads.models import UploadBatch

pytestmark = pytest.mark.django_db


def messages_of(answer):
    return [problem["message"] for problem in answer["problems"]]


def test_a_row_is_written_changed_and_left_alone(send, clerk, place):
    survey = make_survey(place.county)
    assert send("surveys", clerk, [row(survey)], commit="all")["new"] == 1
    count = SurveyCount.objects.get()
    assert (count.survey, count.community, count.question) == (survey, place.communities[0], "总体")
    assert (count.sent, count.do_not_know, count.grades.valid, count.chosen) == (60, 3, 50, None)
    changed = send("surveys", clerk, [row(survey, 满意=16)], commit="all")
    assert changed["changed"] == 1
    count.refresh_from_db()
    assert (count.satisfied, count.version) == (16, 2)
    assert send("surveys", clerk, [row(survey, 满意=16)])["unchanged"] == 1


def test_a_survey_of_needs_takes_how_many_chose(send, clerk, place):
    survey = make_survey(place.county, kind=Survey.Kind.NEEDS)
    send("surveys", clerk, [needs_row(survey), needs_row(survey, "托管班", 选择数=0)], commit="all")
    assert dict(SurveyCount.objects.values_list("question", "chosen")) == {"老年食堂": 12, "托管班": 0}


@pytest.mark.parametrize(
    ("state", "told"),
    [("draft", "“一季度调查”还是草稿，请先点“开始填报”，再填报结果"), ("closed", "“一季度调查”已结束，不能再填报；确需补报的，请先“重新填报”")],
)  # fmt: skip
def test_only_a_survey_that_is_collecting_takes_counts(send, clerk, place, state, told):
    survey = make_survey(place.county, "一季度调查", state=state)
    answer = send("surveys", clerk, [row(survey)], commit="all")
    assert (codes_of(answer), messages_of(answer)) == (["bad_choice"], [told])
    assert not SurveyCount.objects.exists()


def test_what_a_closed_survey_says_already_is_no_error(send, clerk, place):
    survey = make_survey(place.county, state=Survey.State.CLOSED)
    make_count(survey, place.communities[0], do_not_know=3)
    answer = send("surveys", clerk, [row(survey)])
    assert (answer["unchanged"], answer["problems"]) == (1, [])


def test_more_answers_than_sheets_are_refused(send, clerk, place):
    survey = make_survey(place.county)
    answer = send("surveys", clerk, [row(survey, **{"发放（份）": 52})])
    assert codes_of(answer) == ["bad_number"]
    assert messages_of(answer) == ["有效答卷和不了解合计53份，多于发放的52份，请核对"]
    assert send("surveys", clerk, [row(survey, **{"发放（份）": 53})])["problems"] == []
    needs = make_survey(place.county, kind=Survey.Kind.NEEDS)
    answer = send("surveys", clerk, [needs_row(needs, 选择数=61)])
    assert messages_of(answer) == ["选择数61份，多于发放的60份，请核对"]


def test_columns_of_the_other_kind_are_refused(send, clerk, place):
    needs = make_survey(place.county, "需求", kind=Survey.Kind.NEEDS)
    answer = send("surveys", clerk, [needs_row(needs) | {"满意": 3}])
    assert messages_of(answer) == ["“需求”是需求调查，请填“选择数”，五档和不了解留空"]
    content = make_survey(place.county, "满意")
    answer = send("surveys", clerk, [row(content, 选择数=3)])
    assert messages_of(answer) == ["“满意”是满意度调查，请填五档和不了解，“选择数”留空"]


def test_the_question_must_be_one_of_the_survey(send, clerk, place):
    survey = make_survey(place.county, "满意")
    answer = send("surveys", clerk, [row(survey, question="停车")])
    assert messages_of(answer) == [f"“满意”没有“停车”这个题目，题目有：{'、'.join(SATISFACTION_QUESTIONS)}"]


def test_the_community_must_lie_in_the_division_of_the_survey(send, officer, place):
    survey = make_survey(place.county, "城区满意度")
    answer = send("surveys", officer, [row(survey, "西垴头村")])
    assert codes_of(answer) == ["out_of_scope"]
    assert messages_of(answer) == ["“城区满意度”是城区的调查，西垴头村委会不在其中，请核对社区"]


def test_a_survey_that_nobody_has_is_named(send, clerk, place):
    make_survey(place.other_county, "襄垣的调查")
    answer = send("surveys", clerk, [row("襄垣的调查")])
    assert messages_of(answer) == ["没有名为“襄垣的调查”的调查，请先在“满意度调查”页面新增，或者核对名称"]


def test_surveys_of_two_counties_may_have_one_name(send, officer, place):
    own, other = (make_survey(county, "满意度调查") for county in (place.county, place.other_county))
    send("surveys", officer, [row(own), row(other, "西垴头村")], commit="all")
    assert set(SurveyCount.objects.values_list("survey", "community")) == {
        (own.pk, place.communities[0].pk),
        (other.pk, place.villages[0].pk),
    }


def test_of_two_with_one_name_the_one_that_is_collecting_is_meant(send, officer, clerk, place):
    closed = make_survey(place.city, "调查", state=Survey.State.CLOSED, ends_on=datetime.date(2019, 1, 1))
    open_one = make_survey(place.county, "调查")
    send("surveys", officer, [row("调查")], commit="all")
    assert not closed.counts.exists() and open_one.counts.count() == 1


def test_a_town_notes_no_counts(send, street_clerk, place):
    survey = make_survey(place.street, "街道的调查")
    answer = send("surveys", street_clerk, [row(survey)])
    assert messages_of(answer) == ["调查由县（市、区）或市局组织和填报，街道（乡镇）不用填"]


def test_two_rows_of_one_question_are_one_record(send, clerk, place):
    survey = make_survey(place.county)
    assert codes_of(send("surveys", clerk, [row(survey), row(survey, 满意=3)])) == ["duplicate_in_file"]


def test_an_upload_is_undone(send, clerk, place):
    send("surveys", clerk, [row(make_survey(place.county))], commit="all")
    actions.request_undo(batch=UploadBatch.objects.get(), by=clerk, queue=False)
    actions.undo_batch(UploadBatch.objects.get())
    assert not SurveyCount.objects.exists()


def test_a_template_lists_communities_and_questions_of_surveys_that_are_collecting(place):
    sheet = register_named("surveys")()
    make_survey(place.county, "旧的", state=Survey.State.CLOSED)
    survey = make_survey(place.county, "今年的")
    count = make_count(survey, place.communities[0])
    rows = list(sheet.template_rows(place.county.path, datetime.date(2018, 6, 30)))
    assert len(rows) == 5 * len(SATISFACTION_QUESTIONS)
    filled = [each for each in rows if "ref" in each]
    assert [(each["ref"], each["satisfied"], each["community_name"]) for each in filled] == [
        (count.ref, 15, place.communities[0].name)
    ]
    blank = next(each for each in rows if "ref" not in each)
    assert set(blank) == {"survey", "county", "town", "community_name", "community_code", "question"}
    assert list(sheet.template_rows(place.other_county.path, datetime.date(2018, 6, 30))) == []


def test_a_filled_template_comes_in_and_a_blank_one_says_nothing(send, clerk, place):
    """The rows of the template as the writer makes them: what is left blank makes no count."""
    make_survey(place.county, "今年的")
    answer = send(
        "surveys", clerk, [row("今年的"), {"调查": "今年的", "社区名称": "和平社区", "题目": "物业"}], commit="all"
    )
    assert answer["problems"] == []
    assert list(SurveyCount.objects.values_list("question", flat=True)) == ["总体"]
