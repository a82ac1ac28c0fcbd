"""Tests of rows of social organizations: which organization a row is about (docs/domain.md §4)."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import User
from orgs.models import SocialOrganization
from tests.factories import Place, credit_code
from tests.uploads.office import Send, codes_of

pytestmark = pytest.mark.django_db
CODE = credit_code(77)


def row(name: str = "演示书画社", **changes: Any) -> dict[str, Any]:
    return {
        "统一社会信用代码": "",
        "名称": name,
        "管理方式": "街道备案",
        "类别": "文体活动类",
        "县（市、区）": "城区",
        "街道（乡镇）": "东街街道办事处",
        "社区名称": "和平社区",
        "成立日期": "2015.3.2",
        "联系电话": "",
        "枢纽型": "否",
    } | changes


def test_a_filed_organization_that_gets_a_code_stays_the_same(send: Send, clerk: User) -> None:
    send("organizations", clerk, [row()], commit="all")
    before = SocialOrganization.objects.get()
    answer = send("organizations", clerk, [row(统一社会信用代码=CODE, 管理方式="登记")], commit="all")
    assert (answer["new"], answer["changed"]) == (0, 1)
    after = SocialOrganization.objects.get()
    assert (after.pk, after.credit_code, after.version) == (before.pk, CODE, before.version + 1)


def test_a_registered_organization_needs_its_code(send: Send, clerk: User) -> None:
    answer = send("organizations", clerk, [row(管理方式="登记")])
    assert codes_of(answer) == ["required"]
    assert answer["problems"][0]["cell"] == "A2"


def test_a_code_known_in_another_county_is_refused_without_saying_whose(
    send: Send, clerk: User, other_clerk: User
) -> None:
    send("organizations", clerk, [row(统一社会信用代码=CODE, 管理方式="登记")], commit="all")
    there = {"县（市、区）": "襄垣县", "街道（乡镇）": "古韩镇", "社区名称": "西垴头村"}
    answer = send("organizations", other_clerk, [row("另一个名称", 统一社会信用代码=CODE, 管理方式="登记", **there)])
    assert codes_of(answer) == ["conflicting_key"]
    assert "演示书画社" not in str(answer) and "城区" not in str(answer)


def test_an_organization_of_the_county_itself_has_no_community(send: Send, clerk: User, place: Place) -> None:
    send("organizations", clerk, [row(**{"街道（乡镇）": "", "社区名称": ""})], commit="all")
    organization = SocialOrganization.objects.get()
    assert (organization.community, organization.division) == (None, place.county)


def test_the_same_name_at_two_communities_is_two_organizations(send: Send, clerk: User) -> None:
    answer = send("organizations", clerk, [row(), row(社区名称="东关社区")], commit="all")
    assert (answer["new"], answer["errors"]) == (2, 0)


def test_a_duplicate_names_the_first_row_and_keeps_the_good_ones(send: Send, clerk: User) -> None:
    rows = [row(), row(联系电话="19900001111"), row("演示合唱团")]
    refused = send("organizations", clerk, rows, commit="all")
    assert (refused["state"], refused["status"], SocialOrganization.objects.count()) == ("checked", 1, 0)
    assert "第2行" in refused["problems"][0]["message"]
    good = send("organizations", clerk, rows, commit="good")
    assert (good["state"], good["status"], SocialOrganization.objects.count()) == ("committed", 1, 2)


@pytest.mark.parametrize("codes", [("", CODE), (CODE, "")])
def test_an_organization_listed_with_and_without_its_code_is_not_made_twice(
    send: Send, clerk: User, codes: tuple[str, str]
) -> None:
    rows = [row(统一社会信用代码=code, 管理方式="登记" if code else "街道备案") for code in codes]
    answer = send("organizations", clerk, rows)
    assert [(p["code"], p["cell"]) for p in answer["problems"]] == [("duplicate_in_file", "B3")]
    assert "第2行" in answer["problems"][0]["message"]


def test_a_row_that_takes_over_another_records_code_or_name_is_refused_at_that_cell(send: Send, clerk: User) -> None:
    named = [row("演示甲社", 统一社会信用代码=CODE, 管理方式="登记"), row("演示乙社"), row("演示丙社")]
    send("organizations", clerk, named, commit="all")
    ref = SocialOrganization.objects.get(name="演示乙社").ref
    code_taken = send(
        "organizations", clerk, [{"记录编号": ref} | row("演示乙社", 统一社会信用代码=CODE, 管理方式="登记")]
    )
    assert [(p["code"], p["cell"]) for p in code_taken["problems"]] == [("conflicting_key", "B2")]
    name_taken = send("organizations", clerk, [{"记录编号": ref} | row("演示丙社")])
    assert [(p["code"], p["cell"]) for p in name_taken["problems"]] == [("conflicting_key", "C2")]
    other = credit_code(78)
    rows = [{"记录编号": ref} | row("演示乙社", 统一社会信用代码=other, 管理方式="登记"),
            row("演示丁社", 统一社会信用代码=other, 管理方式="登记")]  # fmt: skip
    both = send("organizations", clerk, rows)
    assert [(p["code"], p["cell"]) for p in both["problems"]] == [("duplicate_in_file", "B3")]


def test_a_new_row_that_clears_a_required_cell_is_told_once(send: Send, clerk: User) -> None:
    answer = send("organizations", clerk, [row(类别="清空")])
    assert [(p["code"], p["cell"]) for p in answer["problems"]] == [("required", "D2")]


def test_a_bad_rows_values_never_reach_the_record_of_a_good_row(send: Send, clerk: User) -> None:
    send("organizations", clerk, [row(负责人="原负责人")], commit="all")
    send("organizations", clerk, [row(负责人="新负责人"), row(负责人="错行的负责人")], commit="good")
    assert SocialOrganization.objects.get().leader == "新负责人"
