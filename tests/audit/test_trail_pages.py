"""Tests of the trail as a list, and of one of its records."""

from __future__ import annotations

import datetime
from urllib.parse import urlencode

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import ROLES_OF_PEOPLE, Role
from audit.kinds import GROUPS
from changelog.models import ChangeRecord, TrailRecord
from changelog.trail import TrailKind, record_event, seal_waiting
from changzhi_portal.pages.paging import BoundedPaginator
from tests.audit.events import edit_note, undo
from tests.factories import home_of, make_facility, make_user, make_worker
from tests.pages import markup_of
from tests.queries import exactly

pytestmark = pytest.mark.django_db
LIST = reverse("audit:trail")


@pytest.fixture
def county_auditor(place):
    return make_user(Role.AUDITOR, place.county)


def newest(**conditions) -> TrailRecord:
    return TrailRecord.objects.filter(**conditions).order_by("-pk")[0]


def page_of(record: TrailRecord) -> str:
    return reverse("audit:trail_record", args=[record.ref])


def shown_kinds(browser, **query) -> list[str]:
    answer = browser.get(f"{LIST}?{urlencode(query)}")
    kinds = (row.record.kind for row in answer.context["table"].paginated_rows)
    return [kind for kind in kinds if kind != TrailKind.SIGNED_IN]  # that of the test's own browsers


def test_every_kind_stands_in_one_group():
    assert sorted(kind for group in GROUPS for kind in group.kinds) == sorted(TrailKind)


def test_an_auditor_finds_by_person_kind_day_place_and_object(place, auditor, clerk, other_clerk, signed_in):
    browser = signed_in(auditor)
    record_event(TrailKind.SIGN_IN_FAILED, username="wangwu")
    record_event(TrailKind.EXPORTED, by=other_clerk, label="服务设施", rows=318)
    worker = make_worker(place.communities[0], "李演示")
    record_event(TrailKind.UNMASKED, by=clerk, about=worker, division=place.street, reason="核对证件")
    assert shown_kinds(browser) == ["unmasked", "exported", "sign_in_failed"], "the newest first"
    assert shown_kinds(browser, q=other_clerk.username) == ["exported"]
    assert shown_kinds(browser, q=clerk.full_name) == ["unmasked", "exported"], "both clerks are called so"
    assert shown_kinds(browser, q="wangw") == ["sign_in_failed"]
    assert shown_kinds(browser, kind="exported") == ["exported"]
    assert shown_kinds(browser, kind="sign-ins") == ["sign_in_failed"]
    assert shown_kinds(browser, county=place.county.code) == ["unmasked"]
    assert shown_kinds(browser, about="李演") == ["unmasked"]
    today = timezone.localdate()
    assert len(shown_kinds(browser, made_from=today, made_to=today)) == 3
    assert shown_kinds(browser, made_to=today - datetime.timedelta(days=1)) == []
    page = markup_of(browser.get(LIST))
    assert all(word in page for word in ("核对证件", "318", "wangwu（没有登录）", f"（{clerk.username}）"))
    assert reverse("audit:about", args=["socialworkers.socialworker", worker.ref]) in page


def test_a_county_sees_what_concerns_its_area_whoever_did_it_and_nothing_else(
    place, administrator, other_clerk, county_auditor, signed_in
):
    own = make_worker(place.communities[0], "李演示")
    record_event(TrailKind.VIEWED, by=administrator, about=own, division=place.street)
    shown = newest(kind=TrailKind.VIEWED)
    record_event(TrailKind.EXPORTED, by=other_clerk, label="服务设施")
    hidden = newest(kind=TrailKind.EXPORTED)
    browser = signed_in(county_auditor)
    assert "viewed" in shown_kinds(browser) and "exported" not in shown_kinds(browser)
    assert browser.get(page_of(shown)).status_code == 200
    assert browser.get(page_of(hidden)).status_code == 404


@pytest.mark.parametrize("role", [role for role in ROLES_OF_PEOPLE if role is not Role.AUDITOR])
def test_nobody_but_an_auditor_opens_any_of_it(role, place, people_of, signed_in):
    browser = signed_in(people_of(role))
    record_event(TrailKind.EXPORTED, label="服务设施")
    about = reverse("audit:about", args=["communities.community", place.communities[0].ref])
    names = ("trail", "downloads", "found_file", "rights", "divisions")
    for address in [*(reverse(f"audit:{name}") for name in names), about, page_of(newest())]:
        assert browser.get(address).status_code == 403


@pytest.fixture
def people_of(place):
    def made(role):
        where = home_of(role, place)
        return make_user(role, where)

    return made


def test_a_record_says_all_it_knows_and_its_seal(place, auditor, clerk, signed_in):
    detail = {"register": "workers", "sha256": "ab" * 32, "fields": ["id_number"], "status": 404}
    worker = make_worker(place.communities[0], "李演示")
    record_event(TrailKind.UNMASKED, by=clerk, about=worker, reason="核对证件", detail=detail)
    record, browser = newest(), signed_in(auditor)
    assert "待封存" in markup_of(browser.get(page_of(record)))
    seal_waiting()
    page = markup_of(browser.get(page_of(record)))
    seal = TrailRecord.objects.get(pk=record.pk).seal
    words = ("核对证件", "社会工作者", "身份证号", "ab" * 32, "不在辖区内", seal.mac, seal.key_id, "城区")
    assert "待封存" not in page
    assert [word for word in words if word not in page] == []


def test_a_refused_attempt_is_told_in_words(auditor, clerk, signed_in):
    detail = {"method": "POST", "page": "socialworkers:detail", "status": 403, "address": {"ref": "x1"}}
    record_event(TrailKind.REFUSED, by=clerk, label="/workers/x1/", detail=detail)
    page = markup_of(signed_in(auditor).get(page_of(newest(kind=TrailKind.REFUSED))))
    assert all(word in page for word in ("提交", "社会工作者", "没有权限")) and "POST" not in page


def test_a_change_shows_before_and_after_and_what_undid_it(place, auditor, clerk, signed_in):
    facility = make_facility(place.communities[0], "演示中心", note="旧")
    change_set = edit_note(facility, "新", clerk, 1)
    browser = signed_in(auditor)
    page = markup_of(browser.get(page_of(change_set.trail_record)))
    assert "<del>旧</del> 改为 <ins>新</ins>" in page and "已撤销" not in page
    undoing = undo(change_set, clerk)
    page = markup_of(browser.get(page_of(change_set.trail_record)))
    assert "已撤销" in page and page_of(undoing.trail_record) in page
    assert page_of(change_set.trail_record) in markup_of(browser.get(page_of(undoing.trail_record)))


@pytest.mark.parametrize("more", [1, 20])
def test_the_list_takes_a_fixed_number_of_queries(more, place, auditor, clerk, signed_in):
    for number in range(more):
        record_event(TrailKind.VIEWED, by=clerk, about=make_facility(place.communities[0]), label=f"第{number}个")
    browser = signed_in(auditor)
    browser.get(LIST)
    with exactly(5):  # the signed-in user, views, counties to choose from, number, rows
        browser.get(LIST)
    with exactly(7):  # and who the text means: the user of this name, else those whose names contain it
        browser.get(f"{LIST}?q=测试")


def test_of_few_rows_the_page_is_read_by_their_keys(place, auditor, clerk, signed_in, monkeypatch):
    for number in range(30):
        record_event(TrailKind.EXPORTED, by=clerk, label=f"表{number}")
    browser = signed_in(auditor)
    for few in (BoundedPaginator.FEW, 10):
        monkeypatch.setattr(BoundedPaginator, "FEW", few)
        answer = browser.get(f"{LIST}?about=表&page=2")
        assert [row.record.object_label for row in answer.context["table"].paginated_rows] == [
            f"表{n}" for n in range(4, -1, -1)
        ]
        assert answer.context["table"].paginator.count == 30


@pytest.mark.parametrize("number", [1, 12])
def test_a_change_of_many_records_takes_a_fixed_number_of_queries(number, place, auditor, clerk, signed_in):
    change_set = edit_note(make_facility(place.communities[0], note="旧"), "新", clerk, 1)
    [row] = ChangeRecord.objects.filter(change_set=change_set)
    for _ in range(number):
        row.pk, row.object_id = None, make_facility(place.communities[1]).pk
        row.save()
    browser, address = signed_in(auditor), page_of(change_set.trail_record)
    browser.get(address)
    with exactly(4):  # the signed-in user, the record with its seal, the number of changes, the changes
        browser.get(address)


def test_a_long_list_is_counted_only_so_far(auditor, clerk, signed_in, monkeypatch):
    monkeypatch.setattr(BoundedPaginator, "MOST", 30)
    for _ in range(40):
        record_event(TrailKind.SIGNED_IN, by=clerk)
    browser = signed_in(auditor)
    answer = browser.get(f"{LIST}?kind=signed_in&page=9")
    assert "30</b> 条以上" in markup_of(answer) and "第 2 / 2 页" in markup_of(answer)
    assert len(answer.context["table"].paginated_rows) == 5
