"""Tests of the files that left the portal, of what an auditor sees of uploads and divisions, and of the home panel."""

from __future__ import annotations

import datetime
import hashlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from audit.panels import TrailState
from changelog.models import TrailRecord
from changelog.trail import TrailKind, record_event, seal_waiting
from communities.models import DivisionChange
from tests.audit.events import happened
from tests.factories import make_batch, make_facility, make_user, make_worker
from tests.pages import markup_of
from tests.queries import exactly
from uploads.models import UploadBatch

pytestmark = pytest.mark.django_db
DOWNLOADS, FOUND = reverse("audit:downloads"), reverse("audit:found_file")


def shown_kinds(answer) -> list[str]:
    return [row.record.kind for row in answer.context["table"].paginated_rows]


def test_an_export_is_known_again_by_the_file_or_its_digest(place, clerk, auditor, signed_in):
    make_facility(place.communities[0])
    address = reverse("uploads:export", args=["facilities"])
    data = signed_in(clerk).get(address).content
    signed_in(make_user(Role.BUREAU_OFFICER, place.city)).get(reverse("uploads:export", args=["organizations"]))
    browser, digest = signed_in(auditor), hashlib.sha256(data).hexdigest()
    assert len(shown_kinds(browser.get(DOWNLOADS))) == 2
    answer = browser.post(FOUND, {"file": SimpleUploadedFile("found.xlsx", data)}, follow=True)
    [row] = answer.context["table"].paginated_rows
    assert row.record.made_by_id == clerk.pk and "下面是这个文件的记录" in markup_of(answer)
    answer = browser.post(FOUND, {"sha256": f" {digest.upper()} "}, follow=True)
    assert shown_kinds(answer) == ["exported"]
    answer = browser.post(FOUND, {"file": SimpleUploadedFile("found.xlsx", data + b"x")}, follow=True)
    assert shown_kinds(answer) == [] and "查不到不等于不是从这里导出的" in markup_of(answer)


def test_an_uploaded_file_is_known_again_too_and_is_no_download(clerk, auditor, signed_in):
    batch = make_batch(clerk)
    record_event(TrailKind.UPLOADED, by=clerk, about=batch, detail={"sha256": batch.sha256})
    browser = signed_in(auditor)
    assert shown_kinds(browser.get(DOWNLOADS)) == []
    assert shown_kinds(browser.get(f"{DOWNLOADS}?sha256={batch.sha256}")) == ["uploaded"]


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [({}, "两样填一样"), ({"sha256": "12345"}, "64位的数字和字母"), ({"sha256": "g" * 64}, "64位的数字和字母")],
)
def test_what_is_no_file_and_no_digest_is_refused_in_words(sent, sentence, auditor, signed_in):
    browser = signed_in(auditor)
    answer = browser.post(FOUND, sent)
    assert answer.status_code == 422 and sentence in markup_of(answer)
    if sent:
        assert sentence in markup_of(browser.get(DOWNLOADS, sent))


# --- Uploads and divisions, to be read ---


def test_an_auditor_reads_uploads_of_the_area_and_takes_no_step(place, clerk, other_clerk, signed_in):
    batch, other = make_batch(clerk, state="checked", rows=1, errors=1), make_batch(other_clerk, state="checked")
    browser = signed_in(make_user(Role.AUDITOR, place.county))
    listed = markup_of(browser.get(reverse("uploads:list")))
    assert batch.file_name in listed and other.file_name not in listed and reverse("uploads:new") not in listed
    answer = browser.get(reverse("uploads:batch", args=[batch.ref]))
    page = markup_of(answer)
    assert answer.status_code == 200 and batch.file_name in page
    assert reverse("audit:about", args=["uploads.uploadbatch", batch.ref]) in page
    assert browser.get(reverse("uploads:batch", args=[other.ref])).status_code == 404
    assert browser.get(reverse("uploads:together", args=[batch.ref])).status_code == 200
    main = page[page.index('<main id="content"') :]
    steps = ("columns", "month", "locked", "discard", "correct", "leave-out", "undo", "recheck", "commit", "drop-rest")
    for name in steps:
        address = reverse(f"uploads:{name}", args=[batch.ref])
        assert address not in main, name
        assert browser.post(address).status_code == 403
    assert UploadBatch.objects.get(pk=batch.pk).state == "checked"


def test_originals_need_the_right_to_see_personal_data(place, clerk, signed_in):
    batch = make_batch(clerk, state="checked", stored_as="missing")
    address = reverse("uploads:original", args=[batch.ref])
    plain, trusted = (make_user(Role.AUDITOR, place.county, may_unmask=each) for each in (False, True))
    page = reverse("uploads:batch", args=[batch.ref])
    assert signed_in(plain).get(address).status_code == 403
    assert address not in markup_of(signed_in(plain).get(page))
    assert address in markup_of(signed_in(trusted).get(page))
    assert signed_in(trusted).get(address)["Location"] == page, "the file of this test is not stored"


def test_a_county_reads_the_division_changes_of_its_own_codes(place, auditor, signed_in):
    values = {"kind": "rename", "level": "town", "effective_on": datetime.date(2018, 6, 1), "source": "演示文件"}
    for code, name in (("140402001", "东街街道办事处"), ("140423100", "古韩镇")):
        DivisionChange.objects.create(from_code=code, from_name=name, to_code=code, to_name=f"新{name}", **values)
    address = reverse("audit:divisions")
    page = markup_of(signed_in(auditor).get(address))
    assert "东街街道办事处" in page and "古韩镇" in page and "还没有应用" in page
    page = markup_of(signed_in(make_user(Role.AUDITOR, place.other_county)).get(address))
    assert "古韩镇" in page and "东街街道办事处" not in page


# --- The home page ---


def test_the_home_page_says_the_newest_seal_what_waits_and_what_happened_yesterday(place, auditor, clerk, signed_in):
    yesterday = timezone.localdate() - datetime.timedelta(days=1)
    worker = make_worker(place.communities[0])
    for _ in range(3):
        happened(TrailKind.UNMASKED, yesterday, by=clerk, about=worker, division=place.street, reason="核对")
    happened(TrailKind.SIGN_IN_FAILED, yesterday - datetime.timedelta(days=1), division=place.city, username="x")
    browser = signed_in(auditor)
    panel = trail_panel(browser)
    assert panel["newest"] is None and panel["is_late"], "what happened yesterday should have been sealed"
    seal_waiting()
    record_event(TrailKind.EXPORTED, by=clerk)
    panel = trail_panel(browser)
    sealed = TrailRecord.objects.filter(seal__isnull=False).count()
    assert (panel["newest"].seq, panel["waiting"], panel["is_late"]) == (sealed, 1, False)
    assert [(kind, number) for kind, number in panel["numbers"] if number] == [(TrailKind.UNMASKED, 3)]
    link = f"{reverse('audit:trail')}?kind=unmasked&amp;made_from={yesterday}&amp;made_to={yesterday}"
    assert link in markup_of(browser.get("/"))


def trail_panel(browser):
    panels = browser.get("/").context["panels"]
    return next(each for each in panels if each["template_name"] == "audit/trail_panel.html")


def test_other_roles_have_no_such_panel_and_it_adds_three_queries(auditor, administrator, signed_in):
    assert "audit/trail_panel.html" not in {
        each["template_name"] for each in signed_in(administrator).get("/").context["panels"]
    }
    request = RequestFactory().get("/")
    request.user = auditor
    with exactly(3):  # the newest seal, what waits, yesterday's numbers
        TrailState().context(request)
