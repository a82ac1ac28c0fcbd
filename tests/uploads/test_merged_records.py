"""Uploads that name a record which was merged into another one: they mean the other one (docs/domain.md §4.11)."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import User
from changelog.actions import merge_records, undo_merge
from changzhi_portal.registers.registry import register_named
from communities.models import Facility
from orgs.models import SocialOrganization
from tests.factories import Place, credit_code, make_facility, make_organization
from tests.uploads.office import Send, codes_of

pytestmark = pytest.mark.django_db
CODE, OTHER_CODE = credit_code(81), credit_code(82)


def row(name: str, **changes: Any) -> dict[str, Any]:
    return {
        "记录编号": "",
        "统一社会信用代码": "",
        "名称": name,
        "管理方式": "街道备案",
        "类别": "文体活动类",
        "县（市、区）": "城区",
        "街道（乡镇）": "东街街道办事处",
        "社区名称": "和平社区",
        "成立日期": "2015-03-01",
        "负责人": "新演示",
    } | changes


def merge(register: str, kept: Any, merged: Any, by: User) -> None:
    merge_records(
        register=register_named(register)(),
        kept=kept.ref,
        merged=merged.ref,
        versions=(kept.version, merged.version),
        from_merged=(),
        reason="重复登记",
        by=by,
    )


@pytest.fixture
def merged(place: Place, clerk: User) -> tuple[SocialOrganization, SocialOrganization]:
    """Return an organization of 和平社区 with a code, and one of the street with another name and code merged into it."""
    coded: dict[str, Any] = {"registration": "registered"}
    kept = make_organization(place.communities[0], "演示书画社", credit_code=CODE, **coded)
    duplicate = make_organization(place.street, "演示书画协会", credit_code=OTHER_CODE, **coded)
    merge("organizations", kept, duplicate, clerk)
    return kept, duplicate


STREET = {"社区名称": "", "管理方式": "登记"}


@pytest.mark.parametrize("named_by", ["ref", "code", "name"])
def test_a_row_that_names_the_duplicate_changes_the_record_that_stays(
    named_by: str, merged: tuple[Any, Any], send: Send, clerk: User, place: Place
) -> None:
    kept, duplicate = merged
    given: dict[str, Any] = {
        "ref": {"记录编号": duplicate.ref},
        "code": {"统一社会信用代码": OTHER_CODE},
        "name": {},
    }[named_by]
    answer = send("organizations", clerk, [row("演示书画协会", **STREET | given)], commit="all")
    assert (answer["new"], answer["changed"], codes_of(answer)) == (0, 1, [])
    kept.refresh_from_db()
    assert kept.leader == "新演示"
    assert (kept.name, kept.credit_code, kept.community) == ("演示书画社", CODE, place.communities[0]), (
        "the duplicate's name, code and place are not given to it"
    )
    duplicate.refresh_from_db()
    assert (duplicate.leader, duplicate.merged_into) == ("", kept)


def test_a_file_with_both_records_is_told_that_they_are_one(merged: tuple[Any, Any], send: Send, clerk: User) -> None:
    rows = [row("演示书画社", 统一社会信用代码=CODE, 管理方式="登记"), row("演示书画协会", **STREET)]
    assert codes_of(send("organizations", clerk, rows)) == ["duplicate_in_file"]


def test_a_new_name_and_place_beside_the_duplicates_ref_are_meant(
    merged: tuple[Any, Any], send: Send, clerk: User, place: Place
) -> None:
    kept, duplicate = merged
    moved = row("演示书画联谊会", 记录编号=duplicate.ref, 管理方式="登记", 社区名称=place.communities[1].name)
    assert send("organizations", clerk, [moved], commit="all")["changed"] == 1
    kept.refresh_from_db()
    assert (kept.name, kept.community) == ("演示书画联谊会", place.communities[1])


def test_the_name_of_a_duplicate_is_its_own_again_after_the_undoing(
    merged: tuple[Any, Any], send: Send, clerk: User
) -> None:
    kept, duplicate = merged
    undo_merge(register=register_named("organizations")(), ref=duplicate.ref, by=clerk)
    send("organizations", clerk, [row("演示书画协会", **STREET, 统一社会信用代码=OTHER_CODE)], commit="all")
    kept.refresh_from_db()
    duplicate.refresh_from_db()
    assert (kept.leader, duplicate.leader) == ("", "新演示")


def test_an_office_learns_nothing_of_a_duplicate_elsewhere(
    merged: tuple[Any, Any], send: Send, other_clerk: User
) -> None:
    there = {"县（市、区）": "襄垣县", "街道（乡镇）": "古韩镇", "社区名称": "西垴头村"}
    answer = send("organizations", other_clerk, [row("演示书画协会", **there)])
    assert (answer["new"], codes_of(answer)) == (1, [])


def test_a_facility_named_as_the_duplicate_is_the_one_that_stays(place: Place, send: Send, clerk: User) -> None:
    kept = make_facility(place.communities[0], "演示服务站", area=500)
    merge("facilities", kept, make_facility(place.communities[0], "演示便民中心", area=500), clerk)
    given = {"县（市、区）": "城区", "街道（乡镇）": "东街街道办事处", "社区名称": "和平社区"}
    given |= {"设施名称": "演示便民中心", "设施类型": "综合服务设施", "建筑面积（㎡）": 510, "启用日期": "2016-05-01"}
    answer = send("facilities", clerk, [given], commit="all")
    assert (answer["new"], answer["changed"]) == (0, 1)
    facility = Facility.objects.get()
    assert (facility.pk, facility.name, facility.area) == (kept.pk, "演示服务站", 510)
