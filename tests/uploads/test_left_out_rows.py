"""Tests of rows that are left out of a batch in the page, and taken back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import User
from changzhi_portal.refusals import InvalidError, NotAllowedError, NotFoundError, StaleError
from communities.models import Facility
from tests.communities.test_sheets import facility_row
from tests.factories import make_period
from tests.queries import queries_of
from tests.socialworkers.test_sheets import NUMBER
from tests.socialworkers.test_sheets import row as worker_row
from tests.uploads.office import Send
from uploads import actions
from uploads.actions import change_batch
from uploads.models import UploadBatch
from uploads.rows import left_out
from uploads.writing import annotated

pytestmark = pytest.mark.django_db
State = UploadBatch.State
SignedIn = Callable[[User], Client]
BAD = {"建筑面积（㎡）": "五百多"}


def sent(
    send: Send, user: User, rows: list[dict[str, Any]], register: str = "facilities", **options: Any
) -> UploadBatch:
    return UploadBatch.objects.get(pk=send(register, user, rows, period="2018-06", **options)["batch"])


def leave_out(batch: UploadBatch, by: User, position: int) -> UploadBatch:
    actions.leave_out_row(batch=batch, position=position, by=by)
    batch.refresh_from_db()
    return batch


def take_back(batch: UploadBatch, by: User, position: int) -> UploadBatch:
    actions.take_row_back(batch=batch, position=position, by=by)
    batch.refresh_from_db()
    return batch


def commit(batch: UploadBatch, by: User, mode: str = "all") -> UploadBatch:
    actions.request_commit(batch=batch, mode=mode, by=by, queue=False)
    batch.refresh_from_db()
    return actions.commit_batch(batch)


def outcomes(batch: UploadBatch) -> list[str]:
    assert batch.new + batch.changed + batch.unchanged + batch.errors == batch.rows
    return list(batch.staged_rows.order_by("position").values_list("outcome", flat=True))


def rows_of(batch: UploadBatch) -> list[dict[str, Any]]:
    rows = list(batch.staged_rows.order_by("position").values())
    for row in rows:
        del row["id"]
    return rows


def test_a_row_left_out_is_skipped_and_the_rest_can_be_committed_whole(send: Send, clerk: User) -> None:
    total = {"县（市、区）": "合计", "建筑面积（㎡）": "1560"}
    batch = sent(send, clerk, [facility_row(), facility_row("没有的社区"), facility_row("东关社区"), total])
    skipped = batch.skipped
    assert skipped == 1
    batch = leave_out(batch, clerk, 2)
    assert (batch.state, batch.rows, batch.new, batch.errors) == (State.CHECKED, 2, 2, 0)
    assert (batch.left_out, batch.skipped, batch.skipped_in_file) == (1, skipped + 1, skipped)
    assert outcomes(batch) == ["new", "left_out", "new"]
    assert batch.problem_counts.keys().isdisjoint({"unknown_place"})
    batch = commit(batch, clerk)
    assert (batch.state, batch.new) == (State.COMMITTED, 2)
    assert sorted(Facility.objects.values_list("community__name", flat=True)) == ["东关社区居委会", "和平社区居委会"]


def test_a_row_taken_back_says_again_what_it_said_at_first(send: Send, clerk: User) -> None:
    batch = sent(
        send, clerk, [facility_row(**BAD), facility_row("东关社区", 建成日期="约2015年"), facility_row("没有的社区")]
    )
    before = rows_of(batch)
    counted = {name: getattr(batch, name) for name in (*UploadBatch.COUNTERS, "problem_counts", "left_out")}
    for position in (1, 2, 3):
        batch = leave_out(batch, clerk, position)
    assert (batch.rows, batch.warnings, batch.left_out) == (0, 0, 3) and outcomes(batch) == ["left_out"] * 3
    assert all(row["problems"] == [] and not row["has_warning"] for row in rows_of(batch))
    for position in (3, 1, 2):
        batch = take_back(batch, clerk, position)
    after = rows_of(batch)
    for row in (*before, *after):
        row["raw"].pop("community_name", None)  # kept for its words only, which the value gives as well
    assert after == before
    assert {name: getattr(batch, name) for name in counted} == counted and batch.left_out_rows == []


def test_leaving_out_one_of_two_duplicates_makes_the_other_good(send: Send, clerk: User) -> None:
    batch = sent(send, clerk, [facility_row(), facility_row() | {"建筑面积（㎡）": "900"}])
    assert outcomes(batch) == ["new", "error"]
    batch = leave_out(batch, clerk, 1)
    assert outcomes(batch) == ["left_out", "new"]
    commit(batch, clerk)
    assert str(Facility.objects.get().area) == "900.00"


def test_it_stays_left_out_when_the_file_is_read_again(send: Send, clerk: User) -> None:
    rows = [facility_row(), facility_row("没有的社区")]
    batch = leave_out(sent(send, clerk, [{**row, "别的列": "甲"} for row in rows]), clerk, 2)
    label = batch.staged_rows.get(position=2).label
    actions.map_columns(batch=batch, chosen={"别的列": "ignored"}, by=clerk)
    actions.check_queued_batch(batch.pk)
    batch.refresh_from_db()
    assert (batch.state, batch.needs_reading) == (State.CHECKED, False)
    assert (outcomes(batch), batch.left_out) == (["new", "left_out"], 1)
    assert batch.staged_rows.get(position=2).label == label != ""
    assert outcomes(take_back(batch, clerk, 2)) == ["new", "error"]


def test_it_stays_left_out_when_the_month_changes_or_a_cell_is_corrected(send: Send, clerk: User) -> None:
    batch = leave_out(sent(send, clerk, [facility_row(**BAD), facility_row("没有的社区")]), clerk, 2)
    actions.correct_row(batch=batch, position=1, texts={"area": "520"}, by=clerk)
    batch.refresh_from_db()
    assert outcomes(batch) == ["new", "left_out"]
    actions.change_month(batch=batch, period=make_period("2018-07"), by=clerk)
    actions.check_queued_batch(batch.pk)
    batch.refresh_from_db()
    assert outcomes(batch) == ["new", "left_out"] and batch.left_out == 1


def test_a_cell_corrected_while_left_out_counts_when_it_is_taken_back(send: Send, clerk: User) -> None:
    batch = leave_out(sent(send, clerk, [facility_row(**BAD)]), clerk, 1)
    actions.correct_row(batch=batch, position=1, texts={"area": "520"}, by=clerk)
    batch.refresh_from_db()
    assert outcomes(batch) == ["left_out"]
    assert outcomes(take_back(batch, clerk, 1)) == ["new"]


def test_with_every_row_left_out_there_is_nothing_to_commit_and_nothing_reported(
    send: Send, clerk: User, signed_in: SignedIn
) -> None:
    batch = leave_out(sent(send, clerk, [facility_row()]), clerk, 1)
    assert not batch.can_commit_all and not batch.can_commit_good
    assert not UploadBatch.objects.reported().exists()
    page = " ".join(signed_in(clerk).get(reverse("uploads:batch", args=[batch.ref])).content.decode().split())
    assert "没有要入库的行" in page and "与登记表完全一致" not in page
    assert "恢复这一行" in page and "全部入库" not in page


def test_a_second_post_changes_nothing(send: Send, clerk: User, signed_in: SignedIn) -> None:
    batch = sent(send, clerk, [facility_row(), facility_row("东关社区")])
    browser = signed_in(clerk)
    out, back = (reverse(f"uploads:{name}", args=[batch.ref]) for name in ("leave-out", "take-back"))
    for address, expected in ((out, ["left_out", "new"]), (back, ["new", "new"])):
        for _ in range(2):
            browser.post(address, {"row": "1"})
            batch.refresh_from_db()
            assert outcomes(batch) == expected
            assert len(batch.left_out_rows) == batch.left_out == expected.count("left_out")


def test_the_page_leaves_out_and_takes_back_without_scripts(send: Send, clerk: User, signed_in: SignedIn) -> None:
    batch = sent(send, clerk, [facility_row(), facility_row("没有的社区")])
    browser, page = signed_in(clerk), reverse("uploads:batch", args=[batch.ref])
    out, back = (reverse(f"uploads:{name}", args=[batch.ref]) for name in ("leave-out", "take-back"))
    assert f'action="{out}"' in browser.get(page).content.decode()
    assert f'action="{out}"' in browser.get(reverse("uploads:correct", args=[batch.ref]), {"row": "2"}).content.decode()
    answer = browser.post(out, {"row": "2", "back": "tab=errors&evil=1"})
    assert answer["Location"] == f"{page}?tab=errors#rows"
    done = " ".join(browser.get(answer["Location"]).content.decode().split())
    assert "第3行不入库" in done and "不入库 1 行" in done and "全部入库" in done
    assert "在页面上定为不入库的 1 行" in done and str(clerk) in done.split("在页面上定为不入库的")[1]
    tab = browser.get(page, {"tab": "left-out"}).content.decode()
    assert f'action="{back}"' in tab
    row = browser.get(reverse("uploads:correct", args=[batch.ref]), {"row": "2"}).content.decode()
    assert f'action="{back}"' in row
    restored = browser.post(back, {"row": "2", "back": "tab=left-out"}, follow=True).content.decode()
    assert "第3行已恢复（有错误）" in restored and "在页面上定为不入库的" not in restored


def test_only_who_may_handle_the_batch_leaves_rows_out(
    send: Send, clerk: User, other_clerk: User, leader: User, street_clerk: User, signed_in: SignedIn
) -> None:
    batch = sent(send, clerk, [facility_row(), facility_row("东关社区")])
    for name, action in (("leave-out", actions.leave_out_row), ("take-back", actions.take_row_back)):
        address = reverse(f"uploads:{name}", args=[batch.ref])
        for user, status in ((other_clerk, 404), (street_clerk, 404), (leader, 403)):
            with pytest.raises(NotAllowedError):
                action(batch=batch, position=1, by=user)
            assert signed_in(user).post(address, {"row": "1"}).status_code == status
        assert signed_in(clerk).get(address).status_code == 405
    batch.refresh_from_db()
    assert outcomes(batch) == ["new", "new"]


@pytest.mark.parametrize("position", [9, 0, -1])
def test_a_row_that_is_not_there_is_refused(position: int, send: Send, clerk: User, signed_in: SignedIn) -> None:
    batch = sent(send, clerk, [facility_row()])
    with pytest.raises(NotFoundError):
        actions.leave_out_row(batch=batch, position=position, by=clerk)
    answer = signed_in(clerk).post(reverse("uploads:leave-out", args=[batch.ref]), {"row": str(position)}, follow=True)
    assert "没有找到这一行" in answer.content.decode()
    batch.refresh_from_db()
    assert outcomes(batch) == ["new"]


@pytest.mark.parametrize("state", [State.QUEUED, State.COMMIT_QUEUED, State.REJECTED, State.FAILED, State.UNDO_QUEUED])
def test_a_batch_that_does_not_wait_is_left_as_it_is(state: str, send: Send, clerk: User) -> None:
    batch = sent(send, clerk, [facility_row(), facility_row("没有的社区")])
    UploadBatch.objects.filter(pk=batch.pk).update(state=state)
    for action in (actions.leave_out_row, actions.take_row_back):
        with pytest.raises(StaleError):
            action(batch=batch, position=2, by=clerk)
    assert outcomes(batch) == ["new", "error"]


def test_who_saw_the_row_in_the_preview_must_look_again(send: Send, clerk: User) -> None:
    batch = sent(send, clerk, [facility_row(), facility_row("东关社区")])
    seen = batch.check_mark
    batch = leave_out(batch, clerk, 1)
    with pytest.raises(StaleError):
        actions.request_commit(batch=batch, mode="all", by=clerk, seen=seen)


def test_only_so_many_rows_are_left_out_in_the_page(send: Send, clerk: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(left_out, "MOST_LEFT_OUT", 1)
    batch = leave_out(sent(send, clerk, [facility_row(), facility_row("东关社区")]), clerk, 1)
    with pytest.raises(InvalidError):
        actions.leave_out_row(batch=batch, position=2, by=clerk)
    batch.refresh_from_db()
    assert outcomes(batch) == ["left_out", "new"]


def test_a_large_batch_is_compared_by_the_worker(
    send: Send, clerk: User, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(change_batch, "MOST_ROWS_AT_ONCE", 1)
    batch = sent(send, clerk, [facility_row(), facility_row("没有的社区")])
    answer = signed_in(clerk).post(reverse("uploads:leave-out", args=[batch.ref]), {"row": "2"}, follow=True)
    batch.refresh_from_db()
    assert batch.state == State.QUEUED and "正在排队" in answer.content.decode()
    actions.check_queued_batch(batch.pk)
    batch.refresh_from_db()
    assert (batch.state, outcomes(batch)) == (State.CHECKED, ["new", "left_out"])


def test_undoing_leaves_the_row_alone(send: Send, clerk: User) -> None:
    batch = commit(leave_out(sent(send, clerk, [facility_row(), facility_row("东关社区")]), clerk, 2), clerk)
    actions.request_undo(batch=batch, by=clerk, queue=False)
    batch.refresh_from_db()
    batch = actions.undo_batch(batch)
    assert list(batch.staged_rows.order_by("position").values_list("undo_outcome", flat=True)) == ["reversed", ""]
    assert batch.undo_reversed == 1 and not Facility.objects.exists()


def test_the_same_file_again_is_read_and_says_nothing_of_the_row_that_was_left_out(send: Send, clerk: User) -> None:
    rows = [facility_row() | {"启用日期": "2015-05-01"}, facility_row("东关社区") | {"启用日期": "2015-05-01"}]
    commit(leave_out(sent(send, clerk, rows), clerk, 2), clerk)
    again = sent(send, clerk, rows)
    assert (again.rows, again.new, again.unchanged, again.left_out) == (2, 1, 1, 0)


def test_the_record_of_a_row_left_out_is_still_mentioned_by_the_file(send: Send, clerk: User) -> None:
    sent(send, clerk, [facility_row(), facility_row("东关社区")], commit="all")
    rows = [facility_row() | {"别的列": "甲"}, facility_row("下东社区")]
    batch = sent(send, clerk, rows)
    assert batch.unmentioned == 1
    batch = leave_out(batch, clerk, 1)
    assert batch.unmentioned == 1
    actions.map_columns(batch=batch, chosen={"别的列": "ignored"}, by=clerk)
    actions.check_queued_batch(batch.pk)
    batch.refresh_from_db()
    assert (batch.unmentioned, batch.left_out) == (1, 1)


def test_its_problems_are_not_marked_in_the_office_s_workbook(send: Send, clerk: User) -> None:
    batch = sent(send, clerk, [facility_row(**BAD), facility_row("没有的社区")])
    batch = leave_out(batch, clerk, 2)
    told = [entry.message for entry in annotated._entries_of(batch)]
    assert told and not any("没有的社区" in each for each in told)


def test_personal_text_of_the_row_stays_sealed(send: Send, clerk: User, signed_in: SignedIn) -> None:
    wrong = NUMBER[:-1] + ("0" if NUMBER[-1] != "0" else "1")
    batch = leave_out(sent(send, clerk, [worker_row("和平社区", 身份证号=wrong)], "workers"), clerk, 1)
    row = batch.staged_rows.values().get()
    assert wrong not in str(row) and wrong not in str(batch.left_out_rows)
    page = signed_in(clerk).get(reverse("uploads:batch", args=[batch.ref]), {"tab": "left-out"}).content.decode()
    assert wrong not in page
    assert outcomes(take_back(batch, clerk, 1)) == ["error"]


def test_leaving_out_costs_the_same_queries_for_more_rows(send: Send, clerk: User) -> None:
    def cost(rows: list[dict[str, Any]]) -> int:
        batch = sent(send, clerk, rows)
        return len(queries_of(lambda: leave_out(batch, clerk, 1)))

    names = ("和平社区", "东关社区", "下东社区")
    assert cost([facility_row(names[n], 设施名称="活动室") for n in range(3)]) == cost(
        [facility_row(names[n % 3], 设施名称=f"活动室{n}") for n in range(30)]
    )


def test_the_page_costs_no_query_more_with_rows_left_out(send: Send, clerk: User, signed_in: SignedIn) -> None:
    batch = sent(send, clerk, [facility_row(), *(facility_row(设施名称=f"活动室{n}") for n in range(5))])
    browser, address = signed_in(clerk), reverse("uploads:batch", args=[batch.ref])
    before = len(queries_of(lambda: browser.get(address)))
    for position in (1, 2, 3):
        leave_out(batch, clerk, position)
    assert len(queries_of(lambda: browser.get(address))) == before
    assert len(queries_of(lambda: browser.get(address, {"tab": "left-out"}))) <= before


def test_the_database_refuses_more_rows_left_out_than_skipped(send: Send, clerk: User) -> None:
    batch = sent(send, clerk, [facility_row()])
    with pytest.raises(IntegrityError), transaction.atomic():
        UploadBatch.objects.filter(pk=batch.pk).update(left_out=1)
