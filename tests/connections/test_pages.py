"""Tests of the pages of other systems, and of what is logged and told about them."""

from __future__ import annotations

import datetime
import html
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import ROLES_OF_PEOPLE, Role
from changelog.models import ChangeSet, TrailRecord
from changzhi_portal.refusals import InvalidError, NotAllowedError, NotFoundError, StaleError
from connections.actions import edit_client, issue_token, register_client, revoke_client, revoke_token, tell_of_expiry
from connections.models import LONGEST_LIFE, TOLD_BEFORE, ApiClient, ApiToken
from connections.token_text import digest_of
from notices.models import Notice
from tests.connections.clients import make_client, make_token, program
from tests.factories import home_of, make_user, phone
from tests.pages import markup_of
from tests.queries import queries_of

pytestmark = pytest.mark.django_db
LIST = reverse("connections:clients")
TODAY = timezone.localdate


def address(name: str, client: ApiClient, *rest: str) -> str:
    return reverse(f"connections:{name}", args=[client.ref, *rest])


def new_token(**fields: Any) -> dict[str, Any]:
    return {"label": "每晚同步", "scopes": ["registers:read"], "expires_on": str(TODAY()), "addresses": "", **fields}


@pytest.mark.one_database
def test_an_administrator_lets_a_system_in_from_the_first_page_to_the_first_call(place, administrator, signed_in):
    browser = signed_in(administrator)
    form = {"name": "演示交换平台", "purpose": "与市人口库核对", "contact": "演示大数据局，张工", "division": "140402"}
    made = browser.post(reverse("connections:client_new"), form, follow=True)
    client = ApiClient.objects.get()
    assert made.redirect_chain[0][0] == client.get_absolute_url()
    assert (client.user.role, client.user.division, str(client.user)) == (Role.CLIENT, place.county, "演示交换平台")
    assert "没有可用的令牌" in markup_of(browser.get(LIST))
    shown = browser.post(address("token_new", client), new_token(scopes=["registers:read", "personal:read"]))
    [text] = re.findall(r'<code translate="no">(cz_[^<]+)</code>', shown.content.decode())
    token = ApiToken.objects.get()
    assert token.digest == digest_of(text)
    assert f"Authorization: Bearer {text}" in html.unescape(markup_of(shown))
    assert "no-store" in shown["Cache-Control"]
    assert program(text).get("/api/v1/organizations/").status_code == 200
    secret = text.split("_", 2)[2]
    for page in (LIST, client.get_absolute_url(), address("token_revoke", client, token.ref), reverse("home")):
        assert secret not in browser.get(page).content.decode()
    assert secret not in str(dict(browser.session)) + str(list(ChangeSet.objects.values()))
    page = markup_of(browser.get(client.get_absolute_url()))
    assert all(word in page for word in ("读登记册、个人信息原文", token.public, "不限", "快到期"))
    assert f"{timezone.localtime():%Y-%m-%d}" in page


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"scopes": []}, "scopes"),
        ({"scopes": ["all"]}, "scopes"),
        ({"scopes": ["personal:read"]}, "scopes"),
        ({"scopes": ["registers:write"]}, "scopes"),
        ({"scopes": ["uploads:write"]}, "scopes"),
        ({"expires_on": "2018-01-01"}, "expires_on"),
        ({"expires_on": "2999-01-01"}, "expires_on"),
        ({"expires_on": ""}, "expires_on"),
        ({"addresses": "10.1.2.300"}, "addresses"),
        ({"addresses": "portal.example"}, "addresses"),
        ({"label": ""}, "label"),
        ({"label": "13812345678"}, "label"),
    ],
)
def test_a_token_that_may_not_be_is_refused_at_its_field(fields, field, place, administrator, signed_in):
    client = make_client(place.county)
    answer = signed_in(administrator).post(address("token_new", client), new_token(**fields))
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert not ApiToken.objects.exists()


def test_networks_are_stored_as_networks_and_the_longest_life_is_a_year(place):
    last = TODAY() + LONGEST_LIFE
    token = make_token(
        place.county, "figures:read", days=LONGEST_LIFE.days, addresses="10.1.2.3，10.1.3.9/24\n::1"
    ).token
    assert (token.addresses, token.expires_on) == ("10.1.2.3/32 10.1.3.0/24 ::1/128", last)
    with pytest.raises(InvalidError):
        make_token(place.county, days=LONGEST_LIFE.days + 1)


def test_revoking_a_token_leaves_the_others_and_revoking_the_system_none(place, administrator, signed_in):
    client = make_client(place.county)
    first, second = make_token(client), make_token(client)
    browser = signed_in(administrator)
    page = address("token_revoke", client, first.token.ref)
    assert "马上失效" in markup_of(browser.get(page))
    assert browser.post(page, {"version": 1}).status_code == 302
    assert [program(each).get("/api/v1/periods/").status_code for each in (first, second)] == [401, 200]
    assert browser.get(page).status_code == 302, "there is nothing to decide any more"
    page = address("client_revoke", client)
    assert browser.post(page, {"version": 1, "reason": ""}).status_code == 422
    assert browser.post(page, {"version": 9, "reason": "项目结束"}).status_code == 409
    assert browser.post(page, {"version": 1, "reason": "项目结束"}).status_code == 302
    assert program(second).get("/api/v1/periods/").json()["code"] == "client_revoked"
    assert "项目结束" in markup_of(browser.get(client.get_absolute_url()))
    assert "已停用" in markup_of(browser.get(LIST))
    for act in (
        lambda: make_token(client),
        lambda: edit_client(by=administrator, ref=client.ref, version=2, name="甲", purpose="演示用途", contact="乙"),
        lambda: revoke_client(by=administrator, ref=client.ref, version=2, reason="再停"),
        lambda: revoke_token(by=administrator, client_ref=client.ref, ref=second.token.ref),
    ):
        with pytest.raises(StaleError):
            act()


def test_every_step_is_logged_without_the_secret(place, administrator):
    client = make_client(place.county, name="演示平台甲")
    edit_client(
        by=administrator, ref=client.ref, version=1, name="演示平台乙", purpose=client.purpose, contact=client.contact
    )
    issued = make_token(client)
    revoke_token(by=administrator, client_ref=client.ref, ref=issued.token.ref)
    revoke_client(by=administrator, ref=client.ref, version=2, reason="演示结束")
    sets = list(ChangeSet.objects.order_by("pk"))
    assert [each.summary.partition("：")[0] for each in sets] == [
        "登记对接系统",
        "修改对接系统",
        "发放令牌",
        "停用令牌",
        "停用对接系统",
    ]
    assert {(each.made_by, each.division, each.affects_figures) for each in sets} == {
        (administrator, place.county, False)
    }
    assert TrailRecord.objects.filter(change_set__in=sets).count() == 5
    logged = str([record.after for each in sets for record in each.records.all()])
    assert issued.token.digest not in logged and issued.text.split("_", 2)[2] not in logged
    assert str(ApiClient.objects.get().user) == "演示平台乙"


def test_only_administrators_of_the_bureau_manage_systems(place, signed_in):
    client = make_client(place.county)
    texts = {"name": "甲系统", "purpose": "演示用途", "contact": "乙"}
    for role in set(ROLES_OF_PEOPLE) - {Role.BUREAU_ADMIN}:
        level = home_of(role, place)
        user = make_user(role, level)
        assert signed_in(user).get(LIST).status_code == 403
        for act in (
            lambda user=user: register_client(by=user, division=place.county, **texts),
            lambda user=user: edit_client(by=user, ref=client.ref, version=1, **texts),
            lambda user=user: revoke_client(by=user, ref=client.ref, version=1, reason="停用"),
            lambda user=user: issue_token(
                by=user, client_ref=client.ref, label="甲", scopes=["figures:read"], expires_on=TODAY()
            ),
            lambda user=user: revoke_token(by=user, client_ref=client.ref, ref="x"),
        ):
            with pytest.raises(NotAllowedError):
                act()


@pytest.mark.parametrize(
    ("texts", "field"),
    [
        ({"name": ""}, "name"),
        ({"purpose": "核"}, "purpose"),
        ({"contact": f"张工{phone(7)}"}, "contact"),
        ({"name": "演示平台"}, ""),
    ],
)
def test_a_system_that_may_not_be_is_refused(texts, field, place):
    make_client(place.county, name="演示平台")
    with pytest.raises(InvalidError) as refused:
        make_client(place.county, **texts)
    assert refused.value.field == field
    assert ApiClient.objects.count() == 1


def test_no_system_gets_an_area_outside_that_of_who_registers_it(place, administrator):
    texts = {"name": "甲系统", "purpose": "演示用途", "contact": "乙"}
    type(place.street).objects.filter(pk=place.other_street.pk).update(valid_to=TODAY())
    with pytest.raises(InvalidError):
        register_client(by=administrator, division=place.other_street, **texts)
    administrator.division = place.county
    with pytest.raises(InvalidError):
        register_client(by=administrator, division=place.other_county, **texts)
    with pytest.raises(NotFoundError):
        revoke_client(by=administrator, ref=make_client(place.other_county).ref, version=1, reason="别处的")


@pytest.mark.one_database
def test_the_pages_take_the_same_queries_however_many_there_are(place, administrator, signed_in):
    browser = signed_in(administrator)
    client = make_client(place.county)
    make_token(client)

    def asked() -> list[int]:
        return [len(queries_of(lambda page=page: browser.get(page))) for page in (LIST, client.get_absolute_url())]

    asked()
    few = asked()
    for _ in range(4):
        make_token(client)
        make_token(place.street)
    assert asked() == few
    assert few[0] <= 4 and few[1] <= 8


def test_nobody_gets_personal_data_in_clear_or_the_trail_by_a_token_of_the_own_making_unseen(
    place, administrator, auditor, signed_in
):
    make_user(Role.AUDITOR, place.other_county)
    client = make_client(place.county, purpose="演示核对身份")
    other = make_user(Role.BUREAU_ADMIN, place.city)
    refused = signed_in(other).post(address("token_new", client), new_token(scopes=["registers:read", "personal:read"]))
    assert refused.status_code == 403
    assert list(refused.context["form"].errors) == ["scopes"]
    assert not ApiToken.objects.exists() and not Notice.objects.exists()
    make_token(client, "registers:read")
    assert not Notice.objects.exists()
    issued = make_token(client, "registers:read", "personal:read")
    [notice] = Notice.objects.all()
    assert notice.user == auditor
    assert issued.token.public in notice.text and "演示核对身份" in notice.text and issued.text not in notice.text


# --- Expiry ---


def test_the_bureau_is_told_once_of_a_token_that_soon_expires(place, administrator, system_admin):
    make_user(Role.BUREAU_ADMIN, place.city, is_active=False)
    soon = make_token(place.county, days=TOLD_BEFORE.days)
    make_token(place.county, days=TOLD_BEFORE.days + 1)
    gone = make_token(place.county, days=3)
    revoke_token(by=administrator, client_ref=gone.token.client.ref, ref=gone.token.ref)
    assert tell_of_expiry(day=TODAY()) == 1
    assert tell_of_expiry(day=TODAY()) == 0
    notice = Notice.objects.get()
    assert (notice.user, notice.url) == (administrator, soon.token.client.get_absolute_url())
    assert str(soon.token.expires_on) in notice.text and soon.token.client.name in notice.text
    assert tell_of_expiry(day=TODAY() + datetime.timedelta(days=1)) == 1


def test_a_token_waits_to_be_told_of_until_there_is_somebody_to_tell(place):
    make_token(place.county, days=1)
    Notice.objects.all().delete()
    User = type(make_user(Role.LEADER, place.city))
    User.objects.filter(role=Role.BUREAU_ADMIN).update(is_active=False)
    assert tell_of_expiry(day=TODAY()) == 0
    User.objects.filter(role=Role.BUREAU_ADMIN).update(is_active=True)
    assert tell_of_expiry(day=TODAY()) == 1


@pytest.mark.one_database
def test_a_visitor_sees_nothing_of_the_systems(place):
    client = make_client(place.county)
    assert Client().get(client.get_absolute_url()).status_code == 302
