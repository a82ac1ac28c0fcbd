"""Tests of the rules for passwords: what is easy to guess, and passwords that were used before."""

from __future__ import annotations

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from accounts.actions import appoint_staff, change_password, reset_password
from accounts.guessing import find_guess
from accounts.models import PastPassword, Role, User
from changelog.models import ChangeRecord
from changzhi_portal.refusals import InvalidError
from communities.models import Division
from tests.factories import PASSWORD, make_division, make_user

pytestmark = pytest.mark.django_db
RUN = "密码里有连续或重复的字符"
YEAR = "密码只是一个词加年份"
INITIALS = "密码里的字母只是地名、姓名、单位的首字母或者用户名"
PERSON = "密码里有用户名、姓名或邮箱名"
GOOD = [f"Nuan-feng-4{number}-wan" for number in range(8)]


@pytest.fixture
def person(place) -> User:
    make_division("140428", "长子县", place.city)
    return make_user(Role.AUDITOR, place.city, "jiankun88", full_name="曾建坤", email="lao.zeng@example.invalid")


@pytest.mark.parametrize(
    ("password", "says"),
    [
        ("Zhangzi-2018", "密码里有地名“长子”"),
        ("xx.Chang_Zi+47", "密码里有地名“长子”"),  # as it is read elsewhere
        ("Zh@ng-z1-Wan9", "密码里有地名“长子”"),
        ("My8长子-River", "密码里有地名“长子”"),
        ("Changzhi-demo-2018", "密码里有地名“长治”"),
        ("Chengqu#hao-47", "密码里有地名“城区”"),
        ("DongJie..4791", "密码里有地名“东街”"),
        ("Zz-47914791!", INITIALS),
        ("Czx#47914791.", INITIALS),
        ("CZs_mzj_4791", INITIALS),
        ("Djjd-4791479", INITIALS),
        ("Zjk@79134680", INITIALS),
        ("Cjk@79134680", INITIALS),
        ("Shequ-feng-47", "密码里有“shequ”"),
        ("5an5he-Feng-7", "密码里有“sanshe”"),
        ("Min.Zheng.Ju.47", "密码里有“minzheng”"),
        ("P0rta1-Feng-47", "密码里有“portal”"),
        ("Nuan-P@ssw0rd-7", "密码里有“password”"),
        ("Jiankun88!Feng", PERSON),
        ("Feng-zengjiankun7", PERSON),
        ("Feng-Ceng.Jian.Kun7", PERSON),
        ("Feng-jian-kun7", PERSON),
        ("建坤-Feng-479", PERSON),
        ("Wan-lao.zeng-47", PERSON),
        ("Aa1234567890", RUN),
        ("Feng-9876-wan", RUN),
        ("Qwert-Feng-47", RUN),
        ("Feng1qaz-Wan", RUN),
        ("Feng-hgfd-47W", RUN),
        ("Feng!@#$47wan", RUN),
        ("Feng-aaa-Wan7", RUN),
        ("Fe-4Fe-4Fe-4F", RUN),
        ("Aa147258369", RUN),
        ("Qwe123!@#a", RUN),
        ("Abc123abc!", RUN),
        ("Aa123123..", RUN),
        ("Qaz.wsx.789", RUN),
        ("Woaini1314!", "密码里有“woaini”"),
        ("Gongzuo@2018", YEAR),
        ("20180613.Nuanfeng", YEAR),
        ("Nuanfeng1998!", YEAR),
    ],
)
def test_what_is_easy_to_guess_is_refused_with_what_it_is(password, says, person):
    said = find_guess(password, person)
    assert said.startswith(says) and said.endswith("，容易被人猜到，请换一个。"), said
    with pytest.raises(ValidationError, match=says):
        validate_password(password, person)


@pytest.mark.parametrize(
    "password",
    [
        *GOOD,
        "Nuan-feng-2018-wan",  # more words than one beside the year
        "kV7mRq2TzXw9bNfC",
        "Zhang-shu-479",  # a part of a place
        "Hao-zz-tian-479",  # initials beside other words
        "春风又绿Jiang-47",
    ],
)
def test_other_passwords_pass(password, person):
    validate_password(password, person)


def test_names_of_others_and_former_places_count_as_people_know_them(place, person):
    other = make_user(Role.AUDITOR, place.city, "hemin", full_name="何敏")
    assert find_guess("Feng-zengjiankun7", other) == ""
    Division.objects.filter(name="长子县").update(valid_to="2018-06-01")
    assert "长子" in find_guess("Zhangzi-2018", other)


def test_a_place_without_stored_readings_is_found_as_well(person):
    Division.objects.filter(name="长子县").update(readings="")
    assert "长子" in find_guess("Zhangzi-2018", person)


def test_the_places_take_one_query(person, django_assert_num_queries):
    with django_assert_num_queries(1):
        find_guess("Nuan-feng-47-wan", person)


def refusal(password: str, user: User) -> str:
    with pytest.raises(ValidationError) as refused:
        validate_password(password, user)
    return "".join(refused.value.messages)


def test_the_last_five_passwords_are_not_taken_again(clerk):
    for password in GOOD[:6]:
        validate_password(password, clerk)
        change_password(user=clerk, password=password)
    assert "不能与当前密码相同" in refusal(GOOD[5], clerk)
    for password in GOOD[1:5]:
        assert refusal(password, clerk) == "这个密码用过，最近5次用过的密码不能再用，请换一个。"
    validate_password(GOOD[0], clerk)
    assert PastPassword.objects.count() == 4, "no more hashes than are compared"


def test_first_passwords_are_remembered_too_and_only_the_users_own(administrator, clerk):
    change_password(user=clerk, password=GOOD[0])
    issued = reset_password(by=administrator, ref=clerk.ref, version=clerk.version)
    clerk.refresh_from_db()
    change_password(user=clerk, password=GOOD[1])
    for password in (GOOD[0], issued.password):
        assert "最近5次" in refusal(password, clerk)
        validate_password(password, administrator)
    with pytest.raises(InvalidError, match="最近5次"):
        appoint_staff(username=clerk.username, role="auditor", division_code="140400", password=GOOD[0])


def test_passwords_of_before_are_kept_as_hashes_in_one_table_only(clerk):
    before = clerk.password
    for password in GOOD[:3]:
        change_password(user=clerk, password=password)
    kept = list(PastPassword.objects.values_list("password", flat=True))
    assert kept[0] == before and len(kept) == 3
    logged = str(list(ChangeRecord.objects.values()))
    assert not [word for word in (PASSWORD, *GOOD[:3], *kept, clerk.password) if word in logged]
    assert not [password for password in GOOD[:3] if password in str(kept)]
