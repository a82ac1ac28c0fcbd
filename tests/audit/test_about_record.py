"""Tests of the page of everything about one record: who saw a person's number, who changed a record, what was undone."""

from __future__ import annotations

import datetime
import json

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from changelog.models import ChangeRecord
from changelog.models.logged_values import logged_at
from changelog.trail import TrailKind
from tests.audit.events import edit_note, happened, undo
from tests.factories import make_batch, make_change_set, make_facility, make_user, make_worker
from tests.pages import markup_of
from tests.queries import exactly

pytestmark = pytest.mark.django_db
MAY = datetime.date(2018, 5, 10)
JUNE = datetime.date(2018, 6, 10)
IN_MAY = "made_from=2018-05-01&made_to=2018-05-31"


def about(record, query: str = "") -> str:
    address = reverse("audit:about", args=[record._meta.label_lower, record.ref])
    return f"{address}?{query}" if query else address


def kinds(events) -> list[str]:
    return [record.kind for record in events.records]


@pytest.fixture
def worker(place):
    return make_worker(place.communities[0], "李演示")


def test_who_saw_a_persons_number_in_may_is_answered_by_one_page(
    place, worker, auditor, administrator, clerk, other_clerk, signed_in
):
    register = json.dumps({"filled": True, "register": "workers"}, sort_keys=True)
    happened(TrailKind.UNMASKED, MAY, by=administrator, about=worker, division=place.street, reason="核对证件")
    happened(TrailKind.UNMASKED, JUNE, by=clerk, about=worker, division=place.street, reason="六月的")
    happened(TrailKind.VIEWED, MAY, by=clerk, about=worker, division=place.street)
    happened(TrailKind.EXPORTED_CLEAR, MAY, by=administrator, object_label="社会工作者", rows=9, reason="迎检")
    happened(TrailKind.EXPORTED, MAY, by=clerk, object_label="社会工作者", rows=3)
    happened(TrailKind.TEMPLATE, MAY, by=clerk, object_label="社会工作者", detail_json=register)
    # None of these holds the person: another county's, another register's, an empty template.
    happened(TrailKind.EXPORTED_CLEAR, MAY, by=other_clerk, object_label="社会工作者", reason="别县的")
    happened(TrailKind.EXPORTED_CLEAR, MAY, by=administrator, object_label="服务设施", reason="别的表")
    happened(TrailKind.TEMPLATE, MAY, by=clerk, object_label="社会工作者", detail_json='{"filled": false}')
    batch = make_batch(clerk, "workers")
    ChangeRecord.objects.create(
        change_set=make_change_set(clerk, batch=batch), model="socialworkers.socialworker", object_id=worker.pk,
        object_ref=worker.ref, object_label="李演示", division=place.street, kind="updated", before={"name": "李"}, after={"name": "李演示"},
    )  # fmt: skip
    happened(TrailKind.ORIGINAL, MAY, by=administrator, about=batch, division=place.county)
    happened(TrailKind.ORIGINAL, MAY, by=administrator, about=make_batch(clerk, "workers"), division=place.county)
    answer = signed_in(auditor).get(about(worker, IN_MAY))
    assert sorted(kinds(answer.context["clear"])) == ["exported_clear", "original", "unmasked"]
    assert sorted(kinds(answer.context["masked"])) == ["exported", "template", "viewed"]
    page = markup_of(answer)
    assert "核对证件" in page and "迎检" in page and administrator.username in page
    assert "六月的" not in page and "别县的" not in page and "别的表" not in page
    assert worker.id_number.reveal() not in page
    assert len(kinds(signed_in(auditor).get(about(worker)).context["clear"])) == 4, "all times without days"


def test_who_looked_the_number_up_is_among_those_who_saw_the_person(place, worker, auditor, clerk, signed_in):
    administrator = make_user(Role.BUREAU_ADMIN, place.city, may_unmask=True)
    number = worker.id_number.reveal()
    for address in (reverse("search"), f"{reverse('search')}?kind=workers"):
        found = signed_in(clerk).post(address, {"q": number})
        assert worker.name in markup_of(found)
    asked = {"id_number": number, "reason": "本人持身份证来查询"}
    assert worker.name in markup_of(signed_in(administrator).post(reverse("privacy:subject"), asked))
    make_worker(place.communities[0], "王另一人")
    answer = signed_in(auditor).get(about(worker))
    assert kinds(answer.context["masked"]) == ["subject_request", "searched", "searched"]
    assert "本人持身份证来查询" in markup_of(answer)


def test_more_than_are_listed_are_not_counted(place, worker, auditor, clerk, signed_in, monkeypatch):
    monkeypatch.setattr("audit.views.subject.MOST_LISTED", 3)
    for _ in range(5):
        happened(TrailKind.VIEWED, MAY, by=clerk, about=worker, division=place.street)
    for day in (MAY, JUNE):
        happened(TrailKind.EXPORTED, day, by=clerk, object_label="社会工作者", rows=3)
    answer = signed_in(auditor).get(about(worker))
    page = markup_of(answer)
    assert kinds(answer.context["masked"]) == ["exported", "exported", "viewed"] and answer.context["masked"].has_more
    assert "查看个人记录 <b>3</b>次以上" in page and "导出 <b>2</b>次，1人" in page and "全部时间" in page
    assert "这段时间" in markup_of(signed_in(auditor).get(about(worker, IN_MAY)))


def test_an_auditors_look_at_one_person_is_itself_recorded(place, worker, auditor, signed_in):
    signed_in(auditor).get(about(worker))
    assert kinds(signed_in(auditor).get(about(worker)).context["masked"]) == ["viewed"]


def test_exports_from_before_a_person_was_added_do_not_hold_the_person(place, worker, auditor, clerk, signed_in):
    happened(TrailKind.EXPORTED_CLEAR, MAY, by=clerk, object_label="社会工作者", reason="早先的")
    ChangeRecord.objects.create(
        change_set=make_change_set(clerk), model="socialworkers.socialworker", object_id=worker.pk,
        object_ref=worker.ref, object_label="李演示", division=place.street, kind="created", after={"name": "李演示"},
    )  # fmt: skip
    happened(TrailKind.EXPORTED_CLEAR, timezone.localdate() + datetime.timedelta(days=1), by=clerk,
             object_label="社会工作者", reason="后来的")  # fmt: skip
    for user, address in ((auditor, about(worker)), (clerk, worker.get_absolute_url())):
        page = markup_of(signed_in(user).get(address))
        assert "后来的" in page and "早先的" not in page


def test_exports_of_where_a_person_was_before_count_too(place, worker, auditor, clerk, other_clerk, signed_in):
    happened(TrailKind.VIEWED, MAY, by=other_clerk, about=worker, division=place.rural_town)
    happened(TrailKind.EXPORTED_CLEAR, MAY, by=other_clerk, object_label="社会工作者", reason="那时在襄垣")
    assert "那时在襄垣" in markup_of(signed_in(auditor).get(about(worker)))


def test_a_county_sees_what_belongs_to_it_and_is_told_what_it_cannot_see(place, worker, administrator, signed_in):
    happened(TrailKind.UNMASKED, MAY, by=administrator, about=worker, division=place.street, reason="核对证件")
    happened(TrailKind.EXPORTED_CLEAR, MAY, by=administrator, object_label="社会工作者", reason="全市的")
    own = make_user(Role.AUDITOR, place.county)
    page = markup_of(signed_in(own).get(about(worker)))
    assert "核对证件" in page and "全市的" not in page and "请由市里的审计员查" in page
    other = make_user(Role.AUDITOR, place.other_county)
    assert signed_in(other).get(about(worker)).status_code == 404
    for label in ("no.model", "nothing", "changelog.changeset"):
        assert signed_in(own).get(reverse("audit:about", args=[label, worker.ref])).status_code == 404


def test_changes_show_what_undid_them_and_parts_are_among_them(place, auditor, clerk, signed_in):
    facility = make_facility(place.communities[0], "演示中心", note="旧")
    first = edit_note(facility, "新", clerk, 1)
    undoing = undo(first, clerk)
    [last, earlier] = signed_in(auditor).get(about(facility)).context["changes"]
    assert earlier.undone_by is not None and earlier.undone_by.trail_ref == undoing.trail_record.ref
    assert last.undoes is not None and last.undoes.trail_ref == first.trail_record.ref
    assert last.undone_by is None
    assert [(each.old, each.new) for each in earlier.changes] == [("旧", "新")]


def test_a_row_that_an_undoing_left_alone_is_not_called_undone(place, auditor, clerk, signed_in):
    facility = make_facility(place.communities[0], "演示中心", note="旧")
    first = edit_note(facility, "新", clerk, 1)
    make_change_set(clerk, reverses=first)  # it has reversed nothing of this record
    [change] = signed_in(auditor).get(about(facility)).context["changes"]
    assert change.undone_by is None


def test_a_record_that_is_gone_keeps_its_traces(place, auditor, clerk, signed_in):
    worker = make_worker(None, "赵演示")
    happened(TrailKind.VIEWED, MAY, by=clerk, about=worker, division=place.street)
    made = make_change_set(clerk)
    values = {"model": "socialworkers.socialworker", "object_id": worker.pk, "object_ref": worker.ref}
    common = {**values, "object_label": "赵演示", "division": place.street}
    place_in_log = logged_at("socialworkers.socialworker", "id_number", worker.ref)
    logged = worker.id_number.token_at(place_in_log)
    state = {"name": "赵演示", "gender": "female", "id_number": logged}
    ChangeRecord.objects.create(change_set=made, kind="created", after=state, **common)
    undoing = make_change_set(clerk, reverses=made, summary="撤销演示")
    ChangeRecord.objects.create(change_set=undoing, kind="removed", before=state, **common)
    address, number = about(worker), worker.id_number
    worker.delete()
    answer = signed_in(auditor).get(address)
    page = markup_of(answer)
    assert "已经不在登记册里" in page and kinds(answer.context["masked"]) == ["viewed"]
    [removed, created] = answer.context["changes"]
    assert (created.kind, removed.kind) == ("新增", "删除") and created.undone_by.text.endswith("撤销演示")
    for change in (removed, created):
        assert str(number) in {each.new for each in change.changes}, "the last values, masked"
    assert number.reveal() not in page


@pytest.mark.parametrize("more", [0, 15])
def test_the_page_takes_a_fixed_number_of_queries(more, place, worker, auditor, clerk, signed_in):
    batch = make_batch(clerk, "workers")
    for number in range(1 + more):
        happened(TrailKind.VIEWED, MAY, by=clerk, about=worker, division=place.street)
        happened(TrailKind.UNMASKED, MAY, by=clerk, about=worker, division=place.street, reason="核对")
        ChangeRecord.objects.create(
            change_set=make_change_set(clerk, batch=batch), model="socialworkers.socialworker", object_id=worker.pk,
            object_ref=worker.ref, object_label="李演示", division=place.street, kind="updated",
            before={"note": str(number)}, after={"note": "新"},
        )  # fmt: skip
    browser = signed_in(auditor)
    browser.get(about(worker))
    # the signed-in user, the record, changes, uploads, divisions, its posting, places, when it was added; in clear: page, files, exports;
    # masked: page, look-ups, exports, calls of the API, templates; other events; and the look itself with the record's posting
    with exactly(19):
        browser.get(about(worker))


def test_a_records_page_leads_auditors_there_and_nobody_else(place, worker, auditor, clerk, signed_in):
    assert about(worker) in markup_of(signed_in(auditor).get(worker.get_absolute_url()))
    assert about(worker) not in markup_of(signed_in(clerk).get(worker.get_absolute_url()))
