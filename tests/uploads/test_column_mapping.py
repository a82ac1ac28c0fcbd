"""Tests of the mapping of columns: shown, changed by hand, and stored for the next files of the same office."""

from __future__ import annotations

import io
import re

import openpyxl
import pytest
from django.urls import reverse

from changzhi_portal.refusals import InvalidError, NotAllowedError, StaleError
from changzhi_portal.registers.registry import register_named
from communities.models import Facility
from tests.communities.test_sheets import facility_row
from tests.factories import make_period
from tests.socialworkers.test_sheets import NUMBER
from tests.uploads.samples import upload
from tests.uploads.workbooks import make_xlsx
from uploads import actions
from uploads.column_mapping import AUTOMATIC, IGNORED, file_columns
from uploads.models import ColumnMapping, UploadBatch
from uploads.tasks import check_batch
from uploads.writing.template import REQUIRED_MARK, write_template

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
State = UploadBatch.State


def odd_row(community="和平社区", **changes):
    """Return a facility whose area is under a header that nothing recognises."""
    row = facility_row(community) | {"占用多大地方": "520"} | changes
    del row["建筑面积（㎡）"]
    return row


def sent(send, user, rows, **options):
    return UploadBatch.objects.get(pk=send("facilities", user, rows, **options)["batch"])


def again(batch):
    """Check a batch that has been queued again, as the worker does."""
    batch.refresh_from_db()
    assert batch.state == State.QUEUED
    actions.check_queued_batch(batch.pk)
    batch.refresh_from_db()
    return batch


def choices_of(batch):
    return {c.header: c.choice for c in file_columns(batch, register_named(batch.register)())}


def test_the_page_shows_each_column_and_what_it_was_taken_for(send, clerk, signed_in):
    batch = sent(send, clerk, [facility_row() | {"面积(平方米)": "1", "联系人": "张演示"}])
    page = " ".join(signed_in(clerk).get(reverse("uploads:batch", args=[batch.ref])).content.decode().split())
    assert "列“建筑面积（㎡）” → 建筑面积（㎡）" in page
    assert '列“联系人” → <span class="doubt">没有对应' in page
    assert "有的列没有对应上" in page


def test_a_file_refused_for_a_missing_column_is_cured_by_mapping_and_the_next_one_is_understood(send, clerk, signed_in):
    batch = sent(send, clerk, [odd_row()])
    assert batch.state == State.REJECTED
    browser = signed_in(clerk)
    page = browser.get(reverse("uploads:columns", args=[batch.ref])).content.decode()
    assert "占用多大地方" in page
    (line,) = [
        n for n, c in enumerate(file_columns(batch, register_named("facilities")())) if c.header == "占用多大地方"
    ]
    answer = browser.post(
        reverse("uploads:columns", args=[batch.ref]), {f"header-{line}": "占用多大地方", f"column-{line}": "area"}
    )
    assert answer.status_code == 302
    batch = again(batch)
    assert (batch.state, batch.new, batch.message) == (State.CHECKED, 1, "")
    assert ColumnMapping.objects.get().division == clerk.division
    following = sent(send, clerk, [odd_row("东关社区")], commit="all")
    assert following.state == State.COMMITTED
    assert str(Facility.objects.get().area) == "520.00"


def test_what_one_office_taught_says_nothing_about_anothers_files(send, clerk, other_clerk):
    actions.map_columns(batch=sent(send, clerk, [odd_row()]), chosen={"占用多大地方": "area"}, by=clerk)
    assert sent(send, other_clerk, [odd_row()]).state == State.REJECTED


def test_the_sheet_of_explanations_in_our_own_template_offers_no_columns_to_map(place, clerk, capsys, tmp_path):
    sheet = register_named("facilities")()
    content = write_template(sheet, division=clerk.division, period=make_period(), by=clerk, filled=True)
    book = openpyxl.load_workbook(io.BytesIO(content))
    page = book.worksheets[0]
    (area,) = [cell for cell in page[3] if cell.value == f"建筑面积（㎡）{REQUIRED_MARK}"]
    area.value = "占用多大地方"
    book.save(tmp_path / "演示数据.xlsx")
    answer, _ = upload(capsys, "facilities", tmp_path / "演示数据.xlsx", clerk)
    headers = {column.header for column in file_columns(UploadBatch.objects.get(pk=answer["batch"]), sheet)}
    assert headers == {cell.value for cell in page[3]}


def test_a_file_without_any_known_header_can_be_mapped_too(send, clerk):
    rows = [{"哪个村": "和平社区", "哪条街": "东街街道", "房子": "党群服务中心", "干啥的": "综合服务设施",
             "多大": "520", "啥时开": "2016-05-01"}]  # fmt: skip
    batch = sent(send, clerk, rows)
    assert batch.problems[0]["code"] == "header_not_found"
    taught = dict(zip(rows[0], ("community_name", "town", "name", "kind", "area", "opened_on"), strict=True))
    actions.map_columns(batch=batch, chosen=taught, by=clerk)
    batch = again(batch)
    assert (batch.state, batch.new, batch.errors) == (State.CHECKED, 1, 0)


def test_an_ignored_column_is_not_read_and_can_be_taken_back(send, clerk):
    batch = sent(send, clerk, [facility_row() | {"备注": "演示"}])
    assert batch.staged_rows.get().values["note"] == "演示"
    actions.map_columns(batch=batch, chosen={"备注": IGNORED}, by=clerk)
    batch = again(batch)
    assert "note" not in batch.staged_rows.get().values
    assert choices_of(batch)["备注"] == IGNORED
    actions.map_columns(batch=batch, chosen={"备注": AUTOMATIC}, by=clerk)
    batch = again(batch)
    assert batch.staged_rows.get().values["note"] == "演示"
    assert not ColumnMapping.objects.exists()


def test_two_columns_for_one_are_refused_naming_both(send, clerk, signed_in):
    batch = sent(send, clerk, [facility_row() | {"另一个面积数": "1"}])
    (line,) = [
        n for n, c in enumerate(file_columns(batch, register_named("facilities")())) if c.header == "另一个面积数"
    ]
    answer = signed_in(clerk).post(
        reverse("uploads:columns", args=[batch.ref]), {f"header-{line}": "另一个面积数", f"column-{line}": "area"}
    )
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "另一个面积数" in page and "都对应到“建筑面积（㎡）”" in page
    assert '<option value="area" selected>' in page, "what was chosen is kept"
    batch.refresh_from_db()
    assert batch.state == State.CHECKED and not ColumnMapping.objects.exists()


def test_a_mapping_that_loses_a_required_column_leaves_no_rows_and_can_be_mended(send, clerk):
    batch = sent(send, clerk, [facility_row()])
    actions.map_columns(batch=batch, chosen={"建筑面积": IGNORED}, by=clerk)
    batch = again(batch)
    assert (batch.state, batch.rows, batch.staged_rows.count()) == (State.REJECTED, 0, 0)
    actions.map_columns(batch=batch, chosen={"建筑面积": "area"}, by=clerk)
    assert again(batch).new == 1


def test_nothing_changed_is_not_checked_again(send, clerk):
    batch = sent(send, clerk, [facility_row()])
    assert not actions.map_columns(batch=batch, chosen={"建筑面积": "area"}, by=clerk)
    batch.refresh_from_db()
    assert batch.state == State.CHECKED


@pytest.mark.parametrize("commit", ["all", None])
def test_a_batch_past_its_decision_is_not_mapped(send, clerk, commit):
    batch = sent(send, clerk, [facility_row()], commit=commit)
    if not commit:
        UploadBatch.objects.filter(pk=batch.pk).update(state=State.COMMIT_QUEUED)
    with pytest.raises(StaleError):
        actions.map_columns(batch=batch, chosen={"建筑面积": IGNORED}, by=clerk)
    assert not ColumnMapping.objects.exists()


def test_nobody_maps_another_offices_file(send, clerk, other_clerk):
    batch = sent(send, clerk, [facility_row()])
    with pytest.raises(NotAllowedError):
        actions.map_columns(batch=batch, chosen={"建筑面积": IGNORED}, by=other_clerk)


def test_the_same_column_in_two_sheets_may_lead_to_the_same_field(send, clerk):
    """Each sheet has its own columns: 面积 in one and 建筑面积 in the other do not conflict."""
    batch = sent(send, clerk, [facility_row()])
    other = {**batch.mapping[0], "sheet": "另一张"}
    other["columns"] = [c | ({"header": "面积"} if c["field"] == "area" else {}) for c in other["columns"]]
    UploadBatch.objects.filter(pk=batch.pk).update(mapping=[batch.mapping[0], other])
    batch.refresh_from_db()
    assert not actions.map_columns(batch=batch, chosen={}, by=clerk)


def test_the_worker_checks_what_was_put_back_only_once(send, clerk):
    batch = sent(send, clerk, [facility_row()])
    actions.map_columns(batch=batch, chosen={"启用日期": IGNORED}, by=clerk)
    check_batch(batch.pk)
    check_batch(batch.pk)
    batch.refresh_from_db()
    assert batch.state == State.REJECTED


def test_the_page_shows_the_first_values_of_each_column_and_masks_personal_ones(
    place, clerk, capsys, tmp_path, signed_in
):
    id_number, mobile = "140430197002070022", "13900006001"
    rows = [
        ["姓名", "身份证号", "联系人手机", "街道（乡镇）", "职业水平", "到岗日期", "状况"],
        ["张演示", id_number, mobile, "东街街道", "无", "2016-09-01", "在岗"],
        ["李演示", "", "", "东街街道", "无", "2016-09-01", "在岗"],
        ["王演示", "", "", "东街街道", "无", "2016-09-01", "休假"],
        ["赵演示", "", "", "东街街道", "无", "2016-09-01", ""],
    ]
    answer, _ = upload(capsys, "workers", make_xlsx(tmp_path / "演示.xlsx", {"社工": rows}), clerk)
    batch = UploadBatch.objects.get(pk=answer["batch"])
    samples = {column.header: column.samples for column in file_columns(batch, register_named("workers")())}
    assert samples["姓名"] == ("张演示", "李演示", "王演示")
    assert samples["状况"] == ("在岗", "休假")
    assert samples["街道（乡镇）"] == ("东街街道",)
    page = signed_in(clerk).get(reverse("uploads:columns", args=[batch.ref])).content.decode()
    assert "在岗、休假" in page
    for number in (id_number, mobile):
        assert number not in page and number not in str(batch.mapping)
    assert samples["身份证号"] and samples["联系人手机"], "masked, so that the column can be recognised"


# --- Two columns of the same name ---

FIRST_PHONE, SECOND_PHONE = "0355-1234567", "13900006001"
PHONES = ("联系电话（第1个，G列）", "联系电话（第2个，H列）")


def workers(path, *phones, headers=("联系电话", "联系电话"), name="张演示"):
    """Write a file of one worker whose telephones are in several columns."""
    head = ["姓名", "身份证号", "街道（乡镇）", "社区名称", "职业水平", "到岗日期", *headers]
    row = [name, NUMBER, "东街街道", "和平社区", "无", "2016-09-01", *phones]
    return make_xlsx(path, {"社工": [head, row]})


@pytest.fixture
def send_phones(capsys, clerk, tmp_path):
    """Return a function that uploads a worker with these telephones; it returns the batch."""

    def send(*phones, **options):
        commit = {"commit": options.pop("commit")} if "commit" in options else {}
        answer, _ = upload(capsys, "workers", workers(tmp_path / "演示.xlsx", *phones, **options), clerk, **commit)
        return UploadBatch.objects.get(pk=answer["batch"])

    return send


def phone_of(batch):
    (row,) = batch.staged_rows.all()
    return register_named("workers")().column("phone").from_json(row.values["phone"], row.place).reveal()


def test_two_columns_of_one_name_are_told_apart_on_the_page_by_their_place(place, clerk, send_phones, signed_in):
    batch = send_phones(FIRST_PHONE, SECOND_PHONE)
    assert batch.needs_mapping
    assert "G列和H列的列名一样（“联系电话”），看不出哪一列是“联系电话”，请手工对应" in batch.message
    browser = signed_in(clerk)
    address = reverse("uploads:columns", args=[batch.ref])
    page = " ".join(browser.get(address).content.decode().split())
    for number, header in enumerate(PHONES):
        assert f'<label for="id_column-{number}">{header}</label>' in page
    assert re.search(r"139\*+\d", page) and SECOND_PHONE not in page
    assert page.count("可能是“联系电话”") == 2, "the user chooses, nothing is chosen for him"
    sent_form = {
        "header-0": "联系电话#1/2", "column-0": "ignored", "header-1": "联系电话#2/2", "column-1": "phone",
    }  # fmt: skip
    assert browser.post(address, sent_form).status_code == 302
    batch = again(batch)
    assert (batch.state, batch.new, phone_of(batch)) == (State.CHECKED, 1, SECOND_PHONE)
    assert choices_of(batch) | dict(zip(PHONES, ("ignored", "phone"), strict=True)) == choices_of(batch)
    shown = " ".join(browser.get(reverse("uploads:batch", args=[batch.ref])).content.decode().split())
    assert f"列“{PHONES[1]}” → 联系电话" in shown


def test_what_was_chosen_holds_for_the_next_file_with_both_columns_only(place, clerk, send_phones):
    batch = send_phones(FIRST_PHONE, SECOND_PHONE)
    actions.map_columns(batch=batch, chosen={"联系电话#1/2": IGNORED, "联系电话#2/2": "phone"}, by=clerk)
    again(batch)
    following = send_phones(SECOND_PHONE, FIRST_PHONE)
    assert (following.state, phone_of(following)) == (State.CHECKED, FIRST_PHONE)
    alone = send_phones(SECOND_PHONE, headers=("联系电话",))
    assert (alone.state, phone_of(alone)) == (State.CHECKED, SECOND_PHONE), "the only one is not the first of two"
    three = send_phones("", FIRST_PHONE, "", headers=("联系电话", "联系电话", "联系电话"))
    assert phone_of(three) == FIRST_PHONE


def test_the_choice_between_two_columns_of_one_name_can_be_taken_back(place, clerk, send_phones):
    batch = send_phones(FIRST_PHONE, SECOND_PHONE)
    actions.map_columns(batch=batch, chosen={"联系电话#1/2": "phone", "联系电话#2/2": IGNORED}, by=clerk)
    batch = again(batch)
    assert phone_of(batch) == FIRST_PHONE
    actions.map_columns(batch=batch, chosen={"联系电话#1/2": AUTOMATIC, "联系电话#2/2": AUTOMATIC}, by=clerk)
    batch = again(batch)
    assert batch.needs_mapping and not ColumnMapping.objects.exists()


def test_both_columns_of_one_name_for_one_are_refused_naming_both(place, clerk, send_phones):
    batch = send_phones(FIRST_PHONE, SECOND_PHONE)
    with pytest.raises(InvalidError, match=f"“{PHONES[0]}”和“{PHONES[1]}”都对应到“联系电话”") as refused:
        actions.map_columns(batch=batch, chosen={"联系电话#1/2": "phone", "联系电话#2/2": "phone"}, by=clerk)
    assert refused.value.field == "联系电话#2/2"


def test_an_unknown_name_that_occurs_twice_leads_to_two_fields(send_phones, place, clerk):
    """Nobody knows 数; the office says that the first is the post and the second the remark."""
    batch = send_phones("主任", "演示", headers=("数", "数"))
    assert batch.state == State.CHECKED
    actions.map_columns(batch=batch, chosen={"数#1/2": "position", "数#2/2": "note"}, by=clerk)
    batch = again(batch)
    values = batch.staged_rows.get().values
    assert (values["position"], values["note"]) == ("主任", "演示")


def test_a_choice_between_two_columns_of_one_name_is_not_that_between_three(place, clerk, send_phones):
    """A new column before them shifts the order: the choice is asked for again, or the columns are named as not read."""
    batch = send_phones(FIRST_PHONE, SECOND_PHONE)
    actions.map_columns(batch=batch, chosen={"联系电话#1/2": "phone", "联系电话#2/2": IGNORED}, by=clerk)
    again(batch)
    three = send_phones("0355-2011111", FIRST_PHONE, SECOND_PHONE, headers=("联系电话",) * 3)
    assert three.needs_mapping
    batch = send_phones("主任", "演示", headers=("数", "数"))
    actions.map_columns(batch=batch, chosen={"数#1/2": "position", "数#2/2": "note"}, by=clerk)
    again(batch)
    values = send_phones("12", "主任", "演示", headers=("数",) * 3).staged_rows.get().values
    assert not {"position", "note"} & values.keys()


def test_a_file_that_wants_a_mapping_is_not_called_useless(send, clerk, signed_in):
    batch = sent(send, clerk, [odd_row()])
    browser = signed_in(clerk)
    page = browser.get(reverse("uploads:batch", args=[batch.ref])).content.decode()
    assert "文件不能用" not in page
    assert f'class="btn btn-primary" href="{reverse("uploads:columns", args=[batch.ref])}"' in page
    listed = browser.get(reverse("uploads:list")).content.decode()
    assert "要对应列" in listed
    useless = sent(send, clerk, [{"没有": "1", "这样的": "2", "列": "3"}])
    assert "文件不能用" in browser.get(reverse("uploads:batch", args=[useless.ref])).content.decode()
