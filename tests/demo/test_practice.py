"""Tests of the demo's documents and stories: once each, of their places, the same again, through the portal's own actions."""

from __future__ import annotations

import datetime

import pytest

from accounts.models import Role
from demo.documents import document_rows
from demo.places import demo_counties
from demo.span import Span
from demo.stories import STORIES, report_stories
from practice.models import Document, Story
from tests.factories import make_user

SPAN = Span()


@pytest.mark.django_db
@pytest.mark.one_database
def test_stories_are_reported_by_their_counties_and_decided_once(place):
    officer = make_user(Role.BUREAU_OFFICER, place.city, "demo_officer")
    clerk = make_user(Role.DISTRICT_CLERK, place.county, "demo_chengqu")
    month = datetime.date(2018, 3, 1)
    assert report_stories(month) == 1
    assert report_stories(month) == 0, "a run that is resumed"
    assert report_stories(datetime.date(2018, 4, 1)) == 0
    story = Story.objects.get()
    assert (story.state, story.division, story.on, story.note) == (
        "chosen",
        place.county,
        datetime.date(2018, 3, 12),
        "演示数据",
    )
    assert [(step.move, step.made_by) for step in story.steps.order_by("pk")] == [
        ("submit", clerk),
        ("choose", officer),
    ]


def test_all_stories_are_labelled_and_lie_in_the_demo():
    assert all(story.summary.startswith("演示数据") and story.month in SPAN.months for story in STORIES)
    assert len({story.title for story in STORIES}) == len(STORIES)
    assert {story.outcome for story in STORIES} == {"", "choose", "return"}


@pytest.mark.django_db
@pytest.mark.one_database
def test_documents_are_unlike_labelled_and_the_same_again(place):
    counties = demo_counties(SPAN.day)
    rows = document_rows(counties, SPAN)
    assert rows == document_rows(counties, SPAN)
    every = [row for month in SPAN.months for row in rows[month]]
    assert len({row["number"] for row in every}) == len(every) > len(counties)
    assert {row["note"] for row in every} == {"演示数据"}
    assert all(month <= row["issued_on"] for month in SPAN.months for row in rows[month])
    labels = {str(label) for label in Document.Kind.labels}
    assert {row["kind"] for row in every} <= labels
    plans = [row for row in every if row["kind"] == "社区发展规划"]
    assert all(("community_code" in row) == (row in plans) for row in every)


@pytest.mark.django_db
@pytest.mark.one_database
def test_the_rows_of_a_month_come_in_through_the_sheet(place, officer, send):
    rows = [row for month in SPAN.months for row in document_rows(demo_counties(SPAN.day), SPAN)[month]]
    headers = {
        "county": "县（市、区）", "town": "街道（乡镇）", "community_name": "社区名称", "community_code": "社区代码",
        "kind": "类别", "number": "文号", "title": "标题", "issued_on": "印发日期", "valid_to": "失效日期", "note": "备注",
    }  # fmt: skip
    written = [{header: row.get(field, "") for field, header in headers.items()} for row in rows]
    assert send("documents", officer, written, commit="all")["status"] == 0
    assert Document.objects.count() == len(rows)
