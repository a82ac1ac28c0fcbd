"""What the trail records of people's work, and how it is sealed."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import reverse

from accounts.models import User
from changelog.models import TrailKind, TrailRecord
from changelog.models.trail import AddedOnlyError
from changelog.trail import record_event, spool
from changzhi_portal.refusals import UnavailableError
from periods.models import ReportingPeriod
from tests.factories import PASSWORD, Place, id_number, make_organization, make_user, make_worker, phone

Kind = TrailKind
BROWSER = {"headers": {"user-agent": "Mozilla/5.0 (Windows NT 10.0) Chrome/109.0"}, "REMOTE_ADDR": "10.14.2.7"}


def kinds(**lookup: Any) -> list[str]:
    return list(TrailRecord.objects.filter(**lookup).order_by("pk").values_list("kind", flat=True))


def newest() -> TrailRecord:
    return TrailRecord.objects.select_related("made_by", "division").order_by("-pk")[0:1].get()


# --- Signing in ---


def test_sign_ins_failures_and_sign_outs_stand_in_the_trail_with_address_and_browser(clerk: User) -> None:
    browser = Client()
    page = reverse("accounts:login")
    browser.post(page, {"username": clerk.username, "password": "wrong"}, **BROWSER)
    browser.post(page, {"username": clerk.username, "password": PASSWORD}, **BROWSER)
    browser.post(reverse("accounts:logout"), **BROWSER)
    assert kinds() == [Kind.SIGN_IN_FAILED, Kind.SIGNED_IN, Kind.SIGNED_OUT]
    failed, signed_in = TrailRecord.objects.order_by("pk")[:2]
    assert (failed.made_by, failed.username, failed.division) == (None, clerk.username, clerk.division)
    assert (signed_in.made_by, signed_in.address) == (clerk, "10.14.2.7")
    assert "Chrome/109.0" in signed_in.device
    assert signed_in.request_id


def test_a_name_that_nobody_has_and_a_lock_out_are_recorded_for_the_city(place: Place) -> None:
    browser = Client()
    for _ in range(6):
        browser.post(reverse("accounts:login"), {"username": "nobody", "password": "x"})
    found = kinds(username="nobody")
    assert found.count(Kind.SIGN_IN_FAILED) >= 5
    assert Kind.LOCKED_OUT in found
    assert set(TrailRecord.objects.values_list("division__code", flat=True)) == {place.city.code}


def test_a_number_typed_as_the_user_name_is_masked(place: Place) -> None:
    number = id_number()
    Client().post(reverse("accounts:login"), {"username": number, "password": number})
    assert number not in newest().username
    assert "*" in newest().username


# --- Seeing ---


def test_who_opens_a_persons_record_is_recorded_for_the_persons_county(place: Place, officer: User, signed_in) -> None:
    worker = make_worker(place.communities[0])
    assert signed_in(officer).get(worker.get_absolute_url()).status_code == 200
    seen = newest()
    assert (seen.kind, seen.made_by, seen.object_ref, seen.object_label) == (
        Kind.VIEWED,
        officer,
        worker.ref,
        worker.name,
    )
    assert seen.division == place.communities[0].town


def test_the_form_of_a_persons_record_counts_as_seeing_it(place: Place, clerk: User, signed_in) -> None:
    worker = make_worker(place.communities[0])
    assert signed_in(clerk).get(reverse("changelog:edit", args=["workers", worker.ref])).status_code == 200
    assert (newest().kind, newest().object_ref) == (Kind.VIEWED, worker.ref)


def test_looking_somebody_up_by_number_is_recorded_with_what_was_found_and_without_the_number(
    place: Place, clerk: User, signed_in
) -> None:
    worker = make_worker(place.communities[0])
    number = worker.id_number.reveal()
    assert worker.name in signed_in(clerk).post(reverse("search"), {"q": number}).content.decode()
    search = newest()
    assert (search.kind, search.made_by, search.rows) == (Kind.SEARCHED, clerk, 1)
    assert search.detail["found"] == [worker.get_absolute_url()]
    assert number not in search.object_label + search.detail_json


def test_a_record_without_personal_data_is_not(place: Place, clerk: User, signed_in) -> None:
    signed_in(clerk).get(place.communities[0].get_absolute_url())
    assert Kind.VIEWED not in kinds()


def test_refused_attempts_are_recorded_with_the_users_name(
    place: Place, leader: User, other_clerk: User, signed_in
) -> None:
    worker = make_worker(place.communities[0])
    assert signed_in(leader).get(reverse("socialworkers:list")).status_code == 403
    refused = newest()
    assert (refused.kind, refused.made_by, refused.object_label) == (
        Kind.REFUSED,
        leader,
        reverse("socialworkers:list"),
    )
    assert signed_in(other_clerk).get(worker.get_absolute_url()).status_code == 404
    refused = newest()
    assert (refused.kind, refused.made_by) == (Kind.REFUSED, other_clerk)
    assert refused.detail["address"] == {"ref": worker.ref}


def test_files_that_leave_and_files_that_come_are_recorded(
    place: Place, period: ReportingPeriod, clerk: User, signed_in
) -> None:
    make_worker(place.communities[0])
    browser = signed_in(clerk)
    browser.get(reverse("uploads:template", args=["workers"]), {"filled": 1})
    assert newest().kind == Kind.TEMPLATE
    export = browser.get(reverse("uploads:export", args=["workers"]))
    said = newest()
    assert (said.kind, said.rows, said.detail["register"]) == (Kind.EXPORTED, 1, "workers")
    file = SimpleUploadedFile("导出.xlsx", export.content)
    browser.post(reverse("uploads:new"), {"file": file, "register": "workers"})
    said = newest()
    assert (said.kind, said.object_label) == (Kind.UPLOADED, "导出.xlsx")
    assert said.detail["sha256"] == TrailRecord.objects.get(kind=Kind.EXPORTED).detail["sha256"]
    browser.get(reverse("uploads:original", args=[said.object_ref]))
    assert newest().kind == Kind.ORIGINAL


# --- Personal data in clear ---


@pytest.fixture
def reader(place: Place) -> User:
    return make_user("bureau_officer", place.city, may_unmask=True)


def test_a_number_is_shown_in_clear_for_a_reason_for_a_minute_and_the_county_sees_who(
    place: Place, reader: User, clerk: User, signed_in
) -> None:
    worker = make_worker(place.communities[0], phone=phone())
    browser, page = signed_in(reader), reverse("changelog:unmask", args=["workers", worker.ref])
    assert worker.id_number.reveal() not in browser.get(page).content.decode()
    shown = browser.post(page, {"reason": "核对医学院寄来的证书"})
    assert worker.id_number.reveal() in shown.content.decode()
    assert worker.phone.reveal() in shown.content.decode()
    assert shown["Refresh"] == f"60; url={worker.get_absolute_url()}"
    assert "no-store" in shown["Cache-Control"]
    event = newest()
    assert (event.kind, event.made_by, event.reason) == (Kind.UNMASKED, reader, "核对医学院寄来的证书")
    assert worker.id_number.reveal() not in event.detail_json
    page = signed_in(clerk).get(worker.get_absolute_url()).content.decode()
    assert "核对医学院寄来的证书" in page
    assert worker.id_number.reveal() not in page


@pytest.mark.parametrize("reason", ["", "核对", f"核对{id_number(7)}"])
def test_nothing_is_shown_without_a_reason_that_can_be_checked(
    place: Place, reader: User, signed_in, reason: str
) -> None:
    worker = make_worker(place.communities[0])
    refused = signed_in(reader).post(reverse("changelog:unmask", args=["workers", worker.ref]), {"reason": reason})
    assert refused.status_code == 422
    assert worker.id_number.reveal() not in refused.content.decode()
    assert Kind.UNMASKED not in kinds()


def test_who_has_no_right_or_another_area_sees_nothing_in_clear(place: Place, officer: User, signed_in) -> None:
    worker = make_worker(place.communities[0])
    page, reason = reverse("changelog:unmask", args=["workers", worker.ref]), {"reason": "核对证书，市局要求"}
    assert signed_in(officer).post(page, reason).status_code == 403
    elsewhere = make_user("district_clerk", place.other_county, may_unmask=True)
    assert signed_in(elsewhere).post(page, reason).status_code == 404
    register = reverse("changelog:unmask", args=["facilities", worker.ref])
    assert signed_in(elsewhere).post(register, reason).status_code == 404
    assert Kind.UNMASKED not in kinds()


def test_an_export_in_clear_names_who_has_it_and_is_recorded(place: Place, reader: User, signed_in, read_sheet) -> None:
    worker = make_worker(place.communities[0])
    page = reverse("uploads:export_in_clear", args=["workers"])
    answer = signed_in(reader).post(page, {"reason": "省厅核查持证人员"})
    cells = read_sheet(answer.content)
    assert worker.id_number.reveal() in cells
    assert any(reader.username in str(cell) and "不得转发" in str(cell) for cell in cells)
    assert reader.username in answer["Content-Disposition"]
    event = newest()
    assert (event.kind, event.rows, event.reason) == (Kind.EXPORTED_CLEAR, 1, "省厅核查持证人员")
    assert signed_in(reader).post(page, {"reason": ""}).status_code == 422


def test_the_persons_county_sees_an_export_in_clear_by_the_city_and_another_county_not(
    place: Place, reader: User, clerk: User, other_clerk: User, signed_in
) -> None:
    worker, elsewhere = make_worker(place.communities[0]), make_worker(place.other_county)
    page = reverse("uploads:export_in_clear", args=["workers"])
    signed_in(reader).post(page, {"reason": "省厅核查持证人员"})
    signed_in(make_user("district_clerk", place.county, may_unmask=True)).post(page, {"reason": "本县发放补贴"})
    shown = signed_in(clerk).get(worker.get_absolute_url()).content.decode()
    assert "谁看过原文" in shown and "导出原文（2条）" in shown
    assert "省厅核查持证人员" in shown and "本县发放补贴" in shown
    shown = signed_in(other_clerk).get(elsewhere.get_absolute_url()).content.decode()
    assert "省厅核查持证人员" in shown and "本县发放补贴" not in shown


def test_the_export_in_clear_leads_back_to_the_list(reader: User, signed_in) -> None:
    shown = signed_in(reader).get(reverse("uploads:export_in_clear", args=["workers"]))
    assert shown.context["cancel_url"] == reverse("socialworkers:list")
    assert [crumb.title for crumb in shown.context["crumbs"]] == ["登记册", "社会工作者"]


@pytest.fixture
def read_sheet():
    from python_calamine import CalamineWorkbook

    def cells(data: bytes) -> list[Any]:
        import io

        rows = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()
        return [cell for row in rows for cell in row]

    return cells


# --- Changes ---


def test_a_change_set_is_one_record_in_its_transaction(place: Place, clerk: User, signed_in) -> None:
    organization = make_organization(place.communities[0])
    browser, page = signed_in(clerk), reverse("changelog:edit", args=["organizations", organization.ref])
    form = browser.get(page).context["form"]
    values = {name: form[name].value() or "" for name in form.fields}
    browser.post(page, {**{name: str(value) for name, value in values.items()}, "note": "已核对"})
    changed = newest()
    assert changed.kind == Kind.CHANGED
    assert changed.change_set.records.count() == 1


def test_what_is_rolled_back_leaves_no_record(place: Place, clerk: User) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        record_event(Kind.EXPORTED, by=clerk)
        raise ZeroDivisionError
    assert not kinds()


def test_no_code_changes_or_deletes_a_record(clerk: User) -> None:
    record_event(Kind.EXPORTED, by=clerk)
    record = newest()
    for change in (record.save, record.delete, TrailRecord.objects.all().delete):
        with pytest.raises(AddedOnlyError):
            change()
    with pytest.raises(AddedOnlyError):
        TrailRecord.objects.update(kind=Kind.VIEWED)


def test_personal_numbers_in_texts_are_masked(clerk: User) -> None:
    number, mobile = id_number(), phone()
    record_event(Kind.EXPORTED, by=clerk, label=f"表{number}", detail={"a": [f"人{mobile}"], "n": 13812345678})
    record = newest()
    assert number not in record.object_label
    assert mobile not in record.detail_json
    assert record.detail["n"] == 13812345678


# --- A disk that is full ---


@pytest.mark.django_db(transaction=True)
def test_what_can_be_recorded_nowhere_is_not_shown(place: Place, signed_in, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import OperationalError

    reader = make_user("bureau_officer", place.city, may_unmask=True)
    worker = make_worker(place.communities[0])
    browser = signed_in(reader)

    def full(*_: object, **__: object) -> None:
        raise OperationalError("disk I/O error")

    monkeypatch.setattr(TrailRecord, "save", full)
    monkeypatch.setattr(spool, "put", lambda values: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    page = reverse("changelog:unmask", args=["workers", worker.ref])
    refused = browser.post(page, {"reason": "核对医学院寄来的证书"})
    assert refused.status_code == UnavailableError.status
    assert "审计记录暂时写不进去" in refused.content.decode()
    assert worker.id_number.reveal() not in refused.content.decode()
