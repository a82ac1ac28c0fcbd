"""Tests of the marked workbook of a file with the sheets of several registers: one workbook for all its batches."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.urls import reverse

from accounts.models import User
from periods.models import ReportingPeriod
from tests.communities.test_sheets import facility_row
from tests.factories import Place
from tests.orgs.test_sheets import row as organization_row
from tests.uploads.test_several_files import as_grid, check_all
from tests.uploads.test_writing_annotated import RED, YELLOW, listed, marked_cells
from tests.uploads.workbooks import make_ods, make_xlsx
from uploads import actions
from uploads.models import UploadBatch
from uploads.template_stamp import PROBLEM_SHEET

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
State = UploadBatch.State
Upload = Callable[..., list[UploadBatch]]
Download = Callable[[UploadBatch], bytes]

FACILITIES = as_grid(
    [facility_row(启用日期="2016-05-01"), facility_row(设施名称="活动室", 设施类型="仓库", 启用日期="2016-05-01")]
)
ORGANIZATIONS = as_grid([organization_row(), organization_row("演示棋社", 成立日期="昨天")])
SHEETS = {"设施": FACILITIES, "组织": ORGANIZATIONS}
MAKERS: dict[str, Callable[..., Path]] = {"xlsx": make_xlsx, "ods": make_ods}  # marked in place, and rebuilt
BAD_KIND, BAD_DAY = "设施!F3", "组织!H3"


@pytest.fixture
def upload(clerk: User, period: ReportingPeriod) -> Upload:
    """Return a function that uploads a workbook as the page does, has it checked, and returns its batches."""

    def go(data: bytes, ending: str = "xlsx") -> list[UploadBatch]:
        before = set(UploadBatch.objects.values_list("pk", flat=True))
        actions.receive_file(file=[data], file_name=f"两张.{ending}", register="", by=clerk, period=period)
        return [batch for batch in check_all() if batch.pk not in before]

    return go


@pytest.fixture
def download(clerk: User, signed_in: Any) -> Download:
    """Return a function that downloads the marked workbook from a batch's page."""

    def go(batch: UploadBatch) -> bytes:
        answer = signed_in(clerk).get(reverse("uploads:annotated", args=[batch.ref]))
        assert answer.status_code == 200, answer.get("Location")
        data: bytes = answer.getvalue()
        return data

    return go


def made(path: Path, ending: str, sheets: dict[str, Any] = SHEETS) -> bytes:
    return MAKERS[ending](path / f"两张.{ending}", sheets).read_bytes()


def opened(data: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(data))


def counted(batch: UploadBatch) -> tuple[str, int, int, int]:
    return batch.register, batch.new, batch.unchanged, batch.errors


def commit(batch: UploadBatch, mode: str) -> None:
    actions.request_commit(batch=batch, mode=mode, by=batch.uploaded_by, queue=False)
    assert actions.commit_batch(batch).state == State.COMMITTED


def correct(batch: UploadBatch, **texts: str) -> None:
    """Correct cells of the second row in the page."""
    actions.correct_row(batch=batch, position=2, texts=texts, by=batch.uploaded_by)


@pytest.mark.parametrize("ending", MAKERS)
@pytest.mark.parametrize("asked", [0, 1])
def test_each_batch_gives_the_one_workbook_with_the_marks_of_all(
    ending: str, asked: int, place: Place, upload: Upload, download: Download, tmp_path: Path
) -> None:
    batches = upload(made(tmp_path, ending), ending)
    assert [batch.errors for batch in batches] == [1, 1]
    book = opened(download(batches[asked]))
    assert book.sheetnames == [PROBLEM_SHEET, "设施", "组织"]
    assert marked_cells(book) == {BAD_KIND: RED, BAD_DAY: RED}
    assert [row[:5] for row in listed(book)] == [
        ["错误", "服务设施", "设施", "F3", "设施类型"],
        ["错误", "社会组织", "组织", "H3", "成立日期"],
    ]
    links = [row[3].hyperlink.location.replace("'", "") for row in book[PROBLEM_SHEET].iter_rows(min_row=4)]
    assert links == [BAD_KIND, BAD_DAY]
    assert book[PROBLEM_SHEET]["A1"].value == "填报检查发现的问题：错误2个，提醒0个"
    assert "各张登记表的问题都标在这个文件里" in book[PROBLEM_SHEET]["A2"].value


@pytest.mark.parametrize("ending", MAKERS)
def test_the_workbook_put_right_and_uploaded_again_leaves_what_was_committed_unchanged(
    ending: str, place: Place, upload: Upload, download: Download, tmp_path: Path
) -> None:
    batches = upload(made(tmp_path, ending), ending)
    for batch in batches:
        commit(batch, "good")
    book = opened(download(batches[0]))
    assert marked_cells(book) == {BAD_KIND: RED, BAD_DAY: RED}
    book["设施"]["F3"], book["组织"]["H3"] = "活动场所", "2015-03-02"
    book.save(tmp_path / "改好.xlsx")
    again = upload((tmp_path / "改好.xlsx").read_bytes())
    assert [counted(batch) for batch in again] == [("facilities", 1, 1, 0), ("organizations", 1, 1, 0)]
    assert [batch.problems for batch in again] == [[], []]


@pytest.mark.parametrize("ending", MAKERS)
def test_corrections_of_all_pages_are_in_it_and_nothing_is_left_to_do(
    ending: str, place: Place, upload: Upload, download: Download, tmp_path: Path
) -> None:
    facilities, organizations = upload(made(tmp_path, ending), ending)
    correct(facilities, kind="活动场所")
    correct(organizations, established_on="2015-03-02")
    data = download(facilities)
    book = opened(data)
    assert marked_cells(book) == {}
    assert (book["设施"]["F3"].value, book["组织"]["H3"].value) == ("活动场所", "2015-03-02")
    heading, advice = book[PROBLEM_SHEET]["A1"].value, book[PROBLEM_SHEET]["A2"].value
    assert heading == "填报检查发现的问题：都已改正"
    assert "没有要改的了" in advice
    assert "直接上传这个文件" not in advice
    again = upload(data)
    assert [counted(batch) for batch in again] == [("facilities", 2, 0, 0), ("organizations", 2, 0, 0)]
    assert [batch.problems for batch in again] == [[], []], "the list of problems is not read"


def test_what_is_corrected_in_one_page_leaves_the_marks_of_the_other(
    place: Place, upload: Upload, download: Download, tmp_path: Path
) -> None:
    facilities, organizations = upload(made(tmp_path, "xlsx"))
    correct(facilities, kind="活动场所")
    for batch in (facilities, organizations):
        book = opened(download(batch))
        assert marked_cells(book) == {BAD_DAY: RED}
        assert book["设施"]["F3"].value == "活动场所"


def test_a_batch_beside_it_that_is_committed_whole_is_not_marked(
    place: Place, upload: Upload, download: Download, tmp_path: Path
) -> None:
    doubtful = as_grid([facility_row(启用日期="2016-05-01", **{"建筑面积（㎡）": "约520"})])
    facilities, organizations = upload(made(tmp_path, "xlsx", {"设施": doubtful, "组织": ORGANIZATIONS}))
    assert (facilities.errors, facilities.warnings) == (0, 1)
    assert marked_cells(opened(download(organizations))) == {"设施!G2": YELLOW, BAD_DAY: RED}
    commit(facilities, "all")
    assert marked_cells(opened(download(organizations))) == {BAD_DAY: RED}


def test_a_discarded_batch_is_left_out(place: Place, upload: Upload, download: Download, tmp_path: Path) -> None:
    facilities, organizations = upload(made(tmp_path, "xlsx"))
    actions.discard_batch(batch=organizations, by=organizations.uploaded_by)
    book = opened(download(facilities))
    assert marked_cells(book) == {BAD_KIND: RED}
    assert [row[:3] for row in listed(book)] == [["错误", "设施", "F3"]]


def test_a_register_that_could_not_be_read_is_in_the_list(
    place: Place, upload: Upload, download: Download, tmp_path: Path
) -> None:
    nameless = [["组织" if header == "名称" else header for header in ORGANIZATIONS[0]], *ORGANIZATIONS[1:]]
    facilities, organizations = upload(made(tmp_path, "xlsx", {"设施": FACILITIES[:2], "组织": nameless}))
    assert (facilities.errors, organizations.state) == (0, State.REJECTED)
    book = opened(download(facilities))
    rows = listed(book)
    assert [row[:3] for row in rows] == [["错误", "社会组织", ""]]
    assert rows[0][-1] == organizations.problems[0]["message"]


def test_a_batch_beside_it_in_progress_is_waited_for(
    place: Place, upload: Upload, clerk: User, signed_in: Any, tmp_path: Path
) -> None:
    facilities, organizations = upload(made(tmp_path, "xlsx"))
    UploadBatch.objects.filter(pk=organizations.pk).update(state=State.QUEUED)
    page = signed_in(clerk).get(reverse("uploads:annotated", args=[facilities.ref]), follow=True)
    assert "这个文件里的社会组织还在处理，请过一会儿再下载" in page.content.decode()


def test_the_same_workbook_uploaded_twice_is_marked_once_each(
    place: Place, upload: Upload, download: Download, tmp_path: Path
) -> None:
    data = made(tmp_path, "xlsx")
    first, _ = upload(data)
    correct(first, kind="活动场所")
    second, _ = upload(data)
    assert marked_cells(opened(download(second))) == {BAD_KIND: RED, BAD_DAY: RED}
    assert len(listed(opened(download(second)))) == 2
