"""Tests of the practice case that a briefing quotes: which one, of which area and time, and in which words."""

from __future__ import annotations

import datetime

import pytest

from changzhi_portal.briefings import IssueOf, to_stored
from practice.briefing import QUOTED, QUOTED_IN_LINKED, QuotedStory, quoted_story
from tests.factories import make_period, make_story

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


def chosen(division, title, day, **fields):
    return make_story(division, title, state="chosen", submitted_on=day, chosen_on=day, **fields)


def quoted(period, division, span="month"):
    story = quoted_story(IssueOf(period, division, span))
    return story.title if story else None


def test_the_last_one_chosen_in_the_time_and_area_of_the_issue_is_quoted(place, period):
    chosen(place.county, "五月的", datetime.date(2018, 5, 20))
    chosen(place.street, "六月初的", datetime.date(2018, 6, 2))
    chosen(place.other_county, "六月底的", datetime.date(2018, 6, 30))
    chosen(place.county, "七月的", datetime.date(2018, 7, 1))
    make_story(place.county, "没有入选的")
    assert quoted(period, place.city) == "六月底的"
    assert quoted(period, place.county) == "六月初的"
    assert quoted(make_period("2018-05"), place.county) == "五月的"
    assert quoted(make_period("2018-04"), place.county) is None
    assert quoted(make_period("2018-09"), place.city, "quarter") == "七月的"


def test_the_words_are_made_of_what_is_stored_alone(place, period):
    chosen(place.street, "三社联动进楼院😀", datetime.date(2018, 6, 2), summary="演示：牌子从九块减到四块")
    stored = QUOTED.figures(IssueOf(period, place.city))
    assert stored == to_stored(
        QuotedStory("城区东街街道办事处", "典型案例", "三社联动进楼院", "演示：牌子从九块减到四块")
    )
    assert QUOTED_IN_LINKED.paragraphs(stored, None) == [
        "城区东街街道办事处报送的典型案例《三社联动进楼院》入选案例库：演示：牌子从九块减到四块。"
    ]
    assert QUOTED_IN_LINKED.paragraphs(None, None) == []
    assert QUOTED.figures(IssueOf(make_period("2018-03"), place.city)) is None
