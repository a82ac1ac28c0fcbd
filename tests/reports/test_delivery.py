"""Deliveries of issues: made with the issue, cancelled with its withdrawal, read, reminded of; recipients; what pages show."""

from __future__ import annotations

import datetime
import re
from unittest.mock import patch

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from changelog.models import ChangeRecord, ChangeSet
from changzhi_portal import jobs
from changzhi_portal.health.check import answer_of
from changzhi_portal.refusals import InvalidError, NotAllowedError, StaleError
from notices.actions import send_waiting_mail
from notices.models import Notice
from periods.workdays import deadline
from reports.actions import begin_correction, save_recipients
from reports.actions.recipients import seen_recipients
from reports.delivery import actions as delivery_actions
from reports.delivery.actions import mark_as_read, remind_of_unread, send_again, send_delivery
from reports.flow import FLOW
from reports.health import DELIVERIES
from reports.models import Briefing, BriefingDelivery, BriefingRecipient, BriefingSettings
from tests.factories import make_user
from tests.pages import markup_of
from tests.reports.briefings import figures, make_briefing, make_issued
from tests.reports.deliveries import issue_to, send_all, states

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
State, Stage = BriefingDelivery.State, Briefing.Stage


@pytest.fixture(autouse=True)
def own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"


@pytest.fixture
def wang(place):
    """Create a leader of the city with an address."""
    return make_user(Role.LEADER, place.city, "leader_wang", full_name="王演示", email="wang@example.com")


@pytest.fixture
def li(place):
    """Create a leader of the city without an address."""
    return make_user(Role.LEADER, place.city, "leader_li", full_name="李演示")


def text_of(response) -> str:
    return re.sub(r"\s+", "", markup_of(response))


# --- Made with the issue ---


def test_an_issue_and_its_deliveries_come_together_or_not_at_all(place, wang, li):
    BriefingRecipient.objects.create(division=place.city, user=wang)
    briefing = make_issued(place.city, stage=Stage.ISSUING, figures=figures())
    with patch.object(delivery_actions.issued, "message_id_of", side_effect=RuntimeError), pytest.raises(RuntimeError):
        FLOW.make(briefing, "finish", by=None)
    assert Briefing.objects.get().stage == Stage.ISSUING
    assert not BriefingDelivery.objects.exists()
    FLOW.make(briefing, "finish", by=None)
    assert Briefing.objects.get().stage == Stage.ISSUED
    assert states() == [State.WAITING]


def test_who_may_no_longer_see_the_figures_is_sent_nothing(place, wang):
    gone = make_user(Role.LEADER, place.city, email="gone@example.com", is_active=False)
    moved = make_user(Role.LEADER, place.other_county, email="moved@example.com")
    looks_after = make_user(Role.SYSTEM_ADMIN, place.city, email="system@example.com")
    issue_to(place.county, wang, gone, moved, looks_after)
    assert [each.user for each in BriefingDelivery.objects.all()] == [wang]


def test_there_is_one_delivery_for_each_edition_and_recipient(place, wang):
    issued = issue_to(place.city, wang)
    first = BriefingDelivery.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        BriefingDelivery.objects.create(briefing=issued, user=wang, message_id="<2@x>", state=State.NONE)
    with patch.object(jobs, "enqueue"):
        second = begin_correction(briefing=issued, reason="一处有误", by=make_user(Role.BUREAU_OFFICER, place.city))
    Briefing.objects.filter(pk=second.pk).update(
        stage=Stage.ISSUING, state="printed", printed_at=timezone.now(), issued_on="2018-07-09",
        issued_at=timezone.now(), figures_sha256="1" * 64, code="2222-2222-2222-2222", figures=issued.figures,
    )  # fmt: skip
    FLOW.make(second, "finish", by=None)
    again = BriefingDelivery.objects.get(briefing=second)
    assert again.user == wang
    assert again.message_id != first.message_id


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": "sent"},
        {"state": "unconfirmed", "message": "中断"},
        {"state": "handing"},
        {"state": "waiting", "handed_at": timezone.now()},
        {"state": "failed", "message": ""},
        {"state": "lost"},
    ],
)
def test_a_state_without_what_belongs_to_it_is_refused_by_the_database(place, wang, wrong):
    issue_to(place.city, wang)
    with pytest.raises(IntegrityError), transaction.atomic():
        BriefingDelivery.objects.update(**wrong)


def test_without_a_mail_server_the_mail_is_a_file(place, wang, li, settings, tmp_path):
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    issue_to(place.city, wang, li)
    send_all()
    send_all()
    assert states() == [State.KEPT, State.NONE]
    (written,) = (tmp_path / "mail").iterdir()
    assert "wang@example.com" in written.read_text()


# --- Withdrawn ---


def test_a_withdrawal_cancels_what_is_not_sent_and_tells_those_who_have_it(place, wang, li, administrator):
    late = make_user(Role.LEADER, place.city, email="late@example.com")
    issued = issue_to(place.city, wang, li, late)
    send_delivery(BriefingDelivery.objects.get(user=wang).pk)
    mark_as_read(issued, li)
    mail.outbox.clear()
    FLOW.make(issued, "withdraw", by=administrator, note="数据有误")
    assert states() == [State.SENT, State.CANCELLED, State.CANCELLED]
    send_all()
    assert mail.outbox == []
    told = Notice.objects.filter(kind="briefing_withdrawn")
    assert {notice.user for notice in told} == {wang, li}
    assert told[0].title == "2018年6月长治市简报已撤回，请不要再使用"
    assert told[0].text == "撤回原因：数据有误"
    send_waiting_mail()
    send_waiting_mail()
    assert [message.to for message in mail.outbox] == [["wang@example.com"]]


def test_a_worker_that_is_connecting_when_an_edition_is_withdrawn_hands_nothing_over(place, wang, administrator):
    issued = issue_to(place.city, wang)
    sending = delivery_actions.sending
    hand_over = sending.hand_over

    def slow(server, message, *, mark):
        FLOW.make(issued, "withdraw", by=administrator, note="数据有误")
        hand_over(server, message, mark=mark)

    with patch.object(sending, "hand_over", slow):
        send_all()
    assert states() == [State.CANCELLED]
    assert mail.outbox == []


# --- Read ---


def test_the_page_and_the_pdf_mark_an_issue_as_read_once(place, wang, officer, signed_in):
    issued = issue_to(place.city, wang)
    page, pdf = reverse("reports:briefing", args=[issued.ref]), reverse("reports:briefing_pdf", args=[issued.ref])
    browser = signed_in(wang)
    signed_in(officer).get(page)
    browser.head(page)
    browser.head(pdf)
    browser.get(reverse("reports:briefing_progress", args=[issued.ref]), headers={"HX-Request": "true"})
    browser.get(page, headers={"HX-Request": "true"})
    browser.get(pdf, headers={"Sec-Purpose": "prefetch"})
    assert BriefingDelivery.objects.get().read_at is None
    browser.get(pdf)
    read_at = BriefingDelivery.objects.get().read_at
    assert read_at is not None
    browser.get(page)
    assert BriefingDelivery.objects.get().read_at == read_at


def test_a_leaders_home_says_that_the_newest_issue_is_unread_until_it_is_opened(place, wang, signed_in):
    issued = issue_to(place.city, wang)
    browser = signed_in(wang)
    assert "未读" in text_of(browser.get(reverse("home")))
    browser.get(reverse("reports:briefing", args=[issued.ref]))
    assert "未读" not in text_of(browser.get(reverse("home")))


def test_recipients_who_have_not_read_are_reminded_once_after_three_working_days(place, wang, li):
    issued = issue_to(place.city, wang, li)
    mark_as_read(issued, li)
    today = timezone.localdate()
    due = BriefingDelivery.objects.first().remind_on
    assert due == deadline(today, 3)

    def at(day, hour):
        return timezone.make_aware(datetime.datetime.combine(day, datetime.time(hour)))

    assert remind_of_unread(moment=at(due - datetime.timedelta(days=1), 9)) == 0
    assert remind_of_unread(moment=at(due, 7)) == 0
    assert remind_of_unread(moment=at(due, 9)) == 1
    assert remind_of_unread(moment=at(due + datetime.timedelta(days=9), 9)) == 0
    notice = Notice.objects.get(kind="briefing_unread")
    assert (notice.user, notice.title) == (wang, "2018年6月长治市简报还没有看，请打开查看")
    mail.outbox.clear()
    send_waiting_mail()
    assert len(mail.outbox) == 1


def test_nobody_is_reminded_of_an_edition_that_was_withdrawn_or_replaced_or_where_it_is_not_wanted(
    place, wang, administrator
):
    BriefingSettings.objects.create(division=place.county, unread_workdays=None)
    issue_to(place.county, wang)
    withdrawn = issue_to(place.city, wang)
    FLOW.make(withdrawn, "withdraw", by=administrator, note="数据有误")
    replaced = issue_to(place.other_county, wang)
    make_issued(place.other_county, edition=2, correction_reason="一处有误")
    assert replaced.stage == Stage.ISSUED
    assert remind_of_unread(moment=timezone.now() + datetime.timedelta(days=60)) == 0


# --- Recipients ---


def save(division, by, *users, seen=None):
    return save_recipients(
        division=division, by=by, seen=seen_recipients(division) if seen is None else seen, users=users
    )


def test_recipients_are_chosen_on_a_page_and_the_choice_is_logged(place, wang, li, administrator, signed_in):
    browser, address = signed_in(administrator), reverse("reports:edit_briefing_recipients", args=[place.city.ref])
    page = text_of(browser.get(address))
    assert "王演示（领导，长治市，wang@example.com）" in page
    assert "李演示（领导，长治市，没有登记邮箱）" in page
    answer = browser.post(address, {"users": [wang.pk, li.pk], "seen": ""}, follow=True)
    assert "增加2人，去掉0人" in text_of(answer)
    assert "2人" in text_of(answer), "the list of settings counts them"
    assert ChangeSet.objects.get().summary == "修改长治市简报收件人"
    assert ChangeRecord.objects.count() == 2
    browser.post(address, {"users": [li.pk], "seen": seen_recipients(place.city)})
    assert [each.user for each in BriefingRecipient.objects.all()] == [li]
    assert ChangeSet.objects.count() == 2


def test_recipients_whom_others_have_changed_meanwhile_are_not_overwritten(place, wang, li, administrator):
    save(place.city, administrator, wang)
    with pytest.raises(StaleError, match="别人改了收件人"):
        save(place.city, administrator, li, seen="")
    assert [each.user for each in BriefingRecipient.objects.all()] == [wang]


def test_only_who_sees_the_figures_may_be_a_recipient_and_only_the_administrator_chooses(
    place, wang, administrator, officer, other_clerk, signed_in
):
    with pytest.raises(InvalidError, match="不能作收件人"):
        save(place.county, administrator, wang, other_clerk)
    with pytest.raises(NotAllowedError):
        save(place.city, officer, wang)
    address = reverse("reports:edit_briefing_recipients", args=[place.county.ref])
    assert signed_in(officer).get(address).status_code == 403
    answer = signed_in(administrator).post(address, {"users": [other_clerk.pk], "seen": ""})
    assert answer.status_code == 422
    assert not BriefingRecipient.objects.exists()


# --- 送达情况 ---


def test_the_bureau_sees_what_has_become_of_each_mail_and_others_do_not(place, wang, li, officer, signed_in):
    issued = issue_to(place.city, wang, li)
    send_all()
    address = reverse("reports:briefing", args=[issued.ref])
    page = text_of(signed_in(officer).get(address))
    assert '送达情况<spanclass="count">2' in page
    assert "王演示" in page and "已发送" in page and "未读" in page
    assert "没有登记邮箱" in page
    assert "送达情况" not in text_of(signed_in(wang).get(address))
    draft = make_briefing(place.county, figures=figures())
    assert "送达情况" not in text_of(signed_in(officer).get(reverse("reports:briefing", args=[draft.ref])))


def test_a_mail_in_doubt_is_sent_again_after_a_warning_and_that_is_logged(place, wang, officer, signed_in):
    issued = issue_to(place.city, wang)
    BriefingDelivery.objects.update(state=State.UNCONFIRMED, message="中断", handed_at=timezone.now())
    delivery = BriefingDelivery.objects.get()
    browser = signed_in(officer)
    page = browser.get(reverse("reports:briefing", args=[issued.ref]))
    again = reverse("reports:send_briefing_again", args=[issued.ref, delivery.ref])
    assert "已交给邮件服务器，未确认" in text_of(page)
    assert again in page.content.decode()
    assert "不然会收到两封" in text_of(browser.get(again))
    browser.post(again, {"seen": delivery.version})
    refused = browser.post(again, {"seen": delivery.version})
    assert refused.status_code == 409 or "现在是“等待发送”" in text_of(refused)
    send_all()
    assert states() == [State.SENT]
    assert len(mail.outbox) == 1
    assert BriefingDelivery.objects.get().message_id == mail.outbox[0].extra_headers["Message-ID"]
    assert ChangeSet.objects.get().summary.startswith("重新发送长治市2018年6月简报给王演示")


def test_what_was_sent_is_not_sent_again_nor_what_was_withdrawn_or_has_no_address(
    place, wang, li, officer, administrator, clerk
):
    issued = issue_to(place.city, wang, li)
    send_all()
    sent, without = BriefingDelivery.objects.order_by("pk")
    with pytest.raises(StaleError, match="现在是“已发送”"):
        send_again(briefing=issued, ref=sent.ref, by=officer, seen=sent.version)
    with pytest.raises(InvalidError, match="没有登记邮箱"):
        send_again(briefing=issued, ref=without.ref, by=officer, seen=without.version)
    with pytest.raises(NotAllowedError):
        send_again(briefing=issued, ref=without.ref, by=clerk, seen=without.version)
    withdrawn = FLOW.make(issued, "withdraw", by=administrator, note="数据有误")
    with pytest.raises(StaleError, match="已经撤回"):
        send_again(briefing=withdrawn, ref=without.ref, by=officer, seen=without.version)


def test_health_says_when_mail_fails_for_many(place, wang):
    users = [make_user(Role.LEADER, place.city, email=f"a{number}@example.com") for number in range(2)]
    issue_to(place.city, wang, *users)
    assert "失败较多" not in answer_of(DELIVERIES).sentence
    BriefingDelivery.objects.update(state=State.FAILED, message="连不上邮件服务器")
    answer = answer_of(DELIVERIES)
    assert answer.is_good, "readiness is not about mail"
    assert "3封没有发出" in answer.sentence and "失败较多，请检查邮件服务器" in answer.sentence
