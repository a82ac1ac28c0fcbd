"""Tests of stories: who writes, submits and chooses them, what is refused, who sees them, what follows a merger."""

from __future__ import annotations

import datetime

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.actions import apply_division_changes, undo_division_changes
from accounts.models import Role
from changelog.models import ChangeRecord
from changzhi_portal.refusals import InvalidError, NotAllowedError, NotFoundError, StaleError
from communities.actions import change_set_of
from communities.models import Division
from practice.actions import StoryFields, save_story
from practice.clauses import CLAUSES
from practice.flow import FLOW
from practice.models import Story
from tests.communities.changes import change
from tests.factories import id_number, make_division, make_story, make_user, phone

pytestmark = pytest.mark.django_db
DAY = datetime.date(2018, 6, 5)


def fields(**changes):
    values = {"kind": "case", "title": "清理社区牌子", "on": DAY, "summary": "演示：室内外牌子从九块减到四块。"}
    return StoryFields(**values | changes)


# --- Writing ---


def test_a_story_begins_as_a_draft_of_the_own_office_and_its_changes_are_logged(place, clerk):
    story = save_story(by=clerk, fields=fields(title=" 清理 社区牌子 ", community="和平社区", body="一\r\n二  \n"))
    assert (story.state, story.title, story.division) == ("draft", "清理社区牌子", place.county)
    assert (story.community, story.body) == (place.communities[0], "一\n二")
    again = save_story(by=clerk, fields=fields(clause="四（一）4"), ref=story.ref, version=1)
    assert (again.clause, again.community, again.version) == ("四（一）4", None, 2)
    same = save_story(by=clerk, fields=fields(clause="四（一）4"), ref=story.ref, version=2)
    assert same.version == 2
    logged = ChangeRecord.objects.of_object(story).order_by("pk")
    assert [(each.kind, each.change_set.made_by) for each in logged] == [("created", clerk), ("updated", clerk)]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"kind": "media"}, "媒体报道请填写刊播媒体"),
        ({"on": datetime.date(2099, 1, 1)}, "日期晚于今天"),
        ({"community": "没有的社区"}, "没有的社区"),
        ({"community": "西垴头村"}, "西垴头村"),
        ({"community": "140423100200"}, "140423100200"),
        ({"url": "ftp://example.com/a"}, "有效的网址|有效的URL|URL"),
        ({"clause": "六"}, "六"),
        ({"summary": "长" * 301}, "300"),
        ({"summary": "打{phone}问"}, "“摘要”里有手机号"),
        ({"title": "证号{id}"}, "“标题”里有身份证号"),
        ({"body": "打{phone}问"}, "“正文”里有手机号"),
        ({"note": "打{phone}问"}, "“备注”里有手机号"),
        ({"outlet": "打{phone}问"}, "“刊播媒体”里有手机号"),
    ],
    ids=str,
)
def test_wrong_fields_are_refused_with_a_sentence(place, clerk, changes, told):
    numbers = {"phone": phone(), "id": id_number(4711)}
    filled = {name: each.format(**numbers) if isinstance(each, str) else each for name, each in changes.items()}
    with pytest.raises(InvalidError, match=told):
        save_story(by=clerk, fields=fields(**filled))
    assert not Story.objects.exists()


def test_a_title_of_a_day_stands_once_in_an_office(place, clerk, street_clerk):
    save_story(by=clerk, fields=fields())
    with pytest.raises(InvalidError, match="本单位这一天已有同一标题的报送"):
        save_story(by=clerk, fields=fields())
    assert save_story(by=street_clerk, fields=fields()).division == place.street


def test_only_the_own_office_changes_what_is_open(place, clerk, street_clerk, other_clerk, officer, leader):
    with pytest.raises(NotAllowedError, match="您的角色不能报送宣传与案例"):
        save_story(by=leader, fields=fields())
    story = save_story(by=clerk, fields=fields())
    for user in (street_clerk, other_clerk, officer):
        with pytest.raises(NotFoundError):
            save_story(by=user, fields=fields(title="别的"), ref=story.ref, version=1)
    with pytest.raises(StaleError, match="有人改过这一条"):
        save_story(by=clerk, fields=fields(title="别的"), ref=story.ref, version=9)
    Story.objects.update(state="submitted", submitted_on=DAY)
    with pytest.raises(StaleError, match="这一条现在是“已报送”，不能修改"):
        save_story(by=clerk, fields=fields(title="别的"), ref=story.ref, version=1)


# --- Moves (each by each role: tests/changelog/test_flows.py) ---


def test_a_case_names_its_clause_before_it_is_submitted_and_a_report_before_it_is_chosen(place, clerk, officer):
    case = make_story(place.county, state="draft", clause="")
    with pytest.raises(InvalidError, match="典型案例报送前请选择“对应条款”"):
        FLOW.make(case, "submit", by=clerk)
    report = make_story(place.county, state="draft", kind="campaign", clause="")
    FLOW.make(report, "submit", by=clerk)
    with pytest.raises(InvalidError, match="没有“对应条款”，不能选入案例库"):
        FLOW.make(report, "choose", by=officer)


def test_a_returned_story_is_mended_submitted_again_and_chosen(place, clerk, officer):
    story = make_story(place.county, state="draft")
    FLOW.make(story, "submit", by=clerk)
    with pytest.raises(InvalidError, match="请写明退回原因"):
        FLOW.make(story, "return", by=officer)
    FLOW.make(story, "return", by=officer, note="请写明效果")
    story.refresh_from_db()
    save_story(by=clerk, fields=fields(clause="四（一）4"), ref=story.ref, version=story.version)
    FLOW.make(story, "submit", by=clerk)
    FLOW.make(story, "choose", by=officer)
    story.refresh_from_db()
    assert (story.state, story.chosen_on, story.submitted_on) == ("chosen", timezone.localdate(), timezone.localdate())
    assert [step.move for step in story.steps.order_by("pk")] == ["submit", "return", "submit", "choose"]


@pytest.mark.parametrize(
    "fields_of",
    [
        {"state": "chosen", "clause": ""},
        {"state": "chosen", "chosen_on": None},
        {"state": "chosen", "chosen_on": datetime.date(2018, 6, 1)},
        {"state": "submitted", "submitted_on": None},
        {"state": "submitted", "chosen_on": DAY},
        {"kind": "media"},
        {"state": "lost", "submitted_on": DAY},
    ],
    ids=str,
)
def test_the_database_holds_what_a_state_means(place, fields_of):
    with pytest.raises(IntegrityError), transaction.atomic():
        make_story(place.county, **fields_of)


# --- Who sees what ---


def test_drafts_are_of_their_office_and_chosen_ones_of_everybody(
    place, clerk, street_clerk, other_clerk, officer, leader
):
    auditor = make_user(Role.AUDITOR, place.city)
    states = ("draft", "submitted", "returned", "chosen")
    stories = {state: make_story(place.street, state, state=state) for state in states}

    def seen(user):
        return {name for name, story in stories.items() if story in Story.objects.visible_to(user)}

    assert seen(street_clerk) == seen(auditor) == set(states)
    assert seen(clerk) == seen(officer) == {"submitted", "returned", "chosen"}
    assert seen(leader) == {"submitted", "chosen"}
    assert seen(other_clerk) == {"chosen"}, "experience is passed on to all"
    assert seen(make_user(Role.SYSTEM_ADMIN, place.city)) >= {"chosen"}, "pages ask for a right besides"
    assert seen(None) == set()


def test_clauses_sort_as_in_the_paper_and_not_by_their_signs(place):
    for code in ("五（一）", "四（二）1", "三", "四（三）1", "四（一）4"):
        make_story(place.county, code, clause=code)
    make_story(place.county, "没有", clause="", kind="campaign")
    found = Story.objects.with_clause_position().order_by("clause_position")
    assert [story.title for story in found] == ["三", "四（一）4", "四（二）1", "四（三）1", "五（一）", "没有"]
    assert len({code for code, _ in CLAUSES}) == len(CLAUSES) == 17


# --- Mergers ---


def test_stories_in_hand_go_on_at_the_successor_and_chosen_ones_stay(place, administrator):
    second = make_division("140411", "郊区", place.city)
    twin = make_story(place.county, "同名", state="submitted")
    coming = make_story(second, "同名", state="draft")
    chosen = make_story(second, "入选的", state="chosen")
    for old in (place.county, second):
        change("merge", old, "140403", "潞州区")
    applied = apply_division_changes(by=administrator)[0]
    new = Division.objects.by_code("140403")
    for story in (twin, coming, chosen):
        story.refresh_from_db()
    assert {twin.division, coming.division} == {new}
    assert {twin.title, coming.title} == {"同名", "同名（原郊区）"}
    assert chosen.division == second
    assert any("宣传与案例：郊区“" in told and "转到潞州区" in told for told in applied.moved)


def test_stories_come_back_when_the_merger_is_undone(place, administrator):
    make_story(place.street, "同名", state="returned")
    coming = make_story(place.other_street, "同名", state="submitted")
    noted = change("merge", place.other_street, place.street.code, place.street.name)
    change("merge", place.street, place.street.code, place.street.name)
    apply_division_changes(by=administrator)
    coming.refresh_from_db()
    assert (coming.division, coming.title) == (place.street, "同名（原西街街道办事处）")
    noted.refresh_from_db()
    undo_division_changes(change_set=change_set_of(noted), by=administrator)
    coming.refresh_from_db()
    assert (coming.division, coming.title) == (place.other_street, "同名")
