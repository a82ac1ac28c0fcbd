"""Tests of how large a body may be and how often a person may ask, without nginx in front."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import User
from changzhi_portal import request_limits
from changzhi_portal.request_limits import check_rate
from tests.factories import make_period

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
LOGIN, UPLOAD = "/accounts/login/", "/uploads/new/"


class Unread:
    """A body that must not be read."""

    def read(self, *_: object) -> bytes:
        raise AssertionError("The body was read.")

    readline = read


@pytest.fixture
def browser(clerk: User, signed_in: Callable[[User], Client]) -> Client:
    client = Client(enforce_csrf_checks=True)  # which read the body
    client.cookies = signed_in(clerk).cookies
    return client


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return a list whose only value is the time of the counts."""
    now = [float(int(time.time() // 120) * 120)]
    monkeypatch.setattr(request_limits, "time", SimpleNamespace(time=lambda: now[0]))
    return now


# --- Bodies ---


@pytest.mark.parametrize(
    ("address", "size", "sentence"),
    [
        (LOGIN, 5 * 1024**2 + 1, "提交的内容超过5MB，没有收下；请分几次填写和提交。"),
        (UPLOAD, 300 * 1024**2 + 1, "一次上传的文件合计不能超过300MB，没有收下；请分几次上传。"),
    ],
)
def test_a_body_that_is_too_large_is_refused_unread(address: str, size: int, sentence: str, browser: Client) -> None:
    body: Any = {"CONTENT_LENGTH": str(size), "wsgi.input": Unread()}
    answer = browser.generic("POST", address, content_type="multipart/form-data; boundary=x", **body)
    assert answer.status_code == 413
    assert sentence in answer.content.decode()
    assert "三社联动" in answer.content.decode(), "a page in the portal's look"


def test_a_body_that_does_not_say_its_length_is_refused_unread(browser: Client) -> None:
    body: Any = {"CONTENT_LENGTH": "", "wsgi.input": Unread(), "HTTP_TRANSFER_ENCODING": "chunked"}
    answer = browser.generic("POST", LOGIN, content_type="application/x-www-form-urlencoded", **body)
    assert answer.status_code == 413
    assert "浏览器没有说明内容有多大" in answer.content.decode()


def test_an_upload_may_be_larger_than_a_form(
    clerk: User, signed_in: Callable[[User], Client], tmp_path: Path, settings: Any
) -> None:
    make_period()
    settings.UPLOAD_MAX_BYTES = 6_000_000
    large, small = SimpleUploadedFile("大.csv", b"x" * 6_100_000), SimpleUploadedFile("小.csv", b"a,b\n1,2\n")
    sent = {"register": "facilities", "period": "", "file": [large, small]}
    answer = signed_in(clerk).post(UPLOAD, sent, follow=True)
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "“大.csv”没有收下：文件超过5MB" in text, "the other one was taken in"


# --- How often ---


def test_a_user_who_searches_too_often_is_told_to_wait_and_others_are_not(
    clerk: User,
    other_clerk: User,
    signed_in: Callable[[User], Client],
    settings: Any,
    clock: list[float],
) -> None:
    settings.REQUESTS_PER_MINUTE = {**settings.REQUESTS_PER_MINUTE, "searches": 2}
    busy, quiet = signed_in(clerk), signed_in(other_clerk)
    assert [busy.get("/search/?q=太行").status_code for _ in range(2)] == [200, 200]
    refused = busy.get("/search/?q=太行")
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "60")
    assert "您操作太频繁，这一次没有办理；请过一分钟再试。" in refused.content.decode()
    for_htmx = busy.get("/search/?q=太行", headers={"HX-Request": "true"})
    assert for_htmx.content.decode() == "您操作太频繁，这一次没有办理；请过一分钟再试。"
    assert quiet.get("/search/?q=太行").status_code == 200
    assert busy.get("/notices/").status_code == 200, "other pages are not counted"
    clock[0] += 60
    assert busy.get("/search/?q=太行").status_code == 200


def test_looking_at_the_upload_form_is_no_upload(
    clerk: User, signed_in: Callable[[User], Client], settings: Any
) -> None:
    settings.REQUESTS_PER_MINUTE = {**settings.REQUESTS_PER_MINUTE, "uploads": 1, "exports": 1}
    browser = signed_in(clerk)
    assert [browser.get(UPLOAD).status_code for _ in range(3)] == [200, 200, 200]
    assert [browser.post(UPLOAD, {}).status_code for _ in range(2)] == [422, 429]
    assert [browser.get("/uploads/template/facilities.xlsx").status_code for _ in range(2)] == [200, 429]


def test_a_count_has_ended_before_its_key_is_used_again(
    clock: list[float], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    used: dict[str, float] = {}
    settings.REQUESTS_PER_MINUTE = {"searches": 1}
    monkeypatch.setattr(cache, "touch", lambda key, timeout: used.__setitem__(key, clock[0] + timeout))
    for _ in range(6):
        before = dict(used)
        check_rate(7, "searches")
        (key,) = {key for key in used if used[key] != before.get(key)}
        assert before.get(key, 0) < clock[0]
        cache.delete(key)  # by the clock of this test it has expired
        clock[0] += 60
    assert len(used) == 2


def test_a_cache_that_fails_refuses_nobody(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError("No space left on device")

    settings.REQUESTS_PER_MINUTE = {"searches": 0}
    monkeypatch.setattr(cache, "add", full)
    check_rate(7, "searches")
