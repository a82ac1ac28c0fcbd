"""Tests of uploading several files at once, and one workbook with the sheets of several registers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import IntegrityError, OperationalError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from accounts.models import User
from changzhi_portal.refusals import StaleError, UnavailableError
from changzhi_portal.registers.registry import register_named, registers
from communities.models import Facility
from notices.models import Notice
from orgs.models import SocialOrganization
from periods.models import ReportingPeriod
from tests.communities.test_sheets import community_row, facility_row
from tests.factories import (
    Place,
    make_activity,
    make_batch,
    make_catalogue_item,
    make_count,
    make_document,
    make_facility,
    make_hours,
    make_monthly_report,
    make_organization,
    make_payment,
    make_point,
    make_profile,
    make_project,
    make_review,
    make_support,
    make_survey,
    make_training,
    make_work_item,
    make_worker,
)
from tests.orgs.test_sheets import row as organization_row
from tests.queries import exactly
from tests.socialworkers.test_sheets import row as worker_row
from tests.uploads.office import Rows, write_workbook
from tests.uploads.samples import upload
from tests.uploads.workbooks import make_xlsx
from uploads import actions, storage
from uploads.actions import recognise
from uploads.column_mapping import IGNORED, file_columns
from uploads.forms import MOST_FILES
from uploads.jobs import CHECK
from uploads.models import ColumnMapping, UploadBatch
from uploads.reuse import key_of_reading
from uploads.tasks import check_batch
from uploads.writing.template import write_template
from workload.models import Assessment

pytestmark = pytest.mark.django_db
NEW = "/uploads/new/"
State = UploadBatch.State
Receive = Callable[..., UploadBatch]
FACILITY = facility_row() | {"启用日期": "2016-05-01"}
MIXED = {"社区名称": "和平社区", "户数": 5, "常住人口": 9, "设施名称": "中心", "设施类型": "活动场所", "建筑面积": 5}


def as_grid(rows: Rows) -> list[list[Any]]:
    return [list(rows[0]), *(list(row.values()) for row in rows)]


def workbook(path: Path, **sheets: Rows) -> bytes:
    """Return a workbook with these sheets."""
    return make_xlsx(path, {name: as_grid(rows) for name, rows in sheets.items()}).read_bytes()


def file_of(data: bytes, name: str = "演示.xlsx") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


@pytest.fixture(autouse=True)
def media(tmp_path: Path, settings: Any) -> None:
    """Keep the originals of one test in a folder of its own, so that a file left behind is seen."""
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def data(tmp_path: Path) -> bytes:
    """Return a workbook with sheets of facilities, organizations and workers, in another order."""
    return workbook(
        tmp_path / "三张.xlsx",
        社工=[worker_row("和平社区")],
        设施=[FACILITY, FACILITY | {"设施名称": "第二中心"}],
        组织=[organization_row()],
    )


@pytest.fixture
def receive(clerk: User, period: ReportingPeriod) -> Receive:
    """Return a function that receives a file without a register for the clerk, as the page does."""

    def receive_data(data: bytes, **options: Any) -> UploadBatch:
        options = {"file_name": "演示.xlsx", "register": "", "by": clerk, "period": period} | options
        return actions.receive_file(file=[data], **options)

    return receive_data


def check_all() -> list[UploadBatch]:
    """Do the worker's tasks until no batch waits, and return all batches."""
    while waiting := list(UploadBatch.objects.filter(state=State.QUEUED).order_by("pk")):
        for batch in waiting:
            check_batch(batch.pk)
    return list(UploadBatch.objects.order_by("pk"))


def originals() -> list[str]:
    folder = Path(django_settings.MEDIA_ROOT) / storage.FOLDER
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def words_of(page: Any) -> str:
    return " ".join(page.content.decode().split())


# --- One workbook, several registers ---


def test_each_register_of_a_workbook_becomes_a_batch_of_its_own(data: bytes, receive: Receive, clerk: User) -> None:
    first = receive(data)
    assert (first.register, first.register_title) == ("", "检查后确定")
    batches = check_all()
    assert [batch.register for batch in batches] == ["facilities", "organizations", "workers"]
    assert [batch.rows for batch in batches] == [2, 1, 1]
    for batch in batches:
        assert (batch.state, batch.errors, batch.warnings, batch.problems) == (State.CHECKED, 0, 0, [])
        assert (batch.group, batch.is_recognised) == (first.group, True)
        assert (batch.period, batch.division, batch.uploaded_by) == (first.period, clerk.division, clerk)
    assert [batch.split_from_id for batch in batches] == [None, first.pk, first.pk]
    assert len({batch.stored_as for batch in batches}) == 3, "each is purged by itself"
    assert {storage.original_bytes(batch) for batch in batches} == {data}
    assert Notice.objects.filter(user=clerk).count() == 3


def test_the_templates_of_all_registers_in_one_workbook_give_no_warning_about_each_other(
    place: Place, officer: User, period: ReportingPeriod, tmp_path: Path
) -> None:
    community = place.communities[0]
    make_profile(community)
    make_facility(community)
    make_support(make_organization(community))
    make_activity(community)
    make_hours(make_worker(community), make_training(place.county))
    project = make_project(place.county, community)
    make_catalogue_item(place.county)
    make_review(project)
    make_payment(place.county, project=project)
    make_point(community)
    make_monthly_report(community)
    make_count(make_survey(place.county), community)
    make_work_item(place.county)
    Assessment.objects.create(community=community, year=2018, work_score=80)
    make_document(community)
    sheets = {}
    for register in registers():
        path = tmp_path / f"{register.name}.xlsx"
        path.write_bytes(write_template(register(), division=officer.division, period=period, by=officer, filled=True))
        for page in load_workbook(path).worksheets:  # with the explanations and the lists of choices of each
            title = page.title if page.title not in sheets else f"{page.title} ({len(sheets)})"
            lines = page.iter_rows(values_only=True)
            sheets[title] = [["" if cell is None else cell for cell in line] for line in lines]
    together = make_xlsx(tmp_path / "五张.xlsx", sheets).read_bytes()
    actions.receive_file(file=[together], file_name="五张.xlsx", register="", by=officer, period=period)
    batches = check_all()
    assert [batch.register for batch in batches] == [register.name for register in registers()]
    for batch in batches:
        assert (batch.state, batch.problems) == (State.CHECKED, []), batch.register
        assert (batch.new, batch.changed, batch.errors) == (0, 0, 0), batch.register
        assert batch.unchanged > 0


def test_a_workbook_of_one_register_stays_one_batch(receive: Receive, tmp_path: Path) -> None:
    receive(workbook(tmp_path / "一.xlsx", 甲=[facility_row()], 乙=[facility_row(设施名称="第二")]))
    (batch,) = check_all()
    assert (batch.register, batch.rows, batch.split_from_id) == ("facilities", 2, None)


def test_a_chosen_register_reads_only_its_sheets_and_names_the_others(data: bytes, receive: Receive) -> None:
    receive(data, register="workers")
    (batch,) = check_all()
    assert (batch.register, batch.rows, batch.is_recognised) == ("workers", 1, False)
    assert [problem["code"] for problem in batch.problems] == ["wrong_register", "wrong_register"]


def test_a_table_that_cannot_be_assigned_is_named_once(receive: Receive, tmp_path: Path) -> None:
    receive(workbook(tmp_path / "混.xlsx", 设施=[facility_row()], 社工=[worker_row("和平社区")], 混合=[MIXED]))
    first, second = check_all()
    assert [(problem["code"], problem["sheet"]) for problem in first.problems] == [("wrong_register", "混合")]
    assert second.problems == []


def test_a_register_that_lacks_a_column_is_a_batch_that_asks_for_it(receive: Receive, tmp_path: Path) -> None:
    people = [{"证件" if key == "身份证号" else key: value for key, value in worker_row("和平社区").items()}]
    receive(workbook(tmp_path / "缺.xlsx", 设施=[facility_row()], 社工=people))
    first, second = check_all()
    assert (first.state, first.problems) == (State.CHECKED, [])
    assert (second.register, second.state, second.needs_mapping) == ("workers", State.REJECTED, True)
    assert [part["sheet"] for part in second.mapping] == ["社工"], "only its own table is offered for mapping"
    actions.map_columns(batch=second, chosen={"证件": "id_number"}, by=second.uploaded_by)
    _, second = check_all()
    assert (second.state, second.rows, second.errors) == (State.CHECKED, 1, 0)
    assert ColumnMapping.objects.get().register == "workers"


# --- Twice, interrupted, failing ---


# What a clerk of the office has said of a list of facilities with the headers of organizations.
TAUGHT = {
    "名称": "name",
    "类别": "kind",
    "成立日期": "opened_on",
    "管理方式": "ref",
    "枢纽型": "area",
    "统一社会信用代码": "closed_on",
    "联系电话": "note",
}


def teach(user: User) -> None:
    ColumnMapping.objects.bulk_create(
        ColumnMapping(division=user.division, register="facilities", header=header, field=field)
        for header, field in TAUGHT.items()
    )


def tables_read(batches: Iterable[UploadBatch]) -> dict[str, list[str]]:
    return {batch.register: [part["sheet"] for part in batch.mapping] for batch in batches}


def test_each_table_stays_with_its_batch_whatever_the_office_maps_later(
    data: bytes, receive: Receive, clerk: User
) -> None:
    receive(data)
    batches = check_all()
    read = tables_read(batches)
    assert read == {"facilities": ["设施"], "organizations": ["组织"], "workers": ["社工"]}
    teach(clerk)
    for batch, header in zip(batches, ("街道（乡镇）", "联系电话", "联系电话"), strict=True):
        name = next(
            each.name for each in file_columns(batch, register_named(batch.register)()) if each.header == header
        )
        assert actions.map_columns(batch=batch, chosen={name: IGNORED}, by=clerk)
        batches = check_all()
        assert tables_read(batches) == read, "no table is lost, and none is read twice"
        assert [batch.rows for batch in batches] == [2, 1, 1]
    assert {column["field"] for part in batches[0].mapping for column in part["columns"]}.isdisjoint({"street"})


def test_a_table_below_another_one_in_a_sheet_stays_with_its_batch_too(
    receive: Receive, tmp_path: Path, clerk: User
) -> None:
    grid = [*as_grid([FACILITY]), [], *as_grid([organization_row(), organization_row("第二社")])]
    receive(make_xlsx(tmp_path / "两张.xlsx", {"Sheet1": grid}).read_bytes())
    assert [(batch.register, batch.rows) for batch in check_all()] == [("facilities", 1), ("organizations", 2)]
    teach(clerk)
    for batch in UploadBatch.objects.all():
        assert actions.map_columns(batch=batch, chosen={"街道(乡镇)": IGNORED}, by=clerk)
    batches = check_all()
    assert [(batch.register, batch.rows, batch.new) for batch in batches] == [
        ("facilities", 1, 1),
        ("organizations", 2, 2),
    ]


def test_the_next_file_is_recognised_with_what_the_office_has_mapped_by_then(
    receive: Receive, tmp_path: Path, clerk: User
) -> None:
    data = workbook(tmp_path / "设施.xlsx", Sheet1=[FACILITY])
    receive(data)
    check_all()
    teach(clerk)
    receive(data)
    before, after = check_all()
    assert (before.recognised_with, after.recognised_with) == ({}, {"facilities": TAUGHT})
    assert key_of_reading(before) != key_of_reading(after), "the reading of one is none for the other"
    assert after.read_as == key_of_reading(after)


def test_a_batch_that_is_put_back_and_checked_again_is_not_split_twice(data: bytes, receive: Receive) -> None:
    first = receive(data)
    check_all()
    UploadBatch.objects.filter(pk=first.pk).update(**CHECK.queued(), needs_reading=True)
    assert len(check_all()) == 3
    assert len(originals()) == 3


def test_two_workers_split_a_batch_once(data: bytes, receive: Receive, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first worker is thought dead while it reads, and a second one has finished when it comes to write."""
    first = receive(data)
    read = recognise.read_grids
    is_second = iter([False, True, True, True])

    def read_slowly(*args: Any) -> Any:
        grids = read(*args)
        if not next(is_second):
            UploadBatch.objects.filter(pk=first.pk).update(state=State.QUEUED, claim_token="")
            check_batch(first.pk)
        return grids

    monkeypatch.setattr(recognise, "read_grids", read_slowly)
    check_batch(first.pk)
    assert [batch.register for batch in check_all()] == ["facilities", "organizations", "workers"]
    assert len(originals()) == 3, "the first worker's copies are gone"


@pytest.mark.parametrize("fails", ["database", "disk"])
def test_a_failed_split_leaves_no_batch_and_no_file(
    fails: str, data: bytes, receive: Receive, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = receive(data)
    kept = iter([True, False])
    keep = storage.keep_original

    def keep_one(ref: str, content: bytes) -> str:
        if not next(kept):
            raise UnavailableError("服务器暂时存不下文件。")
        return keep(ref, content)

    def fail(*args: Any, **options: Any) -> None:
        raise OperationalError("演示故障")

    with monkeypatch.context() as broken:
        if fails == "database":
            broken.setattr(UploadBatch, "save", fail)
            with pytest.raises(OperationalError):
                check_batch(first.pk)
        else:
            broken.setattr(storage, "keep_original", keep_one)
            check_batch(first.pk)
    (only,) = UploadBatch.objects.all()
    assert only.register == ""
    assert originals() == [first.ref]
    # The database's failure is not the batch's: it is put back and checked.
    if fails == "database":
        UploadBatch.objects.filter(pk=first.pk).update(state=State.QUEUED, claim_token="")
        assert len(check_all()) == 3
    else:
        assert (only.state, only.message) == (State.FAILED, "服务器暂时存不下文件。")


def test_the_database_refuses_a_second_batch_of_a_register_from_one_file(clerk: User) -> None:
    first = make_batch(clerk)
    make_batch(clerk, "workers", split_from=first)
    with pytest.raises(IntegrityError), transaction.atomic():
        make_batch(clerk, "workers", split_from=first)


@pytest.mark.parametrize("state", ["checked", "committed", "commit_queued", "undone"])
def test_the_database_refuses_to_go_on_without_a_register(state: str, clerk: User) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make_batch(clerk, "", state=state, committed_at=timezone.now())


def test_the_same_workbook_again_is_known_register_by_register(data: bytes, receive: Receive, clerk: User) -> None:
    receive(data)
    for batch in check_all():
        actions.request_commit(batch=batch, mode="all", by=clerk, queue=False)
        assert actions.commit_batch(batch).state == State.COMMITTED
    receive(data)
    again = check_all()[3:]
    assert [(batch.register, batch.rows, batch.unchanged) for batch in again] == [
        ("facilities", 2, 2),
        ("organizations", 1, 1),
        ("workers", 1, 1),
    ]


# --- Not recognised ---


@pytest.fixture
def unknown(receive: Receive, tmp_path: Path) -> UploadBatch:
    """Return a checked batch whose table fits two registers."""
    batch = receive(write_workbook(tmp_path / "混.xlsx", [facility_row() | {"户数": 5, "常住人口": 900}]).read_bytes())
    check_batch(batch.pk)
    batch.refresh_from_db()
    return batch


def test_a_table_of_two_registers_is_not_decided_silently(unknown: UploadBatch, signed_in: Any, clerk: User) -> None:
    assert (unknown.state, unknown.register, unknown.state_label) == (State.REJECTED, "", "要选登记表")
    page = words_of(signed_in(clerk).get(reverse("uploads:batch", args=[unknown.ref])))
    assert "这个文件像是“服务设施”的表，又像“社区”的表，看不出是哪一张，请选定登记表。没有写入任何数据。" in page
    assert "没有认出" in page
    listed = words_of(signed_in(clerk).get(reverse("uploads:list")))
    assert "没有认出" in listed and "要选登记表" in listed
    assert Notice.objects.get(user=clerk).title == "认不出是哪张登记表的文件，请打开选定"


def test_the_clerk_chooses_and_the_batch_is_checked_again(unknown: UploadBatch, signed_in: Any, clerk: User) -> None:
    browser = signed_in(clerk)
    address = reverse("uploads:register", args=[unknown.ref])
    page = words_of(browser.get(address))
    assert all(register.title in page for register in registers())
    assert browser.post(address, {}).status_code == 422
    answer = browser.post(address, {"register": "facilities"})
    assert answer["Location"] == reverse("uploads:batch", args=[unknown.ref])
    (batch,) = check_all()
    assert (batch.state, batch.register, batch.rows, batch.errors) == (State.CHECKED, "facilities", 1, 0)
    assert not batch.is_recognised
    # A second tab that was still open changes nothing.
    assert browser.post(address, {"register": "communities"}).status_code == 409
    with pytest.raises(StaleError):
        actions.choose_register(batch=batch, register="communities", by=clerk)


def test_a_register_that_was_chosen_wrongly_is_changed_without_sending_the_file_again(
    receive: Receive, tmp_path: Path, signed_in: Any, clerk: User
) -> None:
    receive(write_workbook(tmp_path / "演示.xlsx", [FACILITY]).read_bytes(), register="workers")
    (batch,) = check_all()
    assert [problem["code"] for problem in batch.problems] == ["wrong_register"]
    browser = signed_in(clerk)
    assert "换一张登记表</a>重新检查" in words_of(browser.get(reverse("uploads:batch", args=[batch.ref])))
    browser.post(reverse("uploads:register", args=[batch.ref]), {"register": "facilities"})
    (batch,) = check_all()
    assert (batch.register, batch.state, batch.rows, batch.problems) == ("facilities", State.CHECKED, 1, [])


def test_a_recognised_register_is_not_changed_by_hand(clerk: User) -> None:
    problems = [{"code": "header_not_found"}]
    recognised = make_batch(clerk, is_recognised=True, state="rejected", problems=problems, stored_as="x")
    with pytest.raises(StaleError):
        actions.choose_register(batch=recognised, register="workers", by=clerk)


def test_nobody_of_another_county_may_choose(unknown: UploadBatch, signed_in: Any, other_clerk: User) -> None:
    address = reverse("uploads:register", args=[unknown.ref])
    assert signed_in(other_clerk).get(address).status_code == 404
    assert signed_in(other_clerk).post(address, {"register": "facilities"}).status_code == 404


def test_a_file_that_is_no_spreadsheet_asks_for_no_register(receive: Receive, signed_in: Any, clerk: User) -> None:
    batch = receive("这不是表格".encode(), file_name="说明.txt")
    check_batch(batch.pk)
    batch.refresh_from_db()
    assert (batch.state, batch.needs_register, batch.state_label) == (State.REJECTED, False, "文件不能用")
    page = words_of(signed_in(clerk).get(reverse("uploads:batch", args=[batch.ref])))
    assert reverse("uploads:register", args=[batch.ref]) not in page
    assert Notice.objects.get(user=clerk).title == "上传的文件不能用，请看原因"


@pytest.mark.parametrize(
    "name", ["uploads:columns", "uploads:month", "uploads:correct", "uploads:undo", "uploads:annotated"]
)
def test_no_page_of_an_unrecognised_batch_breaks(name: str, unknown: UploadBatch, signed_in: Any, clerk: User) -> None:
    address = reverse(name, args=[unknown.ref])
    for answer in (signed_in(clerk).get(address), signed_in(clerk).post(address)):
        assert answer.status_code in {302, 404, 405, 409, 422}


@pytest.mark.parametrize("state", ["queued", "rejected", "failed"])
@pytest.mark.parametrize("address", ["/", "/uploads/", "/uploads/?register=facilities", "/uploads/?sort=register"])
def test_no_page_over_batches_breaks_on_one_without_a_register(
    state: str, address: str, clerk: User, officer: User, period: ReportingPeriod, signed_in: Any
) -> None:
    make_batch(clerk, "", state=state, period=period)
    for user in (clerk, officer):
        assert signed_in(user).get(address).status_code == 200


# --- The form ---


def post(browser: Client, *files: SimpleUploadedFile, register: str = "auto", **more: Any) -> Any:
    return browser.post(NEW, {"register": register, "period": "", "file": list(files)} | more)


def test_the_form_finds_out_the_register_unless_it_was_opened_for_one(signed_in: Any, clerk: User) -> None:
    browser = signed_in(clerk)
    page = words_of(browser.get(NEW))
    assert '<option value="auto" selected>按文件内容自动识别</option> <option value="communities">' in page
    assert '<option value="workers" selected>' in words_of(browser.get(f"{NEW}?register=workers"))
    assert " multiple" in page


def test_one_file_leads_to_its_batch_and_several_to_all_of_them(
    data: bytes, signed_in: Any, clerk: User, tmp_path: Path
) -> None:
    browser = signed_in(clerk)
    assert post(browser, file_of(data))["Location"] == reverse("uploads:batch", args=[UploadBatch.objects.get().ref])
    community = write_workbook(tmp_path / "社区.xlsx", [community_row()]).read_bytes()
    answer = post(browser, file_of(community, "社区.xlsx"), file_of(data, "三张.xlsx"))
    _, second, third = UploadBatch.objects.order_by("pk")
    assert answer["Location"] == reverse("uploads:together", args=[second.ref])
    assert second.group == third.group
    page = words_of(browser.get(answer["Location"]))
    assert "共 <b>2</b> 个批次，还有 <b>2</b> 个在处理" in page
    assert 'hx-trigger="every 2s"' in page
    check_all()
    page = words_of(browser.get(answer["Location"]))
    assert "共 <b>4</b> 个批次，都检查完了" in page
    assert "every 2s" not in page
    for title in ("社区", "服务设施", "社会组织", "社会工作者"):
        assert f">{title}</td>" in page
    for batch in UploadBatch.objects.filter(group=second.group):
        assert reverse("uploads:batch", args=[batch.ref]) in page
    assert "处理下一个" in page


def test_the_next_one_is_one_to_go_on_with_before_a_file_that_is_of_no_use(signed_in: Any, clerk: User) -> None:
    useless = make_batch(clerk, state="rejected", group="together", file_name="说明.docx")
    to_choose = make_batch(clerk, "", state="rejected", group="together", file_name="谁的.xlsx")
    waiting = make_batch(clerk, state="checked", rows=5, new=5, group="together", file_name="设施.xlsx")
    address = reverse("uploads:together", args=[useless.ref])
    browser = signed_in(clerk)
    for batch in (to_choose, waiting, useless):
        assert browser.get(address).context["next"] == batch
        UploadBatch.objects.filter(pk=batch.pk).update(
            state="discarded", discarded_by=clerk, discarded_at=timezone.now()
        )
    assert browser.get(address).context["next"] is None


def test_each_of_several_files_becomes_a_batch_of_the_chosen_register(
    signed_in: Any, clerk: User, tmp_path: Path
) -> None:
    files = [
        file_of(write_workbook(tmp_path / f"{name}.xlsx", [facility_row(设施名称=name)]).read_bytes(), f"{name}.xlsx")
        for name in ("甲", "乙", "丙")
    ]
    post(signed_in(clerk), *files, register="facilities")
    batches = check_all()
    assert [(batch.file_name, batch.register, batch.rows) for batch in batches] == [
        ("甲.xlsx", "facilities", 1),
        ("乙.xlsx", "facilities", 1),
        ("丙.xlsx", "facilities", 1),
    ]


def test_a_file_that_is_refused_is_named_and_the_others_are_taken(
    data: bytes, signed_in: Any, clerk: User, settings: Any
) -> None:
    settings.UPLOAD_MAX_BYTES = 1024 * 1024
    browser = signed_in(clerk)
    answer = post(browser, file_of(b"x" * (1024 * 1024 + 1), "大.csv"), file_of(data), file_of(b"", "空.xlsx"))
    assert [batch.file_name for batch in UploadBatch.objects.order_by("pk")] == ["演示.xlsx", "空.xlsx"]
    page = words_of(browser.get(answer["Location"]))
    assert "“大.csv”没有收下：文件超过1MB，请删去图片和空白行，或分成几个文件上传。" in page
    check_all()
    empty = UploadBatch.objects.get(file_name="空.xlsx")
    assert (empty.state, "0字节" in empty.message) == (State.REJECTED, True)


def test_when_no_file_is_taken_the_form_says_why_for_each(signed_in: Any, clerk: User, settings: Any) -> None:
    settings.UPLOAD_MAX_BYTES = 1024 * 1024
    large = b"x" * (1024 * 1024 + 1)
    answer = post(signed_in(clerk), file_of(large, "甲.csv"), file_of(large, "140402199001011234乙.csv"))
    page = words_of(answer)
    assert answer.status_code == 422
    assert "2个文件都没有收下。“甲.csv”：文件超过1MB" in page
    assert "140402199001011234" not in page
    assert not UploadBatch.objects.exists()


def test_too_many_files_are_refused_before_any_is_taken(signed_in: Any, clerk: User) -> None:
    answer = post(signed_in(clerk), *(file_of(b"a,b", f"{number}.csv") for number in range(MOST_FILES + 1)))
    assert answer.status_code == 422
    assert "一次最多上传20个文件，您选了21个，都没有收下；请分几次上传。" in words_of(answer)
    assert not UploadBatch.objects.exists()
    assert originals() == []


def test_more_files_than_a_request_may_have_are_no_server_error(signed_in: Any, clerk: User) -> None:
    answer = post(signed_in(clerk), *(file_of(b"a,b", f"{number}.csv") for number in range(101)))
    assert answer.status_code == 400
    assert not UploadBatch.objects.exists()


def test_as_many_files_as_allowed_are_taken(signed_in: Any, clerk: User) -> None:
    post(signed_in(clerk), *(file_of(b"a,b", f"{number}.csv") for number in range(MOST_FILES)))
    assert UploadBatch.objects.count() == MOST_FILES


# --- The pages ---


def test_a_batch_lists_the_others_of_its_upload(data: bytes, receive: Receive, signed_in: Any, clerk: User) -> None:
    receive(data)
    first, *others = check_all()
    page = words_of(signed_in(clerk).get(reverse("uploads:batch", args=[first.ref])))
    assert f'同一次上传的其他批次 <span class="count">{len(others)}</span></summary>' in page
    assert "（按内容识别）" in page
    assert f"<h1>{first.file_name}（{first.register_title}）</h1>" in page, "each batch of the file has its own title"
    for other in others:
        assert reverse("uploads:batch", args=[other.ref]) in page
    alone = make_batch(clerk, state="checked")
    assert "同一次上传" not in words_of(signed_in(clerk).get(reverse("uploads:batch", args=[alone.ref])))


def test_who_waits_for_a_workbook_is_led_to_all_its_batches(
    data: bytes, receive: Receive, signed_in: Any, clerk: User
) -> None:
    batch = receive(data)
    browser = signed_in(clerk)
    progress = reverse("uploads:progress", args=[batch.ref])
    page = browser.get(reverse("uploads:batch", args=[batch.ref])).content.decode()
    assert "检查后确定" in page
    assert "&amp;unrecognised=1" in page
    polled = {"HTTP_HX_REQUEST": "true"}
    assert "HX-Redirect" not in browser.get(f"{progress}?unrecognised=1", **polled)
    check_all()
    answer = browser.get(f"{progress}?unrecognised=1", **polled)
    assert answer["HX-Redirect"] == reverse("uploads:together", args=[batch.ref])
    assert "HX-Redirect" not in browser.get(progress, **polled), "who came from that page is not sent back"


def test_a_polled_table_announces_only_what_has_changed(
    receive: Receive, data: bytes, signed_in: Any, clerk: User
) -> None:
    batch = receive(data)
    browser = signed_in(clerk)
    address = reverse("uploads:together", args=[batch.ref])
    polled = {"HTTP_HX_REQUEST": "true"}
    same = browser.get(f"{address}?waiting=1", **polled).content.decode()
    assert "<html" not in same and "announcer" not in same
    check_all()
    done = browser.get(f"{address}?waiting=1", **polled).content.decode()
    assert "都检查完了</div>" in done


def test_another_countys_clerk_sees_nothing_of_an_upload(
    data: bytes, receive: Receive, signed_in: Any, clerk: User, other_clerk: User
) -> None:
    batch = receive(data)
    check_all()
    browser = signed_in(other_clerk)
    for name in ("uploads:together", "uploads:batch", "uploads:progress", "uploads:register"):
        assert browser.get(reverse(name, args=[batch.ref])).status_code == 404
    own = make_batch(other_clerk, group=batch.group, file_name="襄垣.xlsx")
    page = words_of(browser.get(reverse("uploads:together", args=[own.ref])))
    assert "襄垣.xlsx" in page and "演示.xlsx" not in page, "the group opens no other office's batches"


def test_the_pages_of_an_upload_make_as_many_queries_for_two_batches_as_for_twenty(signed_in: Any, clerk: User) -> None:
    browser = signed_in(clerk)
    for count in (2, 20):
        batches = [make_batch(clerk, group=f"g{count}") for _ in range(count)]
        with exactly(3):
            browser.get(reverse("uploads:together", args=[batches[0].ref]))
        with exactly(3):
            browser.get(reverse("uploads:batch", args=[batches[0].ref]))


# --- The command ---


def test_the_command_recognises_one_register_and_answers_as_ever(clerk: User, tmp_path: Path, capsys: Any) -> None:
    path = write_workbook(tmp_path / "演示.xlsx", [facility_row()])
    answer, status = upload(capsys, "auto", path, clerk)
    assert (status, answer["register"], answer["state"], answer["new"]) == (0, "facilities", "checked", 1)


def test_the_command_answers_for_each_register_with_the_worst_status(
    clerk: User, tmp_path: Path, capsys: Any, data: bytes
) -> None:
    path = tmp_path / "三张.xlsx"
    path.write_bytes(data)
    answer, status = upload(capsys, "auto", path, clerk, commit="all")
    assert list(answer) == ["batches"]
    assert [(each["register"], each["state"], each["new"]) for each in answer["batches"]] == [
        ("facilities", "committed", 2),
        ("organizations", "committed", 1),
        ("workers", "committed", 1),
    ]
    assert status == 0
    assert (Facility.objects.count(), SocialOrganization.objects.count()) == (2, 1)
    assert not Notice.objects.filter(user=clerk).exists(), "the user has waited for the result"
    bad = workbook(tmp_path / "错.xlsx", 设施=[FACILITY], 组织=[organization_row("演示新社", 成立日期="?")])
    path.write_bytes(bad)
    answer, status = upload(capsys, "auto", path, clerk)
    assert [each["errors"] for each in answer["batches"]] == [0, 1]
    assert status == 1


def test_the_command_says_that_it_recognises_nothing(clerk: User, tmp_path: Path, capsys: Any) -> None:
    path = write_workbook(tmp_path / "天气.xlsx", [{"日期": "2018-06-01", "温度": 20}])
    answer, status = upload(capsys, "auto", path, clerk)
    assert (status, answer["register"], answer["state"]) == (2, "auto", "rejected")
    assert [problem["code"] for problem in answer["problems"]] == ["header_not_found"]


def test_the_command_tells_people_register_by_register(clerk: User, tmp_path: Path, capsys: Any, data: bytes) -> None:
    path = tmp_path / "三张.xlsx"
    path.write_bytes(data)
    call_command("upload", "auto", str(path), as_=clerk.username)
    printed = capsys.readouterr().out
    assert [line for line in printed.splitlines() if line.startswith("Register")] == [
        "Register facilities:",
        "Register organizations:",
        "Register workers:",
    ]


def test_a_part_that_a_worker_has_taken_is_waited_for(
    clerk: User, tmp_path: Path, data: bytes, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker takes a part that has waited for longer than beat allows, and finishes it while the command waits."""
    path = tmp_path / "三张.xlsx"
    path.write_bytes(data)
    check = actions.check_queued_batch
    taken: list[int] = []

    def check_in_vain(batch_id: int) -> None:
        if batch_id in taken:
            check(batch_id)
        taken.append(batch_id)

    monkeypatch.setattr(actions, "check_queued_batch", check_in_vain)
    call_command("upload", "auto", str(path), as_=clerk.username, json=True)
    states = [each["state"] for each in json.loads(capsys.readouterr().out)["batches"]]
    assert states == ["checked"] * 3


def test_the_command_refuses_an_unknown_register_as_before(clerk: User, tmp_path: Path) -> None:
    path = write_workbook(tmp_path / "演示.xlsx", [facility_row()])
    with pytest.raises(CommandError) as error:
        call_command("upload", "cars", str(path), as_=clerk.username)
    assert error.value.returncode == 3
