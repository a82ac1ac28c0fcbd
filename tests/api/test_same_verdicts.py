"""The proof that there is one rule set: the same random rows by file, by form and by the API get the same verdicts."""

from __future__ import annotations

import random
from typing import Any, NamedTuple

import pytest
from django.db import transaction

from accounts.models import User
from changelog.actions import edit_record
from changzhi_portal.registers.problems import Level
from orgs.models import SocialOrganization
from orgs.sheets import OrganizationSheet
from tests.api.writing import bulk
from tests.factories import Place, credit_code, id_number, make_organization
from uploads.models import UploadRow

pytestmark = pytest.mark.django_db
ROWS, OLD = 200, 30
HEADERS = {column.field: column.header for column in OrganizationSheet.columns}
SIGNS = [chr(sign) for sign in range(0x4E10, 0x9FA0, 41)]  # far apart, so that no two names look alike


class Said(NamedTuple):
    """What is said of a record, by field: as cells of a file and texts of a form, and as the API takes it."""

    text: dict[str, Any]
    json: dict[str, Any]


def cases_of(number: int, place: Place) -> dict[str, list[tuple[Any, Any]]]:
    """Return by field pairs of a text and the same in JSON, good ones and bad ones."""
    name = f"{SIGNS[number]}{SIGNS[number + 250]}{SIGNS[-number - 1]}队"
    same = {
        "name": [name, name, name, f"{name}（东区）", f"{name}{id_number(number)}", "长" * 120, "1.40402E+17"],
        "established_on": ["2015-03-02", "2016年5月4日", "2999-01-01", "2016-02-30", "昨天", "2016.5", "1850-01-01"],
        "dissolved_on": ["2018-05-01", "2014-01-01", "以后"],
        "credit_code": [credit_code(number), credit_code(number)[:-1] + "I", "无", "123"],
        "leader": ["张演示", "李演示", "长" * 70, "13900001111"],
        "phone": [f"1990000{number:04}", "0355-2021234", "12345", "不改"],
        "note": ["演示数据", f"见{id_number(number)}", "清空", "/"],
        "community_name": [each.name for each in place.communities] * 3
        + [place.villages[0].name, "没有的社区", "清空"],
    }
    labels = {
        "registration": [("街道备案", "filed"), ("社区指导", "guided"), ("登记", "登记"), ("备案了", "备案了")],
        "category": [("文体活动类", "culture_sports"), ("公益慈善类", "charity"), ("商业类", "shops")],
        "legal_form": [("社会团体", "association"), ("公司", "公司")],
        "member_count": [("12", 12), ("0", 0), ("-5", -5), ("99999999", 99_999_999)],
        "is_social_work_agency": [("是", True), ("否", False)],
        "hub_kind": [("联合会", "federation"), ("否", "否")],
    }
    return {name: [(each, each) for each in texts] for name, texts in same.items()} | labels


def invented(generator: random.Random, number: int, place: Place, *, is_new: bool) -> Said:
    """Return a random row: a new one mostly says what it must."""
    here = {"county": place.county.name, "town": place.street.name}
    said = Said(dict(here), dict(here)) if is_new else Said({}, {})
    needed = {"name", "registration", "category", "established_on", "community_name"} if is_new else set()
    for field, pairs in cases_of(number, place).items():
        if generator.random() > (0.97 if field in needed else 0.25 if is_new else 0.15):
            continue
        # Mostly the first: with twelve fields most rows would be bad otherwise.
        text, value = pairs[0] if generator.random() < 0.8 else generator.choice(pairs)
        said.text[field], said.json[field] = text, value
    if "community_name" in said.text and not is_new:
        said.text.update(here)
        said.json.update(here)
    return said


def errors_of(problems: Any) -> list[tuple[str, str]]:
    """Return field and code of each error, in order; of a file the header stands for the field."""
    return sorted((each.field, each.code) for each in problems if each.level == Level.ERROR)


def written() -> dict[str, dict[str, Any]]:
    """Return what the register holds, by name: all columns, numbers in clear."""
    sheet = OrganizationSheet()
    found = {}
    for record in sheet.records("140400/"):
        record["phone"] = record["phone"] and record["phone"].reveal()
        found[record["name"]] = record | {"ref": ""}
    return found


def by_form(rows: list[Said], refs: list[str], by: User) -> list[Any]:
    """Write each row as the form of one record does; return the errors."""
    told = []
    for said, ref in zip(rows, refs, strict=True):
        version = SocialOrganization.objects.get(ref=ref).version if ref else None
        done = edit_record(register=OrganizationSheet(), values=said.text, by=by, ref=ref, version=version)
        told.append(errors_of(done.row.problems))
    return told


def by_file(rows: list[Said], refs: list[str], by: User, send: Any) -> list[Any]:
    """Upload all rows in one file and bring in the good ones; return the errors."""
    cells = [dict.fromkeys(HEADERS.values(), ""), *({} for _ in rows[1:])]
    for cell, said, ref in zip(cells, rows, refs, strict=True):
        cell |= {"记录编号": ref} | {HEADERS[field]: text for field, text in said.text.items()}
    send("organizations", by, cells, commit="good")
    fields = {header: field for field, header in HEADERS.items()}
    return [
        sorted((fields.get(each["column"], ""), each["code"]) for each in row.problems if each["level"] == "error")
        for row in UploadRow.objects.order_by("position")
    ]


def test_random_rows_get_the_same_verdicts_by_file_by_form_and_by_the_api(place, period, clerk, signed_in, send):
    generator = random.Random(12)
    olds = [make_organization(place.communities[0], f"{SIGNS[-number * 2 - 1]}旧{number}") for number in range(OLD)]
    refs = ["" for _ in range(ROWS - OLD)] + [old.ref for old in olds]
    rows = [invented(generator, number, place, is_new=not ref) for number, ref in enumerate(refs)]
    outcomes = {}
    for way in ("file", "form"):
        with transaction.atomic():
            told = by_file(rows, refs, clerk, send) if way == "file" else by_form(rows, refs, clerk)
            outcomes[way] = (told, written())
            transaction.set_rollback(True)
    sent = [said.json | ({"ref": ref, "version": 1} if ref else {}) for said, ref in zip(rows, refs, strict=True)]
    answer = bulk(signed_in(clerk), "organizations", sent, mode="each", confirm_warnings=True)
    results = answer.json()["results"]
    told = [sorted((each["field"], each["code"]) for each in result["errors"]) for result in results]
    outcomes["api"] = (told, written())
    for number, said in enumerate(rows):
        by_way = {way: outcomes[way][0][number] for way in outcomes}
        assert len({str(codes) for codes in by_way.values()}) == 1, (number, said, by_way)
    assert outcomes["file"][1] == outcomes["form"][1] == outcomes["api"][1]
    good = sum(not codes for codes in told)
    assert 60 < good < 170  # neither all good nor all bad
    assert len({code for codes in told for _, code in codes}) >= 10
