"""Tests of the pages of webhooks, and of what is logged about them."""

from __future__ import annotations

import datetime
import re

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import ROLES_OF_PEOPLE, Role
from changelog.models import ChangeSet, TrailRecord
from changzhi_portal.health.check import answer_of
from changzhi_portal.refusals import InvalidError, NotAllowedError, NotFoundError, StaleError
from connections.actions import (
    add_webhook,
    change_secret,
    edit_webhook,
    pause_webhook,
    remove_webhook,
    resume_webhook,
    send_again,
    send_test,
)
from connections.health import WEBHOOKS
from connections.models import ApiClient, Delivery, Webhook, WebhookSecret
from tests.connections.clients import make_client
from tests.connections.receivers import ALL_KINDS, make_delivery, make_webhook
from tests.factories import home_of, make_user
from tests.pages import markup_of
from tests.queries import queries_of

pytestmark = pytest.mark.django_db
URL = "https://93.184.215.14/hooks"


def address(name: str, webhook: Webhook, *rest: str) -> str:
    return reverse(f"connections:{name}", args=[webhook.client.ref, webhook.ref, *rest])


def new_address(client: ApiClient) -> str:
    return reverse("connections:webhook_new", args=[client.ref])


@pytest.mark.one_database
def test_an_administrator_registers_changes_pauses_and_removes_a_webhook(place, administrator, signed_in):
    browser, client = signed_in(administrator), make_client(place.county)
    shown = browser.post(
        new_address(client), {"url": URL, "kinds": ["period.locked", "upload.committed"], "version": 0}
    )
    [secret] = re.findall(r'<code translate="no">(whsec_[^<]+)</code>', shown.content.decode())
    webhook = Webhook.objects.get()
    assert WebhookSecret.objects.get().secret.reveal() == secret and "no-store" in shown["Cache-Control"]
    page = address("webhook", webhook)
    for each in (page, client.get_absolute_url(), address("webhook_edit", webhook), address("webhook_secret", webhook)):
        assert secret not in browser.get(each).content.decode()
    assert secret not in str(dict(browser.session)) + str(list(ChangeSet.objects.values()))
    assert all(word in markup_of(browser.get(page)) for word in (URL, "上传入库、月份锁定", "还没有发过", "发送测试"))
    assert "上传入库、月份锁定" in markup_of(browser.get(client.get_absolute_url()))
    edited = browser.post(
        address("webhook_edit", webhook), {"url": URL + "/2", "kinds": ["period.locked"], "version": 1}
    )
    assert edited.status_code == 302
    assert (
        browser.post(
            address("webhook_edit", webhook), {"url": URL, "kinds": ["period.locked"], "version": 1}
        ).status_code
        == 409
    )
    assert "测试已排队" in markup_of(browser.post(address("webhook_test", webhook), follow=True))
    assert all(word in markup_of(browser.get(page)) for word in ("测试", Delivery.objects.get().ref, "等待发送"))
    assert "暂停期间" in markup_of(browser.post(address("webhook_pause", webhook), follow=True))
    assert "请先恢复" in markup_of(browser.post(address("webhook_test", webhook), follow=True))
    assert "已恢复" in markup_of(browser.post(address("webhook_resume", webhook), follow=True))
    webhook.refresh_from_db()
    changed = browser.post(address("webhook_secret", webhook), {"version": webhook.version})
    [other] = re.findall(r'<code translate="no">(whsec_[^<]+)</code>', changed.content.decode())
    assert other != secret and WebhookSecret.objects.count() == 2
    webhook.refresh_from_db()
    removed = browser.post(address("webhook_remove", webhook), {"version": webhook.version}, follow=True)
    assert removed.redirect_chain[-1][0] == client.get_absolute_url() and "已删除" in markup_of(removed)
    assert not (Webhook.objects.exists() or WebhookSecret.objects.exists() or Delivery.objects.exists())
    assert browser.get(page).status_code == 404
    summaries = ChangeSet.objects.filter(trail_record__isnull=False).order_by("pk").values_list("summary", flat=True)
    assert [each.partition("：")[0] for each in summaries][1:] == [
        "登记推送并显示密钥", "修改推送", "发送测试推送", "暂停推送", "恢复推送", "更换推送密钥并显示", "删除推送",
    ]  # fmt: skip
    assert {each.made_by for each in ChangeSet.objects.order_by("pk")[1:]} == {administrator}
    removal = ChangeSet.objects.order_by("pk").last().records.get()
    assert removal.kind == "removed" and removal.before["url"] == URL + "/2"
    assert TrailRecord.objects.filter(change_set=removal.change_set, division=place.county).exists()


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"kinds": []}, "kinds"),
        ({"kinds": ["webhook.test"]}, "kinds"),
        ({"url": ""}, "url"),
        ({"url": "http://93.184.215.14/"}, "url"),
        ({"url": "https://192.168.1.1/"}, "url"),
        ({"url": "https://user:word@93.184.215.14/"}, "url"),
        ({"url": "https://93.184.215.14/" + "a" * 300}, "url"),
    ],
)
def test_what_may_not_be_is_refused_at_its_field(fields, field, place, administrator, signed_in):
    form = {"url": URL, "kinds": ["period.locked"], "version": 0, **fields}
    answer = signed_in(administrator).post(new_address(make_client(place.county)), form)
    assert answer.status_code == 422 and list(answer.context["form"].errors) == [field]
    assert not Webhook.objects.exists()


def test_the_same_address_is_registered_once_for_a_system_and_a_revoked_system_has_none(place, administrator):
    webhook, _ = make_webhook(place.county)
    which = {"by": administrator, "client_ref": webhook.client.ref}
    with pytest.raises(InvalidError, match="已经登记过"):
        add_webhook(**which, url=webhook.url, kinds=ALL_KINDS)
    with pytest.raises(InvalidError):
        add_webhook(**which, url=URL + "/2", kinds=["no.such"])
    ApiClient.objects.update(revoked_at=timezone.now(), revoked_by=administrator, revoked_for="演示结束")
    for act in (
        lambda: add_webhook(**which, url=URL + "/3", kinds=ALL_KINDS),
        lambda: change_secret(**which, ref=webhook.ref, version=1),
        lambda: resume_webhook(**which, ref=webhook.ref),
    ):
        with pytest.raises(StaleError):
            act()


@pytest.mark.parametrize("role", [role for role in ROLES_OF_PEOPLE if role is not Role.BUREAU_ADMIN])
def test_nobody_but_the_administrators_of_the_bureau_does_anything(role, place):
    webhook, _ = make_webhook(place.county)
    delivery = make_delivery(webhook)
    which = {"by": make_user(role, home_of(role, place)), "client_ref": webhook.client.ref, "ref": webhook.ref}
    for act in (
        lambda: add_webhook(by=which["by"], client_ref=webhook.client.ref, url=URL, kinds=ALL_KINDS),
        lambda: edit_webhook(**which, version=1, url=URL, kinds=ALL_KINDS),
        lambda: pause_webhook(**which),
        lambda: resume_webhook(**which),
        lambda: remove_webhook(**which, version=1),
        lambda: change_secret(**which, version=1),
        lambda: send_test(**which),
        lambda: send_again(**which, delivery_ref=delivery.ref),
    ):
        with pytest.raises(NotAllowedError):
            act()


def test_a_webhook_of_another_system_is_not_found(place, administrator, signed_in):
    mine, other = make_webhook(place.county)[0], make_webhook(place.county)[0]
    delivery = make_delivery(other)
    which = {"by": administrator, "client_ref": mine.client.ref}
    for act in (
        lambda: pause_webhook(**which, ref=other.ref),
        lambda: send_again(**which, ref=mine.ref, delivery_ref=delivery.ref),
        lambda: edit_webhook(**which, ref=other.ref, version=1, url=URL, kinds=ALL_KINDS),
    ):
        with pytest.raises(NotFoundError):
            act()
    page = reverse("connections:webhook", args=[mine.client.ref, other.ref])
    assert signed_in(administrator).get(page).status_code == 404


@pytest.mark.one_database
def test_the_page_lists_deliveries_with_a_fixed_number_of_queries(place, administrator, signed_in):
    browser, (webhook, _) = signed_in(administrator), make_webhook(place.county)
    page = address("webhook", webhook)
    make_delivery(webhook)
    browser.get(page)
    before = len(queries_of(lambda: browser.get(page)))
    now = timezone.now()
    ended = {"attempts": 1, "last_at": now, "duration_ms": 12}
    given_up = make_delivery(webhook, state="given_up", last_status=500, last_error="对方答复500", **ended)
    make_delivery(
        webhook, attempts=2, last_at=now, last_error="对方拒绝连接", next_at=now + datetime.timedelta(hours=1)
    )
    make_delivery(webhook, state="sending", **ended)
    for _ in range(60):
        make_delivery(webhook, state="delivered", last_status=204, **ended)
    assert len(queries_of(lambda: browser.get(page))) == before
    last = markup_of(browser.get(page, {"page": 2}))
    assert all(word in last for word in ("没有送达", "对方答复500", "等待重发", "对方拒绝连接", "正在发送"))
    assert "对方答复204" in markup_of(browser.get(page))
    assert "已重新排队" in markup_of(browser.post(address("delivery_again", webhook, given_up.ref), follow=True))
    given_up.refresh_from_db()
    assert given_up.state == "waiting"
    sending = Delivery.objects.get(state="sending")
    assert "正在发送" in markup_of(browser.post(address("delivery_again", webhook, sending.ref), follow=True))
    listed = browser.get(webhook.client.get_absolute_url())
    many = len(queries_of(lambda: browser.get(webhook.client.get_absolute_url())))
    make_webhook(webhook.client, URL + "/2")
    assert len(queries_of(lambda: browser.get(webhook.client.get_absolute_url()))) == many
    assert listed.context["webhooks"][0].waiting == 4


def test_health_says_what_waits_and_is_not_troubled_by_receivers(place):
    assert answer_of(WEBHOOKS).is_good
    webhook, _ = make_webhook(place.county)
    now = timezone.now()
    make_delivery(webhook)
    make_delivery(webhook, attempts=3, last_at=now)
    make_delivery(webhook, state="given_up", attempts=8, last_at=now)
    make_delivery(webhook, state="given_up", attempts=8, last_at=now - datetime.timedelta(days=2))
    Webhook.objects.update(failing_since=now, disabled_at=now)
    answer = answer_of(WEBHOOKS)
    assert answer.is_good and answer.sentence.startswith("2条等待发送，其中1条发过没有送达；一天内放弃了1条。1个推送")
