"""Tests of creating and updating users with `manage.py create_staff`."""

import datetime
import io
import subprocess
import sys

import pytest
from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import validate_password
from django.core.management import CommandError, call_command
from django.test import RequestFactory

from accounts.actions import appoint_staff, generate_password
from accounts.models import ROLE_LEVELS, Role, User
from changelog.models import ChangeRecord
from changzhi_portal.refusals import InvalidError
from communities.models import Division
from tests.factories import make_division, make_user

pytestmark = pytest.mark.django_db
GOOD = "Nuan-feng-47-wan"


def create(monkeypatch, *arguments, stdin=""):
    monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
    call_command("create_staff", *arguments)


def signs_in(username, password):
    return authenticate(RequestFactory().post("/"), username=username, password=password) is not None


def test_a_given_password_signs_in_and_must_be_changed_first(place, monkeypatch, capsys):
    create(
        monkeypatch, "wang", "--role", "district_clerk", "--division", "140402", "--password-stdin", stdin=f"{GOOD}\n"
    )
    user = User.objects.get(username="wang")
    assert (user.role, user.division, user.must_change_password, user.is_superuser) == (
        "district_clerk",
        place.county,
        True,
        False,
    )
    assert signs_in("wang", GOOD)
    assert GOOD not in capsys.readouterr().out


def test_a_name_that_differs_in_case_alone_is_refused(place, monkeypatch):
    create(monkeypatch, "wang", "--role", "leader", "--division", "140400")
    with pytest.raises(CommandError, match="taken"):
        create(monkeypatch, "Wang", "--role", "bureau_admin", "--division", "140400")
    assert User.objects.get(username__iexact="wang").role == "leader"


def test_a_generated_password_is_printed_once_and_signs_in(place, monkeypatch, capsys):
    create(monkeypatch, "li", "--role", "bureau_officer", "--division", "140400", "--full-name", "李科长")
    printed = capsys.readouterr().out.strip().splitlines()[-1].split(": ")[1]
    assert signs_in("li", printed)
    assert User.objects.get(username="li").full_name == "李科长"
    create(monkeypatch, "li", "--role", "bureau_admin", "--division", "140400")
    assert "was not changed" in capsys.readouterr().out
    assert signs_in("li", printed)
    assert User.objects.get(username="li").role == "bureau_admin"


@pytest.mark.parametrize("code", ["140402001", "140402001000"])
def test_a_town_may_be_given_with_nine_or_twelve_digits(place, monkeypatch, code):
    create(monkeypatch, "zhao", "--role", "street_clerk", "--division", code)
    assert User.objects.get(username="zhao").division == place.street


def test_a_new_password_replaces_the_old_one(place, monkeypatch):
    user = make_user(Role.LEADER, place.city, "qian")
    create(monkeypatch, "qian", "--role", "leader", "--division", "140400", "--password-stdin", stdin=GOOD)
    user.refresh_from_db()
    assert user.check_password(GOOD)
    assert user.must_change_password


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--role", "king", "--division", "140402"], "no role 'king'. Choose one of district_clerk"),
        (["--role", "district_clerk", "--division", "149999"], "No division has the code '149999'. Run"),
        (["--role", "district_clerk", "--division", "140402001"], "belongs to a county, but 140402001"),
        (["--role", "street_clerk", "--division", "140400"], "belongs to a town, but 140400"),
    ],
)
def test_a_refusal_is_one_sentence_with_the_cure_and_exits_with_3(place, monkeypatch, arguments, said):
    with pytest.raises(CommandError) as refused:
        create(monkeypatch, "sun", *arguments)
    assert refused.value.returncode == 3
    assert said in str(refused.value)
    assert not User.objects.filter(username="sun").exists()


@pytest.mark.parametrize("weak", ["", "short-1A", "onlylowercase", "12345678901", "Password123", "Zhou-2018x"])
def test_a_weak_password_is_refused_and_nothing_changes(place, monkeypatch, weak):
    user = make_user(Role.AUDITOR, place.city, "zhou-2018")
    with pytest.raises(CommandError, match="too weak") as refused:
        create(
            monkeypatch, "zhou-2018", "--role", "leader", "--division", "140400", "--password-stdin", stdin=weak + "\n"
        )
    assert refused.value.returncode == 3
    user.refresh_from_db()
    assert user.role == "auditor"


@pytest.mark.parametrize("username", ["王 五", "a" * 151, ""])
def test_a_bad_user_name_is_refused(place, username):
    with pytest.raises(InvalidError) as refused:
        appoint_staff(username=username, role="leader", division_code="140400")
    assert "username" in refused.value.cure


def test_an_address_for_notices_is_kept_until_another_is_given(place, monkeypatch):
    person = ("sun", "--role", "district_clerk", "--division", "140402")
    create(monkeypatch, *person, "--email", "sun@example.invalid")
    create(monkeypatch, *person)
    assert User.objects.get(username="sun").email == "sun@example.invalid"
    with pytest.raises(CommandError, match="e-mail address with an @") as refused:
        create(monkeypatch, *person, "--email", "nowhere")
    assert refused.value.returncode == 3


def test_somebody_of_a_closed_county_sits_at_its_successor(place):
    heir = make_division("140403", "潞州区", place.city)
    Division.objects.filter(pk=place.county.pk).update(valid_to=datetime.date(2018, 11, 23), successor=heir)
    assert appoint_staff(username="wu", role="district_clerk", division_code="140402").user.division == heir


def test_what_the_command_does_is_in_the_log_by_the_portal_itself(place, monkeypatch, capsys):
    create(monkeypatch, "li", "--role", "bureau_officer", "--division", "140400", "--full-name", "李科长")
    printed = capsys.readouterr().out.strip().splitlines()[-1].split(": ")[1]
    create(monkeypatch, "li", "--role", "district_clerk", "--division", "140402")
    create(monkeypatch, "li", "--role", "district_clerk", "--division", "140402")
    user = User.objects.get(username="li")
    changed, made = ChangeRecord.objects.of_object(user).select_related("change_set__made_by")
    assert (made.kind, made.after["role"], made.after["division"]) == ("created", "bureau_officer", place.city.pk)
    assert changed.before == {"role": "bureau_officer", "division": place.city.pk}
    assert changed.after == {"role": "district_clerk", "division": place.county.pk}
    assert changed.change_set.summary == "用命令修改用户：李科长（li），县区填报员，城区"
    assert printed not in f"{made.after}{made.change_set.summary}"
    portal = made.change_set.made_by
    assert (portal.username, portal.is_active, portal.has_usable_password()) == ("system", False, False)


def test_the_command_makes_the_portals_own_user_nobody_and_keeps_the_last_administrator(place, monkeypatch):
    create(monkeypatch, "wang", "--role", "system_admin", "--division", "140400")
    with pytest.raises(CommandError, match="the portal's own"):
        create(monkeypatch, "system", "--role", "bureau_admin", "--division", "140400")
    with pytest.raises(CommandError, match="last active administrator"):
        create(monkeypatch, "wang", "--role", "auditor", "--division", "140400")
    assert User.objects.get(username="wang").role == "system_admin"
    create(monkeypatch, "li", "--role", "bureau_admin", "--division", "140400")
    create(monkeypatch, "wang", "--role", "auditor", "--division", "140400")
    assert User.objects.get(username="wang").role == "auditor"


def test_every_role_has_its_levels_and_a_generated_password_always_passes(place):
    assert set(ROLE_LEVELS) == set(Role)
    user = make_user(Role.AUDITOR, place.city, "wanghe", full_name="王和")
    for _ in range(50):
        validate_password(generate_password(user), user)


def test_the_command_itself_exits_with_3():
    done = subprocess.run(
        [sys.executable, "manage.py", "create_staff", "x", "--role", "king", "--division", "140402"],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 3
    assert done.stdout == ""
    chinese, english = done.stderr.strip().splitlines()
    assert chinese.startswith("CommandError: 没有“king”这个角色")
    assert english.startswith("There is no role 'king'.")
