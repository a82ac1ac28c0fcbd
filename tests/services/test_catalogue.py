"""Tests of the purchase catalogue: whose lines a project may name, and what becomes of them when a county closes."""

from __future__ import annotations

import datetime

import pytest

from accounts.actions import apply_division_changes, undo_division_changes
from accounts.models import User
from communities.actions import change_set_of
from communities.models import Division
from services.models import CatalogueItem, ServiceProject
from tests.communities.changes import change
from tests.factories import Place, credit_code, make_catalogue_item, make_division, make_organization, make_project
from tests.services.rows import catalogue_row
from tests.services.test_sheets import row as project_row
from tests.uploads.office import Send, codes_of

pytestmark = pytest.mark.django_db


def test_counties_and_the_bureau_keep_it_and_towns_do_not(
    send: Send, clerk: User, officer: User, street_clerk: User, place: Place
) -> None:
    assert send("catalogue", clerk, [catalogue_row()], commit="all")["new"] == 1
    assert send("catalogue", officer, [catalogue_row(优先社会组织="是")], commit="all")["new"] == 1
    assert codes_of(send("catalogue", street_clerk, [catalogue_row()])) == ["out_of_scope"]
    by_division = dict(CatalogueItem.objects.values_list("division__name", "prefers_organizations"))
    assert by_division == {"城区": False, "长治市": True}


def test_a_line_ends_after_it_began(send: Send, clerk: User) -> None:
    assert codes_of(send("catalogue", clerk, [catalogue_row(止="2017-12-31")])) == ["date_order"]


def test_a_project_names_the_nearest_line_above_it(send: Send, clerk: User, place: Place) -> None:
    of_city, own = (make_catalogue_item(division, code="QD-1") for division in (place.city, place.county))
    elsewhere = make_catalogue_item(place.other_county, code="QD-2")
    send("projects", clerk, [project_row("YS-1", 服务社区="和平社区", 购买清单编号="QD-1")], commit="all")
    project = ServiceProject.objects.get()
    assert project.catalogue == own
    assert codes_of(send("projects", clerk, [project_row("YS-2", 服务社区="和平社区", 购买清单编号="QD-2")])) == [
        "bad_choice"
    ]
    cleared = send("projects", clerk, [project_row("YS-1", 服务社区="和平社区", 购买清单编号="清空")], commit="all")
    assert cleared["changed"] == 1
    project.refresh_from_db()
    assert project.catalogue is None
    assert of_city.projects.count() == elsewhere.projects.count() == 0


def test_a_line_of_another_field_or_time_is_pointed_out(send: Send, officer: User, place: Place) -> None:
    make_catalogue_item(place.city, code="QD-1", field="sports", valid_to=datetime.date(2018, 2, 1))
    answer = send("projects", officer, [project_row("YS-1", 购买清单编号="QD-1")])
    assert (answer["errors"], codes_of(answer)) == (0, ["contradicts_project", "contradicts_project"])


def test_the_provider_is_linked_where_its_code_is_registered(send: Send, officer: User, place: Place) -> None:
    rows = [project_row("YS-1", 承接主体信用代码=credit_code(77))]
    send("projects", officer, rows, commit="all")
    assert ServiceProject.objects.get().provider is None
    known = make_organization(place.communities[0], credit_code=credit_code(77), registration="registered")
    rows = [rows[0] | {"备注": "演示"}]  # another file: of the same one the earlier reading would be taken
    assert send("projects", officer, rows, commit="all")["changed"] == 1
    project = ServiceProject.objects.get()
    assert (project.provider, project.provider_name) == (known, "演示社会工作服务中心"), (
        "its name stays as in the contract"
    )
    assert send("projects", officer, rows)["unchanged"] == 1
    send("projects", officer, [project_row("YS-1", 承接主体信用代码=credit_code(78))], commit="all")
    project.refresh_from_db()
    assert project.provider is None


def test_lines_follow_their_county_and_come_back(place: Place, administrator: User) -> None:
    second = make_division("140411", "郊区", place.city)
    first, twin, other = (
        make_catalogue_item(place.county, code="QD-1"),
        make_catalogue_item(second, code="QD-1"),
        make_catalogue_item(second, code="QD-2"),
    )
    ended = make_catalogue_item(second, code="QD-3", valid_to=datetime.date(2018, 1, 1))
    project = make_project(second, catalogue=twin)
    noted = [change("merge", old, "140403", "潞州区") for old in (place.county, second)]
    applied = apply_division_changes(by=administrator)[0]
    new = Division.objects.by_code("140403")
    for line in (first, twin, other, ended, project):
        line.refresh_from_db()
    assert (first.division, other.division, ended.division) == (new, new, second)
    assert (twin.division, twin.valid_to) == (second, noted[0].effective_on), "the other one of this number goes on"
    assert project.catalogue == twin, "what it was bought under"
    assert f"购买清单：郊区“{other}”（QD-2）转到潞州区" in applied.moved


def test_lines_come_back_when_a_merger_is_undone(place: Place, administrator: User) -> None:
    second = make_division("140411", "郊区", place.city)
    make_catalogue_item(place.county, code="QD-1")
    twin, other = (make_catalogue_item(second, code=code) for code in ("QD-1", "QD-2"))
    noted = change("merge", second, place.county.code, place.county.name)
    change("merge", place.county, place.county.code, place.county.name)
    apply_division_changes(by=administrator)
    for line in (twin, other):
        line.refresh_from_db()
    assert (other.division, twin.division, twin.valid_to) == (place.county, second, noted.effective_on)
    noted.refresh_from_db()
    undo_division_changes(change_set=change_set_of(noted), by=administrator)
    for line in (twin, other):
        line.refresh_from_db()
    assert (other.division, twin.division, twin.valid_to) == (second, second, None)
