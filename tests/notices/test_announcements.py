"""Announcements: who sees one, from when until when, and putting it away."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from changelog.models import ChangeRecord
from changzhi_portal.refusals import NotAllowedError
from notices.announcements import shown
from notices.announcements.actions import save_announcement
from notices.models import Announcement
from tests.addresses import make_announcement
from tests.queries import exactly

pytestmark = pytest.mark.django_db
TEXT = "今晚8点到10点<停机>维护"
SHOWN = "今晚8点到10点&lt;停机&gt;维护"


def page(browser: Client, name: str = "notices:list") -> str:
    return browser.get(reverse(name)).content.decode()


def form(**changes: str) -> dict[str, str]:
    today = f"{timezone.localdate():%Y-%m-%d}"
    return {"text": TEXT, "begins_on": today, "until": today, **changes}


def test_what_the_bureau_announces_stands_on_everybodys_pages_until_it_is_put_away(
    administrator: User,
    leader: User,
    signed_in: Callable[[User], Client],
    django_capture_on_commit_callbacks: Callable[..., object],
) -> None:
    reader = signed_in(leader)
    assert "公告</b>" not in page(reader), "nothing is announced, and the page knows it"
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        assert signed_in(administrator).post(reverse("notices:announcement_new"), form()).status_code == 302
    assert SHOWN in page(reader) and TEXT not in page(reader)
    assert SHOWN not in page(Client(), "accounts:login"), "it is not for visitors"
    announcement = Announcement.objects.get()
    assert ChangeRecord.objects.filter(object_ref=announcement.ref).count() == 1
    mark = {"announcement": f"{announcement.ref}.{announcement.version}"}
    put_away = reader.post(reverse("notices:put_away"), mark, headers={"referer": "http://testserver/notices/"})
    assert put_away["Location"] == "/notices/"
    lured = reader.post(reverse("notices:put_away"), mark, headers={"referer": "http://testserver//example.invalid/x"})
    assert lured["Location"] == reverse("notices:put_away")
    assert SHOWN not in page(reader)
    assert SHOWN in page(signed_in(leader)), "another session"
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        save_announcement(
            by=administrator,
            text="改到明晚",
            begins_on=announcement.begins_on,
            until=announcement.until,
            ref=announcement.ref,
            version=1,
        )
    assert "改到明晚" in page(reader), "it says something else now"


def test_an_announcement_is_shown_on_its_days_alone(
    administrator: User, leader: User, signed_in: Callable[[User], Client]
) -> None:
    today = timezone.localdate()
    day = datetime.timedelta(days=1)
    make_announcement(administrator, "昨天的", begins_on=today - 2 * day, until=today - day)
    make_announcement(administrator, "明天的", begins_on=today + day, until=today + day)
    make_announcement(administrator, "今天的", begins_on=today, until=today, is_public=True)
    text = page(signed_in(leader))
    assert "今天的" in text and "昨天的" not in text and "明天的" not in text
    visitor = page(Client(), "accounts:login")
    assert "今天的" in visitor and "知道了" not in visitor and "知道了，这次登录不再显示" in text


def test_announcements_cost_no_query_once_they_are_known(
    administrator: User, leader: User, signed_in: Callable[[User], Client]
) -> None:
    make_announcement(administrator)
    reader = signed_in(leader)
    page(reader)
    with exactly(1):  # the user
        assert "演示公告" in page(reader, "accounts:own_contact")


def test_a_page_that_keeps_what_it_read_before_an_announcement_was_written_hides_it_for_a_minute_only(
    administrator: User, leader: User, signed_in: Callable[[User], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shown.KEPT_SECONDS <= 60
    monkeypatch.setattr(shown, "KEPT_SECONDS", 1)
    monkeypatch.setattr(shown, "_find", lambda: [])
    reader = signed_in(leader)
    make_announcement(administrator)
    page(reader)
    monkeypatch.undo()
    assert "演示公告" not in page(reader)
    time.sleep(1.2)
    assert "演示公告" in page(reader)


def test_only_the_bureaus_administrators_announce(
    officer: User, administrator: User, signed_in: Callable[[User], Client]
) -> None:
    assert signed_in(officer).get(reverse("notices:announcements")).status_code == 403
    with pytest.raises(NotAllowedError):
        save_announcement(by=officer, text="演示", begins_on=timezone.localdate(), until=timezone.localdate())
    browser = signed_in(administrator)
    refused = browser.post(reverse("notices:announcement_new"), form(until="2018-01-01"))
    assert refused.status_code == 422 and "结束日期不能早于开始日期" in refused.content.decode()
    announcement = make_announcement(administrator)
    assert "正在显示" in page(browser, "notices:announcements")
    delete = reverse("notices:announcement_delete", args=[announcement.ref])
    assert browser.post(delete, {"version": "7"}).status_code == 409
    assert browser.post(delete, {"version": "1"}).status_code == 302
    assert not Announcement.objects.exists()
