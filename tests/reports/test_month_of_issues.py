"""Tests of all editions of a month at once: begun by one button, with progress, moved on together."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from django.urls import reverse

from changzhi_portal import jobs
from changzhi_portal.refusals import InvalidError, NotAllowedError
from reports.actions import move_all, prepare_all, print_queued, printing
from reports.models import Briefing
from tests.factories import make_facility, make_period
from tests.pages import markup_of
from tests.queries import queries_of

State, Stage = Briefing.State, Briefing.Stage
pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
NOTE = "先印发"


@pytest.fixture(autouse=True)
def quick_files(settings, tmp_path, monkeypatch):
    settings.MEDIA_ROOT = tmp_path / "files"
    monkeypatch.setattr(printing, "files_of", lambda briefing, issue: {"pdf": b"%PDF-1.7"})


def shown():
    """Return the version of each edition as a page would show it now."""
    return dict(Briefing.objects.values_list("ref", "version"))


@pytest.fixture
def drafts(place, period):
    """Create the printed drafts of June 2018 of the city and each county."""
    make_facility(place.communities[0])
    editions = prepare_all(period=period, by=None, queue=False)
    for edition in editions:
        print_queued(edition.pk)
    return editions


def test_the_city_and_every_county_of_that_month_get_an_edition_and_asking_twice_makes_no_second(
    place, period, officer
):
    with patch.object(jobs, "enqueue"):
        first = prepare_all(period=period, by=officer)
        second = prepare_all(period=period, by=officer)
    assert [each.pk for each in first] == [each.pk for each in second]
    assert first[0].division == place.city
    assert {each.division for each in first[1:]} == {place.county, place.other_county}


def test_nothing_is_begun_for_a_month_that_is_no_quarters_end_nor_by_other_roles(place, period, clerk, leader):
    with pytest.raises(InvalidError, match="季末"):
        prepare_all(period=make_period("2018-05"), by=None, span="quarter")
    with pytest.raises(InvalidError, match="12月"):
        prepare_all(period=period, by=None, span="year")
    for user in (clerk, leader):
        with pytest.raises(NotAllowedError):
            prepare_all(period=period, by=user)
    assert not Briefing.objects.exists()


def test_all_are_moved_on_together_and_one_that_is_refused_keeps_none_of_the_others(
    drafts, period, officer, administrator
):
    Briefing.objects.filter(pk=drafts[1].pk).update(state=State.FAILED, message="缺字体。")
    moved = move_all(period=period, span="month", code="review", by=officer, seen=shown())
    assert moved.number == len(drafts) - 1
    [(refused, _)] = moved.refusals
    assert refused.pk == drafts[1].pk
    approved = move_all(period=period, span="month", code="approve", by=administrator, seen=shown(), note=NOTE)
    assert (approved.number, approved.refusals) == (len(drafts) - 1, [])
    assert move_all(period=period, span="month", code="withdraw", by=administrator, seen=shown(), note=NOTE).number == 0


def test_from_one_button_to_issued_editions(place, period, officer, administrator, signed_in):
    make_facility(place.communities[0])
    browser = signed_in(administrator)
    with patch.object(jobs, "enqueue"):
        answer = browser.post(reverse("reports:print_briefings"), {"period": period.pk, "span": "month"}, follow=True)
    address = answer.redirect_chain[-1][0]
    assert "已生成0版，共3版" in markup_of(answer)
    progress = reverse("reports:briefing_month_progress", args=["2018-06", "month"])
    print_queued(Briefing.objects.first().pk)
    assert "已生成1版，共3版" in browser.get(progress, headers={"HX-Request": "true"}).content.decode()
    for briefing in Briefing.objects.filter(state=State.QUEUED):
        print_queued(briefing.pk)
    assert browser.get(progress, headers={"HX-Request": "true"})["HX-Refresh"] == "true"
    for code in ("review", "approve", "issue"):
        form = reverse("reports:move_briefings", args=["2018-06", "month", code])
        assert form in browser.get(address).content.decode()
        assert "3版" in browser.get(form).content.decode()
        with patch.object(jobs, "enqueue"):
            assert (
                browser.post(form, {"note": NOTE, "editions": browser.get(form).context["form"]["editions"].value()})[
                    "Location"
                ]
                == address
            )
    for briefing in Briefing.objects.all():
        print_queued(briefing.pk)
    assert set(Briefing.objects.values_list("stage", flat=True)) == {Stage.ISSUED}


def test_refusals_are_said_edition_by_edition(drafts, administrator, officer, signed_in):
    with patch.object(jobs, "enqueue"):
        move_all(period=drafts[0].period, span="month", code="review", by=officer, seen=shown())
        form = reverse("reports:move_briefings", args=["2018-06", "month", "approve"])
        answer = markup_of(
            signed_in(administrator).post(
                form, {"editions": " ".join(f"{ref}:{version}" for ref, version in shown().items())}, follow=True
            )
        )
    assert "长治市没有签发：" in answer and "请写明为什么" in answer
    assert signed_in(officer).get(form).status_code == 404


def test_the_pages_queries_do_not_grow_and_other_roles_do_not_see_it(drafts, officer, leader, signed_in):
    address = reverse("reports:briefing_month", args=["2018-06", "month"])
    browser = signed_in(officer)
    few = len(queries_of(lambda: browser.get(address)))
    Briefing.objects.filter(pk__in=[each.pk for each in drafts[1:]]).delete()
    assert len(queries_of(lambda: browser.get(address))) == few
    assert signed_in(leader).get(address).status_code == 403
    for wrong in (["2018-06", "week"], ["2017-01", "month"], ["nonsense", "month"]):
        assert browser.get(reverse("reports:briefing_month", args=wrong)).status_code == 404


def test_an_edition_that_has_changed_since_the_page_was_opened_is_not_moved_with_the_others(drafts, period, officer):
    opened = shown()
    Briefing.objects.filter(pk=drafts[1].pk).update(version=99)
    moved = move_all(period=period, span="month", code="review", by=officer, seen=opened)
    assert (moved.number, [each.pk for each, _ in moved.refusals]) == (len(drafts) - 1, [drafts[1].pk])


def test_what_was_issued_is_not_withdrawn_all_at_once(drafts, administrator, signed_in):
    form = reverse("reports:move_briefings", args=["2018-06", "month", "withdraw"])
    assert signed_in(administrator).post(form, {"note": NOTE, "editions": "x:1"}).status_code == 404
