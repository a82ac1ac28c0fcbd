"""Tests of the pages about one batch: tabs and filters, the month, the same file again, undoing."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from communities.models import CommunityProfile, Facility
from tests.communities.test_sheets import community_row, facility_row
from tests.factories import make_batch, make_period, make_user
from tests.queries import exactly
from tests.uploads.office import write_workbook
from tests.uploads.row_forms import words_of
from uploads import actions
from uploads.models import UploadBatch, UploadRow

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
State = UploadBatch.State


def sent(send, user, rows, register="facilities", **options):
    return UploadBatch.objects.get(pk=send(register, user, rows, **options)["batch"])


def page_of(browser, batch, **query):
    answer = browser.get(reverse("uploads:batch", args=[batch.ref]), query)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


# --- The rows ---


def test_rows_are_narrowed_by_name_and_by_kind_of_problem(send, clerk, signed_in):
    rows = [
        facility_row(设施名称="甲中心", **{"建筑面积（㎡）": "五百多"}),
        facility_row(设施名称="乙中心", **{"设施类型": "车库"}),
        facility_row(设施名称="丙活动室", **{"设施类型": "车库"}),
    ]
    batch = sent(send, clerk, rows)
    browser = signed_in(clerk)
    page = page_of(browser, batch, tab="errors", code="bad_choice")
    assert "甲中心" not in page and "乙中心" in page and "丙活动室" in page
    assert "共 <b>2</b> 行" in page
    page = page_of(browser, batch, tab="errors", code="bad_choice", q="中心")
    assert "乙中心" in page and "丙活动室" not in page
    assert "没有这样的行" in page_of(browser, batch, tab="errors", q="没有的名字")
    assert "甲中心" in page_of(browser, batch, tab="errors", code="no_such_code"), "an unknown kind narrows nothing"


def test_only_kinds_of_problems_that_the_batch_has_are_offered(send, clerk, signed_in):
    batch = sent(send, clerk, [facility_row(**{"设施类型": "车库"})])
    page = page_of(signed_in(clerk), batch, tab="errors")
    assert ">不在选项里</option>" in page
    assert ">身份证号不对</option>" not in page


@pytest.mark.parametrize("tab", ["errors", "warnings", "new", "changed", "unchanged"])
def test_every_tab_costs_the_same_queries_for_any_number_of_rows(clerk, period, signed_in, tab):
    problem = {"sheet": None, "cell": "F3", "column": "", "value": "", "code": "bad_number", "level": "error",
               "message": "应填数字"}  # fmt: skip
    batch = make_batch(
        clerk, period=period, state="checked", rows=250, new=50, errors=50, warnings=200, changed=50, unchanged=50
    )
    outcomes = ["new", "changed", "unchanged", "error"]
    UploadRow.objects.bulk_create(
        UploadRow(batch=batch, position=n, row_number=n + 3, label=f"演示{n}", outcome=outcomes[n % 4],
                  has_warning=n % 5 > 0, problems=[problem], codes=" bad_number ")
        for n in range(250)
    )  # fmt: skip
    browser = signed_in(clerk)
    # The user, the batch, whether a notice about it is unseen, whether the file was uploaded before, one page of rows.
    with exactly(5):
        browser.get(reverse("uploads:batch", args=[batch.ref]), {"tab": tab})
    with exactly(6):  # and the number of rows, if they are filtered
        browser.get(reverse("uploads:batch", args=[batch.ref]), {"tab": tab, "q": "演示1"})


# --- The month ---


def test_another_month_moves_the_figures_day(send, clerk, signed_in):
    make_period("2018-05"), make_period("2018-06")
    batch = sent(send, clerk, [community_row()], register="communities", period="2018-06")
    browser = signed_in(clerk)
    address = reverse("uploads:month", args=[batch.ref])
    assert address in page_of(browser, batch)
    may = make_period("2018-05")
    assert f'<option value="{may.pk}">' in browser.get(address).content.decode()
    browser.post(address, {"period": may.pk})
    batch.refresh_from_db()
    assert batch.state == State.QUEUED
    actions.check_queued_batch(batch.pk)
    batch.refresh_from_db()
    actions.request_commit(batch=batch, mode="all", by=clerk, queue=False)
    actions.commit_batch(batch)
    assert str(CommunityProfile.objects.get().as_of) == "2018-05-31"


def test_a_month_that_is_not_open_is_refused_in_words(send, clerk, signed_in):
    batch = sent(send, clerk, [community_row()], register="communities", period="2018-06")
    locked = make_period("2018-04")
    type(locked).objects.filter(pk=locked.pk).update(state="locked", locked_at=timezone.now(), locked_by=clerk)
    answer = signed_in(clerk).post(reverse("uploads:month", args=[batch.ref]), {"period": locked.pk})
    assert answer.status_code == 422
    assert "这个月没有开放填报" in answer.content.decode()
    batch.refresh_from_db()
    assert (batch.state, str(batch.period)) == (State.CHECKED, "2018年6月")


# --- The decision ---


def seen_on(page):
    return page.split('name="seen" value="')[1].split('"')[0]


def test_what_a_colleague_corrected_after_the_page_was_opened_is_not_committed_unseen(send, clerk, place, signed_in):
    batch, browser = sent(send, clerk, [facility_row()]), signed_in(clerk)
    address = reverse("uploads:commit", args=[batch.ref])
    seen = seen_on(page_of(browser, batch))
    colleague = make_user("district_clerk", place.county)
    actions.correct_row(batch=batch, position=1, texts={"area": "9999"}, by=colleague)
    page = browser.post(address, {"mode": "all", "seen": seen}, follow=True).content.decode()
    assert "有人改过这个批次" in page and "没有入库" in page
    batch.refresh_from_db()
    assert batch.state == State.CHECKED
    browser.post(address, {"mode": "all"}, follow=True)  # without saying which check was seen
    batch.refresh_from_db()
    assert batch.state == State.CHECKED
    browser.post(address, {"mode": "all", "seen": seen_on(page)})
    batch.refresh_from_db()
    assert batch.state == State.COMMIT_QUEUED
    again = browser.post(address, {"mode": "all", "seen": seen}, follow=True).content.decode()
    assert "有人改过" not in again, "pressed twice, or by both: it is on its way"


# --- The same file again ---


def test_the_same_file_again_is_recognised(clerk, other_clerk, signed_in, tmp_path, period):
    data = write_workbook(tmp_path / "演示数据.xlsx", [facility_row()]).read_bytes()

    def upload(by):
        batch = actions.receive_file(
            file=[data], file_name="演示数据.xlsx", register="facilities", by=by, period=period, queue=False
        )
        return actions.check_batch(batch)

    first = upload(clerk)
    assert "同样的文件已经上传" not in page_of(signed_in(clerk), first)
    actions.request_commit(batch=first, mode="all", by=clerk, queue=False)
    first = actions.commit_batch(first)
    page = page_of(signed_in(clerk), upload(clerk))
    at = timezone.localtime(first.committed_at)
    link = f'<a href="/uploads/{first.ref}/">《{first.file_name}》，{at:%Y-%m-%d %H:%M} 入库</a>'
    assert f"同样的文件已经上传并入库：{link}。" in page
    assert first.sha256 in page
    assert "同样的文件已经上传" not in page_of(signed_in(other_clerk), upload(other_clerk)), (
        "another office's upload is not told"
    )


# --- Undoing ---


def test_undoing_says_what_will_happen_and_then_what_did(send, clerk, signed_in):
    batch = sent(send, clerk, [facility_row(), facility_row("东关社区")], commit="all")
    sent(send, clerk, [facility_row(**{"建筑面积（㎡）": "900"})], commit="all")
    browser = signed_in(clerk)
    address = reverse("uploads:undo", args=[batch.ref])
    assert address in page_of(browser, batch)
    before = " ".join(browser.get(address).content.decode().split())
    assert "新增的 <b>2</b> 行：从登记表中删除" in before
    assert Facility.objects.count() == 2, "looking undoes nothing"
    assert browser.post(address)["Location"] == reverse("uploads:batch", args=[batch.ref])
    batch.refresh_from_db()
    assert batch.state == State.UNDO_QUEUED
    actions.undo_queued_batch(batch.pk)
    batch.refresh_from_db()
    assert (batch.undo_reversed, batch.undo_kept, batch.undo_failed) == (1, 1, 0)
    page = page_of(browser, batch)
    assert "已撤销1行，保留1行" in page
    assert f"保留：{clerk}已于" in page
    assert "东关社区" not in page
    assert ">党群服务中心</td>" in page_of(browser, batch, tab="reversed")
    assert Facility.objects.count() == 1


def test_only_a_committed_batch_is_undone(send, clerk, signed_in):
    batch = sent(send, clerk, [facility_row()])
    browser = signed_in(clerk)
    assert browser.get(reverse("uploads:undo", args=[batch.ref])).status_code == 302
    page = browser.post(reverse("uploads:undo", args=[batch.ref]), follow=True).content.decode()
    assert "只有已入库的批次可以撤销" in page


def test_page_title_and_breadcrumb_say_the_register_unless_the_file_is_named_for_it(clerk, signed_in):
    browser = signed_in(clerk)
    for file_name, register, title in (
        ("本月.xlsx", "facilities", "本月.xlsx（服务设施）"),
        ("服务设施表.xlsx", "facilities", "服务设施表.xlsx"),
        ("会议通知.docx", "", "会议通知.docx"),
    ):
        batch = make_batch(clerk, register, state="rejected", file_name=file_name, message="不能用")
        assert f"<h1>{title}</h1>" in words_of(browser.get(reverse("uploads:batch", args=[batch.ref])))
        page = words_of(browser.get(reverse("uploads:discard", args=[batch.ref])))
        assert f">{title}</a>" in page.split('<ol class="breadcrumb')[1].split("</ol>")[0]


def test_taking_back_and_ending_are_quiet_buttons_beside_one_main_action(send, clerk, signed_in):
    rows = [facility_row(), facility_row(设施名称="乙", **{"建筑面积（㎡）": "五百多"}), facility_row(设施名称="丙")]
    batch = sent(send, clerk, rows, commit="good")
    browser = signed_in(clerk)

    def buttons():
        page = words_of(browser.get(reverse("uploads:batch", args=[batch.ref]))).split("<main")[1]
        quiet = re.findall(r'<a class="btn btn-sm" href="[^"]*">([^<]*)</a>', page.split('class="reversals"')[1])
        return quiet[:2], page.count("btn-primary")

    assert buttons() == (["余下的不要了", "撤销入库"], 0)
    actions.correct_row(batch=batch, position=2, texts={"area": "520"}, by=clerk)
    assert buttons() == (["余下的不要了", "撤销入库"], 1)


def test_a_batch_that_has_changed_nothing_offers_no_undoing(clerk, signed_in):
    batch = make_batch(clerk, "facilities", state="committed", committed_at=timezone.now(), rows=3, unchanged=3)
    page = signed_in(clerk).get(reverse("uploads:batch", args=[batch.ref])).content.decode()
    assert "reversals" not in page and "撤销入库" not in page
