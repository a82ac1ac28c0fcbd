"""Tests of cells as programs write them, through a whole upload (docs/spreadsheets.md §3.1)."""

from __future__ import annotations

import csv
import datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from django.test import Client

from accounts.models import Role, User
from changzhi_portal.names import fold
from communities.models import CommunityProfile, Facility
from orgs.models import SocialOrganization
from services.models import ServiceProject
from socialworkers.models import Posting, SocialWorker
from tests.factories import Place, id_number, make_community, make_division, make_organization, make_user, make_worker
from tests.uploads.office import Rows, Send, codes_of
from tests.uploads.samples import SAMPLES, needs_samples, upload

pytestmark = pytest.mark.django_db
RADICALS = {
    "西": "⻄",
    "长": "⻓",
    "子": "⼦",
    "门": "⻔",
    "车": "⻋",
    "民": "⺠",
    "马": "⻢",
    "青": "⻘",
    "示": "⽰",
    "老": "⽼",
}


def copied(text: str) -> str:
    """Return the text as copied from a PDF."""
    return text.translate(str.maketrans(RADICALS))


def write_dated_workbook(path: Path, rows: Rows) -> Path:
    """Write a workbook in which days are date cells and True is a truth value, as Excel makes them of texts."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Sheet1")
        month = book.add_format({"num_format": "mmm-yy"})
        sheet.write_row(0, 0, list(rows[0]))
        for line, row in enumerate(rows, start=1):
            for column, cell in enumerate(row.values()):
                if isinstance(cell, datetime.date):
                    sheet.write_datetime(line, column, cell, month)
                else:
                    sheet.write(line, column, cell)
    return path


def organization_row(name: Any, **changes: Any) -> dict[str, Any]:
    return {
        "组织名称": name,
        "管理方式": "街道备案",
        "类别": "文体活动类",
        "县（市、区）": "襄垣县",
        "街道（乡镇）": "古韩镇",
        "社区名称": "西垴头村委会",
        "成立日期": "2020-06-02",
        "负责人": "演示甲",
    } | changes


def worker_row(name: str, number: int, **changes: Any) -> dict[str, Any]:
    return {
        "姓名": name,
        "身份证号": id_number(number),
        "县（市、区）": "襄垣县",
        "街道（乡镇）": "古韩镇",
        "社区名称": "西垴头村委会",
        "岗位": "网格员",
        "职业水平": "无",
        "到岗日期": "2018-06-01",
        "证书编号": "",
    } | changes


def project_row(number: Any, name: Any = "演示项目甲") -> dict[str, Any]:
    return {
        "项目编号": number,
        "项目名称": name,
        "县（市、区）": "襄垣县",
        "购买主体": "襄垣县民政局",
        "承接主体": "襄垣县启航社会工作服务中心",
        "服务社区": "西垴头村委会",
        "服务领域": "社区文化",
        "服务对象": "困难群众",
        "购买方式": "公开招标",
        "资金来源": "福彩公益金",
        "预算金额（元）": 100000,
        "开始日期": "2018-06-01",
        "结束日期": "2018-12-31",
        "状态": "履约中",
    }


def facility_row(name: str, **changes: Any) -> dict[str, Any]:
    return {
        "社区名称": "西垴头村",
        "设施名称": name,
        "设施类型": "活动场所",
        "建筑面积（㎡）": "30",
        "启用日期": "2018-06-30",
    } | changes


@pytest.fixture
def officer(place: Place) -> User:
    return make_user(Role.BUREAU_OFFICER, place.city)


def levels(answer: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(problem["cell"], problem["code"], problem["level"]) for problem in answer["problems"]]


def test_a_number_that_excel_has_made_a_date_makes_no_second_project(
    send: Send, officer: User, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [project_row(datetime.date(2020, 6, 1)), project_row("2020-6")]
    answer, status = upload(capsys, "projects", write_dated_workbook(tmp_path / "a.xlsx", rows), officer, commit="good")
    assert (levels(answer), status) == ([("A2", "damaged_text", "error")], 1)
    assert answer["problems"][0]["value"] == "2020/6/1"
    assert "2020/6/1" in answer["problems"][0]["message"]
    assert "文本" in answer["problems"][0]["message"]
    assert [project.number for project in ServiceProject.objects.all()] == ["2020-6"]


def test_a_date_and_a_true_are_no_names(officer: User, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        organization_row(datetime.date(2020, 8, 1)),
        organization_row(True),
        organization_row("演示队", 负责人=True),
    ]
    answer, _ = upload(
        capsys,
        "organizations",
        write_dated_workbook(tmp_path / "a.xlsx", rows),
        officer,
        period="2020-06",
        commit="good",
    )
    assert levels(answer) == [
        ("A2", "damaged_text", "error"), ("A3", "damaged_text", "error"), ("H4", "damaged_text", "warning"),
    ]  # fmt: skip
    assert [organization.name for organization in SocialOrganization.objects.all()] == ["演示队"]


def test_a_date_in_another_text_is_warned_of(officer: User, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        worker_row("演示甲", 1, 证书编号=datetime.date(2019, 5, 1)),
        worker_row("演示乙", 2, 岗位=datetime.date(2020, 3, 5)),
    ]
    answer, status = upload(capsys, "workers", write_dated_workbook(tmp_path / "a.xlsx", rows), officer, commit="all")
    assert (levels(answer), status) == ([("I2", "damaged_text", "warning"), ("F3", "damaged_text", "warning")], 0)
    assert answer["state"] == "committed"


def test_a_csv_of_excel_with_a_damaged_name_is_doubted(
    officer: User, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [organization_row("Jun-20"), organization_row("TRUE"), organization_row("演示队")]
    with (tmp_path / "a.csv").open("w", encoding="gb18030", newline="") as file:
        csv.writer(file).writerows([list(rows[0]), *(row.values() for row in rows)])
    answer, _ = upload(capsys, "organizations", tmp_path / "a.csv", officer, period="2020-06")
    assert levels(answer) == [("A2", "damaged_text", "warning"), ("A3", "damaged_text", "error")]


def test_places_copied_from_a_pdf_are_understood_and_found(
    send: Send, officer: User, place: Place, client: Client
) -> None:
    county = make_division("140428", "长子县", place.city)
    town = make_division("140428100", "丹朱镇", county)
    make_community(town, "河西村委会")
    row = {
        "县（市、区）": "⻓⼦县",
        "街道（乡镇）": "丹朱镇",
        "社区名称": "河⻄村委会",
        "户⼝数": 1,
        "户数": 300,
        "常住⼈⼝": 900,
    }
    answer = send("communities", officer, [row], period="2018-06", commit="all")
    assert (answer["changed"], answer["errors"]) == (1, 0)
    assert "户⼝数" in answer["problems"][0]["value"]  # the only column that was not read
    profile = CommunityProfile.objects.get(community__name="河西村委会")
    assert (profile.households, profile.residents) == (300, 900)
    client.force_login(officer)
    assert "河西村委会" in client.get("/communities/", {"q": "河⻄"}).content.decode()


def test_organizations_copied_from_a_pdf_are_the_same_ones(send: Send, officer: User) -> None:
    names = ["演示西关老年门球队", "演示车站民乐社"]
    first = send("organizations", officer, [organization_row(name) for name in names], period="2020-06", commit="all")
    assert first["new"] == 2
    again = [organization_row(copied(name), 负责人="演⽰甲") for name in names]
    assert all(row["组织名称"] != name for row, name in zip(again, names, strict=True))
    second = send("organizations", officer, again, period="2020-06", commit="all")
    assert (second["new"], second["unchanged"], second["problems"]) == (0, 2, [])
    assert set(SocialOrganization.objects.values_list("name", flat=True)) == set(names)


def test_names_copied_from_a_pdf_are_stored_in_ordinary_characters(send: Send, officer: User) -> None:
    send("organizations", officer, [organization_row("演⽰⻄关ﬁt队", 负责人="⻢三")], period="2020-06", commit="all")
    organization = SocialOrganization.objects.get()
    assert (organization.name, organization.leader) == ("演示西关fit队", "马三")
    assert fold(organization.name_key) == organization.name_key


def test_a_worker_copied_from_a_pdf_is_the_same_and_a_transfer_no_conflict(
    send: Send, officer: User, place: Place
) -> None:
    send("workers", officer, [worker_row("马长青", 1)], commit="all")
    answer = send("workers", officer, [worker_row(copied("马长青"), 1)])
    assert (answer["changed"], answer["unchanged"]) == (0, 1)
    other = make_user(Role.DISTRICT_CLERK, place.county)
    moved = worker_row(
        "⻢⻓⻘",
        1,
        **{"县（市、区）": "城区", "街道（乡镇）": "东街街道", "社区名称": "和平社区", "到岗日期": "2018-06-02"},
    )
    answer = send("workers", other, [moved])
    assert (answer["new"], codes_of(answer)) == (1, [])


def test_a_lost_character_is_warned_of_in_a_new_name(send: Send, officer: User) -> None:
    answer = send(
        "organizations",
        officer,
        [organization_row("演示?亭门球队"), organization_row("演示\ue863队")],
        period="2020-06",
    )
    assert levels(answer) == [("A2", "lost_character", "warning"), ("A3", "lost_character", "warning")]
    assert answer["status"] == 0


@pytest.mark.parametrize("sign", ["?", "??", "\ufffd", "□", "_", "\ue863"])
def test_a_lost_character_does_not_replace_a_better_name(send: Send, officer: User, place: Place, sign: str) -> None:
    make_worker(place.villages[0], "王喆演", id_number=id_number(1))
    answer = send("workers", officer, [worker_row(f"王{sign}演", 1)], commit="good")
    assert levels(answer) == [("A2", "lost_character", "error")]
    assert "王喆演" in answer["problems"][0]["message"]
    assert SocialWorker.objects.get().name == "王喆演"


def test_a_lost_character_in_a_record_found_by_its_number_is_an_error(send: Send, officer: User, place: Place) -> None:
    organization = make_organization(place.villages[0], "演示虒亭门球队", leader="李喆")
    row = organization_row("演示?亭门球队", 记录编号=organization.ref, 负责人="李?")
    answer = send("organizations", officer, [row], period="2020-06", commit="good")
    assert {("A2", "lost_character", "error"), ("H2", "lost_character", "error")} <= set(levels(answer))
    organization.refresh_from_db()
    assert organization.name == "演示虒亭门球队"
    other = organization_row("演示?台合唱团", 记录编号=organization.ref, 负责人="李喆")
    answer = send("organizations", officer, [other], period="2020-06")
    assert levels(answer) == [("A2", "lost_character", "warning")]  # a new name, which may be meant


def test_a_name_with_a_lost_character_is_not_at_odds_with_its_code(send: Send, officer: User, place: Place) -> None:
    code = place.villages[0].code
    row = {"社区名称": "西?头村委会", "社区代码": f"{code}.0", "户数": 100}
    answer = send("communities", officer, [row], period="2018-06", commit="all")
    assert levels(answer) == [("A2", "lost_character", "warning")]
    assert CommunityProfile.objects.get().community == place.villages[0]
    answer = send("communities", officer, [row | {"社区代码": "1.40423E+11"}], period="2018-06")
    assert ("B2", "damaged_id_number", "error") in levels(answer)


def test_words_of_web_systems_for_nothing_change_nothing(send: Send, officer: User) -> None:
    send("workers", officer, [worker_row("演示甲", 1, 证书编号="A-1", 备注="旧")], commit="all")
    for word in ("null", "NULL", "undefined", "NaN", "None", "<null>"):
        again = worker_row("演示甲", 1, 证书编号=word, 备注=word, 职业水平=word, 联系电话=word, 岗位=word)
        answer = send("workers", officer, [again])
        assert (answer["unchanged"], answer["problems"]) == (1, []), word


def test_times_with_a_zone_are_days_in_beijing(send: Send, officer: User) -> None:
    written = ["2018-06-29T16:00:00.000Z", "2018-06-30T00:00:00+08:00", "2018-06-30T00:00:00.000+0800", "2018年6月30号"]
    rows = [facility_row(f"测试{number}室", 启用日期=text) for number, text in enumerate(written)]
    answer = send("facilities", officer, rows, commit="all")
    assert (answer["new"], answer["problems"]) == (4, [])
    assert set(Facility.objects.values_list("opened_on", flat=True)) == {datetime.date(2018, 6, 30)}


def test_small_things_are_read(send: Send, officer: User, place: Place) -> None:
    rows = [
        {"社区名称": "西垴头村", "户数": "93（户）", "常住人口": "286口人", "社区党组织": "■是□否", "群团组织": "☐"},
    ]
    answer = send("communities", officer, rows, period="2018-06", commit="all")
    assert answer["problems"] == []
    profile = CommunityProfile.objects.get()
    assert (profile.households, profile.residents) == (93, 286)
    bodies = {body.kind: body.exists for body in place.villages[0].bodies.all()}
    assert bodies == {"party": True, "mass": False}
    send("workers", officer, [worker_row("演示甲", 1, 联系电话="'0355-1234567转801")], commit="all")
    assert SocialWorker.objects.get().phone.reveal() == "0355-1234567-801"
    assert Posting.objects.get().position == "网格员"
    functions = "党员活动中心\t居民议事中心"
    answer = send(
        "facilities",
        officer,
        [facility_row("测试室", **{"功能": functions, "建筑面积（㎡）": "99999999.994"})],
        commit="all",
    )
    assert answer["state"] == "committed", str(answer["problems"])
    assert Facility.objects.get().functions == ["party", "deliberation"]


@needs_samples
@pytest.mark.parametrize("name", ["13_apostrophe_phone.csv"])
def test_the_shared_telephone_with_an_apostrophe_is_read(
    name: str, city: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    path = SAMPLES / "found" / name
    if not path.exists():
        pytest.skip("this sample is not on this machine")
    user = make_user(Role.DISTRICT_CLERK, "140423")
    answer, status = upload(capsys, "workers", path, user, period="2020-06")
    assert (answer["new"], answer["errors"], status) == (1, 0, 0)
