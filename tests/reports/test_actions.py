"""Tests of printing drafts: one worker per row, figures of today, and a reason for every failure."""

from __future__ import annotations

import datetime
import stat
from unittest.mock import patch

import pytest
from django.db import OperationalError, transaction
from django.utils import timezone

from accounts.models import Role
from changzhi_portal import jobs
from changzhi_portal.jobs import LEASE, MAX_ATTEMPTS
from changzhi_portal.refusals import InvalidError, NotAllowedError, UnavailableError
from communities.models import Community
from periods.models import ReportingPeriod
from reports import tasks
from reports.actions import drafted, files, prepare_briefing, print_briefing, print_queued
from reports.jobs import PRINT
from reports.models import Briefing
from reports.storage import file_path
from targets.actions import compute_period
from targets.models import Computation
from tests.factories import home_of, make_change_set, make_facility, make_organization, make_period, make_user
from tests.reports.briefings import pdf_of

State = Briefing.State
pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


@pytest.fixture(autouse=True)
def own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"


@pytest.fixture
def facts(place):
    make_facility(place.communities[0], area=600)
    make_facility(place.communities[1], area="499.99")
    return place


@pytest.fixture
def queued(facts, period):
    """Create the city's briefing of June 2018, queued."""
    return prepare_briefing(period=period, division=facts.city, by=None, queue=False)


def lock(period, by):
    ReportingPeriod.objects.filter(pk=period.pk).update(
        state=ReportingPeriod.State.LOCKED, locked_at=timezone.now(), locked_by=by
    )


def again(briefing):
    """Request and print the same issue once more."""
    prepare_briefing(period=briefing.period, division=briefing.division, by=None, queue=False)
    return print_queued(briefing.pk)


def went_silent(briefing, **values):
    Briefing.objects.filter(pk=briefing.pk).update(
        heartbeat_at=timezone.now() - LEASE - datetime.timedelta(seconds=1), **values
    )


# --- Requesting an issue ---


@pytest.mark.parametrize(
    ("month", "issue", "total"),
    [("2017-11", 11, 1), ("2017-12", 12, 2), ("2018-01", 1, 3), ("2018-06", 6, 8), ("2020-12", 12, 38)],
)
def test_issues_are_numbered_by_the_month_and_from_the_plans_first(place, month, issue, total):
    briefing = prepare_briefing(period=make_period(month), division=place.city, by=None, queue=False)
    assert (briefing.issue_number, briefing.total_number) == (issue, total)
    assert briefing.number_line == f"第{issue}期（总第{total}期）"


def test_months_before_the_plan_have_no_issue(place):
    with pytest.raises(InvalidError):
        prepare_briefing(period=make_period("2017-10"), division=place.city, by=None, queue=False)
    assert not Briefing.objects.exists()


def test_asking_twice_makes_one_issue(queued):
    same = prepare_briefing(period=queued.period, division=queued.division, by=None, queue=False)
    assert same.pk == queued.pk
    assert Briefing.objects.count() == 1


def test_an_issue_being_printed_is_left_alone(queued):
    Briefing.objects.update(state=State.PRINTING, claim_token="somebody", step="正在绘图和排版")
    prepare_briefing(period=queued.period, division=queued.division, by=None, queue=False)
    queued.refresh_from_db()
    assert (queued.state, queued.claim_token) == (State.PRINTING, "somebody")


def test_asking_again_keeps_what_people_have_changed(queued):
    Briefing.objects.update(state=State.FAILED, message="缺字体。", next_steps="手写的。", copies=99)
    asked = prepare_briefing(period=queued.period, division=queued.division, by=None, queue=False)
    assert (asked.state, asked.message, asked.next_steps, asked.copies) == (State.QUEUED, "", "手写的。", 99)


def test_a_county_edition_goes_to_the_city_bureau_and_the_towns(place, period):
    briefing = prepare_briefing(period=period, division=place.county, by=None, queue=False)
    assert briefing.reported_to == "长治市民政局"
    assert briefing.distributed_to == "各街道办事处、乡镇人民政府"


@pytest.mark.parametrize("role", [Role.DISTRICT_CLERK, Role.STREET_CLERK, Role.LEADER, Role.AUDITOR])
def test_only_the_bureau_prints(place, period, role):
    where = home_of(role, place)
    with pytest.raises(NotAllowedError, match="角色"):
        prepare_briefing(period=period, division=where, by=make_user(role, where))
    assert not Briefing.objects.exists()


def test_nobody_prints_for_another_area(place, period):
    elsewhere = make_user(Role.BUREAU_OFFICER, place.other_county)
    with pytest.raises(NotAllowedError, match="这个区划"):
        prepare_briefing(period=period, division=place.county, by=elsewhere)


def test_a_town_has_no_issue(place, period, officer):
    with pytest.raises(InvalidError):
        prepare_briefing(period=period, division=place.street, by=officer)


def test_the_queue_is_told_once_the_row_is_there(place, period, officer, django_capture_on_commit_callbacks):
    with patch.object(jobs, "enqueue") as enqueue:
        with django_capture_on_commit_callbacks(execute=True):
            briefing = prepare_briefing(period=period, division=place.city, by=officer)
            enqueue.assert_not_called()
        enqueue.assert_called_once_with("reports.tasks.print_briefing", "reports", briefing.pk, expires=None)


# --- Printing ---


def test_a_queued_issue_is_measured_printed_and_kept_for_the_portal_alone(queued):
    assert not Computation.objects.exists()
    print_briefing(queued.pk)
    queued.refresh_from_db()
    assert (queued.state, queued.message, queued.step) == (State.PRINTED, "", "")
    assert queued.printed_at is not None
    assert queued.stored_figures.targets[0].met == 1
    path = pdf_of(queued)
    assert path.read_bytes().startswith(b"%PDF-")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    kept = {file_path(file.name) for file in queued.files.all()}
    assert len(kept) == 4
    assert set(path.parent.iterdir()) == kept, "nothing half-written is left beside them"


def test_printing_again_gives_the_same_figures_and_the_same_file(queued):
    first = print_queued(queued.pk)
    data = pdf_of(first).read_bytes()
    second = again(first)
    assert second.figures == first.figures
    assert second.printed_at > first.printed_at
    assert pdf_of(second).read_bytes() == data


def test_changed_registers_are_measured_anew_before_printing(queued, facts, officer):
    first = print_queued(queued.pk)
    make_facility(facts.communities[2], area=700)
    make_change_set(officer)
    assert again(first).stored_figures.targets[0].met == first.stored_figures.targets[0].met + 1


def test_a_month_locked_after_an_early_print_is_printed_with_its_locked_figures(queued, facts, officer):
    first = print_queued(queued.pk)
    make_facility(facts.communities[2], area=700)
    make_change_set(officer)
    compute_period(queued.period)
    lock(queued.period, officer)
    assert again(first).stored_figures.targets[0].met == 2


def test_a_task_that_runs_twice_prints_once(queued):
    tasks.print_briefing(queued.pk)
    printed_at = Briefing.objects.get().printed_at
    tasks.print_briefing(queued.pk)
    assert Briefing.objects.get().printed_at == printed_at
    assert Briefing.objects.get().attempts == 1


def test_an_issue_that_is_gone_is_printed_for_nobody():
    assert print_queued(987_654_321) is None


def test_a_character_without_a_glyph_ends_as_failed_with_the_character_named(queued, facts):
    Community.objects.filter(pk=facts.communities[1].pk).update(name="和\ue123平社区")
    facts.communities[1].placements.update(name="和\ue123平社区")
    print_briefing(queued.pk)
    queued.refresh_from_db()
    assert queued.state == State.FAILED
    assert "U+E123" in queued.message
    assert (queued.file_of("pdf"), queued.printed_at, queued.step) == (None, None, "")


def test_a_missing_font_ends_as_failed_with_the_cure(queued, settings, tmp_path):
    settings.FONT_DIR = tmp_path
    print_briefing(queued.pk)
    queued.refresh_from_db()
    assert queued.state == State.FAILED
    assert "FandolFang-Regular.otf" in queued.message and "make setup" in queued.message


def test_a_failed_reprint_leaves_the_earlier_pdf(queued, settings, tmp_path, facts, officer):
    first = print_queued(queued.pk)
    data = pdf_of(first).read_bytes()
    make_facility(facts.communities[2], area=700)
    make_change_set(officer)
    settings.FONT_DIR = tmp_path
    with pytest.raises(UnavailableError):
        again(first)
    failed = Briefing.objects.get()
    assert failed.state == State.FAILED
    assert failed.printed_at == first.printed_at
    assert pdf_of(failed).read_bytes() == data


def test_an_error_of_ours_ends_as_failed_with_a_sentence(queued):
    with patch.object(files, "issue_markup", side_effect=KeyError("targets")):
        print_briefing(queued.pk)
    queued.refresh_from_db()
    assert queued.state == State.FAILED
    assert queued.message.startswith("生成简报时系统出错")


def test_a_database_that_went_away_leaves_the_issue_to_be_put_back(queued):
    gone = patch.object(drafted, "briefing_figures", side_effect=OperationalError("gone"))
    with gone, pytest.raises(OperationalError):
        print_briefing(queued.pk)
    queued.refresh_from_db()
    assert queued.state == State.PRINTING


def test_a_month_that_cannot_be_measured_says_why(place):
    period = make_period("2018-06")
    briefing = prepare_briefing(period=period, division=place.city, by=None, queue=False)
    ReportingPeriod.objects.update(month=datetime.date(2099, 1, 1))
    print_briefing(briefing.pk)
    briefing.refresh_from_db()
    assert briefing.state == State.FAILED
    assert "还没有开始" in briefing.message


# --- Two workers, dead workers ---


def test_a_worker_that_lost_its_claim_writes_nothing(queued):
    """While the issue is drawn, beat puts it back and another worker claims it."""

    def somebody_else_takes_it(briefing):
        Briefing.objects.filter(pk=queued.pk).update(claim_token="another", step="正在核对数据")
        return "<p>国</p>"

    with patch.object(files, "issue_markup", side_effect=somebody_else_takes_it):
        assert print_queued(queued.pk) is None
    queued.refresh_from_db()
    assert (queued.state, queued.claim_token, queued.file_of("pdf")) == (State.PRINTING, "another", None)


def test_a_worker_that_failed_after_losing_its_claim_does_not_fail_the_other(queued):
    def fails_late(briefing):
        Briefing.objects.filter(pk=queued.pk).update(claim_token="another")
        raise UnavailableError("缺字体。")

    with patch.object(files, "issue_markup", side_effect=fails_late), pytest.raises(UnavailableError):
        print_queued(queued.pk)
    assert Briefing.objects.get().state == State.PRINTING


@pytest.mark.parametrize("state", [State.QUEUED, State.PRINTING])
def test_an_issue_whose_worker_or_message_was_lost_is_queued_again(queued, state):
    went_silent(queued, state=state, claim_token="dead" if state == State.PRINTING else "", attempts=1)
    with patch.object(jobs, "enqueue") as enqueue:
        PRINT.put_back()
        assert PRINT.send_due() == 1
    enqueue.assert_called_once_with("reports.tasks.print_briefing", "reports", queued.pk, expires=60)
    queued.refresh_from_db()
    assert (queued.state, queued.claim_token, queued.attempts) == (State.QUEUED, "", 1)
    print_briefing(queued.pk)
    assert Briefing.objects.get().state == State.PRINTED


def test_an_issue_with_a_sign_of_life_is_not_put_back(queued):
    Briefing.objects.update(state=State.PRINTING, claim_token="alive")
    assert PRINT.put_back() == PRINT.send_due() == 0
    assert Briefing.objects.get().state == State.PRINTING


def test_an_issue_that_kills_its_workers_is_given_up_with_a_sentence(queued):
    went_silent(queued, state=State.PRINTING, attempts=MAX_ATTEMPTS)
    with patch.object(jobs, "enqueue") as enqueue:
        PRINT.put_back()
        assert PRINT.send_due() == 0
    enqueue.assert_not_called()
    queued.refresh_from_db()
    assert queued.state == State.FAILED
    assert queued.message.startswith("多次生成都中断")


def test_asking_again_after_giving_up_begins_anew(queued):
    Briefing.objects.update(state=State.FAILED, message="多次生成都中断。", attempts=MAX_ATTEMPTS)
    assert again(queued).state == State.PRINTED


@pytest.mark.django_db(transaction=True)
def test_the_state_is_seen_by_others_while_printing(facts, period):
    """Printing does not run inside one long transaction."""
    briefing = prepare_briefing(period=period, division=facts.city, by=None, queue=False)
    seen = {}
    real = files.print_markup

    def looks(markup, **options):
        seen["atomic"] = transaction.get_connection().in_atomic_block
        seen["state"], seen["step"] = Briefing.objects.values_list("state", "step").get()
        return real(markup, **options)

    with patch.object(files, "print_markup", side_effect=looks):
        print_briefing(briefing.pk)
    assert seen == {"atomic": False, "state": State.PRINTING, "step": "正在绘图和排版"}
    assert Briefing.objects.get().state == State.PRINTED


def test_an_organization_of_a_county_does_not_change_the_citys_facility_figures(queued, facts, officer):
    first = print_queued(queued.pk)
    make_organization(facts.county)
    make_change_set(officer)
    assert again(first).stored_figures.targets[0] == first.stored_figures.targets[0]
