"""Tests of error pages, and of who may open which page."""

from __future__ import annotations

import pytest
from django.db import DataError
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path

from changzhi_portal.refusals import LockedError

SENTENCE = "这个月已经锁定，请联系市局管理员重新开放。"


def refuses(request: HttpRequest) -> HttpResponse:
    raise LockedError(SENTENCE, cure="The month is locked.")


def breaks(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("演示张三 140402197001010011")


def asks_the_impossible(request: HttpRequest) -> HttpResponse:
    raise DataError("invalid input: 演示张三 140402197001010011")


urlpatterns = [
    path("refuses/", refuses),
    path("breaks/", breaks),
    path("impossible/", asks_the_impossible),
    path("", include("changzhi_portal.urls")),
]


@pytest.fixture
def visitor_of(clerk) -> Client:
    browser = Client(raise_request_exception=False)
    browser.force_login(clerk)
    return browser


@pytest.mark.django_db
@pytest.mark.urls(__name__)
def test_a_refusal_that_no_view_handles_is_a_page_with_its_sentence(visitor_of):
    answer = visitor_of.get("/refuses/")
    assert answer.status_code == 423
    assert SENTENCE in answer.content.decode()
    assert "主菜单" in answer.content.decode()
    part = visitor_of.get("/refuses/", HTTP_HX_REQUEST="true")
    assert (part.status_code, part.content.decode()) == (423, SENTENCE)
    assert part["Content-Type"].startswith("text/plain")


@pytest.mark.django_db
@pytest.mark.urls(__name__)
def test_what_breaks_is_said_in_chinese_and_tells_nothing_else(visitor_of):
    answer = visitor_of.get("/breaks/")
    text = answer.content.decode()
    assert answer.status_code == 500
    assert "系统出错" in text
    assert "演示张三" not in text
    assert "Traceback" not in text


@pytest.mark.django_db
@pytest.mark.urls(__name__)
def test_what_no_database_takes_is_refused_in_words_and_logged_without_the_value(visitor_of, caplog):
    answer = visitor_of.get("/impossible/")
    assert (answer.status_code, "系统存不下的字符" in answer.content.decode()) == (422, True)
    assert "GET /impossible/: DataError" in caplog.text
    assert "演示张三" not in answer.content.decode() + caplog.text


@pytest.mark.django_db
def test_a_form_left_open_too_long_says_so(clerk):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(clerk)
    answer = browser.post("/accounts/logout/")
    assert answer.status_code == 403
    assert "页面已过期" in answer.content.decode()


@pytest.mark.django_db
def test_a_request_for_another_host_is_refused_in_chinese():
    answer = Client().get("/accounts/login/", HTTP_HOST="evil.example")
    assert answer.status_code == 400
    assert "没有办成" in answer.content.decode()


@pytest.mark.django_db
def test_healthz_answers_without_signing_in():
    answer = Client().get("/healthz")
    assert (answer.status_code, answer.content, answer["Content-Type"]) == (200, b"ok", "text/plain")


@pytest.mark.django_db
@pytest.mark.parametrize("is_demo", [True, False])
def test_invented_data_are_labelled_on_every_page(is_demo, clerk, signed_in, settings):
    settings.DEMO = is_demo
    for answer in (signed_in(clerk).get("/"), signed_in(clerk).get("/communities/"), Client().get("/accounts/login/")):
        assert ("演示数据" in answer.content.decode()) is is_demo
