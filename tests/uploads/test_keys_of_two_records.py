"""Tests of rows whose keys lead to two records: `conflicting_key`, and nothing is overwritten (docs/domain.md §4.2)."""

from __future__ import annotations

import datetime
import itertools

import pytest

from accounts.models import User
from changzhi_portal.registers.context import CheckContext
from changzhi_portal.registers.registry import register_named
from changzhi_portal.registers.rows import RegisterRow
from communities.models import Community
from communities.places import PlaceFinder, PlaceIndex, PlaceNotFoundError
from orgs.models import SocialOrganization
from socialworkers.models import SocialWorker
from tests.communities.test_sheets import community_row
from tests.factories import (
    Place,
    credit_code,
    id_number,
    make_community,
    make_facility,
    make_organization,
    make_project,
    make_worker,
)
from tests.orgs.test_sheets import row as organization_row
from tests.socialworkers.test_sheets import row as worker_row
from tests.uploads.office import Send, codes_of

pytestmark = pytest.mark.django_db
PLACE = ("county", "town", "community_name", "community_code")
# By register: the fields of each key.
KEYS: dict[str, tuple[tuple[str, ...], ...]] = {
    "communities": (("ref",), ("community_code",), ("community_name",)),
    "facilities": (("ref",), ("name", *PLACE)),
    "organizations": (("ref",), ("credit_code",), ("name", *PLACE), ("name",)),
    "workers": (("ref",), ("id_number",), ("name",)),
    "projects": (("ref",), ("number",)),
}


def context_of(place: Place) -> CheckContext:
    return CheckContext(place.city.path, place.city, datetime.date(2018, 6, 30), datetime.date(2018, 7, 5))


def make_three_of_each(place: Place) -> None:
    """Create three records of every register at places of two counties, one of each without a code."""
    places = (place.communities[0], place.communities[1], place.villages[0])
    for number, where in enumerate(places):
        make_facility(where, f"演示{'甲乙丙'[number]}站")
        registered = {"registration": "registered", "credit_code": credit_code(500 + number)} if number else {}
        make_organization(where, f"演示{'甲乙丙'[number]}社", **registered)
        make_worker(where, f"演示{'甲乙丙'[number]}", id_number=id_number(500 + number))
        make_project(place.street if number == 2 else place.county, number=f"YS-{number}")


@pytest.mark.parametrize("register", KEYS)
def test_any_two_keys_of_any_two_records_are_a_conflict_that_writes_nothing(register: str, place: Place) -> None:
    make_three_of_each(place)
    sheet = register_named(register)()
    records = [
        {name: value for name, value in record.items() if value is not None and value != ""}
        for record in sheet.records(place.city.path)
    ]
    assert len(records) >= 3
    tried = 0
    for one, other in itertools.permutations(records, 2):
        for kept, taken in itertools.permutations(KEYS[register], 2):
            if set(kept) & set(taken) or not all(name in one for name in kept) or not any(n in other for n in taken):
                continue
            without = {name for key in KEYS[register] for name in key} - set(kept)
            values = {name: value for name, value in one.items() if name not in without or name in PLACE}
            values = {n: v for n, v in values.items() if n not in taken}
            values |= {name: other[name] for name in taken if name in other}
            if register == "communities":
                values = {n: v for n, v in values.items() if n not in PLACE or n in (*kept, *taken)}
            if register == "organizations" and "name" not in values:
                values["name"] = one["name"]
            row = RegisterRow(values, number=2, columns={name: index for index, name in enumerate(values)})
            sheet.check([row], context_of(place))
            assert "conflicting_key" in {problem.code for problem in row.problems}, (
                one,
                kept,
                other,
                taken,
                row.problems,
            )
            assert row.has_error and not row.writes
            tried += 1
    assert tried >= 6


def test_the_code_of_one_organization_and_the_name_of_another_name_both(send: Send, clerk: User, place: Place) -> None:
    code = credit_code(77)
    registered = {"统一社会信用代码": code, "管理方式": "登记"}
    send(
        "organizations", clerk, [organization_row("演示甲社", **registered), organization_row("演示乙社")], commit="all"
    )
    answer = send("organizations", clerk, [organization_row("演示乙社", **registered)], commit="good")
    (problem,) = answer["problems"]
    assert (problem["code"], problem["cell"]) == ("conflicting_key", "B2")
    assert "演示甲社" in problem["message"] and "演示乙社" in problem["message"]
    assert sorted(SocialOrganization.objects.values_list("name", flat=True)) == ["演示乙社", "演示甲社"]


def test_an_organization_may_get_a_new_name_by_its_code(send: Send, clerk: User) -> None:
    registered = {"统一社会信用代码": credit_code(77), "管理方式": "登记"}
    send("organizations", clerk, [organization_row("演示甲社", **registered)], commit="all")
    answer = send("organizations", clerk, [organization_row("演示新社", **registered)], commit="all")
    assert (answer["changed"], answer["errors"]) == (1, 0)
    assert SocialOrganization.objects.get().name == "演示新社"


def test_a_name_that_many_organizations_have_may_be_given_to_one_more(send: Send, clerk: User, place: Place) -> None:
    for where in place.communities[1:]:
        make_organization(where, "老年协会")
    registered = {"统一社会信用代码": credit_code(77), "管理方式": "登记"}
    send("organizations", clerk, [organization_row("演示甲社", **registered)], commit="all")
    assert send("organizations", clerk, [organization_row("老年协会", **registered)])["changed"] == 1


def test_the_id_number_of_one_worker_and_the_number_of_another_are_a_conflict(
    send: Send, clerk: User, place: Place
) -> None:
    one = make_worker(place.communities[0], "演示甲", id_number=id_number(501))
    make_worker(place.communities[0], "演示乙", id_number=id_number(502))
    both = worker_row("和平社区", 姓名="演示甲", 身份证号=id_number(502), 到岗日期="2017-07-01")
    answer = send("workers", clerk, [{"记录编号": one.ref} | both], commit="good")
    assert codes_of(answer) == ["conflicting_key"]
    assert "演示甲" in answer["problems"][0]["message"] and "演示乙" in answer["problems"][0]["message"]
    assert {str(w.name): w.id_number.reveal() for w in SocialWorker.objects.all()} == {
        "演示甲": id_number(501), "演示乙": id_number(502),
    }  # fmt: skip


def test_another_offices_worker_is_not_named(send: Send, clerk: User, place: Place) -> None:
    one = make_worker(place.communities[0], "演示甲", id_number=id_number(501))
    make_worker(place.villages[0], "演示甲", id_number=id_number(502))
    row = worker_row("和平社区", 姓名="演示甲", 身份证号=id_number(502), 到岗日期="2017-07-01")
    answer = send("workers", clerk, [{"记录编号": one.ref} | row])
    assert codes_of(answer) == ["conflicting_key"]
    assert "演示甲" not in answer["problems"][0]["message"]


def test_a_village_beside_the_code_of_the_urban_community_of_that_name_is_a_conflict(
    send: Send, clerk: User, place: Place
) -> None:
    urban = place.communities[1]
    make_community(place.street, "东关村委会", kind=Community.Kind.RURAL)
    answer = send("communities", clerk, [community_row("东关村", 社区代码=urban.code)])
    assert codes_of(answer) == ["conflicting_key"]
    assert urban.name in answer["problems"][0]["message"] and "东关村" in answer["problems"][0]["message"]
    for agreed in ("东关社区", "东关", "东关社区居委会", "城区东街街道东关社区"):
        assert send("communities", clerk, [community_row(agreed, 社区代码=urban.code)])["errors"] == 0


def test_any_community_beside_the_code_of_any_other_is_a_conflict(place: Place) -> None:
    make_community(place.street, "和平村委会", kind=Community.Kind.RURAL)
    finder = PlaceFinder(PlaceIndex(place.city.path))
    for one, other in itertools.permutations(Community.objects.all(), 2):
        with pytest.raises(PlaceNotFoundError) as refused:
            finder.find(county="", town="", community=other.name, code=one.code)
        assert refused.value.code == "conflicting_key"
