"""Tests of sending to a real server: signatures, order, back-off, killed workers, receivers that answer badly."""

from __future__ import annotations

import datetime
import json
import ssl
import threading
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.utils import timezone
from jsonschema import Draft202012Validator

from accounts.models import Role
from changelog.models import ChangeSet
from changzhi_portal.jobs import LEASE, put_back_jobs
from connections.actions import (
    change_secret,
    edit_webhook,
    pause_webhook,
    remove_old,
    resume_webhook,
    send_again,
    send_test,
    sending,
    tell_systems,
)
from connections.actions.sending import DELAYS, next_attempt, write_outcome
from connections.described import EVENT
from connections.jobs import TELL, feed_that_is_due
from connections.models import Delivery, EventFeed, Webhook, WebhookSecret
from connections.sending import Outcome, Outgoing, post, requests
from notices.models import Notice
from submissions.actions import submit_month
from tests.connections.clients import administrator_of
from tests.connections.receivers import (
    Receiver,
    make_delivery,
    make_webhook,
    receiver,
    tell,
    time_passes,
    verify_of_the_docs,
)
from tests.factories import make_user

State = Delivery.State


@pytest.fixture
def server(settings):
    """Run a receiver, which the settings let the portal send to."""
    with receiver() as found:
        allow(settings, found)
        yield found


def allow(settings, *receivers: Receiver) -> None:
    settings.WEBHOOK_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    settings.WEBHOOK_ALLOWED_PORTS = [each.port for each in receivers]


def outgoing(url: str) -> Outgoing:
    return Outgoing(url, "abcdefgh12345", b'{"a":1}', ["whsec_AAAA"])


def which(webhook: Webhook) -> dict:
    """Return who acts on which webhook."""
    return {"by": administrator_of(webhook.client.user.division), "client_ref": webhook.client.ref, "ref": webhook.ref}


def failed(delivery: Delivery, now: datetime.datetime) -> Delivery:
    """Write a failed attempt at a moment, as the worker does; return the delivery as it is afterwards."""
    Delivery.objects.filter(pk=delivery.pk).update(state=State.SENDING, attempts=delivery.attempts + 1, last_at=now)
    delivery.refresh_from_db()
    write_outcome(delivery, Outcome(500, "对方答复500", 12), now=now)
    delivery.refresh_from_db()
    return delivery


# --- The way of one event ---


@pytest.mark.django_db
def test_an_event_arrives_signed_as_the_docs_say(place, due, clerk, server):
    _, secret = make_webhook(place.county, server.url)
    submit_month(period=due, county=place.county, by=clerk)
    tell()
    [request], delivery = server.received, Delivery.objects.get()
    verify = verify_of_the_docs()
    verify(secret, request.headers, request.body)
    assert json.loads(request.body) == {
        "type": "submission.submitted",
        "timestamp": delivery.payload["timestamp"],
        "data": {"period": "2018-06", "division": "140402", "api": "/api/v1/submissions/?period=2018-06&county=140402"},
    }
    described = EVENT.decorator["post"]["requestBody"]["content"]["application/json"]["schema"]
    Draft202012Validator(described).validate(json.loads(request.body))
    assert request.headers["webhook-id"] == delivery.ref and request.path == "/hooks?from=portal"
    assert request.headers["Content-Type"].startswith("application/json")
    assert (delivery.state, delivery.attempts, delivery.last_status, delivery.last_error) == (
        State.DELIVERED,
        1,
        204,
        "",
    )
    assert EventFeed.objects.get().state == EventFeed.State.IDLE
    for wrong in (
        lambda: verify("whsec_" + "A" * 43 + "=", request.headers, request.body),
        lambda: verify(secret, request.headers, request.body + b" "),
        lambda: verify(secret, {**request.headers, "webhook-id": "other"}, request.body),
        lambda: verify(secret, request.headers, request.body, now=time.time() + 301),
    ):
        with pytest.raises(ValueError, match=r"not signed|too old"):
            wrong()


@pytest.mark.django_db
def test_the_secret_is_stored_encrypted_and_an_old_one_signs_for_a_day_beside_the_new(place, server):
    webhook, first = make_webhook(place.county, server.url)
    stored = WebhookSecret.objects.get()
    assert stored.secret.reveal() == first and first not in stored.secret.stored and first not in repr(stored.secret)
    second = change_secret(**which(webhook), version=1).text
    webhook.refresh_from_db()
    make_delivery(webhook)
    tell()
    verify = verify_of_the_docs()
    for secret in (first, second):
        verify(secret, server.received[0].headers, server.received[0].body)
    third = change_secret(**which(webhook), version=2).text
    WebhookSecret.objects.filter(ends_at__isnull=False).update(ends_at=timezone.now())
    make_delivery(webhook)
    tell()
    verify(third, server.received[1].headers, server.received[1].body)
    for secret in (first, second):
        with pytest.raises(ValueError, match="not signed"):
            verify(secret, server.received[1].headers, server.received[1].body)
    logged = str(list(ChangeSet.objects.values())) + str(list(ChangeSet.objects.values("records__after")))
    assert not any(secret in logged for secret in (first, second, third))


# --- Order, and one receiver beside another ---


@pytest.mark.django_db
def test_events_of_a_webhook_come_in_order_and_wait_behind_one_that_is_tried_again(place, server):
    webhook, _ = make_webhook(place.county, server.url)
    first, second, third = (make_delivery(webhook) for _ in range(3))
    server.answers = [204, 503]
    tell()
    assert server.ids == [first.ref, second.ref]
    tell()
    assert len(server.received) == 2, "its time has not come"
    time_passes(second)
    tell()
    assert server.ids == [first.ref, second.ref, second.ref, third.ref]
    assert not Delivery.objects.exclude(state=State.DELIVERED).exists()


@pytest.mark.django_db
def test_a_receiver_that_does_not_answer_delays_no_other(place, settings, monkeypatch):
    monkeypatch.setattr(sending, "post", lambda each: post(each, seconds=60))
    with receiver() as silent, receiver() as good:
        allow(settings, silent, good)
        all_received, in_time = threading.Event(), []

        def count(handler) -> None:
            if len(good.received) == 20:
                all_received.set()
            handler.send_response(204)
            handler.send_header("Content-Length", "0")
            handler.end_headers()

        # It hangs up without an answer as soon as the other one has received everything.
        silent.answer = lambda handler: in_time.append(all_received.wait(30))
        good.answer = count
        silent_hook, _ = make_webhook(place.county, silent.url)
        good_hook, _ = make_webhook(place.county, good.url)
        waiting, _ = [make_delivery(silent_hook) for _ in range(2)]
        for _ in range(20):
            make_delivery(good_hook)
        tell()
        assert in_time == [True], "all twenty came while the silent one was asked"
        assert good_hook.deliveries.filter(state=State.DELIVERED).count() == 20
        assert silent.ids == [waiting.ref], "the second event waits behind the first"


@pytest.mark.django_db
def test_a_receiver_that_does_not_answer_is_given_up_in_time(place, settings, monkeypatch):
    monkeypatch.setattr(sending, "post", lambda each: post(each, seconds=0.3))
    with receiver() as silent:
        allow(settings, silent)
        released = threading.Event()
        silent.answer = lambda handler: released.wait(30)
        webhook, _ = make_webhook(place.county, silent.url)
        waiting = make_delivery(webhook)
        tell()
        assert not released.is_set()
        released.set()
        waiting.refresh_from_db()
        assert waiting.state == State.WAITING and "没有答复" in waiting.last_error


# --- Back-off ---


def test_the_delays_grow_each_with_a_little_chance_and_end():
    now = timezone.now()
    for attempts, delay in enumerate(DELAYS, start=1):
        found = [next_attempt(attempts, now) - now for _ in range(50)]
        assert delay <= min(found) and max(found) <= delay * 1.2 and len(set(found)) > 1
    assert next_attempt(len(DELAYS) + 1, now) is None
    assert [delay.total_seconds() / 60 for delay in DELAYS] == [1, 5, 30, 120, 360, 720, 1440]


@pytest.mark.django_db
def test_what_fails_every_time_is_given_up_and_a_webhook_that_fails_for_days_is_disabled(
    place, administrator, settings
):
    webhook, _ = make_webhook(place.county)
    other = make_user(Role.BUREAU_ADMIN, place.city)
    delivery, behind, now = make_delivery(webhook), make_delivery(webhook), timezone.now()
    for _ in DELAYS:
        delivery = failed(delivery, now)
        assert delivery.state == State.WAITING and delivery.state_in_words == "等待重发"
        now = delivery.next_at
    delivery = failed(delivery, now)
    assert (delivery.state, delivery.last_status, delivery.last_error) == (State.GIVEN_UP, 500, "对方答复500")
    webhook.refresh_from_db()
    assert (webhook.state, webhook.disabled_at) == (Webhook.State.FAILING, None)
    failed(behind, webhook.failing_since + datetime.timedelta(days=settings.WEBHOOK_DISABLE_AFTER_DAYS))
    webhook.refresh_from_db()
    assert webhook.state == Webhook.State.DISABLED
    told = Notice.objects.filter(kind="webhook_disabled")
    assert {notice.user for notice in told} == {administrator, other, administrator_of(place.county)}
    assert ChangeSet.objects.filter(summary__startswith="停发推送", made_by__username="system").count() == 1
    time_passes()
    assert feed_that_is_due() == [] and not Delivery.objects.due(timezone.now()).exists()
    resume_webhook(**which(webhook))
    assert list(Delivery.objects.due(timezone.now())) == [behind]
    webhook.refresh_from_db()
    assert webhook.state == Webhook.State.STANDS


@pytest.mark.django_db
def test_one_that_arrives_ends_the_failing(place, server):
    webhook, _ = make_webhook(place.county, server.url)
    delivery = make_delivery(webhook)
    server.answers = [500]
    tell()
    webhook.refresh_from_db()
    assert webhook.failing_since is not None
    time_passes(delivery)
    tell()
    webhook.refresh_from_db()
    assert webhook.failing_since is None and webhook.deliveries.get().attempts == 2


# --- Workers ---


@pytest.mark.django_db
def test_what_a_killed_worker_was_sending_is_sent_again_under_its_id(place, server):
    webhook, _ = make_webhook(place.county, server.url)
    delivery = make_delivery(webhook, state=State.SENDING, attempts=1, last_at=timezone.now())
    dead = TELL.claim(EventFeed.ONLY)
    assert dead is not None
    assert not tell_systems(EventFeed.ONLY), "it may be alive"
    EventFeed.objects.update(heartbeat_at=timezone.now() - LEASE - datetime.timedelta(seconds=1))
    put_back_jobs()
    assert EventFeed.objects.get().state == EventFeed.State.IDLE
    tell()
    assert server.ids == [delivery.ref]
    assert Delivery.objects.get().attempts == 2
    assert not tell_systems(EventFeed.ONLY) or len(server.received) == 1, "running twice does no harm"


@pytest.mark.django_db
def test_beat_finds_what_is_due_and_nothing_else(place, server, announced):
    assert feed_that_is_due() == []
    webhook, _ = make_webhook(place.county, server.url)
    tell()
    assert feed_that_is_due() == []
    delivery = make_delivery(webhook, next_at=timezone.now() + datetime.timedelta(minutes=1))
    assert feed_that_is_due() == []
    time_passes(delivery)
    assert feed_that_is_due() == [EventFeed.ONLY]
    put_back_jobs()
    assert announced == [("connections.tasks.tell_systems", (EventFeed.ONLY,))]
    tell()
    assert feed_that_is_due() == []


@pytest.fixture
def announced(monkeypatch):
    """Return the tasks that are sent, which go nowhere."""
    sent = []
    monkeypatch.setattr(
        "changzhi_portal.jobs.enqueue", lambda task, queue, *rest, **_: sent.append((task, rest)) or True
    )
    return sent


# --- What people do ---


@pytest.mark.django_db(transaction=True)
def test_a_test_is_sent_at_once_and_what_has_ended_is_sent_again_with_its_id_behind_the_others(
    place, server, announced
):
    webhook, _ = make_webhook(place.county, server.url)
    test = send_test(**which(webhook))
    assert announced == [("connections.tasks.tell_systems", (EventFeed.ONLY,))]
    tell()
    assert json.loads(server.received[0].body)["type"] == "webhook.test"
    waiting = make_delivery(webhook)
    again = send_again(**which(webhook), delivery_ref=test.ref)
    assert (again.state, again.attempts, again.version) == (State.WAITING, 0, 2)
    tell()
    assert server.ids == [test.ref, waiting.ref, test.ref]
    summaries = list(ChangeSet.objects.order_by("pk").values_list("summary", flat=True))
    assert [each.partition("：")[0] for each in summaries[-2:]] == ["发送测试推送", "重新发送推送"]
    assert ChangeSet.objects.order_by("pk").last().made_by == administrator_of(place.county)


@pytest.mark.django_db
def test_what_is_paused_is_not_sent_and_what_waits_is_sent_afterwards(place, server):
    webhook, _ = make_webhook(place.county, server.url)
    make_delivery(webhook)
    pause_webhook(**which(webhook))
    tell()
    assert server.received == []
    resume_webhook(**which(webhook))
    tell()
    assert len(server.received) == 1


@pytest.mark.django_db
def test_deliveries_are_kept_for_a_time(place):
    webhook, _ = make_webhook(place.county)
    long_ago = timezone.now() - datetime.timedelta(days=31)
    old, new = make_delivery(webhook, queued_at=long_ago), make_delivery(webhook)
    assert remove_old(timezone.now() - datetime.timedelta(days=30)) == 1
    assert list(Delivery.objects.all()) == [new] and old != new


# --- Receivers that answer badly ---


def test_a_redirect_is_not_followed(server):
    def elsewhere(handler):
        handler.send_response(302)
        handler.send_header("Location", f"http://127.0.0.1:{server.port}/elsewhere")
        handler.end_headers()

    server.answers = [elsewhere]
    outcome = post(outgoing(server.url))
    assert (outcome.status, outcome.is_delivered) == (302, False) and "跳转" in outcome.error
    assert len(server.received) == 1


@pytest.mark.parametrize("status", [200, 202, 299])
def test_every_2xx_counts_as_arrived(server, status):
    server.answer = status
    assert post(outgoing(server.url)).is_delivered


def test_an_answer_that_drips_is_cut_off(server):
    """A time-out of the socket alone would begin anew with every byte."""

    def drip(handler):
        try:
            while True:
                handler.wfile.write(b"H")
                handler.wfile.flush()
                time.sleep(0.05)
        except OSError:
            return

    server.answer = drip
    began = time.monotonic()
    outcome = post(outgoing(server.url), seconds=0.4)
    assert outcome.status is None and "没有答复完" in outcome.error
    assert time.monotonic() - began < 1.5


def test_an_endless_body_is_not_read(server):
    sent = []

    def endless(handler):
        handler.send_response(200)
        handler.end_headers()
        try:
            while len(sent) < 2_000:
                sent.append(handler.wfile.write(b"x" * 65_536))
        except OSError:
            return

    server.answer = endless
    assert post(outgoing(server.url)).is_delivered
    assert len(sent) < 2_000, "130 MB would have been taken in"


def test_what_is_no_http_is_a_failure_in_words(server):
    server.answers = [
        lambda handler: handler.wfile.write(b"220 smtp ready\r\n"),
        lambda handler: handler.connection.close(),
    ]
    for _ in range(2):
        outcome = post(outgoing(server.url))
        assert outcome.status is None and outcome.error


# --- TLS ---


def make_certificate(tmp_path, name: str) -> tuple[str, str]:
    """Write a certificate of its own for a name, or an address, and its key; return both paths."""
    key = ec.generate_private_key(ec.SECP256R1())
    called = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = x509.CertificateBuilder().subject_name(called).issuer_name(called).public_key(key.public_key())
    made = (
        made.serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
    )
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    certificate = made.sign(key, hashes.SHA256())
    paths = tmp_path / "certificate.pem", tmp_path / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return str(paths[0]), str(paths[1])


def test_certificates_are_verified_by_the_name_of_the_address(settings, tmp_path, monkeypatch):
    certificate, key = make_certificate(tmp_path, "hooks.example.cn")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    monkeypatch.setattr(
        "connections.sending.addresses._getaddrinfo", lambda host, port: [(2, 1, 6, "", ("127.0.0.1", port))]
    )
    with receiver(lambda plain: context.wrap_socket(plain, server_side=True)) as server:
        allow(settings, server)
        url = f"https://hooks.example.cn:{server.port}/"
        assert "证书" in post(outgoing(url)).error, "nobody has said that it is to be trusted"
        monkeypatch.setattr(requests, "_tls", lambda: ssl.create_default_context(cafile=certificate))
        assert post(outgoing(url)).is_delivered
        assert server.received[0].headers["Host"] == f"hooks.example.cn:{server.port}"
        assert "证书" in post(outgoing(f"https://other.example.cn:{server.port}/")).error
        assert len(server.received) == 1
    assert requests._tls().verify_mode == ssl.CERT_REQUIRED


@pytest.mark.django_db
def test_another_address_begins_its_days_anew(place, settings):
    """It was disabled by its first failure, for the days on which the address before it had failed."""
    webhook, _ = make_webhook(place.county)
    failed(make_delivery(webhook), timezone.now())
    webhook.refresh_from_db()
    edit_webhook(**which(webhook), version=webhook.version, url="https://8.8.8.8/hooks", kinds=["period.locked"])
    webhook.refresh_from_db()
    failed(make_delivery(webhook), timezone.now() + datetime.timedelta(days=settings.WEBHOOK_DISABLE_AFTER_DAYS))
    webhook.refresh_from_db()
    assert (webhook.state, webhook.disabled_at) == (Webhook.State.FAILING, None)
