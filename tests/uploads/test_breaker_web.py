from __future__ import annotations
import pytest
from django.urls import reverse
from tests.uploads.office import send  # noqa
from tests.uploads.test_finishing_later import BAD, State, half, correct, commit, leave_out, row, sent, outcomes  # noqa
from tests.uploads.row_forms import form_of, save, words_of, address_of
from uploads.models import UploadBatch
from uploads import actions
pytestmark = pytest.mark.django_db
XSS = "<script>alert(1)</script>{{7*7}}\"'><img src=x onerror=1>"

@pytest.mark.parametrize("value", ["", "-1", "0", "9"*30, "1e5", "١", "²", "None", "2\x00"])
def test_rows(half, clerk, signed_in, value):
    b = signed_in(clerk)
    for name in ("correct", "leave-out", "take-back"):
        try:
            url = reverse(f"uploads:{name}", args=[half.ref])
        except Exception as e:
            print(name, e); continue
        for extra in ({}, {"field": "area", "text": "5"}, {"field": "__class__", "text": "5"}, {"text-area": "5"}):
            r = b.post(url, {"row": value, **extra})
            assert r.status_code < 500, (name, extra)
        r = b.get(url, {"row": value}); assert r.status_code < 500
    for q in ({"tab": value}, {"page": value}, {"code": value}, {"q": value}, {"tab": "errors", "page": value}):
        assert b.get(reverse("uploads:batch", args=[half.ref]), q).status_code < 500

def test_xss_in_correction(half, clerk, signed_in):
    b = signed_in(clerk)
    f = form_of(b, half, 2)
    name = next(n for n in f.sent if n.startswith("text-") and "area" in n)
    r = b.post(address_of(half), f.sent | {name: XSS}, follow=True)
    page = r.content.decode()
    assert "<script>alert" not in page and "onerror=1>" not in page.replace("&gt;", ">").replace("onerror=1&gt;", "") or "&lt;script" in page
    assert "<img src=x" not in page
    page = b.get(reverse("uploads:batch", args=[half.ref]), {"tab": "errors"}).content.decode()
    assert "<img src=x" not in page and "<script>alert" not in page
    print(r.headers.get("Content-Security-Policy"))

def test_nul_in_text(half, clerk, signed_in):
    b = signed_in(clerk)
    for field, text in (("area", "5\x00"), ("name", "乙\x00"), ("note", "a\ud800".encode("utf-8","surrogatepass").decode("utf-8","replace")), ("name", "x"*5000), ("area", "9"*1999), ("area", "1e999999999"), ("opened_on", "9"*1999), ("opened_on", "二〇一八年十十月"), ("area", "１２" * 900), ("kind", "x" * 2000)):
        r = b.post(address_of(half), {"row": "2", "field": field, "text": text}, follow=True)
        half.refresh_from_db()
        print(field, text[:10].encode(), r.status_code, half.state, half.message)
        assert r.status_code < 500
        assert half.state in (State.CHECKED, State.COMMITTED) and "出错" not in half.message

def test_message_does_not_stay(half, clerk, monkeypatch):
    from uploads.actions import check
    real = check.compare_rows
    def broken(*a, **k):
        monkeypatch.setattr(check, "compare_rows", real); raise RuntimeError("x")
    monkeypatch.setattr(check, "compare_rows", broken)
    batch = correct(half, clerk, 2)
    assert batch.message
    batch = correct(batch, clerk, 2, "五百")
    print(batch.state, batch.message, batch.rest)
    assert batch.state == State.COMMITTED
