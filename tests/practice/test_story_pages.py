"""Tests of the pages of stories: writing and submitting one, the library, what other areas see, the home page."""

from __future__ import annotations

import datetime

import pytest
from django.urls import reverse

from practice.models import Story
from tests.factories import make_story
from tests.pages import markup_of

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
FILLED = {
    "kind": "case",
    "title": "清理社区牌子",
    "on": "2018-06-05",
    "community": "和平社区",
    "clause": "四（一）4",
    "url": "http://example.com/a",
    "summary": "演示：室内外牌子从九块减到四块。",
}


def test_an_office_writes_mends_and_submits_a_story(place, street_clerk, signed_in):
    browser = signed_in(street_clerk)
    library = browser.get(reverse("practice:library"))
    assert library.context["add_url"] == reverse("practice:story_new")
    answer = browser.post(reverse("practice:story_new"), FILLED)
    story = Story.objects.get()
    assert answer["Location"] == story.get_absolute_url()
    page = browser.get(story.get_absolute_url())
    assert [action.title for action in page.context["actions"]] == ["报送", "修改"]
    assert "http://example.com/a" in markup_of(page)
    form = browser.get(reverse("practice:story_edit", args=[story.ref]))
    assert form.context["form"]["community"].value() == "和平社区居委会"
    browser.post(reverse("practice:story_edit", args=[story.ref]), FILLED | {"title": "清理牌子", "version": "1"})
    browser.post(reverse("practice:story_move", args=[story.ref, "submit"]), {"seen": "2"})
    story.refresh_from_db()
    assert (story.title, story.state) == ("清理牌子", "submitted")


def test_a_refused_form_says_why_at_its_field(place, clerk, signed_in):
    answer = signed_in(clerk).post(reverse("practice:story_new"), FILLED | {"kind": "media", "community": "西垴头村"})
    assert answer.status_code == 422
    assert "community" in answer.context["form"].errors
    empty = signed_in(clerk).post(reverse("practice:story_new"), {})
    assert {"kind", "title", "on", "summary"} == set(empty.context["form"].errors)


def test_the_library_shows_the_chosen_ones_of_all_by_clause(place, other_clerk, signed_in):
    later = make_story(place.county, "甲", state="chosen", clause="四（二）1")
    first = make_story(place.county, "乙", state="chosen", clause="四（一）4")
    make_story(place.county, "丙", state="submitted")
    browser = signed_in(other_clerk)
    page = browser.get(reverse("practice:library"))
    assert [row.record for row in page.context["table"].rows] == [first, later]
    narrowed = browser.get(reverse("practice:library"), {"clause": "四（二）1"})
    assert [row.record for row in narrowed.context["table"].rows] == [later]
    assert "四（一）4 减轻社区负担" in page.content.decode()


def test_readers_of_another_area_see_what_a_chosen_story_says_and_not_who_did_what(
    place, clerk, other_clerk, officer, signed_in
):
    story = make_story(place.county, state="chosen", note="内部备注", body="正文第一段\n\n第二段")
    story.steps.create(move="choose", before="submitted", after="chosen", made_by=officer, note="值得推广")
    own = markup_of(signed_in(clerk).get(story.get_absolute_url()))
    other = markup_of(signed_in(other_clerk).get(story.get_absolute_url()))
    for told in ("正文第一段", story.summary):
        assert told in own and told in other
    for told in ("值得推广", "内部备注", str(officer)):
        assert told in own and told not in other
    assert signed_in(other_clerk).get(make_story(place.county).get_absolute_url()).status_code == 404


def test_programs_read_the_library_and_the_steps_of_their_own_area_alone(place, clerk, other_clerk, officer, signed_in):
    story = make_story(place.county, state="chosen")
    story.steps.create(move="choose", before="submitted", after="chosen", made_by=officer, note="值得推广")
    waiting = make_story(place.county)
    own, other = signed_in(clerk), signed_in(other_clerk)
    assert {row["ref"] for row in own.get("/api/v1/stories/").json()["results"]} == {story.ref, waiting.ref}
    assert {row["ref"] for row in other.get("/api/v1/stories/").json()["results"]} == {story.ref}
    assert own.get(f"/api/v1/stories/{story.ref}/steps/").json()["results"][0]["note"] == "值得推广"
    assert other.get(f"/api/v1/stories/{story.ref}/steps/").status_code == 404


def test_the_home_page_leads_to_what_was_returned_and_what_waits(place, clerk, officer, signed_in):
    assert "stories-in-hand" not in signed_in(clerk).get("/").content.decode()
    returned = make_story(place.county, "退回的", state="returned")
    waiting = make_story(place.county, "等着的")
    home = markup_of(signed_in(clerk).get("/"))
    assert returned.get_absolute_url() in home and waiting.get_absolute_url() not in home
    home = markup_of(signed_in(officer).get("/"))
    assert waiting.get_absolute_url() in home and returned.get_absolute_url() not in home


def test_a_returned_story_says_why(place, clerk, officer, signed_in):
    story = make_story(place.county, state="returned")
    story.steps.create(move="return", before="submitted", after="returned", made_by=officer, note="请写明效果")
    assert "退回原因：请写明效果" in markup_of(signed_in(clerk).get(story.get_absolute_url()))


def test_the_list_is_filtered_by_kind_clause_state_and_days(place, officer, signed_in):
    case = make_story(place.county, "甲")
    report = make_story(place.street, "乙", kind="media", outlet="演示日报", level="city", clause="")
    returned = make_story(place.other_county, "丙", state="returned", on=datetime.date(2018, 5, 1))
    browser, address = signed_in(officer), reverse("practice:story_list")

    def found(**asked):
        return {row.record for row in browser.get(address, asked).context["table"].rows}

    assert found() == {case, report, returned}
    assert found(kind="media") == {report}
    assert found(clause="四（一）4") == {case, returned}
    assert found(state="reported") == {case, report}
    assert found(state="returned") == {returned}
    assert found(level="city") == {report}
    assert found(on_from="2018-06-01") == {case, report}
    assert found(county="140402") == {case, report}
    assert found(q="演示日报") == {report}
