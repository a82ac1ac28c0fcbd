"""Tests of requests that no page of ours sends: rows that are no numbers, markup, characters no database stores."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from tests.uploads.office import Send
from tests.uploads.row_forms import address_of, form_of
from tests.uploads.test_finishing_later import half_written
from uploads.models import UploadBatch

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
State = UploadBatch.State
SignedIn = Callable[[User], Client]
MARKUP = "<script>alert(1)</script>{{7*7}}\"'><img src=x onerror=1>"
NO_ROWS = ["", "-1", "0", "9" * 30, "1e5", "١", "²", "None", "2\x00"]


@pytest.fixture
def half(send: Send, clerk: User) -> UploadBatch:
    return half_written(send, clerk)


def test_a_row_that_is_no_number_changes_nothing(half: UploadBatch, clerk: User, signed_in: SignedIn) -> None:
    browser, page = signed_in(clerk), reverse("uploads:batch", args=[half.ref])
    for value in NO_ROWS:
        for name in ("correct", "leave-out", "take-back"):
            address = reverse(f"uploads:{name}", args=[half.ref])
            for sent in ({}, {"field": "area", "text": "5"}, {"field": "__class__", "text": "5"}, {"text-area": "5"}):
                assert browser.post(address, {"row": value, **sent}).status_code < 500, (name, value, sent)
            assert browser.get(address, {"row": value}).status_code < 500, (name, value)
        for query in ({"tab": value}, {"page": value}, {"code": value}, {"q": value}, {"tab": "errors", "page": value}):
            assert browser.get(page, query).status_code == 200, query
    half.refresh_from_db()
    assert (half.state, half.corrections, half.left_out_rows) == (State.COMMITTED, [], [])


def test_markup_that_is_typed_is_shown_as_it_was_typed(half: UploadBatch, clerk: User, signed_in: SignedIn) -> None:
    browser = signed_in(clerk)
    form = form_of(browser, half, 2)
    pages = [browser.post(address_of(half), form.sent | {"text-area": MARKUP}, follow=True)]
    pages.append(browser.get(reverse("uploads:batch", args=[half.ref]), {"tab": "errors"}))
    for page in (answer.content.decode() for answer in pages):
        assert "<script>alert" not in page and "<img src=x" not in page and "&lt;script&gt;alert(1)" in page


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("area", "5\x00"),
        ("name", "乙\x00"),
        ("name", "x" * 5_000),
        ("area", "9" * 1_999),
        ("area", "1e999999999"),
        ("area", "１２" * 900),
        ("opened_on", "9" * 1_999),
        ("opened_on", "二〇一八年十十月"),
        ("kind", "x" * 2_000),
    ],
)
def test_a_text_that_no_cell_can_hold_breaks_nothing(
    field: str, text: str, half: UploadBatch, clerk: User, signed_in: SignedIn
) -> None:
    answer = signed_in(clerk).post(address_of(half), {"row": "2", "field": field, "text": text}, follow=True)
    half.refresh_from_db()
    assert answer.status_code < 500 and half.state in {State.CHECKED, State.COMMITTED}
    assert "出错" not in half.message and not half.needs_check
