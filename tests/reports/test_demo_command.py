"""`manage.py demo` on two counties of the real city: the same way in as every office's, once, and never among real data."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command
from pypdf import PdfReader

from accounts.models import ROLE_LEVELS, User
from changelog.models import ChangeSet
from communities.models import Community, CommunityPlacement, Division
from orgs.models import SocialOrganization
from reports.demo.accounts import ACCOUNTS, OFFICER, PASSWORD, create_accounts
from reports.models import Briefing
from services.models import ServiceProject
from socialworkers.models import SocialWorker
from targets.models import TargetResult
from tests.factories import make_facility
from uploads.models import UploadBatch

COUNTIES = ("140402", "140471")


@pytest.fixture
def small_city(city, settings, tmp_path):
    """The real city with the communities of two counties, in an installation of its own."""
    settings.VAR_DIR = tmp_path
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.DEMO = False  # the command sets it; the fixture sets it back
    elsewhere = Community.objects.exclude(town__parent__code__in=COUNTIES)
    CommunityPlacement.objects.filter(community__in=elsewhere).delete()
    elsewhere.delete()
    return tmp_path


@pytest.mark.slow
@pytest.mark.django_db
def test_the_demo_comes_in_through_the_upload_path_and_ends_with_a_briefing(small_city, settings, capsys):
    call_command("demo")
    said = capsys.readouterr()
    assert PASSWORD in said.out
    assert all(account.username in said.out for account in ACCOUNTS)
    assert "[9/9]" in said.err
    _came_in_as_each_offices_own_upload()
    _is_measured()
    _is_printed_as_invented(small_city, said.out)
    assert settings.DEMO is True
    assert (small_city / "demo" / "DEMO").exists()
    _runs_once(capsys)


def _came_in_as_each_offices_own_upload():
    batches = UploadBatch.objects.select_related("uploaded_by", "division", "period")
    assert {batch.state for batch in batches} == {"committed"}
    assert {batch.period.code for batch in batches} == {"2018-06"}
    assert {batch.errors for batch in batches} == {0}
    for batch in batches:
        assert batch.division == batch.uploaded_by.division
        assert batch.file_name.startswith("演示数据_")
    assert batches.filter(uploaded_by__username="demo_chengqu").count() == 4
    assert batches.get(register="projects").uploaded_by.username == OFFICER
    assert ChangeSet.objects.filter(batch__isnull=False).count() == batches.count()
    assert SocialOrganization.objects.count() > 500
    assert SocialWorker.objects.count() > 300
    assert ServiceProject.objects.exists()


def _is_measured():
    city_results = TargetResult.objects.filter(division__code="140400", target__code="urban_facility_area")
    result = city_results.get()
    assert result.judged == 59
    assert result.unknown == 0
    assert 0.3 < result.rate < 0.95


def _is_printed_as_invented(folder, said):
    briefing = Briefing.objects.get()
    assert (briefing.state, briefing.division.code, briefing.period.code) == ("printed", "140400", "2018-06")
    (pdf,) = (folder / "demo").glob("*.pdf")
    assert str(pdf) in said
    assert "演示数据" in PdfReader(pdf).pages[0].extract_text()


def _runs_once(capsys):
    before = UploadBatch.objects.count()
    call_command("demo")
    said = capsys.readouterr()
    assert "are there already" in said.out
    assert "demo_officer" in said.out
    assert said.err == ""
    assert UploadBatch.objects.count() == before


@pytest.mark.django_db
def test_demo_accounts_sign_in_at_once(small_city):
    create_accounts()
    for account in ACCOUNTS:
        user = User.objects.get(username=account.username)
        assert user.check_password(PASSWORD)
        assert not user.must_change_password
        assert (user.role, user.division.code) == (account.role, account.division_code)
        assert user.division.level in ROLE_LEVELS[user.duty]
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
def test_the_demo_does_not_go_into_production(small_city, settings):
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="production installation") as refused:
        call_command("demo")
    assert refused.value.returncode == 3
    assert not User.objects.exists()
    assert Division.objects.exists()
