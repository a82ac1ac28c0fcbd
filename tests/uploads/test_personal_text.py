"""ID and mobile numbers in free text are refused, and stored and shown nowhere in the clear (docs/domain.md §9.6)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from django.urls import reverse

from changelog.actions import edit_record
from changzhi_portal.discovery import own_apps
from changzhi_portal.refusals import InvalidError
from changzhi_portal.registers.columns import TextColumn
from changzhi_portal.registers.registry import register_named, registers
from changzhi_portal.registers.rows import read_cell, read_input
from notices.models import Notice
from orgs.models import SocialOrganization
from services.models import ServiceProject
from socialworkers.models import SocialWorker
from tests.communities.test_sheets import facility_row
from tests.factories import id_number, make_organization, make_period
from tests.orgs.test_sheets import row as organization_row
from tests.services.test_sheets import row as project_row
from tests.socialworkers.test_sheets import row as worker_row
from tests.uploads.office import codes_of, write_workbook
from tests.uploads.samples import clerk_of, upload
from uploads import actions
from uploads.models import UploadBatch

pytestmark = [pytest.mark.django_db]
OTHER, MOBILE = id_number(777), "13812345678"
WRITTEN = {
    f"原登记身份证{OTHER}": OTHER,
    f"身份证 {OTHER[:6]} {OTHER[6:14]} {OTHER[14:]}，已核": OTHER[6:14],
    "原一代证140402700101001": "140402700101001",
    "电话１３８１２３４５６７８": "１３８１２３４５６７８",
    "138-1234-5678": "138-1234-5678",
    MOBILE: MOBILE,
}


def everything_stored() -> str:
    """Return all values of all tables as text."""
    models = [model for config in own_apps() for model in config.get_models()]
    return " ".join(str(list(model._base_manager.values())) for model in models)


@pytest.mark.parametrize("note", WRITTEN)
def test_a_number_in_a_note_keeps_the_row_out_and_is_stored_nowhere(note, send, clerk, signed_in):
    answer = send("workers", clerk, [worker_row("和平社区", 备注=note)])
    (problem,) = answer["problems"]
    assert (problem["code"], problem["level"], problem["column"], answer["errors"]) == (
        "personal_text", "error", "备注", 1
    )  # fmt: skip
    assert problem["message"].startswith("里面有手机号" if "138" in note or "１" in note else "里面有身份证号")
    number = WRITTEN[note]
    assert number not in json.dumps(answer, ensure_ascii=False)
    assert number not in everything_stored()
    assert not SocialWorker.objects.exists()
    batch = UploadBatch.objects.get()
    browser = signed_in(clerk)
    for address in (
        reverse("uploads:batch", args=[batch.ref]) + "?tab=errors",
        reverse("uploads:correct", args=[batch.ref]) + "?row=1",
    ):
        page = browser.get(address).content.decode()
        assert number not in page and "身份证号" in page


@pytest.mark.parametrize("number", [OTHER, MOBILE])
@pytest.mark.parametrize("register", [register.name for register in registers()])
def test_no_text_column_of_any_register_takes_a_number(register, number):
    for column in register_named(register)().columns:
        if isinstance(column, TextColumn) and column.field != "ref":
            for reading in (read_cell(column, f"演示{number}"), read_input(column, f"演示{number}")):
                takes_it = column.holds_issued_numbers and number == MOBILE
                # The name of a column that is too short for the number is refused for that.
                assert takes_it or reading.code in {"personal_text", "too_long"}, column


def test_names_and_places_with_a_number_are_refused(send, clerk):
    answer = send("organizations", clerk, [organization_row(名称=f"读书会{MOBILE}", 负责人=f"张三{OTHER}")])
    assert codes_of(answer) == ["personal_text", "personal_text"]
    answer = send("facilities", clerk, [facility_row(f"和平社区{MOBILE}", 设施名称=f"活动室（{MOBILE}）")])
    assert "personal_text" in codes_of(answer)
    assert MOBILE not in everything_stored()


def test_a_number_in_a_column_of_codes_is_stored_nowhere(send, clerk):
    row = facility_row() | {"社区代码": OTHER}
    answer = send("facilities", clerk, [row])
    assert answer["errors"] == 1 and OTHER not in everything_stored()


def test_a_number_that_is_typed_as_a_figure_is_found_too(send, clerk):
    answer = send("workers", clerk, [worker_row("和平社区", 备注=13812345678)])
    assert codes_of(answer) == ["personal_text"]


@pytest.mark.parametrize("number", ["140402700101001", 140402700101001, "140402 700101 001"])
def test_an_old_number_in_the_column_of_id_numbers_asks_for_the_one_of_today(number, send, clerk):
    answer = send("workers", clerk, [worker_row("和平社区", 身份证号=number)], commit="good")
    (problem,) = answer["problems"]
    assert (problem["code"], problem["column"]) == ("bad_id_number", "身份证号")
    assert problem["value"].replace(" ", "") == "140**********01"
    assert "15位的旧身份证号，请照现在的居民身份证填18位" in problem["message"]
    assert not SocialWorker.objects.exists(), "no 18-digit number is computed from it"


def test_a_projects_number_may_have_eleven_digits(send, clerk, place):
    answer = send("projects", clerk, [project_row(项目编号="18150402001")], commit="all")
    assert (answer["state"], codes_of(answer)) == ("committed", [])
    assert ServiceProject.objects.get().number == "18150402001"


def test_a_projects_number_of_a_division_and_a_day_is_no_id_number(send, clerk, place):
    answer = send("projects", clerk, [project_row(项目编号="140402180630001")], commit="all")
    assert (answer["state"], codes_of(answer)) == ("committed", [])


def test_an_office_telephone_in_a_note_is_let_through(send, clerk):
    note = "社区值班电话0355-2024567，（0355）2024568转801"
    answer = send("workers", clerk, [worker_row("和平社区", 备注=note)], commit="all")
    assert (answer["state"], codes_of(answer)) == ("committed", [])
    assert SocialWorker.objects.get().note == note


def test_codes_dates_and_case_numbers_in_a_note_are_let_through(send, clerk):
    note = "社区代码140402001001，2018-06-30核对，代码52140402MJ00000171，案号140402197001010017123，面积138.5，账号140402600123456"
    answer = send("workers", clerk, [worker_row("和平社区", 备注=note)], commit="all")
    assert (answer["state"], codes_of(answer)) == ("committed", [])


def test_a_correction_with_a_number_is_refused_and_not_kept(send, clerk, signed_in):
    batch_id = send("facilities", clerk, [facility_row(**{"建筑面积（㎡）": "五百多", "备注": "演示"})])["batch"]
    batch = UploadBatch.objects.get(pk=batch_id)
    for field in ("note", "area"):
        with pytest.raises(InvalidError, match="个人号码"):
            actions.correct_row(batch=batch, position=1, texts={field: f"找张三{MOBILE}"}, by=clerk)
    batch.refresh_from_db()
    assert batch.corrections == []
    answer = signed_in(clerk).post(
        reverse("uploads:correct", args=[batch.ref]), {"row": "1", "field": "note", "text": f"找张三{MOBILE}"}
    )
    assert answer.status_code == 422 and "个人号码" in answer.content.decode()


def test_an_edit_with_a_number_is_refused_at_its_field(place, clerk, period):
    record = make_organization(place.communities[0], "演示书画社")
    edit = edit_record(
        register=register_named("organizations")(),
        values={"note": f"联系{MOBILE}"},
        by=clerk,
        ref=record.ref,
        version=record.version,
        period=period,
    )
    assert [problem.code for problem in edit.problems["note"]] == ["personal_text"]
    record.refresh_from_db()
    assert record.note == ""


def test_a_number_in_the_name_of_a_file_is_masked_wherever_the_name_is_shown(tmp_path, clerk, signed_in, period):
    path = write_workbook(tmp_path / "x.xlsx", [facility_row()])
    batch = actions.receive_file(
        file=[path.read_bytes()],
        file_name=f"设施（张三{MOBILE}，{OTHER}）.xlsx",
        register="facilities",
        by=clerk,
        period=period,
    )
    actions.check_queued_batch(batch.pk)
    batch.refresh_from_db()
    assert batch.state == "checked"
    assert batch.file_name == f"设施（张三138******78，{OTHER[:3]}*************{OTHER[-2:]}）.xlsx"
    actions.request_commit(batch=batch, mode="all", by=clerk, queue=False)
    actions.commit_batch(batch)
    assert MOBILE not in everything_stored() and OTHER not in everything_stored()
    assert Notice.objects.filter(text__contains="138******78").exists()
    browser = signed_in(clerk)
    page = browser.get(reverse("uploads:batch", args=[batch.ref])).content.decode()
    assert "138******78" in page and MOBILE not in page
    named = browser.get(reverse("uploads:original", args=[batch.ref])).headers["Content-Disposition"]
    assert MOBILE not in named and "*" not in named.replace("filename*=", "")


def test_the_command_says_no_number_of_the_name_of_a_refused_file(tmp_path, clerk, capsys):
    path = tmp_path / f"名册{MOBILE}.xlsx"
    path.write_bytes(b"%PDF-1.4 no table")
    answer, status = upload(capsys, "facilities", path, clerk)
    assert (status, answer["problems"][0]["value"]) == (2, "名册138******78.xlsx")


def test_a_sheet_named_after_a_number_refuses_the_file(tmp_path, clerk, capsys):
    path = tmp_path / "演示.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet(f"张三{MOBILE}")
        sheet.write_row(0, 0, list(facility_row()))
        sheet.write_row(1, 0, list(facility_row().values()))
    answer, status = upload(capsys, "facilities", path, clerk)
    assert (status, codes_of(answer)) == (2, ["personal_text"])
    assert MOBILE not in everything_stored()


def test_a_number_in_a_header_is_masked_and_the_column_read(send, clerk):
    row = facility_row() | {f"备注（联系张三{MOBILE}）": "演示", f"张三{MOBILE}": "不认识的列"}
    answer = send("facilities", clerk, [row], commit="all")
    assert (answer["state"], codes_of(answer)) == ("committed", ["unknown_column", "approximate_date"])
    assert MOBILE not in json.dumps(answer, ensure_ascii=False) and MOBILE not in everything_stored()
    assert answer["problems"][0]["column"] == "张三138******78"


def test_the_reason_for_a_locked_month_may_not_have_a_number(tmp_path, officer):
    path = write_workbook(tmp_path / "x.xlsx", [facility_row()])
    with pytest.raises(InvalidError, match="手机号"):
        actions.receive_file(
            file=[path.read_bytes()],
            file_name="x.xlsx",
            register="facilities",
            by=officer,
            period=make_period(),
            locked_reason=f"张三{MOBILE}说的",
        )


def test_exports_and_pages_of_a_register_have_no_number_of_a_refused_row(send, clerk, signed_in):
    send("organizations", clerk, [organization_row(备注=f"电话{MOBILE}"), organization_row(名称="棋社")], commit="good")
    assert [record.name for record in SocialOrganization.objects.all()] == ["棋社"]
    page = signed_in(clerk).get(reverse("orgs:list")).content.decode()
    assert MOBILE not in page


def test_the_sample_with_an_id_number_in_a_note(samples: Path, city: Any, capsys):
    path = samples / "found" / "05d_id_in_note.csv"
    if not path.exists():
        pytest.skip(f"NOT CHECKED: {path} is missing")
    answer, status = upload(capsys, "workers", path, clerk_of("140423"), period="2020-06")
    assert (status, answer["errors"], codes_of(answer)) == (1, 1, ["personal_text"])
    assert "140428198501011185" not in everything_stored()
