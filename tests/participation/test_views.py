"""Tests of the pages of surveys: what each role sees and does there."""

from __future__ import annotations

import datetime

import pytest
from django.urls import reverse

from participation.models import Survey, SurveyCount
from tests.factories import make_count, make_survey
from tests.pages import markup_of
from tests.quality import refs_found_by
from tests.queries import queries_of

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
LIST = "/surveys/"
FORM = {
    "name": "2018年居民满意度调查",
    "kind": "satisfaction",
    "division": "140402",
    "starts_on": "2018-05-01",
    "ends_on": "2018-06-15",
    "method": "household",
    "questions": "",
}


@pytest.fixture
def survey(place):
    """Create a survey of 城区 that is collecting, with one community that has enough and one that has not."""
    survey = make_survey(place.county, "城区满意度")
    make_count(survey, place.communities[0])
    make_count(survey, place.communities[1], (10, 6, 4, 1, 1))
    return survey


def names(answer):
    return {row.record.name for row in answer.context["table"].rows}


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, {"城区满意度", "需要什么"}),
        ({"q": "满意度"}, {"城区满意度"}),
        ({"q": "xuyaoshenme"}, {"需要什么"}),
        ({"kind": "needs"}, {"需要什么"}),
        ({"state": "closed"}, {"需要什么"}),
        ({"ends_from": "2018-07-01"}, {"需要什么"}),
    ],
)
def test_surveys_are_found_by_what_is_known_of_them(survey, place, clerk, signed_in, asked, found):
    make_survey(
        place.county, "需要什么", kind=Survey.Kind.NEEDS, state=Survey.State.CLOSED, ends_on=datetime.date(2018, 8, 1)
    )
    make_survey(place.other_county, "襄垣的")
    assert names(signed_in(clerk).get(LIST, asked)) == found


def test_who_runs_surveys_makes_one_opens_it_and_changes_it(place, clerk, signed_in):
    browser = signed_in(clerk)
    assert reverse("participation:survey_new") in markup_of(browser.get(LIST))
    answer = browser.post(reverse("participation:survey_new"), FORM)
    survey = Survey.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, survey.get_absolute_url())
    page = browser.get(survey.get_absolute_url())
    assert [action.title for action in page.context["actions"]] == ["开始填报", "修改"]
    move = reverse("participation:survey_move", args=[survey.ref, "open"])
    assert "名称、类别和题目不能再改" in markup_of(browser.get(move))
    browser.post(move, {"seen": survey.version})
    survey.refresh_from_db()
    assert survey.state == "collecting"
    page = browser.get(survey.get_absolute_url())
    assert [action.title for action in page.context["actions"]] == ["结束调查", "修改"]
    assert "上传结果" in markup_of(page)
    edit = reverse("participation:survey_edit", args=[survey.ref])
    answer = browser.post(edit, {**FORM, "name": "别的", "version": survey.version})
    assert answer.status_code == 422 and "调查正在填报，不能再改“调查名称”" in markup_of(answer)
    assert browser.post(edit, {**FORM, "method": "phone", "version": survey.version}).status_code == 302


@pytest.mark.parametrize("who", ["leader", "auditor", "street_clerk"])
def test_who_only_looks_changes_nothing(survey, signed_in, request, who):
    user = request.getfixturevalue(who)
    browser = signed_in(user)
    assert reverse("participation:survey_new") not in markup_of(browser.get(LIST))
    assert browser.get(reverse("participation:survey_new")).status_code == 403
    page = browser.get(survey.get_absolute_url())
    if who == "street_clerk":  # the survey of the county above
        assert page.status_code == 404
        return
    assert page.context["actions"] == []
    assert "上传结果" not in markup_of(page)


def test_the_page_shows_results_and_what_stays_out(survey, clerk, signed_in):
    text = markup_of(signed_in(clerk).get(survey.get_absolute_url()))
    for told in ("90.0%", "79.6", "样本不足1个", "样本不足（有效22份，少于30份）", "未填报", "东街街道办事处合计"):
        assert told in text
    assert "<progress" in text


def test_the_page_of_a_survey_of_the_city_leads_to_its_counties(place, officer, signed_in):
    survey = make_survey(place.city)
    make_count(survey, place.communities[0])
    browser = signed_in(officer)
    text = markup_of(browser.get(survey.get_absolute_url()))
    assert "county=140402" in text and "和平社区" not in text
    text = markup_of(browser.get(survey.get_absolute_url(), {"county": "140402", "question": "总体"}))
    assert "和平社区" in text and "看各县（市、区）" in text
    assert browser.get(survey.get_absolute_url(), {"county": "nobody", "question": "？"}).status_code == 200


def test_the_page_of_needs_shows_how_many_chose(place, clerk, signed_in):
    survey = make_survey(place.county, kind=Survey.Kind.NEEDS)
    make_count(survey, place.communities[0])
    text = markup_of(signed_in(clerk).get(survey.get_absolute_url()))
    assert "老年食堂" in text and "20.0%" in text and "满意率" not in text


def test_the_page_takes_a_fixed_number_of_queries(survey, place, clerk, signed_in):
    browser = signed_in(clerk)
    browser.get(survey.get_absolute_url())
    few = len(queries_of(lambda: browser.get(survey.get_absolute_url())))
    for community in (place.communities[2], *place.other_communities):
        make_count(survey, community)
    assert len(queries_of(lambda: browser.get(survey.get_absolute_url()))) == few


def entry(survey, community):
    return reverse("participation:survey_entry", args=[survey.ref, community.ref])


def test_one_communitys_counts_are_entered_on_one_page(survey, place, clerk, signed_in):
    browser, community = signed_in(clerk), place.communities[2]
    page = browser.get(entry(survey, community))
    assert "居委会工作" in markup_of(page)
    given = {"0-sent": "60", "0-very_satisfied": "30", "0-satisfied": "10", "0-do_not_know": "2", "6-satisfied": "31"}
    answer = browser.post(entry(survey, community), given)
    assert answer["Location"] == survey.get_absolute_url()
    assert set(SurveyCount.objects.filter(community=community).values_list("question", "satisfied")) == {
        ("总体", 10),
        ("物业", 31),
    }
    changed = browser.post(entry(survey, community), given | {"0-satisfied": "", "0-version": "1", "6-version": "1"})
    assert changed.status_code == 302
    assert SurveyCount.objects.get(community=community, question="总体").satisfied is None


def test_wrong_counts_stand_at_their_fields(survey, place, clerk, signed_in):
    given = {"0-sent": "5", "0-satisfied": "6", "1-satisfied": "很多"}
    answer = signed_in(clerk).post(entry(survey, place.communities[2]), given)
    assert answer.status_code == 422
    form = answer.context["form"]
    assert form.errors["0-sent"] == ["有效答卷和不了解合计6份，多于发放的5份，请核对。"]
    assert "1-satisfied" in form.errors
    assert SurveyCount.objects.filter(community=place.communities[2]).count() == 0


def test_an_older_page_overwrites_nothing(survey, place, clerk, signed_in):
    answer = signed_in(clerk).post(entry(survey, place.communities[0]), {"0-sent": "70", "0-version": "9"})
    assert answer.status_code == 409 and "有人改过这个社区的结果" in markup_of(answer)


def test_a_page_without_changes_saves_nothing(survey, place, clerk, signed_in):
    answer = signed_in(clerk).post(entry(survey, place.communities[2]), {}, follow=True)
    assert "没有改动。" in markup_of(answer)


def test_a_closed_survey_takes_no_entry(survey, place, clerk, signed_in):
    Survey.objects.update(state=Survey.State.CLOSED)
    answer = signed_in(clerk).get(entry(survey, place.communities[0]), follow=True)
    assert "这个调查现在不在填报" in markup_of(answer)


def test_entry_is_for_communities_of_the_survey_alone(survey, place, officer, signed_in):
    assert signed_in(officer).get(entry(survey, place.villages[0])).status_code == 404


def test_counts_are_listed_filtered_and_shown(survey, place, clerk, signed_in):
    browser = signed_in(clerk)
    address = reverse("participation:count_list")
    assert browser.get(address).context["table"].paginator.count == 2
    assert browser.get(address, {"answers": "few"}).context["table"].paginator.count == 1
    assert browser.get(address, {"survey": survey.ref, "answers": "enough"}).context["table"].paginator.count == 1
    assert browser.get(address, {"q": "和平社区 总体"}).context["table"].paginator.count == 1
    count = SurveyCount.objects.get(community=place.communities[0])
    text = markup_of(browser.get(count.get_absolute_url()))
    assert survey.get_absolute_url() in text and "非常满意" in text


def test_a_town_sees_its_counts_without_the_survey(survey, place, street_clerk, signed_in):
    count = SurveyCount.objects.get(community=place.communities[0])
    text = markup_of(signed_in(street_clerk).get(count.get_absolute_url()))
    assert "城区满意度" in text and survey.get_absolute_url() not in text


def test_quality_rules_find_surveys_that_nobody_ended_or_began(place):
    late = make_survey(place.county, ends_on=datetime.date(2018, 5, 30))
    make_survey(place.county, ends_on=datetime.date(2018, 6, 20))
    make_survey(place.county, state=Survey.State.CLOSED, ends_on=datetime.date(2018, 5, 30))
    draft = make_survey(place.county, state=Survey.State.DRAFT, ends_on=datetime.date(2018, 8, 1))
    assert refs_found_by("survey_past_its_end", place.county) == {late.ref}
    assert refs_found_by("survey_not_begun", place.county) == {draft.ref}
