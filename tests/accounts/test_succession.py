"""Tests of what goes to the successor when a division closes: departments with their users; told, kept, undone."""

from __future__ import annotations

import datetime
import io
import json

import pytest
from django.core.management import call_command

from accounts.actions import apply_division_changes, edit_department, undo_division_changes
from accounts.models import Role, SuccessionList, User
from changelog.models import ChangeRecord
from changzhi_portal.refusals import InvalidError
from changzhi_portal.succession import declared_successions
from communities.actions import change_set_of
from communities.models import Division
from tests.communities.changes import DAY, change, goes
from tests.factories import make_community, make_department, make_division, make_user
from tests.pages import markup_of

pytestmark = pytest.mark.django_db
PAGE = "/accounts/division-changes/"


@pytest.fixture
def second(place):
    """Return a county that is merged with 城区; it lies between the two by its code."""
    county = make_division("140411", "郊区", place.city, is_urban_district=True)
    make_community(make_division("140411001", "常青街道办事处", county))
    return county


def merged(place, second):
    """Note the merger of two counties into a new one."""
    return [change("merge", old, "140403", "潞州区") for old in (place.county, second)]


def clerk_of(department):
    return make_user(Role.DEPARTMENT_CLERK, department.division, department=department)


def test_every_app_declares_what_moves_under_a_title_of_its_own():
    titles = [each.title for each in declared_successions()]
    assert "部门" in titles and len(titles) == len(set(titles))


def test_departments_of_one_name_become_one_and_others_move(place, second, administrator):
    first, twin, alone = (
        make_department(place.county, "民政局"),
        make_department(second, "民政局"),
        make_department(second, "教育局"),
    )
    past = make_department(second, "老局", closed_on=datetime.date(2018, 1, 1))
    users = [clerk_of(each) for each in (first, twin, alone)]
    retired = clerk_of(twin)
    User.objects.filter(pk=retired.pk).update(is_active=False)
    merged(place, second)
    (applied,) = apply_division_changes(by=administrator)
    new = Division.objects.by_code("140403")
    for record in (first, twin, alone, past, retired, *users):
        record.refresh_from_db()
    assert (first.division, first.closed_on) == (alone.division, alone.closed_on) == (new, None)
    assert (twin.division, twin.closed_on) == (second, DAY), "it is past, where it was"
    assert (past.division, past.closed_on) == (second, datetime.date(2018, 1, 1))
    assert [user.department for user in (*users, retired)] == [first, first, alone, first]
    assert {user.division for user in (*users, retired)} == {new}
    for user in users:
        user.full_clean()
    assert list(applied.moved) == [
        "部门：城区“民政局”转到潞州区",
        "部门：郊区“民政局”并入潞州区的同名部门，原部门自2018-11-23撤销",
        "部门：郊区“教育局”转到潞州区",
    ]


def test_the_department_of_a_successor_that_stands_goes_on(place, administrator):
    standing, twin = (
        make_department(place.street, "社会事务办公室"),
        make_department(place.other_street, "社会事务办公室"),
    )
    user = clerk_of(twin)
    change("merge", place.other_street, place.street.code, place.street.name)
    change("merge", place.street, place.street.code, place.street.name)
    (applied,) = apply_division_changes(by=administrator)
    for record in (standing, twin, user):
        record.refresh_from_db()
    assert (standing.closed_on, standing.version, twin.closed_on) == (None, 1, DAY)
    assert (user.department, user.division) == (standing, place.street)
    assert len(applied.moved) == 1


def test_departments_of_towns_follow_their_towns(place, second, administrator):
    office = make_department(place.street, "党政办公室")
    user = clerk_of(office)
    merged(place, second)
    apply_division_changes(by=administrator)
    office.refresh_from_db()
    user.refresh_from_db()
    assert office.division.full_name == "潞州区东街街道办事处" and office.division == user.division


def test_a_department_set_up_after_the_day_ends_after_it_began(place, second, administrator):
    make_department(place.county, "民政局")
    late = make_department(second, "民政局", opened_on=DAY)
    merged(place, second)
    apply_division_changes(by=administrator)
    late.refresh_from_db()
    assert late.closed_on == DAY + datetime.timedelta(days=1)


def test_undoing_brings_departments_and_users_back(place, administrator):
    standing, twin, moved = (
        make_department(place.street, "社会事务办公室"),
        make_department(place.other_street, "社会事务办公室"),
        make_department(place.other_street, "党政办公室"),
    )
    users = [clerk_of(each) for each in (standing, twin, moved)]
    noted = change("merge", place.other_street, place.street.code, place.street.name)
    change("merge", place.street, place.street.code, place.street.name)
    apply_division_changes(by=administrator)
    moved.refresh_from_db()
    assert moved.division == place.street
    noted.refresh_from_db()
    undo_division_changes(change_set=change_set_of(noted), by=administrator)
    for record in (standing, twin, moved, *users):
        record.refresh_from_db()
    assert [each.division for each in (standing, twin, moved)] == [place.street, place.other_street, place.other_street]
    assert {each.closed_on for each in (standing, twin, moved)} == {None}
    assert [(user.department, user.division) for user in users] == [
        (each, each.division) for each in (standing, twin, moved)
    ]
    for user in users:
        user.full_clean()


def test_a_department_changed_since_prevents_the_undoing(place, administrator):
    moved = make_department(place.other_street, "党政办公室")
    noted = change("merge", place.other_street, place.street.code, place.street.name)
    change("merge", place.street, place.street.code, place.street.name)
    apply_division_changes(by=administrator)
    moved.refresh_from_db()
    edit_department(by=administrator, ref=moved.ref, version=moved.version, name="党办", opened_on=None, note="")
    noted.refresh_from_db()
    with pytest.raises(InvalidError, match="变更以后又有改动"):
        undo_division_changes(change_set=change_set_of(noted), by=administrator)
    moved.refresh_from_db()
    assert (moved.name, moved.division) == ("党办", place.street)


def test_everything_is_logged_in_the_change_set_of_the_change(place, second, administrator):
    department, twin = make_department(place.county, "民政局"), make_department(second, "民政局")
    user = clerk_of(twin)
    noted, _ = merged(place, second)
    apply_division_changes(by=administrator)
    noted.refresh_from_db()
    change_set = change_set_of(noted)
    logged = {row.object_id: row for row in change_set.records.filter(model="accounts.department")}
    new = Division.objects.by_code("140403")
    assert logged[department.pk].after == {"division": new.pk}
    assert logged[twin.pk].after == {"closed_on": "2018-11-23"}
    moved = ChangeRecord.objects.of_object(user).get(change_set=change_set)
    assert moved.after == {"division": new.pk, "department": department.pk}
    assert moved.before == {"division": second.pk, "department": twin.pk}


def test_the_page_tells_it_and_keeps_the_list(place, second, administrator, signed_in):
    make_department(place.county, "民政局")
    make_department(second, "民政局")
    merged(place, second)
    browser = signed_in(administrator)
    shown = browser.get(PAGE)
    assert "同名的部门合为一个" in markup_of(shown)
    text = markup_of(browser.post(PAGE, {"seen": shown.context["form"].seen}, follow=True))
    assert "另有2项随之转到承接的区划" in text
    assert "郊区“民政局”并入潞州区的同名部门" in text
    assert "郊区“民政局”并入潞州区的同名部门" in markup_of(browser.get(PAGE)), "it stays there"
    assert SuccessionList.objects.get().sentences


def test_a_town_that_gives_up_a_part_keeps_its_departments(place, administrator):
    department = make_department(place.street, "党政办公室")
    change("split", place.street, place.street.code, place.street.name)
    change("split", place.street, "140402009", "新街街道办事处")
    goes(place.communities[1], "140402009001")
    (applied,) = apply_division_changes(by=administrator)
    assert (list(applied.moved), SuccessionList.objects.exists()) == ([], False)
    department.refresh_from_db()
    assert (department.division, department.version) == (place.street, 1)


def test_the_command_prints_what_moved(place, second, administrator):
    make_department(second, "教育局")
    merged(place, second)
    out = io.StringIO()
    call_command("apply_division_changes", as_=administrator.username, json=True, stdout=out)
    assert json.loads(out.getvalue())["applied"][0]["moved"] == ["部门：郊区“教育局”转到潞州区"]
