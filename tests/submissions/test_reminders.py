"""Reminders of unreported months: who is notified, and how often."""

import datetime

import pytest
from django.db import connections
from django.utils import timezone

from accounts.models import Role, User
from changzhi_portal.refusals import NotAllowedError, StaleError
from communities.models import Division
from notices.models import Notice
from periods.models import ReportingPeriod
from submissions.actions import remind_automatically, remind_counties, return_submission, submit_month
from submissions.models import Reminder
from submissions.report_status import deadline_text
from submissions.tasks import update_calendar
from tests.factories import make_division, make_period, make_place, make_user
from tests.queries import queries_of
from tests.submissions.reporting import make_due, settle
from tests.threads import run_in_threads


def at(day: datetime.date, hour: int = 9) -> datetime.datetime:
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time(hour)))


def titles_of(user):
    return list(Notice.objects.filter(user=user).order_by("pk").values_list("title", flat=True))


# --- By hand ---


@pytest.mark.django_db
def test_the_clerks_of_a_county_that_owes_the_month_are_told_until_when(place, due, clerk, other_clerk, officer):
    submit_month(period=due, county=place.other_county, by=other_clerk)
    (sent,) = remind_counties(period=due, by=officer)
    assert (sent.county, sent.asked_by, sent.notices) == (place.county, officer, 1)
    notice = Notice.objects.get()
    assert notice.user == clerk
    until = f"{due.due_on.year}年{due.due_on.month}月{due.due_on.day}日"
    assert notice.title == f"城区2018年6月还没有上报，{until}截止，还有3天"
    assert notice.url == "/submissions/201806-140402/"
    assert notice.about == "201806-140402"


@pytest.mark.django_db
def test_a_county_with_a_long_name_is_told_all_the_same(place, due, officer):
    county = make_division("140498", "名" * 50, place.city)
    clerk = make_user(Role.DISTRICT_CLERK, county)
    overdue = make_due(in_days=-2)
    assert len(remind_counties(period=overdue, by=officer, counties=[county])) == 1
    (title,) = titles_of(clerk)
    assert len(title) == 80 and title.endswith("…")


@pytest.mark.django_db
def test_one_county_alone_is_reminded_and_not_twice_on_the_same_day(place, due, clerk, other_clerk, officer):
    assert len(remind_counties(period=due, by=officer, counties=[place.county])) == 1
    assert remind_counties(period=due, by=officer, counties=[place.county]) == []
    assert [sent.county for sent in remind_counties(period=due, by=officer)] == [place.other_county]
    tomorrow = timezone.localdate() + datetime.timedelta(1)
    assert len(remind_counties(period=due, by=officer, day=tomorrow)) == 2
    assert len(titles_of(clerk)) == 2


@pytest.mark.django_db
def test_whose_report_was_returned_is_reminded_with_the_note_inside_the_portal_only(place, due, clerk, officer):
    submission = submit_month(period=due, county=place.county, by=clerk)
    return_submission(submission=submission, note="王某某的证书号不对", by=officer)
    remind_counties(period=due, by=officer, counties=[place.county])
    User.objects.filter(pk=clerk.pk).update(email="clerk@example.invalid")
    returned, reminded = Notice.objects.filter(user=clerk).order_by("pk")
    assert returned.title == "城区2018年6月上报被退回，请改正后重新上报"
    assert "被退回后还没有重新上报" in reminded.title
    for notice in (returned, reminded):
        assert "王某某" in notice.text
        assert "王某某" not in notice.title


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["clerk", "street_clerk", "leader", "auditor"])
def test_only_the_bureau_reminds(who, request, due):
    with pytest.raises(NotAllowedError):
        remind_counties(period=due, by=request.getfixturevalue(who))


@pytest.mark.django_db
def test_nobody_is_reminded_of_a_month_that_cannot_be_reported(place, due, officer):
    ReportingPeriod.objects.update(state="locked", locked_at=timezone.now(), locked_by=officer)
    with pytest.raises(StaleError):
        remind_counties(period=ReportingPeriod.objects.get(), by=officer)


@pytest.mark.django_db
def test_a_county_without_a_clerk_is_noted_so_that_somebody_telephones(place, due, officer):
    sent = remind_counties(period=due, by=officer)
    assert [reminder.notices for reminder in sent] == [0, 0]


@pytest.mark.django_db
def test_the_clerk_of_a_successor_is_told_about_the_county_it_succeeded(place, due, officer):
    day = datetime.date(2018, 7, 23)
    successor = make_division("140403", "潞州区", place.city, valid_from=day)
    old = place.county
    Division.objects.filter(pk=old.pk).update(valid_to=day, successor=successor, path=f"{successor.path}{old.code}/")
    clerk = make_user(Role.DISTRICT_CLERK, successor)
    remind_counties(period=due, by=officer)
    assert [title[:8] for title in titles_of(clerk)] == ["城区2018年6"]


@pytest.mark.django_db
def test_somebody_who_left_and_a_street_are_not_told(place, due, clerk, street_clerk, officer):
    User.objects.filter(pk=clerk.pk).update(is_active=False)
    remind_counties(period=due, by=officer)
    assert not Notice.objects.exists()


@pytest.mark.django_db
def test_reminding_costs_the_same_for_any_number_of_counties(place, due, clerk, other_clerk, officer):
    few = len(queries_of(lambda: remind_counties(period=due, by=officer)))
    for number in range(20):
        county = make_division(f"1405{number:02d}", f"演示第{number}县", place.city)
        make_user(Role.DISTRICT_CLERK, county)
    tomorrow = timezone.localdate() + datetime.timedelta(1)
    many = queries_of(lambda: remind_counties(period=due, by=officer, day=tomorrow))
    assert Reminder.objects.count() == 24
    assert len(many) == few


@pytest.mark.django_db(transaction=True)
def test_two_people_who_press_the_button_at_once_remind_once():
    place = make_place()
    settle(place)
    due = make_due()
    clerk = make_user(Role.DISTRICT_CLERK, place.county)
    officers = [make_user(Role.BUREAU_OFFICER, place.city) for _ in range(3)]
    run_in_threads(*(lambda by=by: remind_counties(period=due, by=by) for by in officers))
    connections.close_all()
    assert len(titles_of(clerk)) == 1
    assert Reminder.objects.count() == 2


# --- Automatic reminders ---


@pytest.mark.django_db
def test_a_county_is_reminded_by_itself_once_before_and_once_after_the_day_it_is_due(place, due, clerk, other_clerk):
    submit_month(period=due, county=place.other_county, by=other_clerk)
    sent = {}
    for days in range(-6, 14):
        day = due.due_on + datetime.timedelta(days)
        for hour in (3, 9, 15):
            for reminder in remind_automatically(moment=at(day, hour)):
                sent[days, hour] = (reminder.county.name, reminder.occasion)
    assert sent == {(-3, 9): ("城区", "due_soon"), (1, 9): ("城区", "overdue")}
    assert [title.split("，")[0] for title in titles_of(clerk)] == ["城区2018年6月还没有上报"] * 2
    assert not titles_of(other_clerk)


@pytest.mark.django_db
def test_a_beat_that_stood_still_makes_up_for_what_is_still_of_use(place, due, clerk, settings):
    settings.REMIND_DAYS_BEFORE = 5
    assert len(remind_automatically(moment=at(due.due_on))) == 2, "the last day is still of use"
    assert remind_automatically(moment=at(due.late_until + datetime.timedelta(1))) == []
    assert {reminder.occasion for reminder in Reminder.objects.all()} == {"due_soon"}


@pytest.mark.django_db
def test_months_of_long_ago_and_upcoming_ones_are_left_in_peace(place, clerk):
    make_period("2018-06")
    make_period("2099-01")
    assert remind_automatically(moment=at(timezone.localdate())) == []


@pytest.mark.django_db
@pytest.mark.parametrize("is_demo", [True, False])
def test_the_clock_opens_this_month_but_for_a_demo(is_demo, place, settings):
    settings.DEMO = is_demo
    update_calendar()
    update_calendar()
    assert ReportingPeriod.objects.count() == (0 if is_demo else 3)


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (2, "2018年7月5日截止，还有3天"),
        (5, "今天截止"),
        (6, "2018年7月5日已截止，现在上报记为迟报，最晚2018年7月15日"),
        (15, "2018年7月5日已截止，现在上报记为迟报，最晚2018年7月15日"),
        (16, "迟报截止日2018年7月15日已过，只能由市局业务员代为上报"),
    ],
)
def test_a_deadline_reads_as_a_clerk_needs_it(day, words):
    period = ReportingPeriod(due_on=datetime.date(2018, 7, 5), late_until=datetime.date(2018, 7, 15))
    assert deadline_text(period, datetime.date(2018, 7, day)) == words
