"""The page on which a clerk gives the counts of one community, the list and page of reports, and who is reminded."""

from __future__ import annotations

import datetime
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from changelog.actions import find_undoing, undo_changes
from changelog.models import ChangeSet
from changzhi_portal.thresholds import DEFAULTS, Thresholds
from communities.models import Community, MonthlyReport
from communities.monthly.counted import is_asked
from communities.sheets.monthly import COUNTS
from communities.thresholds import MONTHS_BETWEEN_COUNTS
from periods.models import CheckThresholds, ReportingPeriod
from tests.communities.test_monthly_counts import numbers_of
from tests.factories import Place, make_facility, make_governance_body, make_monthly_report, make_period
from tests.forms import sent_by
from tests.pages import markup_of
from tests.queries import queries_of

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


def address(community: Community) -> str:
    return reverse("communities:monthly_counts", args=[community.ref])


def save(client: Client, community: Community, go: str = "next", **changes: Any) -> Any:
    return client.post(address(community), sent_by(client.get(address(community))) | changes | {"go": go})


# --- Giving counts ---


def test_a_page_of_eight_fields_comes_prefilled_and_is_saved_as_it_is(
    place: Place, street_clerk: User, entering: Client
):
    first, second, _ = place.communities
    make_monthly_report(first, "2018-03", note="旧的说明", **dict.fromkeys(COUNTS, 4))
    shown = entering.get(address(first))
    form = shown.context["form"]
    assert len(form.shown) == 8 <= 8
    assert [bound.value() for bound in form.shown] == ["4"] * 7 + [""], (
        "what was said of a month is not said of the next"
    )
    assert (form["meetings"].was.when, form["meetings"].was.text) == ("上次（2018年3月）", "4")
    page = markup_of(shown)
    typed = re.findall(r'<input type="(?:text|number)"[^>]*>|<select|<textarea', page.split('class="entry-form"')[1])
    assert len(typed) <= 8, typed
    answer = save(entering, first)
    assert answer["Location"] == address(second)
    report = MonthlyReport.objects.get(month=datetime.date(2018, 6, 1))
    assert numbers_of(report) == dict.fromkeys(COUNTS, 4)
    change_set = ChangeSet.objects.get()
    assert (change_set.made_by, change_set.summary) == (street_clerk, "2018年6月社区月报：和平社区居委会")


def test_the_first_report_of_a_community_is_given_on_the_page(place: Place, entering: Client):
    first = place.communities[0]
    assert save(entering, first, meetings="5", ledgers="8").status_code == 302
    assert numbers_of(MonthlyReport.objects.get(community=first)) == {"meetings": 5, "ledgers": 8}


def test_a_version_that_cannot_be_read_is_said_in_one_sentence(place: Place, entering: Client):
    answer = save(entering, place.communities[0], meetings="5", version="None")
    assert answer.status_code == 422 and "页面没有打开完整，没有保存" in markup_of(answer)
    assert not MonthlyReport.objects.exists()


def test_two_clicks_from_home(place: Place, entering: Client):
    home = markup_of(entering.get("/"))
    assert f'href="{address(place.communities[0])}"' in home, "one click opens the first community"
    listed = markup_of(entering.get(f"{reverse('communities:monthly')}?division={place.street.code}"))
    assert all(f'href="{address(each)}"' in listed for each in place.communities), "two clicks open any"
    for each in place.communities:
        make_monthly_report(each)
    home = markup_of(entering.get("/"))
    assert "已填 3 / 3" in home and f'href="{address(place.communities[0])}"' not in home


def test_only_what_was_changed_is_written_of_a_month_that_is_there(place: Place, entering: Client):
    report = make_monthly_report(place.communities[0], signs_outside=3, meetings=6)
    save(entering, place.communities[0], meetings="7", ledgers="9", note="补报")
    report.refresh_from_db()
    assert (report.note, report.version) == ("补报", 2)
    assert numbers_of(report) == {"signs_outside": 3, "meetings": 7, "ledgers": 9}
    ref = ChangeSet.objects.get().ref
    undo_changes(ref=ref, by=report_owner(entering), seen=find_undoing(ref=ref, by=report_owner(entering)).reversible)
    assert numbers_of(report) == {"signs_outside": 3, "meetings": 6}


def report_owner(client: Client) -> User:
    return User.objects.get(pk=client.session["_auth_user_id"])


def test_a_save_that_is_sent_twice_is_one(place: Place, entering: Client):
    community = place.communities[0]
    sent = sent_by(entering.get(address(community))) | {"meetings": "5", "inspections": "0", "go": "stay"}
    assert entering.post(address(community), sent).status_code == 302
    assert entering.post(address(community), sent).status_code == 302
    assert ChangeSet.objects.count() == 1


def test_who_opened_the_page_before_somebody_else_saved_sees_both(place: Place, entering: Client, clerk: User):
    community = place.communities[0]
    opened = sent_by(entering.get(address(community))) | {"meetings": "5", "go": "stay"}
    report = make_monthly_report(community, meetings=8)
    answer = entering.post(address(community), opened)
    assert answer.status_code == 409
    assert "参加会议（次）：登记的是8" in markup_of(answer)
    assert numbers_of(report) == {"meetings": 8}
    again = entering.post(address(community), sent_by(answer) | {"go": "stay"})
    assert again.status_code == 302 and numbers_of(report) == {"meetings": 5}
    opened = sent_by(entering.get(address(community))) | {"meetings": "6", "go": "stay"}
    MonthlyReport.objects.update(version=9)
    assert entering.post(address(community), opened).status_code == 409


def test_what_is_wrong_stands_at_its_field_and_what_is_odd_is_asked_once(place: Place, entering: Client):
    community = place.communities[0]
    answer = save(entering, community, meetings="很多")
    assert answer.status_code == 422 and answer.context["form"].errors["meetings"]
    assert save(entering, community).status_code == 302, "nothing was typed"
    assert not MonthlyReport.objects.exists()
    asked = save(entering, community, certificates="5000")
    assert asked.status_code == 200 and "出具证明（件）是5,000，不合常理" in markup_of(asked)
    assert not MonthlyReport.objects.exists()
    assert entering.post(address(community), sent_by(asked) | {"go": "stay"}).status_code == 302
    assert numbers_of(MonthlyReport.objects.get()) == {"certificates": 5_000}


def test_a_page_of_another_month_or_place_is_not_taken(place: Place, entering: Client, period: ReportingPeriod):
    community = place.communities[0]
    sent = sent_by(entering.get(address(community))) | {"meetings": "5", "month": "2018-03", "go": "stay"}
    entering.post(address(community), sent)
    assert not MonthlyReport.objects.exists()
    assert entering.get(address(place.other_communities[0])).status_code == 404
    ReportingPeriod.objects.update(state=ReportingPeriod.State.UPCOMING)
    assert entering.get(address(community))["Location"] == community.get_absolute_url()
    assert entering.post(address(community), sent)["Location"] == community.get_absolute_url()
    assert not MonthlyReport.objects.exists()


# --- Which months ask ---


def test_a_quarters_last_month_asks_and_every_month_where_the_bureau_says_so(
    place: Place, entering: Client, officer: User
):
    assert [month for month in range(1, 13) if is_asked(month, DEFAULTS)] == [3, 6, 9, 12]
    monthly = Thresholds({MONTHS_BETWEEN_COUNTS.code: 1})
    assert all(is_asked(month, monthly) for month in range(1, 13))
    heading = '<h2 class="main-thing">社区月报</h2>'
    assert heading in markup_of(entering.get("/"))
    ReportingPeriod.objects.update(state=ReportingPeriod.State.UPCOMING)
    may = make_period("2018-05")
    assert may.state == ReportingPeriod.State.OPEN
    assert heading not in markup_of(entering.get("/")), "May is not asked, so that nobody is reminded"
    assert entering.get(address(place.communities[0])).status_code == 200, "but it is taken"
    CheckThresholds.objects.create(
        number=1,
        valid_from=may.month,
        values={MONTHS_BETWEEN_COUNTS.code: 1},
        changes="每月",
        reason="演示",
        made_by=officer,
    )
    assert heading in markup_of(entering.get("/"))


# --- The list, the page, the community's page ---


def test_the_list_is_filtered_by_place_and_month_at_a_fixed_number_of_queries(
    place: Place, clerk: User, signed_in: Any
):
    for community in place.communities:
        make_monthly_report(community, "2018-03", meetings=5)
        make_monthly_report(community, "2018-06", meetings=7)
    make_monthly_report(place.villages[0], "2018-06")
    browser = signed_in(clerk)
    listed = reverse("communities:count_list")
    rows = browser.get(listed).context["table"].rows
    assert [row.record.month.month for row in rows] == [6, 6, 6, 3, 3, 3]
    first = markup_of(browser.get(listed))
    assert "2018年6月" in first and place.villages[0].name not in first
    asked = {"q": "和平", "month_from": "2018-04-01", "month_to": "2018-06-30"}
    assert [str(row.record) for row in browser.get(listed, asked).context["table"].rows] == [
        "和平社区居委会2018年6月月报"
    ]
    few = len(queries_of(lambda: browser.get(listed)))
    for month in ("2017-12", "2018-09", "2018-12"):
        for community in place.communities:
            make_monthly_report(community, month)
    assert len(queries_of(lambda: browser.get(listed))) == few


def test_a_report_has_a_page_and_is_on_its_communitys(place: Place, clerk: User, signed_in: Any):
    report = make_monthly_report(place.communities[0], meetings=7, leaders=0, note="含网格会")
    browser = signed_in(clerk)
    facts = {fact.label: fact.value for fact in browser.get(report.get_absolute_url()).context["facts"]}
    assert (facts["月份"], facts["参加会议（次）"], facts["居民骨干"], facts["室外牌子"], facts["备注"]) == (
        "2018年6月", "7", "0", "—", "含网格会",
    )  # fmt: skip
    page = markup_of(browser.get(place.communities[0].get_absolute_url()))
    assert f'href="{report.get_absolute_url()}"' in page


# --- 组织健全 ---


def test_the_list_of_communities_says_what_is_missing_and_is_filtered_by_it(place: Place, clerk: User, signed_in: Any):
    first, second, third = place.communities
    for community in (first, second):
        for kind in ("party", "committee", "supervision", "mass"):
            make_governance_body(community, kind, exists=not (community == second and kind == "mass"))
        for kind in ("groups", "representatives"):
            make_governance_body(community, kind, number=4)
    browser = signed_in(clerk)
    listed = reverse("communities:community_list")
    page = markup_of(browser.get(listed))
    assert "不健全：没有群团组织" in page and "未知：没有填社区党组织" in page
    for verdict, names in (
        ("complete", {first.name}),
        ("incomplete", {second.name}),
        ("unknown", {third.name, *(each.name for each in place.other_communities)}),
    ):
        rows = browser.get(listed, {"bodies": verdict}).context["table"].rows
        assert {row.record.name for row in rows} == names
    own = markup_of(browser.get(second.get_absolute_url()))
    assert "组织不健全：没有群团组织。" in own
    few = len(queries_of(lambda: browser.get(listed, {"bodies": "incomplete"})))
    for community in place.other_communities:
        make_governance_body(community, "party", exists=False)
    assert len(queries_of(lambda: browser.get(listed, {"bodies": "incomplete"}))) == few


def test_facilities_are_filtered_by_what_they_are_for_and_how_they_came_about(
    place: Place, clerk: User, signed_in: Any
):
    one = make_facility(place.communities[0], functions=["party", "elderly"], construction_mode="donated")
    make_facility(place.communities[0], functions=["party"], construction_mode="new")
    listed = reverse("communities:facility_list")
    browser = signed_in(clerk)
    for asked in ({"function": "elderly"}, {"construction_mode": "donated"}):
        assert [row.record for row in browser.get(listed, asked).context["table"].rows] == [one]
