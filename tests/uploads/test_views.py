"""Tests of the pages of uploading, with the real actions."""

from __future__ import annotations

import datetime
from urllib.parse import quote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from communities.models import Facility
from periods.models import ReportingPeriod
from tests.factories import make_batch, make_facility, make_period
from tests.queries import exactly
from tests.uploads.office import write_workbook
from uploads.jobs import BROKER_UNREACHABLE
from uploads.models import UploadBatch, UploadRow
from uploads.progress import Reporter
from uploads.tasks import check_batch, commit_batch

NEW = "/uploads/new/"


def row(place, name="演示综合服务中心", area="520", **more):
    return {
        "县（市、区）": "城区",
        "街道（乡镇）": "东街街道办事处",
        "社区名称": place.communities[0].name,
        "设施名称": name,
        "设施类型": "综合服务设施",
        "建筑面积（㎡）": area,
        "启用日期": "2016-05-01",
        **more,
    }


@pytest.fixture
def post(tmp_path):
    """Return a function that uploads rows through the page, does the worker's task, and returns the batch."""

    def send(browser, rows, register="facilities", period=None):
        path = write_workbook(tmp_path / "演示数据.xlsx", rows)
        with path.open("rb") as file:
            answer = browser.post(NEW, {"register": register, "period": period.pk if period else "", "file": file})
        assert answer.status_code == 302, answer.content.decode()
        batch = UploadBatch.objects.get(ref=answer["Location"].split("/")[-2])
        assert batch.state == UploadBatch.State.QUEUED
        check_batch(batch.pk)
        return batch

    return send


def press_commit(browser, batch, mode):
    """Press the button, do the worker's task, and return the page that is shown then."""
    address = reverse("uploads:batch", args=[batch.ref])
    batch.refresh_from_db()
    sent = {"mode": mode, "seen": batch.check_mark}
    assert browser.post(reverse("uploads:commit", args=[batch.ref]), sent)["Location"] == address
    commit_batch(batch.pk)
    return browser.get(address).content.decode()


@pytest.mark.django_db
def test_a_clerk_uploads_looks_and_commits(place, clerk, period, signed_in, post):
    browser = signed_in(clerk)
    batch = post(browser, [row(place), row(place, name="演示第二中心", area="300.5")], period=period)
    page = browser.get(reverse("uploads:batch", args=[batch.ref])).content.decode()
    assert "全部入库" in page
    assert "演示第二中心" in page
    assert not Facility.objects.exists(), "looking writes nothing"
    done = press_commit(browser, batch, "all")
    assert "已入库：新增2行" in done
    assert ">查看服务设施</a>" in done
    assert Facility.objects.count() == 2


@pytest.mark.django_db
def test_bad_rows_are_listed_with_their_cells_and_may_be_left_out(place, clerk, period, signed_in, post):
    browser = signed_in(clerk)
    batch = post(browser, [row(place), row(place, name="演示第二中心", area="五百多")], period=period)
    page = browser.get(reverse("uploads:batch", args=[batch.ref])).content.decode()
    assert "全部入库" not in page
    assert "只入库没有错误的行" in page
    for told in ("F3", "建筑面积（㎡）", "五百多"):
        assert told in page
    refused = press_commit(browser, batch, "all")
    assert "这个批次现在不能入库" in refused
    assert not Facility.objects.exists()
    done = press_commit(browser, batch, "good")
    assert "有错误的1行没有入库" in done
    assert Facility.objects.get().name == "演示综合服务中心"


@pytest.mark.django_db
def test_a_change_is_shown_old_and_new(place, clerk, period, signed_in, post):
    make_facility(place.communities[0], "演示综合服务中心", area=480)
    batch = post(signed_in(clerk), [row(place)], period=period)
    page = signed_in(clerk).get(reverse("uploads:batch", args=[batch.ref]), {"tab": "changed"}).content.decode()
    text = " ".join(page.split())
    assert "<del>480.00</del>" in text
    assert "<ins>520.00</ins>" in text


@pytest.mark.django_db
def test_an_unreadable_file_says_what_it_is_and_that_nothing_was_written(clerk, period, signed_in):
    browser = signed_in(clerk)
    file = SimpleUploadedFile("说明.txt", "这不是表格".encode())
    address = browser.post(NEW, {"register": "facilities", "period": period.pk, "file": file})["Location"]
    batch = UploadBatch.objects.get()
    check_batch(batch.pk)
    page = browser.get(address).content.decode()
    assert "没有写入任何数据" in page
    assert "文件不能用" in page


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"file": ""}, "请选择要上传的文件"),
        ({"register": "cars"}, "选择一个有效的选项"),
        ({"period": "99999"}, "选择一个有效的选项"),
    ],
)
def test_an_incomplete_form_says_what_is_missing(change, says, clerk, period, signed_in):
    asked = {"register": "facilities", "period": period.pk, "file": SimpleUploadedFile("a.csv", b"a")}
    answer = signed_in(clerk).post(NEW, asked | change)
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert not UploadBatch.objects.exists()


@pytest.mark.django_db
def test_a_file_that_is_too_large_stays_on_the_page_with_the_limit(clerk, period, signed_in, settings):
    settings.UPLOAD_MAX_BYTES = 1024 * 1024
    file = SimpleUploadedFile("大.csv", b"x" * (1024 * 1024 + 1))
    answer = signed_in(clerk).post(NEW, {"register": "facilities", "period": period.pk, "file": file})
    assert "文件超过1MB" in answer.content.decode()
    assert not UploadBatch.objects.exists()


@pytest.mark.django_db
def test_a_broker_that_is_away_is_told_in_one_sentence_while_the_file_waits(clerk, signed_in):
    batch = make_batch(clerk, message=BROKER_UNREACHABLE)
    page = signed_in(clerk).get(reverse("uploads:batch", args=[batch.ref])).content.decode()
    assert BROKER_UNREACHABLE in page
    assert "刷新看进度" in page


@pytest.mark.django_db
def test_the_month_offered_first_is_the_newest_open_one(clerk, signed_in):
    make_period("2018-05")
    newest = make_period("2018-06")
    locked = make_period("2018-04")
    ReportingPeriod.objects.filter(pk=locked.pk).update(
        state=ReportingPeriod.State.LOCKED, locked_at=timezone.now(), locked_by=clerk
    )
    field = signed_in(clerk).get(NEW, {"register": "workers"}).context["form"]["period"]
    assert field.initial == newest
    assert locked not in field.field.queryset


@pytest.mark.django_db
def test_the_page_asks_for_progress_until_the_work_is_done(clerk, signed_in):
    batch = make_batch(clerk, state="checking", heartbeat_at=timezone.now())
    Reporter(batch.ref).step("核对现有记录", 480)
    browser = signed_in(clerk)
    address = reverse("uploads:progress", args=[batch.ref])
    page = browser.get(reverse("uploads:batch", args=[batch.ref])).content.decode()
    assert f'hx-get="{address}?after={quote("核对现有记录")}"' in page
    assert "核对现有记录：0 / 480 行" in " ".join(page.split())
    part = browser.get(address, {"after": "核对现有记录"}, HTTP_HX_REQUEST="true").content.decode()
    assert "<html" not in part and "announcer" not in part
    Reporter(batch.ref).step("保存检查结果", 480)
    part = browser.get(address, {"after": "核对现有记录"}, HTTP_HX_REQUEST="true").content.decode()
    assert '<div id="announcer" hx-swap-oob="innerHTML">保存检查结果</div>' in part, "a step that begins is read aloud"
    assert browser.get(address).status_code == 302, "without JavaScript the link shows the whole page"
    UploadBatch.objects.filter(pk=batch.pk).update(state="checked")
    assert browser.get(address, HTTP_HX_REQUEST="true")["HX-Refresh"] == "true"


@pytest.mark.django_db
def test_what_waits_to_be_committed_does_not_show_how_far_its_check_came(clerk, signed_in):
    batch = make_batch(clerk, state="commit_queued")
    Reporter(batch.ref).step("保存检查结果", 480)
    page = signed_in(clerk).get(reverse("uploads:batch", args=[batch.ref])).content.decode()
    assert "正在排队" in page and "保存检查结果" not in page


@pytest.mark.django_db
def test_a_batch_page_costs_the_same_queries_for_a_hundred_rows(clerk, period, signed_in):
    batch = make_batch(clerk, period=period, state="checked", rows=100, new=100)
    UploadRow.objects.bulk_create(
        UploadRow(batch=batch, position=number, row_number=number + 3, label=f"演示{number}", outcome="new")
        for number in range(1, 101)
    )
    browser = signed_in(clerk)
    # The user, the batch, unseen notices about it, whether the file was uploaded before, one page of rows. The length
    # of the tab is a counter of the batch.
    with exactly(5):
        page = browser.get(reverse("uploads:batch", args=[batch.ref]), {"page": 2})
    assert "演示51" in page.content.decode()
    assert "演示50<" not in page.content.decode()


@pytest.mark.django_db
def test_the_home_page_of_an_office_tells_what_is_done_and_what_waits(place, clerk, period, signed_in):
    make_batch(clerk, "communities", period=period, state="committed", committed_at=timezone.now(), rows=83)
    make_batch(clerk, "facilities", period=period, state="committed", committed_at=timezone.now(), rows=12)
    make_batch(clerk, "workers", period=period, state="checked", rows=9, errors=2, new=7, file_name="社工.xlsx")
    make_batch(clerk, "organizations", period=period, state="checked", rows=40, unchanged=40, file_name="没变.xlsx")
    (panel,) = [p for p in signed_in(clerk).get("/").context["panels"] if "lines" in p]
    lines = {line["register"].name: line for line in panel["lines"]}
    assert panel["done"] == 3
    assert lines["communities"]["reported"].rows == 83
    assert lines["workers"]["reported"] is None, "what waits for a decision is not reported"
    assert lines["organizations"]["reported"].file_name == "没变.xlsx", "a file that says the same is reported too"
    assert lines["projects"]["reported"] is None


@pytest.mark.django_db
def test_the_home_page_of_the_bureau_names_who_is_missing(place, clerk, street_clerk, officer, period, signed_in):
    at = datetime.datetime(2018, 7, 2, 9, tzinfo=datetime.UTC)
    make_batch(street_clerk, "facilities", period=period, state="committed", committed_at=at)
    make_batch(clerk, "communities", period=period, state="checked", rows=2, errors=1)
    make_batch(officer, "projects", period=period, state="committed", committed_at=at)
    (panel,) = [p for p in signed_in(officer).get("/").context["panels"] if "lacking" in p]
    lines = {line["county"].name: {c["register"].name: c for c in line["cells"]} for line in panel["lacking"]}
    assert set(lines) == {"城区", "襄垣县"}
    of_town = lines["城区"]["facilities"]
    assert not of_town["is_done"]
    assert of_town["partly"].is_partly, "a town's upload counts for its county in part"
    assert not lines["城区"]["communities"]["is_done"], "what waits for a decision is not reported"
    assert not lines["襄垣县"]["facilities"]["is_done"]
    assert lines["襄垣县"]["projects"]["is_by_bureau"]


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["clerk", "officer"])
def test_the_home_page_costs_the_same_queries_however_many_uploads(who, request, period, signed_in):
    user = request.getfixturevalue(who)
    browser = signed_in(user)

    def queries_now():
        with exactly(HOME_QUERIES[who]):
            assert browser.get("/").status_code == 200

    make_batch(user, period=period, state="committed", committed_at=timezone.now())
    queries_now()
    for _ in range(20):
        make_batch(user, period=period, state="committed", committed_at=timezone.now())
    queries_now()


# The user; the current month, its reports and counties, for a clerk whether divisions have changed since, the counts of
# the checks (six: three tell whether what is kept still holds) and months in arrears, for the bureau the reminders; the
# month again, what offices have brought in (and for clerks what offices above have), for the bureau its counties; and
# whether a month has been measured; for clerks also the month, how many communities are entered, and the next one; the same of monthly counts, with the
# thresholds that say whether the month asks for them; the applications that wait for a decision, and the month. Before
# the month the uploads that are not settled, and for the bureau how many the counties have, and the briefings that wait and
# those that could not be printed; the stories of the own office that were returned, and for the bureau those that wait.
HOME_QUERIES = {"clerk": 29, "officer": 17}
