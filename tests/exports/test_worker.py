"""Long lists: a worker makes the file, for the rights of that time, and it is the person's own until it is removed."""

from __future__ import annotations

import datetime
import os
import stat
import time

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from changelog.models import TrailRecord
from changelog.trail import TrailKind
from changzhi_portal.jobs import put_back_jobs
from exports.actions import MOST_UNFINISHED, make_export, remove_old
from exports.jobs import MAKE
from exports.models import ListExport
from exports.resources import ListResource
from exports.storage import keep_file, path_of, scratch_folder
from notices.models import Notice
from tests.addresses import make_export as make_queued
from tests.exports.files import FORMATS, content_of, export, rows_on_all_pages, table_of, words
from tests.factories import make_organization, make_user
from tests.pages import markup_of
from tests.threads import run_in_threads

pytestmark = pytest.mark.django_db
State = ListExport.State
LIST = "orgs:list"


@pytest.fixture(autouse=True)
def low_limit(settings, tmp_path):
    """Let a worker export what has more than two rows."""
    settings.EXPORT_ROWS_AT_ONCE = 2
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def filled(place):
    """Create five organizations in 城区 and three in another county."""
    for index in range(5):
        make_organization(place.communities[0], f"演示第{index}队", member_count=index)
    for number in range(3):
        make_organization(place.villages[0], f"外县第{number}队")
    return place


def asked(browser, query: str = "sort=-member_count", file_format: str = "csv") -> ListExport:
    """Return the export that a button of the menu has asked for."""
    answer = export(browser, reverse(LIST), query, file_format)
    assert answer.status_code == 302
    found = ListExport.objects.order_by("-pk")[0:1].get()
    assert answer["Location"] == found.get_absolute_url()
    return found


@pytest.mark.parametrize("file_format", FORMATS)
def test_a_long_list_is_made_by_a_worker_and_is_what_the_pages_show(file_format, filled, clerk, signed_in, monkeypatch):
    monkeypatch.setattr("exports.actions.CHUNK", 2)
    browser = signed_in(clerk)
    waiting = asked(browser, file_format=file_format)
    assert "正在排队" in markup_of(browser.get(waiting.get_absolute_url()))
    assert not TrailRecord.objects.filter(kind=TrailKind.EXPORTED).exists()
    make_export(waiting.pk)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.rows_done, waiting.rows_total) == (State.READY, 5, 5)
    page = markup_of(browser.get(waiting.get_absolute_url()))
    assert "共 <b>5</b> 条" in page
    _, rows = table_of(content_of(browser.get(reverse("exports:file", args=[waiting.ref]))), file_format)
    shown = rows_on_all_pages(browser, reverse(LIST), "sort=-member_count")
    assert [[words(cell) for cell in row] for row in rows] == shown
    assert len(shown) == 5
    kinds = TrailRecord.objects.filter(kind__in=(TrailKind.EXPORTED, TrailKind.DOCUMENT)).order_by("pk")
    assert [(each.kind, each.rows, each.detail["sha256"]) for each in kinds] == [
        (TrailKind.EXPORTED, 5, waiting.sha256),
        (TrailKind.DOCUMENT, 5, waiting.sha256),
    ]


def test_the_person_is_told_and_only_the_person_gets_the_file(filled, clerk, signed_in):
    done = asked(signed_in(clerk))
    make_export(done.pk)
    done.refresh_from_db()
    told = Notice.objects.get()
    assert (told.user, told.title, told.url) == (clerk, "社会组织导出好了，请下载", done.get_absolute_url())
    colleague = signed_in(make_user(Role.DISTRICT_CLERK, filled.county))
    for name in ("export", "progress", "file"):
        assert colleague.get(reverse(f"exports:{name}", args=[done.ref])).status_code == 404
    assert not stat.S_IMODE(path_of(done.file).stat().st_mode) & 0o077
    assert not list(scratch_folder().iterdir())


def test_the_export_of_a_killed_worker_is_taken_up_again(filled, clerk, signed_in):
    waiting = asked(signed_in(clerk))
    dead = MAKE.claim(waiting.pk)
    assert dead is not None
    dead.heartbeat(rows_done=2)
    make_export(waiting.pk)  # a message that comes twice does nothing
    assert ListExport.objects.get().state == State.MAKING
    ListExport.objects.update(heartbeat_at=timezone.now() - datetime.timedelta(minutes=3))
    put_back_jobs()
    back = ListExport.objects.get()
    assert (back.state, back.rows_done) == (State.QUEUED, 0)
    make_export(waiting.pk)
    assert ListExport.objects.get().state == State.READY


def test_a_worker_that_was_taken_for_dead_writes_nothing(filled, clerk, signed_in, monkeypatch):
    waiting = asked(signed_in(clerk))
    monkeypatch.setattr("exports.actions.keep_file", _lost_while(waiting, original=keep_file))
    make_export(waiting.pk)
    assert ListExport.objects.get().state == State.QUEUED
    assert [path for path in path_of("x").parent.iterdir() if path.is_file()] == []
    assert not TrailRecord.objects.filter(kind=TrailKind.EXPORTED).exists()


def _lost_while(waiting, *, original):
    def keep(name, file):
        size = original(name, file)
        ListExport.objects.filter(pk=waiting.pk).update(**MAKE.queued())
        return size

    return keep


def test_who_may_not_see_the_list_any_more_gets_nothing(filled, clerk, signed_in):
    waiting = asked(signed_in(clerk))
    type(clerk).objects.filter(pk=clerk.pk).update(role=Role.SYSTEM_ADMIN)
    make_export(waiting.pk)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.message) == (State.FAILED, "您的角色或所属区划变了，这张表现在不能导出。")
    assert (waiting.file, Notice.objects.get().title) == ("", "社会组织没有导出成")
    ListExport.objects.update(**MAKE.queued())
    type(clerk).objects.filter(pk=clerk.pk).update(role=Role.DISTRICT_CLERK, is_active=False)
    make_export(waiting.pk)
    assert ListExport.objects.get().state == State.FAILED


def test_what_is_made_lies_in_the_area_of_the_time_of_making(filled, clerk, signed_in):
    waiting = asked(signed_in(clerk))
    type(clerk).objects.filter(pk=clerk.pk).update(division=filled.other_county)
    make_export(waiting.pk)
    waiting.refresh_from_db()
    _, rows = table_of(path_of(waiting.file).read_bytes(), "csv")
    assert [row[0] for row in rows] == ["外县第0队", "外县第1队", "外县第2队"]


def test_a_file_is_not_given_out_once_role_or_area_have_changed(filled, clerk, signed_in):
    done = asked(signed_in(clerk))
    make_export(done.pk)
    address = reverse("exports:file", args=[done.ref])
    for change in ({"division": filled.other_county}, {"division": filled.county, "role": Role.SYSTEM_ADMIN}):
        type(clerk).objects.filter(pk=clerk.pk).update(**change)
        refused = signed_in(clerk).get(address)
        assert refused.status_code == 403
        assert "变了" in refused.content.decode()
    type(clerk).objects.filter(pk=clerk.pk).update(role=Role.DISTRICT_CLERK)
    assert signed_in(clerk).get(address).status_code == 200


def test_old_files_are_removed_and_their_pages_say_so(filled, clerk, signed_in):
    done = asked(signed_in(clerk))
    make_export(done.pk)
    done.refresh_from_db()
    left = path_of("left-behind.csv")
    left.write_text("of a killed worker")
    os.utime(left, (time.time() - 90_000,) * 2)
    assert remove_old(timezone.now() - datetime.timedelta(days=2)) == 0
    assert not left.exists()
    assert remove_old(timezone.now()) == 1
    assert not path_of(done.file).exists()
    page = signed_in(clerk).get(done.get_absolute_url())
    assert "已过期删除" in page.content.decode()
    answer = signed_in(clerk).get(reverse("exports:file", args=[done.ref]))
    assert (answer.status_code, answer["Location"]) == (302, done.get_absolute_url())


def test_the_same_is_made_once_and_one_person_waits_for_few(filled, clerk, signed_in):
    browser = signed_in(clerk)
    first = asked(browser)
    assert asked(browser) == first
    for number in range(MOST_UNFINISHED - 1):
        make_queued(clerk, query=f"q={number}")
    refused = export(browser, reverse(LIST), "sort=name", "csv")
    assert refused.status_code == 429
    assert ListExport.objects.count() == MOST_UNFINISHED


def test_progress_is_shown_while_it_is_made(filled, clerk, signed_in, monkeypatch):
    monkeypatch.setattr("exports.actions.CHUNK", 2)
    monkeypatch.setattr("exports.actions._SECONDS_BETWEEN_HEARTBEATS", 0)
    waiting = asked(signed_in(clerk))
    seen = []
    original = type(MAKE.claim_of(waiting)).heartbeat

    def heartbeat(claim, **values):
        original(claim, **values)
        answer = signed_in(clerk).get(reverse("exports:progress", args=[waiting.ref]), HTTP_HX_REQUEST="true")
        seen.append(answer.content.decode().split("已写 ")[1].split(" 条")[0])

    monkeypatch.setattr(type(MAKE.claim_of(waiting)), "heartbeat", heartbeat)
    make_export(waiting.pk)
    assert seen == ["2 / 5", "4 / 5", "5 / 5"]
    answer = signed_in(clerk).get(reverse("exports:progress", args=[waiting.ref]), HTTP_HX_REQUEST="true")
    assert answer["HX-Refresh"] == "true"


@pytest.mark.django_db(transaction=True)
def test_a_worker_goes_on_while_others_write(filled, clerk, signed_in, monkeypatch):
    """On SQLite a connection that reads cannot write after another one has written; so the keys are read first."""
    monkeypatch.setattr("exports.actions.CHUNK", 2)
    monkeypatch.setattr(ListResource.Meta, "chunk_size", 2)
    monkeypatch.setattr("exports.actions._SECONDS_BETWEEN_HEARTBEATS", 0)
    waiting = asked(signed_in(clerk))
    original = type(MAKE.claim_of(waiting)).heartbeat

    def heartbeat(claim, **values):
        run_in_threads(lambda: make_organization(filled.villages[0]))
        original(claim, **values)

    monkeypatch.setattr(type(MAKE.claim_of(waiting)), "heartbeat", heartbeat)
    make_export(waiting.pk)
    done = ListExport.objects.get()
    assert (done.state, done.message, done.rows_done) == (State.READY, "", 5)
