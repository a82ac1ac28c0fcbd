"""Tests of `manage.py demo` on two counties of the real city, over the months of the merger."""

from __future__ import annotations

import datetime

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pypdf import PdfReader

from accounts.models import ROLE_LEVELS, User
from changelog.models import ChangeSet
from communities.models import Community, CommunityPlacement, Division
from demo.accounts import ACCOUNTS, OFFICER, PASSWORD
from demo.actions import create_accounts
from demo.run import DemoBriefing, newest_briefing
from demo.span import Span
from notices.models import Notice
from orgs.models import SocialOrganization
from periods.models import ReportingPeriod
from reports.models import Briefing
from revisions.models import LockedComparison
from services.models import ServiceProject
from socialworkers.models import SocialWorker
from submissions.models import Submission
from targets.models import Computation, TargetResult
from tests.factories import make_facility
from uploads.models import UploadBatch

pytestmark = pytest.mark.one_database

COUNTIES = ("140402", "140471")
SPAN = Span(datetime.date(2018, 9, 1), datetime.date(2018, 12, 1))
MONTHS = {"first": "2018-09", "last": "2018-12"}
State = Submission.State


@pytest.fixture
def small_city(city, settings, tmp_path):
    """Reduce the real city to the communities of two counties, with folders of its own."""
    settings.VAR_DIR = tmp_path
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.DEMO = False  # the command sets it; pytest-django resets it
    elsewhere = Community.objects.exclude(town__parent__code__in=COUNTIES)
    CommunityPlacement.objects.filter(community__in=elsewhere).delete()
    elsewhere.delete()
    return tmp_path


@pytest.mark.slow
@pytest.mark.django_db
def test_the_demo_comes_in_through_the_upload_path_month_by_month_and_ends_with_a_briefing(
    small_city, settings, capsys, monkeypatch
):
    call_command("demo", **MONTHS)
    output = capsys.readouterr()
    assert PASSWORD in output.out
    assert all(account.username in output.out for account in ACCOUNTS)
    assert all(f"2018-{number:02}: " in output.err for number in range(9, 13))
    _came_in_as_each_offices_own_upload()
    _went_through_the_merger(small_city)
    _months_are_measured_and_all_but_two_locked()
    _counties_reported_at_their_time()
    _people_find_something_to_do_and_no_heap_of_notices()
    _is_printed_as_invented(small_city, output.out)
    assert settings.DEMO is True
    assert (small_city / "demo" / "DEMO").exists()
    _runs_once(capsys)
    _each_start_gives_the_clerks_time(monkeypatch)


def _came_in_as_each_offices_own_upload():
    batches = UploadBatch.objects.select_related("uploaded_by", "division", "period")
    assert {batch.state for batch in batches} == {"committed"}
    assert {batch.errors for batch in batches} == {0}
    assert {batch.period.code for batch in batches} == {"2018-09", "2018-10", "2018-11", "2018-12"}
    first = batches.filter(period__month=SPAN.first)
    for batch in first:
        assert batch.file_name.startswith("演示数据_")
        assert batch.file_name.endswith("_2018-09.xlsx")
    assert first.filter(uploaded_by__username="demo_chengqu").count() == 4
    assert first.get(register="projects").uploaded_by.username == OFFICER
    later = batches.exclude(period__month=SPAN.first).exclude(register="surveys")  # of which a year has one large file
    assert max(batch.rows for batch in later) < 40 < max(batch.rows for batch in first)
    assert ChangeSet.objects.filter(batch__isnull=False).count() == batches.count()
    assert SocialOrganization.objects.count() > 500
    assert SocialWorker.objects.count() > 300
    assert ServiceProject.objects.exists()


def _went_through_the_merger(folder):
    county = Division.objects.get(name="潞州区")
    assert User.objects.get(username="demo_chengqu").division == county
    # The file of a register that the county has not sent is written but not uploaded.
    month = folder / "demo" / "workbooks" / "2018-12"
    sent, ready = (month / f"演示数据_潞州区_{register}_2018-12.xlsx" for register in ("社区", "社会组织"))
    assert sent.exists()
    assert ready.exists()
    assert UploadBatch.objects.get(file_name=sent.name).uploaded_by.username == "demo_chengqu"
    assert not UploadBatch.objects.filter(file_name=ready.name).exists()
    november = SocialOrganization.objects.filter(community__town__parent=county, established_on__gte="2018-11-01")
    assert november.exists()


def _months_are_measured_and_all_but_two_locked():
    periods = {period.code: period for period in ReportingPeriod.objects.all()}
    assert [code for code, period in sorted(periods.items()) if period.is_locked] == ["2018-09", "2018-10"]
    assert all(Computation.objects.is_up_to_date(periods[code]) for code in ("2018-11", "2018-12"))
    assert {each.period.code for each in LockedComparison.objects.select_related("period")} == {"2018-09", "2018-10"}
    results = TargetResult.objects.filter(target__code="urban_facility_area", unknown=0)
    city = list(results.filter(division__code="140400").order_by("period__month"))
    assert [result.judged for result in city] == [59] * 4
    assert city[0].rate < city[-1].rate < 1
    assert results.filter(division__code="140402").count() == 2
    assert results.filter(division__code="140403").count() == 2


def _counties_reported_at_their_time():
    reports = Submission.objects.select_related("period", "county")
    locked = reports.filter(period__month__lt=SPAN.in_arrears)
    assert {report.state for report in locked} == {State.ACCEPTED}
    assert locked.filter(county__code="140402").count() == 2
    for report in locked.filter(is_late=False, county__code="140402"):
        assert report.submitted_by.username == "demo_chengqu"
        assert report.submitted_at.date() > report.period.as_of
    assert not reports.filter(period__month=SPAN.last, county__code="140403").exists()


def _people_find_something_to_do_and_no_heap_of_notices():
    today = timezone.localdate()
    assert ReportingPeriod.objects.in_hand(today).month == SPAN.last
    arrears = ReportingPeriod.objects.get(month=SPAN.in_arrears)
    assert arrears.due_on < today < arrears.late_until
    assert Notice.objects.count() > 10
    assert Notice.objects.filter(seen_at=None).count() <= 10


def _is_printed_as_invented(folder, output):
    newest = newest_briefing(SPAN)
    briefings = Briefing.objects.select_related("period", "division").order_by("pk")
    assert [(each.stage, each.division.code, each.period.code) for each in briefings] == [
        ("issued", "140402", "2018-10"),
        ("issued", "140400", "2018-10"),
        ("draft", "140400", "2018-11"),
    ]
    assert str(newest.path) in output
    for path in (newest.path, DemoBriefing(newest.month, "140402", "城区").path):
        assert path.name.startswith("演示数据_")
        assert "演示数据" in PdfReader(path).pages[0].extract_text()


def _runs_once(capsys):
    before = UploadBatch.objects.count()
    call_command("demo", **MONTHS)
    output = capsys.readouterr()
    assert "are there already" in output.out
    assert "demo_officer" in output.out
    assert output.err == ""
    assert UploadBatch.objects.count() == before


def _each_start_gives_the_clerks_time(monkeypatch):
    much_later = timezone.localdate() + datetime.timedelta(days=400)
    monkeypatch.setattr("django.utils.timezone.localdate", lambda *_: much_later)
    call_command("demo", **MONTHS)
    assert ReportingPeriod.objects.get(month=SPAN.last).due_on > much_later
    assert ReportingPeriod.objects.get(month=SPAN.in_arrears).late_until > much_later


@pytest.mark.django_db
def test_demo_accounts_sign_in_at_once(small_city):
    create_accounts()
    for account in ACCOUNTS:
        user = User.objects.get(username=account.username)
        assert user.check_password(PASSWORD)
        assert not user.must_change_password
        assert (user.role, user.division.code) == (account.role, account.division_code)
        assert user.division.level in ROLE_LEVELS[user.role]
        assert not user.email
        user.full_clean()


@pytest.mark.django_db
def test_the_demo_does_not_go_among_other_peoples_data(small_city, settings):
    make_facility(Community.objects.first())
    with pytest.raises(CommandError, match="hold data already") as refused:
        call_command("demo")
    assert refused.value.returncode == 3
    assert not User.objects.exists()
    assert not (small_city / "demo").exists()
    assert settings.DEMO is False


@pytest.mark.django_db
def test_the_demo_does_not_go_on_with_one_of_an_older_edition(small_city):
    (small_city / "demo").mkdir()
    (small_city / "demo" / "DEMO").write_text("演示数据\n")
    with pytest.raises(CommandError, match="older edition") as refused:
        call_command("demo")
    assert refused.value.returncode == 3
    assert not User.objects.exists()


@pytest.mark.django_db
def test_the_demo_does_not_go_into_production(small_city, settings):
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="production installation") as refused:
        call_command("demo")
    assert refused.value.returncode == 3
    assert not User.objects.exists()
    assert Division.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("months", [("2018-06", "2018-07"), ("2017-10", "2018-06"), ("2018-06", "2020-07")])
def test_a_demo_has_at_least_three_months_of_its_time(small_city, months):
    with pytest.raises(CommandError, match="at least 3 months") as refused:
        call_command("demo", first=months[0], last=months[1])
    assert refused.value.returncode == 3
    assert not User.objects.exists()
