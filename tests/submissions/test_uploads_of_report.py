"""What a county's report says of the month's uploads: all that count, and what does not, before it is reported and reviewed."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from changzhi_portal.pages.panels import MOST_ROWS
from submissions.actions import accept_submission, submit_month
from submissions.models import Submission
from tests.factories import make_batch, make_period
from tests.pages import markup_of
from tests.queries import exactly, queries_of
from uploads.actions.replace import replace_older
from uploads.models import UploadBatch

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
PAGE = "/submissions/201806-140402/"
PANEL = "uploads/submission_panel.html"


def at(day, hour=9):
    return timezone.make_aware(datetime.datetime(2018, 7, day, hour))


def committed(user, register, period, day, **fields):
    return make_batch(
        user, register, period=period, state="committed", committed_at=at(day), uploaded_at=at(day), **fields
    )


def panel_of(answer):
    (panel,) = [each for each in answer.context["panels"] if each["template_name"] == PANEL]
    return panel


def register_of(answer, name):
    (found,) = [each for each in panel_of(answer)["uploads"] if each.register.name == name]
    return found


def before_the_button(answer, button="确认无误，上报"):
    return markup_of(answer).split(f"{button}</button>")[0]


# --- The table ---


def test_all_uploads_of_the_month_are_summed_up_and_not_the_newest_alone(
    place, due, clerk, street_clerk, officer, signed_in
):
    committed(clerk, "facilities", due, 1, new=40, changed=3, rows=50, file_name="县一.xlsx")
    committed(street_clerk, "facilities", due, 2, new=2, changed=5, errors=4, rows=11, file_name="街道.xlsx")
    committed(clerk, "facilities", due, 3, changed=1, rows=1, file_name="县二.xlsx")
    make_batch(clerk, "facilities", period=due, state="undone", committed_at=at(2), new=500, file_name="撤销.xlsx")
    committed(clerk, "facilities", make_period("2018-05"), 4, new=700, file_name="五月.xlsx")
    answer = signed_in(officer).get(PAGE)
    line = register_of(answer, "facilities")
    assert (line.new, line.changed, line.bad_rows_left) == (42, 9, 4)
    assert line.newest_at == at(3)
    assert line.uploaders == f"{clerk}、{street_clerk}"
    assert [batch.file_name for batch in line.batches] == ["县二.xlsx", "街道.xlsx", "县一.xlsx"]
    folded = markup_of(answer).split("<summary>3次</summary>")[1].split("</details>")[0]
    assert "共50行，新增40，修改3" in folded and '<span class="bad">4行有错误没有入库</span>' in folded
    for batch in line.batches:
        assert f'<a href="{reverse("uploads:batch", args=[batch.ref])}">{batch.file_name}</a>' in folded
    assert f'<a href="{PAGE}changes/?register=facilities">看改动' in markup_of(answer)


def test_bad_rows_that_a_later_upload_of_the_office_replaced_are_not_counted(
    place, due, clerk, street_clerk, signed_in
):
    committed(clerk, "facilities", due, 1, new=9, errors=5)
    committed(street_clerk, "facilities", due, 1, new=9, errors=2)
    replace_older(committed(clerk, "facilities", due, 2, new=5))
    answer = signed_in(clerk).get(PAGE)
    assert register_of(answer, "facilities").bad_rows_left == 2
    assert "5行有错误没有入库（后来已重新上传）" in markup_of(answer)


def test_a_file_without_a_change_counts_as_an_upload(place, due, clerk, signed_in):
    make_batch(clerk, "workers", period=due, state="checked", rows=30, unchanged=30, file_name="同.xlsx")
    answer = signed_in(clerk).get(PAGE)
    assert panel_of(answer)["done"] == 1
    assert "共30行，与登记表一致" in markup_of(answer)


def test_an_auditor_reads_the_uploads_with_links_to_them_and_a_leader_without(
    place, due, clerk, auditor, leader, signed_in
):
    batch = committed(clerk, "facilities", due, 1, new=9, file_name="县.xlsx")
    page = markup_of(signed_in(auditor).get(PAGE))
    assert "县.xlsx" in page and batch.ref in page
    assert batch.ref not in markup_of(signed_in(leader).get(PAGE))


def test_many_uploaders_and_uploads_are_shortened(place, due, clerk, signed_in):
    for number in range(MOST_ROWS + 2):
        committed(clerk, "facilities", due, 1, new=1, file_name=f"第{number}个.xlsx")
    page = markup_of(signed_in(clerk).get(PAGE))
    assert f"<summary>{MOST_ROWS + 2}次</summary>" in page and "较早的2次没有列出" in page
    assert "第0个.xlsx" not in page and f"第{MOST_ROWS + 1}个.xlsx" in page


# --- What does not count ---


def test_before_a_county_reports_it_reads_what_will_not_count(place, due, clerk, street_clerk, signed_in):
    unconfirmed = make_batch(
        street_clerk, "facilities", period=due, state="checked", rows=9, new=9, file_name="街.xlsx"
    )
    refused = make_batch(clerk, "workers", state="rejected", file_name="照片.xlsx")
    left = committed(clerk, "projects", due, 2, errors=5, new=3, file_name="项目.xlsx")
    browser = signed_in(clerk)
    page = before_the_button(browser.get(PAGE))
    assert "还有2个上传没有确认入库，1个上传有错误的行没有入库" in page
    assert "里面的数据不会算进本月" in page
    for batch, told in ((unconfirmed, "待确认"), (refused, "文件不能用"), (left, "有5行有错误没有入库")):
        line = page.split(f'<a href="{reverse("uploads:batch", args=[batch.ref])}">《{batch.file_name}》</a>')[1]
        assert told in line.split("</li>")[0]
    assert "东街街道办事处" in page and "统计月未定" in page
    done = browser.post(PAGE, {"step": "submitted", "steps_seen": "0"}, follow=True)
    assert "城区2018年6月已上报" in markup_of(done), "it is a warning and does not prevent the report"


def test_what_was_replaced_or_belongs_elsewhere_is_not_warned_of(place, due, clerk, other_clerk, signed_in):
    make_batch(clerk, "facilities", period=due, state="checked", rows=9, new=9, uploaded_at=at(1))
    committed(clerk, "workers", due, 1, errors=5, new=4)
    replace_older(committed(clerk, "facilities", due, 2, new=9))
    replace_older(committed(clerk, "workers", due, 2, new=5))
    make_batch(clerk, "projects", period=make_period("2018-05"), state="checked", rows=9, new=9)
    make_batch(clerk, "projects", state="rejected", uploaded_at=at(1) - datetime.timedelta(days=90))
    make_batch(other_clerk, "projects", period=due, state="checked", rows=9, new=9)
    make_batch(clerk, "organizations", period=due, state="checked", rows=9, unchanged=9)
    page = markup_of(signed_in(clerk).get(PAGE))
    assert "没有确认入库" not in page and "有错误的行没有入库" not in page


def test_the_reviewer_reads_the_same_until_the_report_is_settled(place, due, clerk, officer, signed_in):
    make_batch(clerk, "facilities", period=due, state="checked", rows=9, new=9, errors=3, file_name="街.xlsx")
    submission = submit_month(period=due, county=place.county, by=clerk)
    page = before_the_button(signed_in(officer).get(PAGE), "接收")
    assert "还有1个上传没有确认入库</h3>" in page and "3行有错误" in page
    assert "里面的数据没有算进本月；有疑问的，可以退回" in page
    accept_submission(submission=submission, by=officer)
    assert "还有1个上传没有确认入库" in markup_of(signed_in(officer).get(PAGE)), "it may still be returned"
    assert "还有1个上传没有确认入库" not in markup_of(signed_in(clerk).get(PAGE)), (
        "there is nothing for the clerk to do"
    )
    assert Submission.objects.get().state == Submission.State.ACCEPTED


def test_the_page_costs_the_same_queries_however_many_uploads(place, due, clerk, street_clerk, signed_in):
    browser = signed_in(clerk)

    def upload_all():
        for register in ("facilities", "workers"):
            committed(clerk, register, due, 1, new=3, errors=1)
            make_batch(street_clerk, register, period=due, state="checked", rows=9, new=9)
            make_batch(street_clerk, register, period=due, state="rejected", mapping=[{"sheet": ""}])

    upload_all()
    few = len(queries_of(lambda: browser.get(PAGE)))
    for _ in range(10):
        upload_all()
    assert UploadBatch.objects.count() == 66
    with exactly(few):
        browser.get(PAGE)
