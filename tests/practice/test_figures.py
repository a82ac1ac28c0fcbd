"""Tests of the figures of documents and stories: stored for city, county and town, to the digit (docs/domain.md §5.12)."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.actions import apply_division_changes
from changzhi_portal.figures import declared_figure
from communities.models import Division
from practice.indicators import PLANNED, STORIES, WITH_PLAN
from practice.models import Document, Story
from targets.actions import compute_period
from targets.figure_values import value_of, value_text
from targets.models import FigureResult
from tests.communities.changes import change
from tests.factories import make_community, make_division, make_document, make_period, make_story

pytestmark = pytest.mark.django_db
LAST = datetime.date(2018, 6, 30)


def sums(period, code, division, part=""):
    """Return numerator and denominator of the month, or None where there is no row."""
    rows = FigureResult.objects.of_period(period).of_division(division).of_figure(code).filter(part=part)
    return rows.values_list("numerator", "denominator").first()


def printed(period, code, division):
    figure = declared_figure(code)
    return value_text(figure, value_of(figure, *sums(period, code, division)))


def test_two_of_three_counties_have_a_plan_in_force(place, period):
    """Of three counties that have registered documents two have an 实施方案 in force: 66.7 %."""
    third = make_division("140421", "长治县", place.city)
    make_document(place.county)
    make_document(place.county)  # two plans are one county
    make_document(third, issued_on=LAST)
    make_document(place.other_county, kind="admission")
    make_document(place.other_county, valid_to=LAST)  # has ended that day
    make_document(place.rural_town)  # the plan of a town is not its county's
    make_document(place.city)
    compute_period(period)
    assert sums(period, "with_plan", place.city) == (2, 3)
    assert printed(period, "with_plan", place.city) == "66.7%"
    assert sums(period, "with_plan", place.county) == (1, 1)
    assert sums(period, "with_plan", place.other_county) == (0, 1)
    assert sums(period, "with_plan", place.street) is None, "of counties nothing is said of a town"


def test_a_county_without_any_document_is_unreported_and_not_counted(place, period):
    make_document(place.county)
    compute_period(period)
    assert sums(period, "with_plan", place.other_county) is None
    assert sums(period, "with_plan", place.city) == (1, 1)
    assert FigureResult.objects.get(code="with_plan", division=place.city).counties == 1


def test_two_of_five_communities_have_a_development_plan(place, period):
    """城区 has five communities that targets score, two of them a plan in force: 40.0 %."""
    make_document(place.communities[0])
    make_document(place.communities[0])  # two plans are one community
    make_document(place.other_communities[0])
    make_document(place.communities[1], valid_to=LAST)
    make_document(place.communities[2], issued_on=datetime.date(2018, 7, 1))
    make_document(make_community(place.street, "某虚拟社区", is_virtual=True))
    compute_period(period)
    assert sums(period, "planned", place.county) == sums(period, "planned", place.city) == (2, 5)
    assert printed(period, "planned", place.city) == "40.0%"
    assert sums(period, "planned", place.street) == (1, 3)
    assert sums(period, "planned", place.other_street) == (1, 2)


def test_stories_of_the_month_are_counted_by_kind_once_they_are_reported(place, period):
    """Three of June count: a report and a case of 城区, and a chosen case of its street."""
    make_story(place.county, kind="media", outlet="演示日报")
    make_story(place.county)
    make_story(place.street, state="chosen", on=datetime.date(2018, 6, 30), submitted_on=LAST, chosen_on=LAST)
    make_story(place.county, state="draft")
    make_story(place.county, state="returned")
    make_story(place.county, on=datetime.date(2018, 5, 31))
    compute_period(period)
    assert sums(period, "stories", place.city) == sums(period, "stories", place.county) == (3, None)
    assert {part: sums(period, "stories", place.county, part)[0] for part in STORIES.parts} == {
        "media": 1,
        "case": 2,
        "innovation": 0,
        "campaign": 0,
    }
    assert sums(period, "stories", place.street) == (1, None)
    row = FigureResult.objects.get(code="stories", division=place.county, part="")
    assert row.numerator_year == 4
    assert sums(period, "stories", place.other_county) is None


def test_the_documents_of_merged_counties_count_for_the_successor_and_keep_their_division(place, administrator):
    second = make_division("140411", "郊区", place.city)
    document = make_document(second)
    for old in (place.county, second):
        change("merge", old, "140403", "潞州区")
    apply_division_changes(by=administrator)
    document.refresh_from_db()
    new = Division.objects.by_code("140403")
    assert document.division == second
    december = make_period("2018-12")
    compute_period(december)
    assert sums(december, "with_plan", new) == (1, 1)


def test_figures_lead_to_the_rows_behind_them(place, period, officer, signed_in):
    counted = {make_document(place.county), make_document(place.rural_town, kind="plan")}
    make_document(place.county, valid_to=LAST)
    plan = make_document(place.communities[0])
    story = make_story(place.street)
    make_story(place.street, state="returned")
    browser = signed_in(officer)

    def listed(figure, division):
        page = browser.get(figure.list_url(division, period))
        assert page.status_code == 200, page.content.decode()
        assert not page.context["has_wrong_filters"]
        return {row.record for row in page.context["table"].rows}

    assert listed(WITH_PLAN, place.city) == counted
    assert listed(WITH_PLAN, place.county) == counted - {each for each in counted if each.division != place.county}
    assert listed(PLANNED, place.street) == {plan}
    assert listed(STORIES, place.county) == {story}


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_rows_agree_with_counting_by_hand(data, place):
    """Whatever documents and stories there are, the rows say what a loop over them says."""
    Document.objects.all().delete()
    Story.objects.all().delete()
    days = st.dates(datetime.date(2018, 5, 1), datetime.date(2018, 8, 1))
    documents, stories = [], []
    for where in (place.county, place.other_county, place.street, place.city, *place.communities):
        for _ in range(data.draw(st.integers(0, 2))):
            issued = data.draw(days)
            ended = data.draw(st.none() | st.dates(issued, datetime.date(2018, 9, 1)))
            own = {} if where in place.communities else {"kind": data.draw(st.sampled_from(["plan", "talent"]))}
            documents.append((where, make_document(where, issued_on=issued, valid_to=ended, **own)))
    for _ in range(data.draw(st.integers(0, 4))):
        state = data.draw(st.sampled_from(Story.State.values))
        day, first = data.draw(days), datetime.date(2018, 1, 1)
        own = {"submitted_on": first} if state != "draft" else {}
        own |= {"chosen_on": first} if state == "chosen" else {}
        stories.append(make_story(place.county, state=state, on=day, **own))
    holding = [
        (where, each)
        for where, each in documents
        if each.issued_on <= LAST and (each.valid_to is None or each.valid_to > LAST)
    ]
    first = LAST.replace(day=1)
    plans = sorted(w.pk for w, each in holding if w in (place.county, place.other_county) and each.kind == "plan")
    assert sorted(row["division_id"] for row in WITH_PLAN.rows(first, LAST)) == plans
    planned = sorted(where.pk for where, _ in holding if where in place.communities)
    assert sorted(row["community_id"] for row in PLANNED.rows(first, LAST)) == planned
    counted = [each for each in stories if each.state in {"submitted", "chosen"} and first <= each.on <= LAST]
    assert len(list(STORIES.rows(first, LAST))) == len(counted)
