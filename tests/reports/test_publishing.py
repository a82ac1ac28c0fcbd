"""The day of publication: which day it is, what is issued on it, and what the bureau is told where nothing can be."""

from __future__ import annotations

import datetime
from unittest.mock import patch

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from changzhi_portal import jobs
from notices.models import Notice
from periods.models import ReportingPeriod
from reports.actions import print_queued, publish_due, request_issue, save_settings
from reports.actions.settings import SETTINGS
from reports.flow import FLOW
from reports.models import Briefing, BriefingSettings, PublicationDay
from reports.publication import next_publication, publication_day, publication_text, publications_until
from reports.tasks import publish_due as publish_due_task
from submissions.models import Submission
from targets.actions import compute_period
from tests.factories import make_change_set, make_facility
from tests.pages import markup_of
from tests.reports.briefings import figures, make_briefing
from tests.threads import run_in_threads

Stage, State = Briefing.Stage, Briefing.State
Day = datetime.date
DAY = Day(2018, 7, 5)  # a Thursday
SINCE = Day(2018, 6, 20)


def at(day: Day, hour: int = 9) -> datetime.datetime:
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time(hour)))


@pytest.fixture(autouse=True)
def own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"


@pytest.fixture
def june(place, period):
    """Let June 2018 have figures; nothing is sent to workers."""
    make_facility(place.communities[0], area=600)
    with patch.object(jobs, "enqueue"):
        yield period


def chosen(division, *, day: int | None = 5, since: Day = SINCE, **fields) -> BriefingSettings:
    return BriefingSettings.objects.create(
        division=division, publication_day=day, publishes_since=since if day else None, **fields
    )


def accept_all(period: ReportingPeriod, by: User, *counties) -> None:
    now = timezone.now()
    decided = {"submitted_at": now, "submitted_by": by, "reviewed_at": now, "reviewed_by": by}
    for county in counties:
        Submission.objects.create(period=period, county=county, state=Submission.State.ACCEPTED, **decided)


# --- Which day ---


@pytest.mark.parametrize(
    ("month", "day", "appears_on"),
    [
        (Day(2018, 6, 1), 5, Day(2018, 7, 5)),
        (Day(2018, 6, 1), 1, Day(2018, 7, 2)),  # a Sunday
        (Day(2018, 1, 1), 31, Day(2018, 2, 28)),  # a short month
        (Day(2018, 1, 1), 16, Day(2018, 2, 22)),  # 春节
        (Day(2017, 8, 1), 30, Day(2017, 9, 30)),  # a Saturday that is worked
        (Day(2018, 8, 1), 30, Day(2018, 9, 30)),  # a Sunday that is worked
        (Day(2018, 11, 1), 31, Day(2019, 1, 2)),  # 元旦, in the year after: 12-31 was off
        (Day(2019, 12, 1), 24, Day(2020, 2, 3)),  # the spring holiday that was prolonged
    ],
)
def test_an_issue_appears_on_the_day_set_or_the_next_working_day(month, day, appears_on):
    assert publication_day(month, day) == appears_on


def test_days_before_one_was_set_are_not_made_up_for_and_days_missed_are():
    settings = BriefingSettings(publication_day=5, publishes_since=Day(2018, 6, 5))
    found = [(each.month, each.day) for each in publications_until(settings, Day(2018, 8, 7))]
    assert found == [
        (Day(2018, 5, 1), Day(2018, 6, 5)),
        (Day(2018, 6, 1), Day(2018, 7, 5)),
        (Day(2018, 7, 1), Day(2018, 8, 6)),  # the 5th was a Sunday
    ]
    settings.publishes_since = Day(2018, 7, 20)
    assert [each.month for each in publications_until(settings, Day(2018, 8, 5))] == []


@pytest.mark.one_database
@pytest.mark.django_db
def test_the_page_says_the_next_day_and_that_an_unannounced_year_is_estimated(place, administrator, signed_in):
    settings = chosen(place.city, since=Day(2018, 6, 20))
    assert next_publication(settings, Day(2018, 7, 3)) == (Day(2018, 6, 1), DAY)
    assert next_publication(settings, Day(2018, 7, 6)) == (Day(2018, 7, 1), Day(2018, 8, 6))
    assert next_publication(settings, Day(2018, 7, 6)).note == ""
    assert next_publication(settings, Day(2030, 7, 6)).note == "放假安排尚未公布，期限按周末推算。"
    PublicationDay.objects.create(
        division=place.city,
        period=ReportingPeriod.objects.for_month(Day(2018, 6, 1)),
        due_on=DAY,
        done_at=timezone.now(),
    )
    assert next_publication(settings, DAY).month == Day(2018, 7, 1), "June's is out"
    page = markup_of(signed_in(administrator).get(reverse("reports:edit_briefing_settings", args=[place.city.ref])))
    assert "下一期自动印发" in page
    page = markup_of(signed_in(administrator).get(reverse("reports:edit_briefing_settings", args=[place.county.ref])))
    assert "未设置印发日" in page


@pytest.mark.one_database
@pytest.mark.django_db
def test_an_edition_says_on_which_day_it_appears_by_itself_only_if_there_is_one(place):
    draft = make_briefing(place.city, figures=figures())
    assert publication_text(draft, Day(2018, 7, 3)) == ""
    settings = chosen(place.city, since=Day(2018, 6, 20))
    assert publication_text(draft, Day(2018, 7, 3)) == "签发后，2018年7月5日自动印发"
    assert publication_text(draft, Day(2018, 7, 9)) == "印发日（2018年7月5日）已过，签发后自动印发"
    draft.stage = Stage.APPROVED
    assert publication_text(draft, Day(2018, 7, 3)) == "2018年7月5日自动印发"
    draft.edition = 2
    assert publication_text(draft, Day(2018, 7, 3)) == ""
    draft.edition, draft.stage = 1, Stage.DRAFT
    BriefingSettings.objects.filter(pk=settings.pk).update(needs_approval=False)
    assert publication_text(draft, Day(2018, 7, 3)) == "上报都接收后，2018年7月5日自动印发"


@pytest.mark.one_database
@pytest.mark.django_db
def test_a_day_counts_from_when_it_was_first_set(place, administrator):
    values = {name: BriefingSettings._meta.get_field(name).get_default() for name in SETTINGS}
    saved = save_settings(division=place.city, by=administrator, seen=0, values={**values, "publication_day": 5})
    assert saved.publishes_since == timezone.localdate()
    BriefingSettings.objects.update(publishes_since="2018-01-01")
    saved = save_settings(division=place.city, by=administrator, seen=1, values={**values, "publication_day": 9})
    assert saved.publishes_since == Day(2018, 1, 1)
    saved = save_settings(division=place.city, by=administrator, seen=2, values={**values, "publication_day": None})
    assert saved.publishes_since is None
    with pytest.raises(IntegrityError), transaction.atomic():
        BriefingSettings.objects.update(publication_day=5)


# --- What happens on it ---


@pytest.mark.django_db
def test_an_approved_issue_appears_on_its_day_and_not_before(place, june, administrator):
    chosen(place.city)
    draft = publish_due_and_print(DAY)
    assert draft.stage == Stage.DRAFT
    request_issue_until_approved(draft)
    publish_due(moment=at(DAY, 7))
    assert Briefing.objects.get().stage == Stage.APPROVED, "not before eight"
    assert publish_due(moment=at(DAY)) == []
    issuing = Briefing.objects.get()
    assert issuing.stage == Stage.ISSUING
    print_queued(issuing.pk)
    assert publish_due(moment=at(DAY)) == []
    assert Briefing.objects.get().stage == Stage.ISSUED
    assert PublicationDay.objects.get().done_at is not None
    assert [step.made_by for step in issuing.steps.filter(move="issue")] == [None]


def publish_due_and_print(day: Day) -> Briefing:
    publish_due(moment=at(day))
    return print_queued(Briefing.objects.get().pk)


def request_issue_until_approved(draft: Briefing) -> None:
    reviewed = FLOW.make(draft, "review", by=None)
    FLOW.make(reviewed, "approve", by=None, note="系统故障，先签发")


@pytest.mark.django_db
def test_an_issue_that_needs_no_approval_appears_once_every_report_is_accepted(place, june, officer):
    chosen(place.city, needs_approval=False)
    publish_due_and_print(DAY)
    lacking = publish_due(moment=at(DAY))
    assert "上报没有接收" in "".join(lacking[0].sentences)
    assert "签发" not in "".join(lacking[0].sentences)
    accept_all(june, officer, place.county, place.other_county)
    assert publish_due(moment=at(DAY + datetime.timedelta(days=1))) == []
    issuing = Briefing.objects.get()
    assert issuing.stage == Stage.ISSUING
    assert [step.move for step in issuing.steps.order_by("pk")] == ["review", "approve", "issue"]


@pytest.mark.django_db
def test_a_draft_whose_figures_have_moved_is_printed_again_before_it_is_issued(place, june, officer):
    chosen(place.city, needs_approval=False)
    accept_all(june, officer, place.county, place.other_county)
    draft = publish_due_and_print(DAY)
    make_facility(place.communities[1], area=700)
    make_change_set(officer)
    compute_period(june)
    assert publish_due(moment=at(DAY)) == []
    again = Briefing.objects.get()
    assert (again.stage, again.state) == (Stage.DRAFT, State.QUEUED)
    newer = print_queued(draft.pk)
    assert newer.stored_figures.targets[0].met == draft.stored_figures.targets[0].met + 1
    publish_due(moment=at(DAY))
    assert Briefing.objects.get().stage == Stage.ISSUING


@pytest.mark.django_db
def test_the_bureau_is_told_once_a_working_day_what_is_missing_in_one_notice(
    place, june, officer, administrator, leader
):
    chosen(place.city)
    chosen(place.county)
    for hour in (8, 9, 10):
        publish_due(moment=at(DAY, hour))
    notices = Notice.objects.filter(kind="briefing_not_issued")
    assert {notice.user for notice in notices} == {officer, administrator}
    assert len(notices) == 2
    assert notices[0].title == "2期简报到了印发日还没有印发"
    assert "2018年6月长治市简报：还有2个县（市、区）的上报没有接收" in notices[0].text
    assert "2018年6月城区简报：本区的上报没有接收" in notices[0].text
    publish_due(moment=at(Day(2018, 7, 7)))  # a Saturday
    assert notices.all().count() == 2
    publish_due(moment=at(Day(2018, 7, 9)))
    assert notices.all().count() == 4


@pytest.mark.django_db
def test_a_beat_that_was_away_does_on_its_next_run_what_was_due(place, june):
    july = ReportingPeriod.objects.for_month(Day(2018, 7, 1))
    chosen(place.city)
    publish_due(moment=at(Day(2018, 8, 20)))
    assert [each.period for each in Briefing.objects.order_by("period__month")] == [june, july]
    assert list(PublicationDay.objects.values_list("due_on", flat=True)) == [DAY, Day(2018, 8, 6)]


@pytest.mark.django_db
def test_a_division_that_was_none_in_that_month_is_said_and_the_others_go_on(place, june):
    chosen(place.county)
    chosen(place.city)
    type(place.county).objects.filter(pk=place.county.pk).update(valid_from=Day(2018, 7, 1))
    lacking = {each.day.division: "".join(each.sentences) for each in publish_due(moment=at(DAY))}
    assert "没有城区这个区划" in lacking[place.county]
    assert [each.division for each in Briefing.objects.all()] == [place.city]


@pytest.mark.django_db
def test_of_a_county_that_was_closed_nobody_is_told_every_month(place, june):
    chosen(place.county)
    type(place.county).objects.filter(pk=place.county.pk).update(valid_to=Day(2018, 6, 15))
    assert publish_due(moment=at(DAY)) == []
    assert not PublicationDay.objects.exists() and not Briefing.objects.exists()


@pytest.mark.django_db
def test_without_a_day_nothing_happens_nor_in_a_demo(place, june, settings):
    chosen(place.city, day=None)
    publish_due(moment=at(DAY))
    BriefingSettings.objects.update(publication_day=5, publishes_since="2018-06-20")
    settings.DEMO = True
    publish_due_task()
    assert not Briefing.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_beats_at_once_issue_once_and_tell_once(place, june, officer):
    chosen(place.city, needs_approval=False)
    chosen(place.county)
    accept_all(june, officer, place.other_county)

    def beat():
        publish_due(moment=at(DAY))

    run_in_threads(beat, beat, beat)
    assert Briefing.objects.count() == 2
    told = "".join(Notice.objects.filter(user=officer).values_list("text", flat=True))
    assert told.count("本区的上报没有接收") == 1
    assert told.count("1个县（市、区）的上报没有接收") == 1
    accept_all(june, officer, place.county)
    print_queued(Briefing.objects.get(division=place.city).pk)
    run_in_threads(beat, beat, beat)
    issuing = Briefing.objects.get(division=place.city)
    assert issuing.stage == Stage.ISSUING
    assert [step.move for step in issuing.steps.order_by("pk")] == ["review", "approve", "issue"]
    assert print_queued(issuing.pk).stage == Stage.ISSUED
    run_in_threads(beat, beat)
    assert issuing.steps.filter(move="finish").count() == 1


@pytest.mark.django_db
def test_an_issue_that_people_have_issued_already_is_left_alone(place, june):
    chosen(place.city)
    draft = publish_due_and_print(DAY)
    request_issue(draft, note="系统故障，先签发")
    print_queued(draft.pk)
    assert publish_due(moment=at(DAY)) == []
    assert PublicationDay.objects.get().done_at == Briefing.objects.get().issued_at
