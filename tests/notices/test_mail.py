"""Sending the e-mail of notices."""

import os
import subprocess
import sys
from smtplib import SMTPRecipientsRefused

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone

from accounts.models import Role
from changzhi_portal.jobs import MAX_ATTEMPTS
from notices.actions import Message, notify, send_waiting_mail
from notices.jobs import MAIL, TRY_AGAIN_AFTER
from notices.models import Notice
from notices.tasks import send_waiting_mail as send_waiting_mail_task
from tests.factories import make_user


class AwayServer(EmailBackend):
    """A mail server that cannot be reached."""

    def send_messages(self, messages):
        raise ConnectionRefusedError("nobody listens")


class PickyServer(EmailBackend):
    """A mail server that refuses one address."""

    def send_messages(self, messages):
        for message in messages:
            if message.to == ["wrong@example.invalid"]:
                raise SMTPRecipientsRefused({"wrong@example.invalid": (550, b"no such user")})
        return super().send_messages(messages)


AWAY, PICKY = f"{__name__}.AwayServer", f"{__name__}.PickyServer"


@pytest.fixture
def told(place):
    """Return a function that notifies a new clerk with this address and gives the notice."""

    def tell(address: str) -> Notice:
        user = make_user(Role.DISTRICT_CLERK, place.county, email=address)
        (notice,) = notify([Message(user, "城区2018年6月还没有上报", "退回意见：张三140402197001010017", "/")])
        return notice

    return tell


def later(notice: Notice) -> None:
    """Make the notice due for its next attempt."""
    Notice.objects.filter(pk=notice.pk).update(heartbeat_at=timezone.now() - TRY_AGAIN_AFTER * 2)


@pytest.mark.django_db
def test_an_email_says_what_is_due_and_nothing_personal(told):
    notice = told("clerk@example.invalid")
    send_waiting_mail_task()
    (message,) = mail.outbox
    assert message.subject == "【通知】城区2018年6月还没有上报"
    assert message.to == ["clerk@example.invalid"]
    for text in (message.subject, message.body):
        assert "张三" not in text and "140402" not in text and "退回意见" not in text
    notice.refresh_from_db()
    assert notice.mail == Notice.Mail.SENT
    assert send_waiting_mail() == 0
    assert len(mail.outbox) == 1


@pytest.mark.django_db
def test_who_has_no_address_gets_the_notice_alone(told):
    assert told("").mail == Notice.Mail.NONE
    assert send_waiting_mail() == 0
    assert not mail.outbox


@pytest.mark.django_db
def test_a_server_that_is_away_is_tried_again_and_then_said(told, settings):
    settings.EMAIL_BACKEND = AWAY
    notice, other = told("clerk@example.invalid"), told("second@example.invalid")
    for attempt in range(1, MAX_ATTEMPTS + 1):
        assert send_waiting_mail() == 0
        notice.refresh_from_db()
        assert notice.attempts == attempt
        assert notice.mail == (Notice.Mail.FAILED if attempt == MAX_ATTEMPTS else Notice.Mail.WAITING)
        assert "连不上邮件服务器" in notice.mail_error
        later(notice)
    other.refresh_from_db()
    assert other.mail == Notice.Mail.WAITING, "the others wait for a server that answers"
    settings.EMAIL_BACKEND = PICKY
    later(other)
    assert send_waiting_mail() == 1
    notice.refresh_from_db()
    assert Notice.objects.addressed_to(notice.user).unseen().get() == notice, "the notice itself is there all the same"


@pytest.mark.django_db
def test_an_attempt_is_not_repeated_at_once(told, settings):
    settings.EMAIL_BACKEND = AWAY
    notice = told("clerk@example.invalid")
    send_waiting_mail()
    send_waiting_mail()
    notice.refresh_from_db()
    assert notice.attempts == 1


@pytest.mark.django_db
def test_one_address_that_is_refused_does_not_hold_up_the_others(told, settings):
    settings.EMAIL_BACKEND = PICKY
    wrong, right = told("wrong@example.invalid"), told("right@example.invalid")
    assert send_waiting_mail() == 1
    wrong.refresh_from_db()
    right.refresh_from_db()
    assert (wrong.mail, right.mail) == (Notice.Mail.WAITING, Notice.Mail.SENT)
    assert "被拒收" in wrong.mail_error
    assert "example" not in wrong.mail_error


@pytest.mark.django_db
def test_an_email_that_a_dead_worker_had_claimed_is_sent_after_all(told):
    notice = told("clerk@example.invalid")
    Notice.objects.filter(pk=notice.pk).update(mail="sending", heartbeat_at=timezone.now(), attempts=1)
    assert MAIL.put_back() == send_waiting_mail() == 0
    later(notice)
    assert MAIL.put_back() == 1
    assert send_waiting_mail() == 1


@pytest.mark.django_db
def test_an_email_that_kills_its_workers_is_given_up_with_the_reason(told):
    notice = told("clerk@example.invalid")
    Notice.objects.filter(pk=notice.pk).update(mail="sending", attempts=MAX_ATTEMPTS, heartbeat_at=timezone.now())
    later(notice)
    assert MAIL.put_back() == 1
    assert send_waiting_mail() == 0
    notice.refresh_from_db()
    assert (notice.mail, notice.mail_error) == (Notice.Mail.FAILED, "多次发信都中断，请联系系统管理员")


@pytest.mark.django_db
def test_without_a_server_the_email_stays_in_a_folder_and_says_so(told, settings, tmp_path):
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    notice = told("clerk@example.invalid")
    send_waiting_mail()
    notice.refresh_from_db()
    assert notice.mail == Notice.Mail.KEPT
    assert len(list((tmp_path / "mail").iterdir())) == 1


def test_nothing_leaves_the_machine_unless_a_server_is_named():
    code = "from changzhi_portal import settings as s; print(s.EMAIL_BACKEND, s.EMAIL_FILE_PATH)"
    environment = {name: value for name, value in os.environ.items() if name != "EMAIL_URL"}
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    folder = f"{environment['VAR_DIR']}/mail"
    assert answer.stdout.strip() == f"django.core.mail.backends.filebased.EmailBackend {folder}"
