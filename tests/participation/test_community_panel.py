"""Tests of what a community's page says of its surveys."""

from __future__ import annotations

import datetime

import pytest

from tests.factories import Place, make_count, make_survey

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


def panel_of(browser, community) -> tuple[dict, str]:
    page = browser.get(community.get_absolute_url())
    (panel,) = [
        each for each in page.context["panels"] if each["template_name"] == "participation/community_panel.html"
    ]
    return panel, page.content.decode()


def test_a_communitys_page_shows_its_closed_surveys_the_newest_first(place: Place, leader, signed_in) -> None:
    here = place.communities[0]
    spring = make_survey(place.county, "春季调查", state="closed", ends_on=datetime.date(2018, 5, 20))
    summer = make_survey(place.county, "夏季调查", state="closed")
    open_one = make_survey(place.county, "正在填报")
    make_count(spring, here)
    make_count(summer, here, (10, 5, 3, 2, 2))
    make_count(open_one, here)
    make_count(summer, place.communities[1], (50, 0, 0, 0, 0))
    panel, text = panel_of(signed_in(leader), here)
    assert [count.survey for count, _ in panel["overall"]] == [summer, spring]
    assert summer.get_absolute_url() in text
    assert "79.6" in text and "90.0%" in text
    assert "样本不足" in text and "正在填报" not in text


def test_a_streets_clerk_sees_the_answers_without_a_link_to_the_countys_survey(place, street_clerk, signed_in) -> None:
    survey = make_survey(place.county, state="closed")
    make_count(survey, place.communities[0])
    panel, text = panel_of(signed_in(street_clerk), place.communities[0])
    assert len(panel["overall"]) == 1 and survey.get_absolute_url() not in text
    assert signed_in(street_clerk).get(survey.get_absolute_url()).status_code == 404


def test_the_needs_are_those_of_the_newest_survey_that_asked_for_them(place: Place, clerk, signed_in) -> None:
    here = place.communities[0]
    older = make_survey(place.county, "旧需求", kind="needs", state="closed", ends_on=datetime.date(2018, 5, 20))
    newer = make_survey(place.county, "新需求", kind="needs", state="closed")
    make_count(older, here, chosen=50)
    make_count(newer, here, chosen=7)
    make_count(newer, here, question="托管班", chosen=30)
    panel, text = panel_of(signed_in(clerk), here)
    assert [(count.question, count.chosen) for count in panel["needs"]] == [("托管班", 30), ("老年食堂", 7)]
    assert "最近一次需求调查（新需求）选得最多的：托管班（30份）、老年食堂（7份）。" in text


def test_a_community_without_surveys_says_so(place: Place, clerk, signed_in) -> None:
    panel, text = panel_of(signed_in(clerk), place.communities[0])
    assert panel["overall"] == [] and "还没有结束的满意度调查。" in text
