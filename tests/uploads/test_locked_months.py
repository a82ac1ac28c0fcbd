"""Tests of figures dated in a locked month: refused, unless the bureau gives a reason, which the log stores."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from changelog.models import ChangeSet
from changzhi_portal.refusals import LockedError
from communities.models import CommunityProfile
from periods.models import ReportingPeriod
from tests.communities.test_sheets import community_row
from tests.factories import Place, make_period
from tests.uploads.office import Send, codes_of
from uploads import actions
from uploads.actions import alter_locked_months, correct_row
from uploads.models import UploadBatch

pytestmark = pytest.mark.django_db
REASON = "统计局核定后更正"


@pytest.fixture
def locked(officer: User) -> ReportingPeriod:
    period = make_period("2018-04")
    ReportingPeriod.objects.filter(pk=period.pk).update(state="locked", locked_at=timezone.now(), locked_by=officer)
    return period


@pytest.fixture
def checked(send: Send, officer: User, place: Place, locked: ReportingPeriod) -> UploadBatch:
    answer = send("communities", officer, [community_row(数据日期="2018-04-30")], period="2018-06")
    assert (codes_of(answer), answer["errors"]) == (["locked_period"], 1)
    return UploadBatch.objects.get(pk=answer["batch"])


def test_the_bureau_gives_its_reason_on_the_page_and_the_log_keeps_it(
    checked: UploadBatch, officer: User, signed_in: object
) -> None:
    browser: Client = signed_in(officer)  # type: ignore[operator]
    address = reverse("uploads:locked", args=[checked.ref])
    assert address in browser.get(reverse("uploads:batch", args=[checked.ref])).content.decode()
    assert browser.post(address, {"reason": " "}).status_code == 422
    browser.post(address, {"reason": REASON})
    actions.check_queued_batch(checked.pk)
    checked.refresh_from_db()
    assert (checked.errors, checked.warnings, checked.problem_counts) == (0, 1, {"locked_period": 1})
    assert REASON in browser.get(reverse("uploads:batch", args=[checked.ref])).content.decode()
    actions.request_commit(batch=checked, mode="all", by=officer, queue=False)
    actions.commit_batch(checked)
    assert str(CommunityProfile.objects.get().as_of) == "2018-04-30"
    assert REASON in ChangeSet.objects.get().summary


def test_a_clerk_may_not_and_is_told_whom_to_ask(
    send: Send, clerk: User, place: Place, locked: ReportingPeriod, signed_in: object
) -> None:
    answer = send("communities", clerk, [community_row(数据日期="2018-04-30")], period="2018-06")
    assert "市局" in answer["problems"][0]["message"]
    batch = UploadBatch.objects.get(pk=answer["batch"])
    address = reverse("uploads:locked", args=[batch.ref])
    browser: Client = signed_in(clerk)  # type: ignore[operator]
    assert address not in browser.get(reverse("uploads:batch", args=[batch.ref])).content.decode()
    assert browser.post(address, {"reason": REASON}).status_code == 403
    batch.refresh_from_db()
    assert (batch.state, batch.locked_reason) == (UploadBatch.State.CHECKED, "")


def test_what_the_bureau_has_given_its_reason_for_a_clerk_does_not_alter_and_bring_in(
    send: Send, clerk: User, officer: User, place: Place, locked: ReportingPeriod
) -> None:
    answer = send("communities", clerk, [community_row(数据日期="2018-04-30")], period="2018-06")
    batch = UploadBatch.objects.get(pk=answer["batch"])
    alter_locked_months(batch=batch, reason=REASON, by=officer)
    actions.check_queued_batch(batch.pk)
    correct_row(batch=batch, position=1, texts={"residents": "9999"}, by=clerk)
    batch.refresh_from_db()
    with pytest.raises(LockedError):
        actions.request_commit(batch=batch, mode="all", by=clerk, queue=False)
    actions.request_commit(batch=batch, mode="all", by=officer, queue=False)


def test_who_has_left_the_bureau_before_the_worker_came_alters_no_locked_month(
    checked: UploadBatch, officer: User, place: Place
) -> None:
    alter_locked_months(batch=checked, reason=REASON, by=officer)
    actions.check_queued_batch(checked.pk)
    actions.request_commit(batch=checked, mode="all", by=officer)
    User.objects.filter(pk=officer.pk).update(role="district_clerk")
    actions.commit_queued_batch(checked.pk)
    checked.refresh_from_db()
    assert (checked.state, CommunityProfile.objects.count()) == (UploadBatch.State.CHECKED, 0)
    assert "重新确认" in checked.message


def test_by_command_only_the_bureau_may(send: Send, clerk: User, officer: User, locked: ReportingPeriod) -> None:
    row = community_row(数据日期="2018-04-30")
    refused = send("communities", clerk, [row], period="2018-06", locked_reason=REASON)
    assert (refused["status"], UploadBatch.objects.count()) == (3, 0)
    answer = send("communities", officer, [row], period="2018-06", locked_reason=REASON, commit="all")
    assert (answer["state"], codes_of(answer), answer["status"]) == ("committed", ["locked_period"], 0)


def test_what_a_clerk_wrote_in_a_month_that_is_locked_by_now_only_the_bureau_takes_back(
    send: Send, clerk: User, officer: User, place: Place, locked: ReportingPeriod
) -> None:
    ReportingPeriod.objects.filter(pk=locked.pk).update(state="open", locked_at=None, locked_by=None)
    answer = send("communities", clerk, [community_row(数据日期="2018-04-30")], period="2018-06", commit="all")
    ReportingPeriod.objects.filter(pk=locked.pk).update(state="locked", locked_at=timezone.now(), locked_by=officer)
    batch = UploadBatch.objects.get(pk=answer["batch"])
    with pytest.raises(LockedError, match="2018年4月"):
        actions.request_undo(batch=batch, by=clerk, queue=False)
    batch.refresh_from_db()
    assert batch.state == UploadBatch.State.COMMITTED
    actions.request_undo(batch=batch, by=officer, queue=False)
    batch.refresh_from_db()
    assert actions.undo_batch(batch).state == UploadBatch.State.UNDONE
    assert not CommunityProfile.objects.exists()


def test_what_a_clerk_takes_back_while_its_month_is_being_locked_stays_and_the_page_says_why(
    send: Send, clerk: User, officer: User, place: Place, locked: ReportingPeriod, signed_in: Callable[[User], Client]
) -> None:
    ReportingPeriod.objects.filter(pk=locked.pk).update(state="open", locked_at=None, locked_by=None)
    answer = send("communities", clerk, [community_row(数据日期="2018-04-30")], period="2018-06", commit="all")
    batch = UploadBatch.objects.get(pk=answer["batch"])
    actions.request_undo(batch=batch, by=clerk)
    ReportingPeriod.objects.filter(pk=locked.pk).update(state="locked", locked_at=timezone.now(), locked_by=officer)
    actions.undo_queued_batch(batch.pk)
    batch.refresh_from_db()
    assert (batch.state, CommunityProfile.objects.count()) == (UploadBatch.State.COMMITTED, 1)
    page = signed_in(clerk).get(reverse("uploads:batch", args=[batch.ref])).content.decode()
    assert "月份已锁定，只有市局可以撤销" in page and "alert-success" not in page


def test_who_has_lost_the_right_since_takes_nothing_back(send: Send, clerk: User, place: Place) -> None:
    answer = send("communities", clerk, [community_row(数据日期="2018-04-30")], period="2018-06", commit="all")
    batch = UploadBatch.objects.get(pk=answer["batch"])
    actions.request_undo(batch=batch, by=clerk)
    User.objects.filter(pk=clerk.pk).update(is_active=False)
    actions.undo_queued_batch(batch.pk)
    batch.refresh_from_db()
    assert (batch.state, CommunityProfile.objects.count()) == (UploadBatch.State.COMMITTED, 1)
