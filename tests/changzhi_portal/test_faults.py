"""What people are told when database or disk fails: one sentence, no error page; a program's own error stays one."""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError, ProgrammingError, connection
from django.test import Client
from django.urls import reverse

from accounts.models import User
from changzhi_portal import faults
from changzhi_portal.faults import AWAY, BUSY, FULL, READ_ONLY, fault_of
from notices.views import NoticeList


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), FULL),
        (OSError(errno.EROFS, "Read-only file system"), READ_ONLY),
        (FileNotFoundError(errno.ENOENT, "No such file"), None),
        (ProgrammingError("no such column"), None),
        (ValueError("of the program"), None),
        (None, None),
    ],
)
def test_only_faults_of_database_and_disk_are_told_as_such(error: Exception | None, fault: Any) -> None:
    assert fault_of(error) is fault


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the words of SQLite")
@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ("database is locked", BUSY),
        ("database or disk is full", FULL),
        ("attempt to write a readonly database", READ_ONLY),
        ("unable to open database file", READ_ONLY),
        ("no such table: x", None),
    ],
)
def test_the_words_of_sqlite_are_understood(words: str, fault: Any) -> None:
    assert fault_of(OperationalError(words)) is fault


@pytest.mark.parametrize(("state", "fault"), [("55P03", BUSY), ("53100", FULL), ("57P01", AWAY), ("42703", None)])
def test_the_codes_of_postgresql_are_understood(state: str, fault: Any) -> None:
    error, cause = OperationalError("in whatever language"), Exception()
    cause.sqlstate = state  # type: ignore[attr-defined]
    error.__cause__ = cause
    assert fault_of(error) is fault


@pytest.mark.django_db
def test_a_page_that_meets_a_fault_says_so_in_one_sentence_and_keeps_the_session(
    clerk: User, signed_in: Callable[[User], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: Any, **options: Any) -> Any:
        raise OSError(errno.ENOSPC, "No space left on device")

    browser = signed_in(clerk)
    monkeypatch.setattr(NoticeList, "get", fail)
    answer = browser.get(reverse("notices:list"))
    assert answer.status_code == 507
    assert "服务器的磁盘满了，这一页暂时打不开；" in answer.content.decode()
    assert (
        "<h1>暂时打不开</h1>" in answer.content.decode() and reverse("communities:contacts") in answer.content.decode()
    )
    part = browser.get(reverse("notices:list"), headers={"hx-request": "true"})
    assert (part.status_code, part.content.decode()) == (507, FULL.sentence("GET"))
    assert "sessionid" not in answer.cookies
    monkeypatch.setattr(NoticeList, "post", fail, raising=False)
    sent = browser.post(reverse("notices:list")).content.decode()
    assert "<h1>没有保存</h1>" in sent and "服务器的磁盘满了，您这次的操作没有保存；" in sent


@pytest.mark.django_db
def test_a_fault_outside_a_view_is_told_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: Any, **options: Any) -> Any:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("accounts.middleware.SignInMiddleware.process_view", fail)
    answer = Client(raise_request_exception=False).get("/")
    assert answer.status_code == 503
    assert READ_ONLY.sentence("GET") in answer.content.decode()


def test_pages_wait_briefly_for_other_writers() -> None:
    class Database:
        settings_dict: dict[str, Any] = {"OPTIONS": {"timeout": 60}}
        vendor = "sqlite"

    faults.let_pages_wait_briefly(Database())  # type: ignore[arg-type]
    assert Database.settings_dict["OPTIONS"]["timeout"] == faults.PAGES_WAIT
