"""Tests of the home pages: what is missing first for the bureau, and the clerk's main action as the month goes on."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from changzhi_portal.registers.registry import needed_registers
from tests.factories import make_batch
from tests.pages import markup_of
from tests.submissions.reporting import make_due, overdue, settle

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


@pytest.fixture
def due(place):
    """Create June 2018, due in three days."""
    settle(place)
    return make_due()


def bring_in(user, period, names):
    """Create committed uploads of these registers."""
    for name in names:
        make_batch(user, name, state="committed", period=period, committed_at=timezone.now(), rows=1, new=1)


def main_actions(page):
    """Return the texts of the buttons that stand out on a page."""
    return re.findall(r'<(?:a|button) class="btn btn-primary[^"]*"[^>]*>([^<]*)', page)


def test_the_main_action_of_a_clerk_is_to_upload_until_all_is_in_and_then_to_report(due, clerk, signed_in):
    names = [register.name for register in needed_registers()]
    bring_in(clerk, due, names[:-1])
    assert main_actions(markup_of(signed_in(clerk).get("/"))) == ["上传表格"]
    bring_in(clerk, due, names[-1:])
    assert main_actions(markup_of(signed_in(clerk).get("/"))) == ["检查并上报"]


def test_the_bureau_sees_gaps_as_blanks_and_the_counties_with_most_of_them_first(due, place, clerk, officer, signed_in):
    names = [register.name for register in needed_registers()]
    bring_in(clerk, due, names[:2])
    page = markup_of(signed_in(officer).get("/"))
    assert "还有<b>2</b>个县（市、区）没有报齐" in page
    grid = page[page.index('class="month-grid"') :]
    assert grid.index(place.other_county.name) < grid.index(f">{place.county.name}<")
    assert (grid.count("：已报"), grid.count(">未报<")) == (2, 8)
    bring_in(clerk, due, names[2:])
    page = markup_of(signed_in(officer).get("/"))
    assert '已报齐的县（市、区） <span class="count">1</span>' in page


def test_a_tick_leads_to_the_uploads_behind_it(due, place, clerk, other_clerk, officer, signed_in):
    bring_in(clerk, due, ["facilities", "workers"])
    bring_in(other_clerk, due, ["facilities"])
    page = markup_of(signed_in(officer).get("/"))
    link = re.search(
        rf'href="([^"]*)"[^>]*><span class="tick"[^>]*></span><span[^>]*>{place.county.name}服务设施', page
    )
    listed = signed_in(officer).get(link[1].replace("&amp;", "&")).context["table"].rows
    assert [(row.record.register, row.record.division) for row in listed] == [("facilities", place.county)]


def test_a_clerk_cannot_ask_for_the_uploads_of_another_county(due, place, clerk, other_clerk, signed_in):
    bring_in(other_clerk, due, ["facilities"])
    answer = signed_in(clerk).get(reverse("uploads:list"), {"county": place.other_county.code})
    assert list(answer.context["table"].rows) == []
    assert list(answer.context["filter_form"].errors) == ["county"]


def test_the_last_upload_of_the_month_leads_to_the_report(due, clerk, street_clerk, signed_in):
    names = [register.name for register in needed_registers()]
    bring_in(clerk, due, names[:-1])
    last = make_batch(clerk, names[0], state="committed", period=due, committed_at=timezone.now(), rows=1, new=1)
    page = markup_of(signed_in(clerk).get(reverse("uploads:batch", args=[last.ref])))
    assert "本月已报 4 / 5 张登记表" in page
    assert main_actions(page) == []
    bring_in(clerk, due, names[-1:])
    page = markup_of(signed_in(clerk).get(reverse("uploads:batch", args=[last.ref])))
    assert main_actions(page) == ["检查并上报"]


def test_a_month_that_can_no_longer_be_reported_offers_no_report(due, clerk, signed_in):
    overdue(due, days=20)
    bring_in(clerk, due, [register.name for register in needed_registers()])
    assert main_actions(markup_of(signed_in(clerk).get("/"))) == []
