"""Tests of finishing later what a commit has left behind: the rest of a batch is mended, confirmed and undone with it."""

from __future__ import annotations

import datetime
import random
import re
from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.actions import apply_division_changes
from accounts.models import User
from changelog.models import ChangeSet
from changzhi_portal.jobs import LEASE, MAX_ATTEMPTS
from changzhi_portal.refusals import InvalidError, NotAllowedError, PortalError, StaleError
from changzhi_portal.registers import growth
from changzhi_portal.registers.registry import register_named
from communities.models import Community, CommunityProfile, Facility
from communities.sheets import placing
from notices.models import Notice
from periods.models import ReportingPeriod
from tests.communities.changes import change
from tests.communities.test_sheets import community_row, facility_row
from tests.factories import Place, make_batch, make_facility, make_period
from tests.queries import queries_of
from tests.threads import run_in_threads
from tests.uploads.office import Send
from uploads import actions
from uploads.actions import change_batch, check, commit_writer
from uploads.actions.staging import copy_staged_rows
from uploads.jobs import CHECK, COMMIT
from uploads.models import UploadBatch
from uploads.reuse import reusable_batch
from uploads.rows import left_out
from uploads.rows.left_out import listed_left_out

pytestmark = pytest.mark.django_db
State = UploadBatch.State
SignedIn = Callable[[User], Client]
BAD = {"建筑面积（㎡）": "五百多"}
DENIAL = "没有写入任何数据"


def row(name: str, **columns: Any) -> dict[str, Any]:
    return facility_row(设施名称=name, 启用日期="2015-05-01", **columns)


def sent(
    send: Send, user: User, rows: list[dict[str, Any]], register: str = "facilities", **options: Any
) -> UploadBatch:
    return UploadBatch.objects.get(pk=send(register, user, rows, period="2018-06", **options)["batch"])


def half_written(send: Send, user: User) -> UploadBatch:
    """Return a batch of four rows, two of which are written; the others have an error."""
    rows = [row("甲"), row("乙", **BAD), row("丙"), row("丁", **BAD)]
    batch = sent(send, user, rows, commit="good")
    assert (batch.state, batch.new, batch.errors, batch.rest) == (State.COMMITTED, 2, 2, {})
    return batch


@pytest.fixture
def half(send: Send, clerk: User) -> UploadBatch:
    return half_written(send, clerk)


def correct(batch: UploadBatch, by: User, position: int, text: str = "520", field: str = "area") -> UploadBatch:
    actions.correct_row(batch=batch, position=position, texts={field: text}, by=by)
    batch.refresh_from_db()
    return batch


def leave_out(batch: UploadBatch, by: User, position: int) -> UploadBatch:
    actions.leave_out_row(batch=batch, position=position, by=by)
    batch.refresh_from_db()
    return batch


def commit(batch: UploadBatch, by: User, mode: str = "all", **options: Any) -> UploadBatch:
    actions.request_commit(batch=batch, mode=mode, by=by, queue=False, **options)
    batch.refresh_from_db()
    return actions.commit_batch(batch)


def undo(batch: UploadBatch, by: User) -> UploadBatch:
    actions.request_undo(batch=batch, by=by, queue=False)
    batch.refresh_from_db()
    return actions.undo_batch(batch)


def outcomes(batch: UploadBatch) -> list[str]:
    assert batch.new + batch.changed + batch.unchanged + batch.errors == batch.rows
    assert batch.rows + batch.left_out == batch.staged_rows.count()
    return list(batch.staged_rows.order_by("position").values_list("outcome", flat=True))


def names() -> list[str]:
    return sorted(Facility.objects.values_list("name", flat=True))


def page_of(browser: Client, batch: UploadBatch, **query: str) -> str:
    return " ".join(browser.get(reverse("uploads:batch", args=[batch.ref]), query).content.decode().split())


# --- The usual way ---


def test_a_mended_row_waits_alone_and_is_written_to_the_same_batch(half: UploadBatch, clerk: User) -> None:
    before = list(Facility.objects.order_by("pk").values())
    batch = correct(half, clerk, 2)
    assert (batch.state, outcomes(batch)) == (State.CHECKED, ["new", "new", "new", "error"])
    assert (batch.rows, batch.new, batch.errors) == (4, 3, 1)
    assert (batch.rest["rows"], batch.rest["new"], batch.rest["errors"]) == (2, 1, 1)
    assert (batch.written["rows"], batch.written["new"]) == (2, 2)
    assert batch.can_commit_good and not batch.can_commit_all
    assert list(Facility.objects.order_by("pk").values()) == before, "mending writes nothing"
    batch = commit(batch, clerk, "good")
    assert (batch.state, batch.rest, outcomes(batch)) == (State.COMMITTED, {}, ["new", "new", "new", "error"])
    assert not batch.staged_rows.remaining().exists()
    assert sorted(names()) == sorted(["丙", "乙", "甲"])
    assert list(Facility.objects.filter(name__in=["甲", "丙"]).order_by("pk").values()) == before
    assert "这次新增1行" in batch.message and "前后合计已入库：新增3行" in batch.message
    batch = commit(correct(batch, clerk, 4), clerk)
    assert (batch.state, batch.new, batch.errors, Facility.objects.count()) == (State.COMMITTED, 4, 0, 4)
    assert batch.written_change_sets.count() == 3


def test_a_row_that_is_still_wrong_leaves_the_batch_committed(half: UploadBatch, clerk: User) -> None:
    batch = correct(half, clerk, 2, "约五百")
    assert (batch.state, batch.rest, batch.errors) == (State.COMMITTED, {}, 2)
    assert outcomes(batch) == ["new", "error", "new", "error"] and not batch.staged_rows.remaining().exists()
    assert batch.message == "已入库：新增2行，修改0行，未变0行。"
    assert batch.staged_rows.get(position=2).problems[0]["value"] == "约五百"


def test_changed_and_equal_rows_are_summed_over_both_commits(send: Send, clerk: User, place: Place) -> None:
    for name in ("甲", "乙", "丙"):
        make_facility(place.communities[0], name, area="300")
    rows = [row("甲"), row("乙", **BAD), row("丙", **BAD), row("丁")]
    batch = sent(send, clerk, rows, commit="good")
    assert (batch.new, batch.changed, batch.errors) == (1, 1, 2)
    batch = correct(batch, clerk, 2, "300")
    batch = commit(correct(batch, clerk, 3, "310"), clerk)
    assert batch.errors == 0 and outcomes(batch).count("new") == batch.new == 1
    assert outcomes(batch).count("changed") == batch.changed and outcomes(batch).count("unchanged") == batch.unchanged
    assert [str(each.area) for each in Facility.objects.order_by("pk")] == ["520.00", "300.00", "310.00", "520.00"]


def test_the_page_offers_the_rest_and_shows_only_the_rest(half: UploadBatch, clerk: User, signed_in: SignedIn) -> None:
    browser = signed_in(clerk)
    correcting, month, columns, drop = (
        reverse(f"uploads:{name}", args=[half.ref]) for name in ("correct", "month", "columns", "drop-rest")
    )
    committed = page_of(browser, half, tab="errors")
    assert "没有入库的 <span" in committed and f'action="{correcting}"' in committed and "这行不入库" in committed
    assert "这行不入库" not in page_of(browser, half, tab="new")
    answer = browser.post(correcting, {"row": "2", "field": "area", "text": "520", "back": "tab=errors"}, follow=True)
    page = " ".join(answer.content.decode().split())
    assert "第3行没有错误了" in page
    assert "已入库 2 行，还剩 <b>2</b> 行：新增 <b>1</b>" in page and "只入库没有错误的行" in page
    assert month not in page and columns not in page and drop in page
    assert "文件中没有的" not in page
    new = page_of(browser, half, tab="new")
    assert "乙" in new.split('id="rows"')[1] and "甲" not in new.split('id="rows"')[1]
    half.refresh_from_db()
    browser.post(reverse("uploads:commit", args=[half.ref]), {"mode": "good", "seen": half.check_mark})
    actions.commit_queued_batch(half.pk)
    assert "前后合计已入库：新增3行" in page_of(browser, half)


def test_a_row_is_left_out_and_taken_back_after_the_commit(half: UploadBatch, clerk: User) -> None:
    batch = leave_out(leave_out(half, clerk, 2), clerk, 4)
    assert (batch.state, batch.rows, batch.errors, batch.left_out) == (State.COMMITTED, 2, 0, 2)
    assert outcomes(batch) == ["new", "left_out", "new", "left_out"]
    actions.take_row_back(batch=batch, position=2, by=clerk)
    batch.refresh_from_db()
    assert (batch.state, outcomes(batch)) == (State.COMMITTED, ["new", "error", "new", "left_out"])
    batch = commit(correct(batch, clerk, 2), clerk)
    assert (outcomes(batch), names()) == (["new", "new", "new", "left_out"], sorted(["甲", "乙", "丙"]))


def test_a_good_row_that_was_left_out_is_committed_later(send: Send, clerk: User) -> None:
    batch = leave_out(sent(send, clerk, [row("甲"), row("乙")]), clerk, 2)
    batch = commit(batch, clerk)
    actions.take_row_back(batch=batch, position=2, by=clerk)
    batch.refresh_from_db()
    assert (batch.state, batch.rest["new"], names()) == (State.CHECKED, 1, ["甲"])
    assert (commit(batch, clerk).new, len(names())) == (2, 2)


# --- What is written stays ---


def test_a_written_row_is_not_mended_in_the_batch(half: UploadBatch, clerk: User, signed_in: SignedIn) -> None:
    browser, address = signed_in(clerk), reverse("uploads:correct", args=[half.ref])

    def refuses_the_written_row() -> None:
        with pytest.raises(StaleError):
            actions.correct_row(batch=half, position=1, texts={"area": "1"}, by=clerk)
        for action in (actions.leave_out_row, actions.take_row_back):
            with pytest.raises(StaleError):
                action(batch=half, position=1, by=clerk)
        assert browser.get(address, {"row": "1"}).status_code == 302
        assert browser.post(address, {"row": "1", "field": "area", "text": "1"}).status_code == 409

    refuses_the_written_row()
    correct(half, clerk, 2)
    refuses_the_written_row()
    assert {str(each.area) for each in Facility.objects.all()} == {"520.00"} and half.state == State.CHECKED


def test_columns_and_month_stay_once_rows_are_written(half: UploadBatch, clerk: User, signed_in: SignedIn) -> None:
    batch = correct(half, clerk, 2)
    for action in (
        lambda: actions.map_columns(batch=batch, chosen={}, by=clerk),
        lambda: actions.change_month(batch=batch, period=make_period("2018-07"), by=clerk),
        lambda: actions.discard_batch(batch=batch, by=clerk),
    ):
        with pytest.raises(StaleError):
            action()
    for name in ("month", "columns", "discard"):
        answer = signed_in(clerk).get(reverse(f"uploads:{name}", args=[batch.ref]))
        assert answer["Location"] == reverse("uploads:batch", args=[batch.ref])
    batch.refresh_from_db()
    assert (batch.state, batch.period.code) == (State.CHECKED, "2018-06")


@pytest.mark.parametrize("there", ["nothing", "another", "the same"])
def test_a_duplicate_of_a_written_row_stays_a_duplicate(there: str, send: Send, clerk: User, place: Place) -> None:
    if there == "another":
        make_facility(place.communities[0], "甲", area="300")
    if there == "the same":
        sent(send, clerk, [row("甲")], commit="all")
    batch = sent(send, clerk, [row("甲"), row("甲", **{"建筑面积（㎡）": "900"}), row("乙")], commit="good")
    assert batch.errors == 1
    written = str(Facility.objects.get(name="甲").area)
    batch = correct(batch, clerk, 2, "910")
    assert (batch.state, batch.errors) == (State.COMMITTED, 1)
    (problem,) = [each for each in batch.staged_rows.get(position=2).problems if each["level"] == "error"]
    assert problem["code"] == "duplicate_in_file" and "第2行" in problem["message"]
    assert str(Facility.objects.get(name="甲").area) == written
    batch = commit(correct(batch, clerk, 2, "丙", "name"), clerk)
    assert (batch.state, batch.errors, str(Facility.objects.get(name="丙").area)) == (State.COMMITTED, 0, "910.00")


def test_only_the_rest_is_compared_so_that_what_others_changed_is_not_reverted(half: UploadBatch, clerk: User) -> None:
    Facility.objects.filter(name="甲").update(area="77")
    batch = commit(correct(half, clerk, 2), clerk, "good")
    assert batch.state == State.COMMITTED and str(Facility.objects.get(name="甲").area) == "77.00"


def test_a_row_that_went_bad_at_the_first_commit_is_finished_too(send: Send, clerk: User, place: Place) -> None:
    batch = sent(send, clerk, [row("甲"), {**facility_row("东关社区"), "建成日期": "约2015年"}])
    closed = Community.objects.filter(pk=place.communities[1].pk)
    closed.update(closed_on=datetime.date(2018, 6, 1))
    batch = commit(batch, clerk, "good")
    assert (batch.state, outcomes(batch), batch.errors) == (State.COMMITTED, ["new", "error"], 1)
    bad = batch.staged_rows.get(position=2)
    assert {each["code"] for each in bad.problems} >= {"unknown_place"} or bad.problems
    assert all(each["column"] for each in bad.problems if each["cell"] and each["value"])
    closed.update(closed_on=None)
    batch = correct(batch, clerk, 2, "530")
    assert (batch.state, outcomes(batch)) == (State.CHECKED, ["new", "new"])
    assert (commit(batch, clerk).new, Facility.objects.count()) == (2, 2)


def test_an_equal_row_that_others_have_written_meanwhile_is_staged_as_equal(
    send: Send, clerk: User, street_clerk: User
) -> None:
    mine = sent(send, clerk, [row("甲"), row("乙")])
    sent(send, street_clerk, [row("甲")], commit="all")
    mine = commit(mine, clerk)
    assert (outcomes(mine), mine.new, mine.unchanged) == (["unchanged", "new"], 1, 1)
    assert list(undo(mine, clerk).staged_rows.order_by("position").values_list("undo_outcome", flat=True)) == [
        "",
        "reversed",
    ]


# --- A second commit that fails or is refused ---


def still_waits(batch: UploadBatch, browser: Client) -> None:
    """Assert that the batch is as before its second commit, and that no page denies the first one."""
    batch.refresh_from_db()
    assert (batch.state, outcomes(batch)) == (State.CHECKED, ["new", "new", "new", "new"])
    assert (batch.rest["rows"], batch.written["rows"], batch.staged_rows.remaining().count()) == (2, 2, 2)
    assert names() == sorted(["甲", "丙"]) and batch.written_change_sets.count() == 1
    assert batch in UploadBatch.objects.reported() and batch in UploadBatch.objects.unsettled()
    assert "没有写入" in batch.message and DENIAL not in page_of(browser, batch)


@pytest.fixture
def mended(half: UploadBatch, clerk: User) -> UploadBatch:
    """Return a batch whose two remaining rows are good and wait."""
    return correct(correct(half, clerk, 2), clerk, 4)


def test_an_error_of_ours_leaves_the_rest_waiting(
    mended: UploadBatch, clerk: User, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("演示故障")

    with monkeypatch.context() as broken:
        broken.setattr(commit_writer.CommitWriter, "finish", fail)
        commit(mended, clerk)
    still_waits(mended, signed_in(clerk))
    assert (commit(mended, clerk).state, Facility.objects.count()) == (State.COMMITTED, 4)


def test_a_commit_that_is_given_up_leaves_the_rest_waiting(
    mended: UploadBatch, clerk: User, signed_in: SignedIn
) -> None:
    actions.request_commit(batch=mended, mode="all", by=clerk)
    UploadBatch.objects.filter(pk=mended.pk).update(
        state=State.COMMITTING, attempts=MAX_ATTEMPTS, heartbeat_at=timezone.now() - LEASE * 2
    )
    COMMIT.put_back()
    still_waits(mended, signed_in(clerk))
    notice = Notice.objects.newest_first()[0]
    assert notice.title == "服务设施余下的行没有入库，请看原因" and DENIAL not in notice.text


def test_a_refusal_of_the_database_leaves_the_rest_waiting(
    mended: UploadBatch, clerk: User, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def violate(*_: Any, **__: Any) -> None:
        raise IntegrityError("UNIQUE constraint failed: communities_facility.ref")

    with monkeypatch.context() as broken:
        broken.setattr(commit_writer, "apply_writes", violate)
        commit(mended, clerk)
    still_waits(mended, signed_in(clerk))


def test_who_may_no_longer_commit_leaves_the_rest_waiting(
    mended: UploadBatch, clerk: User, officer: User, signed_in: SignedIn
) -> None:
    actions.request_commit(batch=mended, mode="all", by=officer)
    User.objects.filter(pk=officer.pk).update(is_active=False)
    actions.commit_queued_batch(mended.pk)
    still_waits(mended, signed_in(clerk))
    actions.drop_rest(batch=mended, by=clerk)
    mended.refresh_from_db()
    assert mended.confirmed_by == clerk, "whose commit has written something"


def test_what_changed_since_the_preview_is_shown_before_the_rest_is_written(
    mended: UploadBatch, clerk: User, place: Place, signed_in: SignedIn
) -> None:
    make_facility(place.communities[0], "乙", area="300")
    batch = commit(mended, clerk)
    assert (batch.state, outcomes(batch), batch.rest["changed"]) == (State.CHECKED, ["new", "changed", "new", "new"], 1)
    assert batch.message.startswith("余下的行没有写入：预览以后登记表有变动") and "会成为修改" in batch.message
    assert DENIAL not in page_of(signed_in(clerk), batch)
    batch = commit(batch, clerk)
    assert (batch.state, batch.new, batch.changed) == (State.COMMITTED, 3, 1)


def test_a_check_that_fails_leaves_the_rest_waiting(
    half: UploadBatch, clerk: User, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("演示故障")

    with monkeypatch.context() as broken:
        broken.setattr(check, "compare_rows", fail)
        batch = correct(half, clerk, 2)
    assert (batch.state, outcomes(batch)) == (State.CHECKED, ["new", "error", "new", "error"])
    assert (batch.rest["errors"], batch.can_commit_all, batch.can_commit_good) == (2, False, False)
    assert "没有写入" in batch.message and DENIAL not in page_of(signed_in(clerk), batch)
    assert correct(batch, clerk, 4).rest["new"] == 2, "the correction of the second row was not lost"


def test_a_check_that_is_given_up_leaves_the_rest_waiting(
    half: UploadBatch, clerk: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(change_batch, "MOST_ROWS_AT_ONCE", 1)
    batch = correct(half, clerk, 2)
    assert batch.state == State.QUEUED
    UploadBatch.objects.filter(pk=batch.pk).update(
        state=State.CHECKING, attempts=MAX_ATTEMPTS, heartbeat_at=timezone.now() - LEASE * 2
    )
    CHECK.put_back()
    batch.refresh_from_db()
    assert batch.state == State.CHECKED and DENIAL not in batch.message and Facility.objects.count() == 2


def test_months_locked_meanwhile_refuse_the_rest_and_leave_what_is_written(
    send: Send, clerk: User, officer: User, place: Place
) -> None:
    rows = [community_row(), community_row("东关社区", **{"常住人口": "很多"})]
    batch = sent(send, clerk, rows, "communities", commit="good")
    assert (batch.state, batch.errors) == (State.COMMITTED, 1), batch.problem_counts
    batch = correct(batch, clerk, 2, "3000", "residents")
    assert batch.state == State.CHECKED
    profiles = CommunityProfile.objects.count()
    ReportingPeriod.objects.filter(pk=batch.period_id).update(
        state=ReportingPeriod.State.LOCKED, locked_at=timezone.now(), locked_by=officer
    )
    batch = commit(batch, clerk)
    assert (batch.state, batch.errors, CommunityProfile.objects.count()) == (State.CHECKED, 1, profiles)
    assert batch.message and DENIAL not in batch.message
    assert "locked_period" in batch.problem_counts


def test_growth_by_the_rest_is_asked_about_as_that_of_a_whole_file(
    mended: UploadBatch, clerk: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(growth, "MOST_NEW_OF_ONE_COMMUNITY", 1)
    monkeypatch.setattr(placing, "FEWEST_NEW_OF_ONE_COMMUNITY", 1)
    batch = correct(mended, clerk, 2, "521")
    assert batch.growth and batch.rest["new"] == 2
    with pytest.raises(InvalidError) as refused:
        actions.request_commit(batch=batch, mode="all", by=clerk)
    assert "余下的行没有写入" in str(refused.value) and DENIAL not in str(refused.value)
    assert commit(batch, clerk, confirms_growth=True).state == State.COMMITTED


# --- The rest is not wanted ---


@pytest.mark.parametrize("mends_first", [True, False])
def test_the_rest_is_dropped_and_a_row_of_it_can_be_taken_back(
    mends_first: bool, half: UploadBatch, clerk: User, signed_in: SignedIn
) -> None:
    batch = correct(half, clerk, 2) if mends_first else half
    browser, address = signed_in(clerk), reverse("uploads:drop-rest", args=[batch.ref])
    assert address in page_of(browser, batch)
    assert "<b>2</b>" in browser.get(address).content.decode()
    browser.post(address)
    batch.refresh_from_db()
    assert (batch.state, batch.rest, outcomes(batch)) == (State.COMMITTED, {}, ["new", "left_out", "new", "left_out"])
    assert (batch.rows, batch.errors, batch.left_out, batch.problem_counts) == (2, 0, 2, batch.problem_counts)
    assert len(batch.left_out_rows) == 1 and names() == sorted(["甲", "丙"])
    page = page_of(browser, batch)
    assert "余下没有入库的2行" in page and address not in page
    assert browser.post(address).status_code == 409, "once"
    actions.take_row_back(batch=batch, position=4, by=clerk)
    batch.refresh_from_db()
    assert outcomes(batch) == ["new", "left_out", "new", "error"]
    batch = commit(correct(batch, clerk, 4), clerk)
    assert outcomes(batch) == ["new", "left_out", "new", "new"]


def test_a_dropped_rest_is_listed_with_the_rows_that_are_still_left_out(
    half: UploadBatch, clerk: User, officer: User, signed_in: SignedIn
) -> None:
    browser = signed_in(clerk)

    def listed() -> list[tuple[str, str]]:
        half.refresh_from_db()
        return [(each.row, each.by) for each in listed_left_out(half)]

    actions.drop_rest(batch=half, by=clerk)
    assert listed() == [("余下没有入库的2行", str(clerk))]
    actions.take_row_back(batch=half, position=2, by=clerk)
    assert listed() == [("余下没有入库的1行", str(clerk))] and "余下没有入库的1行" in page_of(browser, half)
    actions.drop_rest(batch=half, by=officer)
    actions.take_row_back(batch=half, position=4, by=clerk)
    assert listed() == [("余下没有入库的1行", str(officer))], "who has left out which"
    actions.leave_out_row(batch=half, position=4, by=clerk)
    actions.take_row_back(batch=half, position=2, by=clerk)
    assert listed() == [("丁", str(clerk))]
    actions.take_row_back(batch=half, position=4, by=clerk)
    assert listed() == [] and half.left_out == 0 and "在页面上定为不入库的" not in page_of(browser, half)


def test_a_dropped_rest_takes_no_room_from_single_rows(
    half: UploadBatch, clerk: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(left_out, "MOST_LEFT_OUT", 1)
    actions.drop_rest(batch=half, by=clerk)
    actions.take_row_back(batch=half, position=2, by=clerk)
    assert leave_out(half, clerk, 2).left_out == 2
    actions.take_row_back(batch=half, position=4, by=clerk)
    with pytest.raises(InvalidError, match="最多"):
        leave_out(half, clerk, 4)


@given(st.sets(st.integers(1, 60)))
def test_positions_are_stored_as_runs_without_loss(positions: set[int]) -> None:
    runs = left_out._runs_of(positions)
    assert left_out._positions_in(runs) == sorted(positions)
    assert all(one[1] + 1 < two[0] for one, two in pairwise(runs)), "as few as possible"


def test_who_saw_the_rest_before_it_was_dropped_commits_nothing(mended: UploadBatch, clerk: User) -> None:
    seen = mended.check_mark
    actions.drop_rest(batch=mended, by=clerk)
    with pytest.raises(StaleError):
        actions.request_commit(batch=mended, mode="all", by=clerk, seen=seen)
    assert Facility.objects.count() == 2


# --- Undoing ---


def test_undoing_takes_back_what_every_commit_has_written(mended: UploadBatch, clerk: User) -> None:
    batch = commit(mended, clerk)
    reversed_sets = undo(batch, clerk)
    assert (reversed_sets.state, reversed_sets.undo_reversed, names()) == (State.UNDONE, 4, [])
    assert set(reversed_sets.staged_rows.values_list("undo_outcome", flat=True)) == {"reversed"}
    order = list(ChangeSet.objects.filter(reverses__batch=batch).order_by("pk").values_list("reverses", flat=True))
    assert order == sorted(order, reverse=True) and len(order) == 2, "the newest first"
    assert batch not in UploadBatch.objects.reported()


def test_undoing_keeps_what_was_edited_since_in_either_commit(send: Send, mended: UploadBatch, clerk: User) -> None:
    batch = commit(mended, clerk)
    sent(send, clerk, [row("甲", **{"建筑面积（㎡）": "77"}), row("乙", **{"建筑面积（㎡）": "78"})], commit="all")
    batch = undo(batch, clerk)
    assert list(batch.staged_rows.order_by("position").values_list("undo_outcome", flat=True)) == [
        "kept", "kept", "reversed", "reversed",
    ]  # fmt: skip
    assert (batch.undo_kept, batch.undo_reversed, names()) == (2, 2, sorted(["甲", "乙"]))


def test_undoing_while_the_rest_waits_takes_back_what_is_written(
    mended: UploadBatch, clerk: User, signed_in: SignedIn
) -> None:
    browser, address = signed_in(clerk), reverse("uploads:undo", args=[mended.ref])
    asked = " ".join(browser.get(address).content.decode().split())
    assert "新增的 <b>2</b> 行" in asked and "余下没有入库的 2 行：不再补入库" in asked
    browser.post(address)
    actions.undo_queued_batch(mended.pk)
    mended.refresh_from_db()
    assert (mended.state, mended.undo_reversed, mended.rest, names()) == (State.UNDONE, 2, {}, [])
    with pytest.raises(StaleError):
        actions.correct_row(batch=mended, position=2, texts={"area": "1"}, by=clerk)


def test_an_undoing_that_fails_while_the_rest_waited_leaves_the_batch_committed(
    mended: UploadBatch, clerk: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("演示故障")

    with monkeypatch.context() as broken:
        broken.setattr("uploads.actions.undo.reverse_change_set", fail)
        batch = undo(mended, clerk)
    assert (batch.state, batch.rest, outcomes(batch)) == (State.COMMITTED, {}, ["new", "left_out", "new", "left_out"])
    actions.take_row_back(batch=batch, position=2, by=clerk)
    batch.refresh_from_db()
    assert (batch.state, batch.undone_by) == (State.CHECKED, None)
    assert undo(batch, clerk).state == State.UNDONE and names() == []


# --- Others, at the same time ---


def test_others_may_not_finish_it(
    half: UploadBatch, clerk: User, other_clerk: User, street_clerk: User, leader: User, signed_in: SignedIn
) -> None:
    for waits in (False, True):
        if waits:
            correct(half, clerk, 2)
        state = UploadBatch.objects.get(pk=half.pk).state
        for user, status in ((other_clerk, 404), (street_clerk, 404), (leader, 403)):
            for action in (
                lambda by: actions.correct_row(batch=half, position=4, texts={"area": "1"}, by=by),
                lambda by: actions.leave_out_row(batch=half, position=4, by=by),
                lambda by: actions.drop_rest(batch=half, by=by),
                lambda by: actions.request_undo(batch=half, by=by),
                lambda by: actions.request_commit(batch=half, mode="good", by=by),
            ):
                with pytest.raises(NotAllowedError):
                    action(user)
            answer = signed_in(user).post(reverse("uploads:drop-rest", args=[half.ref]))
            assert answer.status_code == status
        assert UploadBatch.objects.get(pk=half.pk).state == state
    assert Facility.objects.count() == 2


def test_two_users_who_mend_it_see_each_other_s_rows_before_they_confirm(
    half: UploadBatch, clerk: User, officer: User
) -> None:
    mine = correct(half, clerk, 2).check_mark
    theirs = correct(half, officer, 4).check_mark
    with pytest.raises(StaleError):
        actions.request_commit(batch=half, mode="good", by=clerk, seen=mine)
    actions.request_commit(batch=half, mode="all", by=officer, seen=theirs, queue=False)
    for action in (
        lambda: actions.request_commit(batch=half, mode="all", by=clerk, seen=theirs),
        lambda: actions.correct_row(batch=half, position=4, texts={"area": "1"}, by=clerk),
        lambda: actions.drop_rest(batch=half, by=clerk),
        lambda: actions.request_undo(batch=half, by=clerk),
    ):
        with pytest.raises(StaleError):
            action()
    batch = actions.commit_batch(half)
    assert (batch.state, batch.new, batch.confirmed_by) == (State.COMMITTED, 4, officer)
    made_by = batch.written_change_sets.values_list("made_by", flat=True)
    assert list(made_by) == [officer.pk, clerk.pk], "the log names who confirmed which part"


@pytest.mark.django_db(transaction=True)
def test_two_users_at_the_same_moment_leave_one_whole_batch(send: Send, clerk: User, officer: User) -> None:
    batch = sent(send, clerk, [row("甲"), row("乙", **BAD), row("丙", **BAD)], commit="good")

    def mend(user: User, position: int) -> None:
        with suppress(StaleError):  # while the other one's change is being checked
            actions.correct_row(batch=batch, position=position, texts={"area": "520"}, by=user)

    run_in_threads(lambda: mend(clerk, 2), lambda: mend(officer, 3))
    batch.refresh_from_db()
    good = outcomes(batch).count("new") - 1
    assert batch.state == State.CHECKED and good == len(batch.corrections) >= 1
    seen = batch.check_mark

    def confirm() -> None:
        with suppress(StaleError):
            actions.request_commit(batch=batch, mode="good", by=clerk, seen=seen, queue=False)
            actions.commit_batch(batch)

    def drop() -> None:
        with suppress(StaleError):
            actions.drop_rest(batch=batch, by=officer)

    run_in_threads(confirm, drop)
    batch.refresh_from_db()
    assert (batch.state, batch.rest) == (State.COMMITTED, {}) and not batch.staged_rows.remaining().exists()
    assert outcomes(batch).count("new") == batch.new == Facility.objects.count()
    assert Facility.objects.count() in {1, 1 + good}


def test_the_rest_is_finished_for_the_successor_of_a_closed_office(
    half: UploadBatch, clerk: User, administrator: User, place: Place
) -> None:
    change("merge", place.county, "140403", "潞州区")
    apply_division_changes(by=administrator)
    clerk.refresh_from_db()
    batch = commit(correct(half, clerk, 2), clerk, "good")
    assert (batch.state, batch.division.name, batch.new) == (State.COMMITTED, "潞州区", 3), batch.message
    assert undo(batch, clerk).undo_reversed == 3 and names() == []


def test_it_is_reported_in_every_step_until_it_is_undone(
    half: UploadBatch, clerk: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = make_batch(clerk, sha256=half.sha256)

    def counts() -> bool:
        assert UploadBatch.objects.same_file(again).exists() == UploadBatch.objects.reported().exists()
        return half in UploadBatch.objects.reported()

    monkeypatch.setattr(change_batch, "MOST_ROWS_AT_ONCE", 1)
    batch = correct(half, clerk, 2)
    assert batch.state == State.QUEUED and counts()
    claim = CHECK.claim(batch.pk)
    assert claim is not None and counts()
    check.work_on(claim, check.check_claimed)
    batch.refresh_from_db()
    assert batch.state == State.CHECKED and counts()
    actions.request_commit(batch=batch, mode="good", by=clerk)
    assert counts()
    actions.commit_queued_batch(batch.pk)
    assert counts()
    actions.request_undo(batch=batch, by=clerk)
    assert counts()
    actions.undo_queued_batch(batch.pk)
    assert not counts()


def test_the_uploader_is_told_when_the_worker_has_checked_the_rest(
    half: UploadBatch, clerk: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(change_batch, "MOST_ROWS_AT_ONCE", 1)
    batch = correct(half, clerk, 2)
    actions.check_queued_batch(batch.pk)
    notice = Notice.objects.get()
    assert notice.title == "服务设施余下的行检查完了，请确认入库"
    assert "已入库2行，还剩2行：新增1行，修改0行，有错误1行。" in notice.text


# --- The same file again ---


def test_the_same_file_again_is_read_after_rows_were_mended(mended: UploadBatch, clerk: User) -> None:
    sheet = register_named("facilities")()
    batch = commit(mended, clerk)
    assert reusable_batch(make_batch(clerk, sha256=batch.sha256, period=batch.period), sheet) is None


def test_rows_of_several_commits_are_copied_with_the_records_they_have_made(mended: UploadBatch, clerk: User) -> None:
    earlier = commit(mended, clerk)
    batch = make_batch(clerk, sha256=earlier.sha256, period=earlier.period)
    with transaction.atomic():
        copy_staged_rows(batch=batch, earlier=earlier, sheet=register_named("facilities")())
    rows = batch.staged_rows.order_by("position")
    assert list(rows.values_list("record_id", "outcome", "is_remaining")) == [
        (Facility.objects.get(name=name).pk, "unchanged", False) for name in "甲乙丙丁"
    ]


# --- Whatever the order ---


@pytest.mark.parametrize("seed", range(6))
def test_registers_and_counters_agree_after_any_steps(
    seed: int, send: Send, clerk: User, place: Place, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Random steps: whatever is refused or fails, the register holds exactly the rows that the batch says are written."""
    chance = random.Random(seed)
    letters = "甲乙丙丁戊己"
    make_facility(place.communities[0], "戊", area="300")
    batch = sent(send, clerk, [row(name, **(BAD if chance.random() < 0.5 else {})) for name in letters])

    def fail(*_: Any) -> None:
        raise RuntimeError("演示故障")

    def change_and_fail() -> None:
        with monkeypatch.context() as broken:
            broken.setattr(check, "compare_rows", fail)
            chance.choice(steps[:3])()

    def check_again() -> None:
        actions.check_again(batch=batch, by=clerk)
        actions.check_queued_batch(batch.pk)

    steps: list[Callable[[], Any]] = [
        lambda: correct(batch, clerk, chance.randint(1, 6), chance.choice(["520", "521", "五百"])),
        lambda: leave_out(batch, clerk, chance.randint(1, 6)),
        lambda: actions.take_row_back(batch=batch, position=chance.randint(1, 6), by=clerk),
        lambda: commit(batch, clerk, chance.choice(["all", "good"])),
        lambda: actions.drop_rest(batch=batch, by=clerk),
        change_and_fail,
        check_again,
    ]
    browser = signed_in(clerk)
    for _ in range(25):
        with suppress(PortalError):  # steps that the batch refuses change nothing
            chance.choices(steps, weights=[5, 2, 3, 3, 1, 2, 3])[0]()
        batch = UploadBatch.objects.get(pk=batch.pk)
        found = outcomes(batch)
        assert batch.state in ({State.CHECKED, State.COMMITTED} | (set() if batch.has_written else {State.FAILED}))
        assert batch.skipped == batch.left_out == found.count("left_out")
        assert (
            bool(batch.rest)
            == batch.staged_rows.remaining().exists()
            == (batch.has_written and batch.state == State.CHECKED)
        )
        written = batch.staged_rows.filter(is_remaining=False, outcome__in=["new", "changed"])
        expected = {letters[position - 1] for position in written.values_list("position", flat=True)}
        made = {record.object_label for each in batch.written_change_sets for record in each.records.all()}
        assert made == (expected if batch.has_written else set())
        typed = {each["row"] - 1: each["text"] for each in batch.corrections}
        for position in written.filter(outcome="new").values_list("position", flat=True) if batch.has_written else ():
            area = str(Facility.objects.get(name=letters[position - 1]).area)
            assert area == f"{typed.get(position, '520')}.00", "what was typed last"
        assert browser.get(reverse("uploads:batch", args=[batch.ref])).status_code == 200
    if batch.has_written:
        batch = undo(batch, clerk)
        assert (batch.state, batch.undo_kept, batch.undo_failed) == (State.UNDONE, 0, 0)
    assert [(each.name, str(each.area)) for each in Facility.objects.all()] == [("戊", "300.00")]


# --- Costs and constraints ---


def test_finishing_costs_the_same_queries_for_more_rows(send: Send, clerk: User, signed_in: SignedIn) -> None:
    browser = signed_in(clerk)

    def costs(number: int) -> list[int]:
        rows = [row(f"好{number}{n}") for n in range(number)] + [row(f"坏{number}{n}", **BAD) for n in range(number)]
        batch = sent(send, clerk, rows, commit="good")
        address = reverse("uploads:batch", args=[batch.ref])
        return [
            len(queries_of(lambda: browser.get(address, {"tab": "errors"}))),
            len(queries_of(lambda: correct(batch, clerk, number + 1))),
            len(queries_of(lambda: browser.get(address, {"tab": "errors"}))),
            len(queries_of(lambda: browser.get(address, {"tab": "new"}))),
            len(queries_of(lambda: commit(batch, clerk, "good"))),
            len(queries_of(lambda: actions.drop_rest(batch=batch, by=clerk))),
        ]

    assert costs(2) == costs(12)


@pytest.mark.parametrize(
    "change",
    [
        {"rest": {"rows": 1}},
        {"state": "failed"},
        {"state": "checked"},
        {"state": "checked", "rest": {"rows": 1}, "committed_at": None},
        {"state": "undone", "rest": {"rows": 1}},
    ],
)
def test_the_database_refuses_a_rest_without_a_commit_and_a_commit_that_is_forgotten(
    change: dict[str, Any], half: UploadBatch
) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        UploadBatch.objects.filter(pk=half.pk).update(**change)


def test_the_page_that_drops_the_rest_counts_written_and_remaining_rows_apart(
    half: UploadBatch, clerk: User, signed_in: SignedIn
) -> None:
    browser, address = signed_in(clerk), reverse("uploads:drop-rest", args=[half.ref])
    page = browser.get(address).content.decode()
    assert "已有 2 行办完（新增 2，修改 0，未变 0）。余下没有入库的 <b>2</b> 行" in page
    assert half.written["rows"] + half.rows_to_drop == half.rows
    actions.correct_row(batch=half, position=2, texts={"area": "520"}, by=clerk)
    half.refresh_from_db()
    assert half.rest
    page = browser.get(address).content.decode()
    assert "已有 2 行办完（新增 2，修改 0，未变 0）。余下没有入库的 <b>2</b> 行" in page


def test_rows_that_equal_the_register_by_now_are_not_counted_among_those_that_are_dropped(
    half: UploadBatch, send: Send, clerk: User, signed_in: SignedIn
) -> None:
    sent(send, clerk, [row("乙")], commit="all")
    correct(correct(half, clerk, 4), clerk, 2)
    assert (half.rest["unchanged"], half.rows_to_drop) == (1, 1)
    page = signed_in(clerk).get(reverse("uploads:drop-rest", args=[half.ref])).content.decode()
    assert "余下没有入库的 <b>1</b> 行" in page
    actions.drop_rest(batch=half, by=clerk)
    half.refresh_from_db()
    assert half.left_out == 1


def test_the_captions_of_a_committed_batch_do_not_speak_of_what_will_happen(
    send: Send, clerk: User, place: Place, signed_in: SignedIn
) -> None:
    make_facility(place.communities[0], "甲", area="100")
    batch = sent(send, clerk, [row("甲"), row("乙", **BAD)])
    browser, address = signed_in(clerk), reverse("uploads:batch", args=[batch.ref])

    def caption(tab: str) -> str:
        return browser.get(address, {"tab": tab}).content.decode().split("<caption")[1].split("<")[0].split(">")[1]

    assert [caption(tab) for tab in ("changed", "errors")] == ["要修改的记录", "有错误的行"]
    commit(batch, clerk, mode="good")
    assert [caption(tab) for tab in ("changed", "errors")] == ["修改的记录", "没有入库的行"]


def test_the_number_of_rows_left_out_is_the_same_in_list_and_tab_however_they_were_left_out(
    half: UploadBatch, clerk: User, signed_in: SignedIn
) -> None:
    browser = signed_in(clerk)

    def told(batch: UploadBatch) -> tuple[int, int]:
        page = " ".join(browser.get(reverse("uploads:batch", args=[batch.ref])).content.decode().split())
        listed = re.search(r"在页面上定为不入库的 (\d+) 行", page)
        tab = re.search(r'不入库的 <span class="count">(\d+)</span>', page)
        return int(listed[1]) if listed else 0, int(tab[1]) if tab else 0

    actions.drop_rest(batch=half, by=clerk)
    half.refresh_from_db()
    assert told(half) == (2, 2)
    for position, left in ((4, 1), (2, 0)):
        actions.take_row_back(batch=half, position=position, by=clerk)
        half.refresh_from_db()
        assert told(half) == (left, left) == (half.left_out, half.left_out)
    half = leave_out(half, clerk, 2)
    actions.drop_rest(batch=half, by=clerk)
    half.refresh_from_db()
    assert told(half) == (2, 2), "one by itself, one with the rest"
    actions.take_row_back(batch=half, position=2, by=clerk)
    half.refresh_from_db()
    assert told(half) == (1, 1) and "余下没有入库的1行" in page_of(browser, half)


def test_the_list_counts_rows_and_what_is_listed_of_them_apart(
    send: Send, clerk: User, place: Place, signed_in: SignedIn
) -> None:
    make_facility(place.communities[0], "甲", area="100", tenure="owned")
    rows = [row("甲", 产权="租赁"), *(row(name, **BAD, 设施类型="车库") for name in "乙丙丁")]
    batch = sent(send, clerk, rows)
    browser, address = signed_in(clerk), reverse("uploads:batch", args=[batch.ref])

    def counted(**query: Any) -> str:
        page = browser.get(address, query).content.decode().split('class="pager-count">')[1].split("</p>")[0]
        return " ".join(re.sub("<[^>]*>", "", page).split())

    assert counted(tab="errors") == "共 3 行，6 处问题"
    changes = len(batch.staged_rows.get(position=1).changes)
    assert changes > 1 and counted(tab="changed") == f"共 1 行，{changes} 处改动"
