"""Mails of issues over a real SMTP server: what arrives, what is refused, and that nobody gets two, whoever dies when."""

from __future__ import annotations

import datetime
import hashlib
import os
import signal
import ssl
import subprocess
from unittest.mock import patch

import pytest
from aiosmtpd.smtp import AuthResult
from django.utils import timezone

from accounts.models import Role
from changzhi_portal.jobs import put_back_jobs
from reports.delivery.actions import send_again, send_delivery, sending
from reports.jobs import HAND_OVER, MAIL, MAIL_DELAYS, UNCONFIRMED
from reports.models import BriefingDelivery
from tests.factories import make_user
from tests.faults.processes import process, wait_until
from tests.reports.briefings import pdf_of
from tests.reports.deliveries import PDF, Postman, issue_to, mail_server, send_all, states
from tests.threads import run_in_threads

pytestmark = pytest.mark.django_db(transaction=True)
State = BriefingDelivery.State


@pytest.fixture
def postman(settings, monkeypatch):
    """Run a mail server that the portal, and the processes that a test starts, send to."""
    postman = Postman()
    with mail_server(postman) as port:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", port, 3
        monkeypatch.setenv("EMAIL_URL", f"smtp://127.0.0.1:{port}")
        yield postman


@pytest.fixture
def leaders(place):
    """Create three leaders of the city with an address."""
    return [
        make_user(Role.LEADER, place.city, f"leader_{name}", full_name=name, email=f"{name}@example.com")
        for name in ("wang", "li", "zhao")
    ]


def delivery_to(user) -> BriefingDelivery:
    return BriefingDelivery.objects.get(user=user)


def hours_later(hours: float = 12) -> None:
    """Let time pass for every delivery."""
    ago = timezone.now() - datetime.timedelta(hours=hours)
    BriefingDelivery.objects.update(heartbeat_at=ago, next_at=ago)


# --- What arrives ---


def test_each_recipient_gets_one_mail_with_the_pdf_as_it_was_issued(place, leaders, postman):
    issued = issue_to(place.city, *leaders)
    send_all()
    send_all()
    assert states() == [State.SENT] * 3
    assert postman.recipients == [leader.email for leader in leaders]
    mail = postman.mails[0]
    (attached,) = mail.iter_attachments()
    assert hashlib.sha256(attached.get_content()).hexdigest() == issued.files.get().sha256
    assert attached.get_content() == PDF
    assert attached.get_filename() == "2018年6月长治市简报.pdf"
    assert mail["Subject"] == "【简报】2018年6月长治市简报"
    text = mail.get_body().get_content()
    assert issued.number_line in text and issued.code in text
    assert "%" not in text and "96" not in text, "figures stand in the PDF alone"
    assert [each["Message-ID"] for each in postman.mails] == [delivery_to(leader).message_id for leader in leaders]
    assert all(each["To"].count("@") == 1 for each in postman.mails), "nobody sees who else gets it"


def test_one_recipient_who_is_refused_does_not_hold_up_the_others(place, leaders, postman):
    postman.replies = {"li@example.com": "550 no such user"}
    issue_to(place.city, *leaders)
    send_all()
    assert states() == [State.SENT, State.FAILED, State.SENT]
    refused = delivery_to(leaders[1])
    assert refused.message == "收件地址被拒收，请核对邮箱后重新发送（550）。"
    assert refused.attempts == 1, "an address that does not exist is not tried again"


def test_a_recipient_who_is_put_off_gets_the_mail_later_under_the_same_number(place, leaders, postman):
    postman.replies = {"wang@example.com": "451 greylisted, try again"}
    issue_to(place.city, leaders[0])
    send_all()
    waiting = BriefingDelivery.objects.get()
    assert (waiting.state, waiting.state_in_words, postman.mails) == (State.WAITING, "等待重发", [])
    assert waiting.next_at > timezone.now()
    send_all()
    assert BriefingDelivery.objects.get().attempts == 1, "not before its time"
    postman.replies = {}
    hours_later()
    send_all()
    assert states() == [State.SENT]
    assert [mail["Message-ID"] for mail in postman.mails] == [waiting.message_id]


@pytest.mark.parametrize(
    ("answer", "state"),
    [("552 too large", State.FAILED), ("452 no room", State.WAITING), ("421 closing", State.WAITING)],
)
def test_content_that_the_server_does_not_take_was_not_sent(place, leaders, postman, answer, state):
    postman.to_data = answer
    issue_to(place.city, leaders[0])
    send_all()
    delivery = BriefingDelivery.objects.get()
    assert (delivery.state, delivery.handed_at) == (state, None)
    assert answer[:3] in delivery.message


def test_a_server_that_is_down_is_tried_again_ever_later_and_then_given_up(place, leaders, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    issue_to(place.city, leaders[0])
    pauses = []
    for _ in range(len(MAIL_DELAYS)):
        send_all()
        delivery = BriefingDelivery.objects.get()
        assert delivery.state == State.WAITING
        assert delivery.message == "连不上邮件服务器，请联系系统管理员（ConnectionRefusedError）。"
        pauses.append(round((delivery.next_at - timezone.now()).total_seconds() / 60))
        assert MAIL.send_due() == 0, "beat waits as well"
        hours_later()
    send_all()
    assert pauses == [1, 5, 30, 120, 360]
    assert states() == [State.FAILED]


def test_a_mail_that_failed_is_sent_again_by_people(place, leaders, postman, officer):
    postman.replies = {"wang@example.com": "550 no such user"}
    issued = issue_to(place.city, leaders[0])
    send_all()
    postman.replies = {}
    failed = BriefingDelivery.objects.get()
    send_again(briefing=issued, ref=failed.ref, by=officer, seen=failed.version)
    send_all()
    assert states() == [State.SENT]
    assert len(postman.mails) == 1


def test_a_pdf_that_is_not_the_one_that_was_issued_is_not_sent(place, leaders, postman):
    issued = issue_to(place.city, *leaders[:2])
    pdf_of(issued).write_bytes(PDF + b"changed")
    send_delivery(delivery_to(leaders[0]).pk)
    pdf_of(issued).unlink()
    send_delivery(delivery_to(leaders[1]).pk)
    assert states() == [State.FAILED, State.FAILED]
    assert "与印发时的不一样" in delivery_to(leaders[0]).message
    assert postman.mails == []


def test_mail_goes_over_tls_with_the_password_of_the_settings(place, leaders, settings, tmp_path, monkeypatch):
    """With a certificate of its own, which the test says to trust."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    seen = []

    def authenticate(server, session, envelope, mechanism, data):
        seen.append((data.login, data.password, session.ssl is not None))
        return AuthResult(success=data.password == b"secret", handled=False)

    postman = Postman()
    options = {"tls_context": context, "require_starttls": True, "auth_required": True, "authenticator": authenticate}
    with mail_server(postman, **options) as port:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "localhost", port, True
        settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "portal", "secret"
        issue_to(place.city, *leaders[:2])
        send_delivery(delivery_to(leaders[0]).pk)
        assert "SSLCertVerificationError" in delivery_to(leaders[0]).message, "a certificate that nobody vouches for"
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        hours_later()
        send_delivery(delivery_to(leaders[0]).pk)
        assert seen == [(b"portal", b"secret", True)]
        settings.EMAIL_HOST_PASSWORD = "wrong"
        send_delivery(delivery_to(leaders[1]).pk)
    assert states() == [State.SENT, State.WAITING]
    assert "不接受登录" in delivery_to(leaders[1]).message
    assert len(postman.mails) == 1


# --- Exactly once ---

SEND = "import django; django.setup(); from reports.delivery.actions import sending, send_delivery; {before}; send_delivery({key})"
ANSWERED = "import time; sending._confirm = lambda *_: (print('answered', flush=True), time.sleep(600))"


def kill(started) -> None:
    os.kill(started.pid, signal.SIGKILL)
    started.wait(timeout=30)


def command(key: int, before: str = "pass") -> tuple[str, str]:
    return "-c", SEND.format(key=key, before=before)


@pytest.mark.slow
def test_a_worker_killed_between_the_answer_and_the_record_leaves_a_doubt_and_no_second_mail(
    place, leaders, postman, officer, settings
):
    issued = issue_to(place.city, leaders[0])
    delivery = BriefingDelivery.objects.get()
    with process(*command(delivery.pk, ANSWERED)) as started:
        assert started.stdout.readline().strip() == "answered"
        kill(started)
    assert (states(), len(postman.mails)) == ([State.HANDING], 1)
    send_delivery(delivery.pk)  # the message is delivered again
    put_back_jobs()
    assert states() == [State.HANDING], "its worker may still live"
    hours_later()
    put_back_jobs()
    send_delivery(delivery.pk)
    put_back_jobs()
    unconfirmed = BriefingDelivery.objects.get()
    assert unconfirmed.get_state_display() == "已交给邮件服务器，未确认"
    assert unconfirmed.message == UNCONFIRMED
    assert len(postman.mails) == 1
    send_again(briefing=issued, ref=unconfirmed.ref, by=officer, seen=unconfirmed.version)
    send_all()
    assert states() == [State.SENT]
    assert [mail["Message-ID"] for mail in postman.mails] == [delivery.message_id] * 2


@pytest.mark.slow
def test_a_mail_whose_worker_is_killed_before_the_content_is_sent_by_the_next(place, leaders, postman):
    issue_to(place.city, leaders[0])
    delivery = BriefingDelivery.objects.get()
    postman.hangs_at = "RCPT"
    with process(*command(delivery.pk)) as started:
        wait_until(lambda: "RCPT" in postman.reached, what="the server is asked for the recipient")
        kill(started)
    postman.hangs_at = ""
    assert (states(), postman.mails) == ([State.SENDING], [])
    hours_later()
    put_back_jobs()
    send_delivery(delivery.pk)
    assert (states(), len(postman.mails)) == ([State.SENT], 1)


@pytest.mark.slow
def test_a_worker_killed_while_the_server_thinks_leaves_a_doubt(place, leaders, postman):
    issue_to(place.city, leaders[0])
    postman.hangs_at = "DATA"
    with process(*command(BriefingDelivery.objects.get().pk)) as started:
        wait_until(lambda: "DATA" in postman.reached, what="the server has the content")
        kill(started)
    postman.hangs_at = ""
    hours_later()
    put_back_jobs()
    send_all()
    assert (states(), len(postman.mails)) == ([State.UNCONFIRMED], 1)


def test_a_server_that_goes_away_without_an_answer_leaves_a_doubt_and_before_the_content_none(place, leaders, postman):
    issue_to(place.city, *leaders[:2])
    postman.drops_at = "DATA"
    send_delivery(delivery_to(leaders[0]).pk)
    postman.drops_at = "RCPT"
    send_delivery(delivery_to(leaders[1]).pk)
    assert states() == [State.UNCONFIRMED, State.WAITING]


def test_a_server_that_answers_too_late_leaves_a_doubt(place, leaders, postman, settings):
    settings.EMAIL_TIMEOUT = 0.5
    issue_to(place.city, leaders[0])
    postman.hangs_at = "DATA"
    send_all()
    assert states() == [State.UNCONFIRMED]


def test_an_answer_that_comes_after_the_doubt_settles_it(place, leaders, postman):
    issue_to(place.city, leaders[0])
    confirm = sending._confirm

    def late(*arguments):
        hours_later()
        assert HAND_OVER.put_back() == 1
        assert states() == [State.UNCONFIRMED]
        confirm(*arguments)

    with patch.object(sending, "_confirm", late):
        send_all()
    assert (states(), BriefingDelivery.objects.get().message) == ([State.SENT], "")


def test_two_workers_and_two_beats_send_one_mail_each(place, leaders, postman):
    issue_to(place.city, *leaders)
    run_in_threads(send_all, send_all, put_back_jobs, put_back_jobs, send_all)
    assert states() == [State.SENT] * 3
    assert sorted(postman.recipients) == sorted(leader.email for leader in leaders)


def test_a_worker_that_was_taken_for_dead_does_not_hand_over(place, leaders, postman):
    """It hangs before the content for longer than its lease; another worker sends meanwhile."""
    issue_to(place.city, leaders[0])
    hand_over = sending.hand_over

    def slow(server, mail, *, mark):
        with patch.object(sending, "hand_over", hand_over):
            hours_later()
            assert MAIL.put_back() == 1
            send_all()
        hand_over(server, mail, mark=mark)

    with patch.object(sending, "hand_over", slow):
        send_all()
    assert (states(), len(postman.mails)) == ([State.SENT], 1)
