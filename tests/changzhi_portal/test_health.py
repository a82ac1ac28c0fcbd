"""Tests of the health of the portal: `/readyz`, the page 运行状况, and the numbers of waiting work."""

from __future__ import annotations

import datetime
import json
import logging
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as portal_settings
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import ROLES_OF_PEOPLE, Role, User
from changzhi_portal.celery import Queue
from changzhi_portal.health.load import queue_loads
from changzhi_portal.health.report import answers, forget_answers
from changzhi_portal.models import PortalProcess
from notices.models import Notice
from reports.jobs import PRINT
from reports.models import Briefing
from tests.addresses import make_briefing
from tests.factories import Place, home_of, make_batch, make_user
from tests.faults.processes import environment
from tests.queries import exactly
from tests.words import latin_words

Kind = PortalProcess.Kind
WORKERS = ["worker_uploads", "worker_targets", "worker_reports"]
CHECKS = ["database", "migrations", "broker", *WORKERS, "beat", "disk", "trail", "webhooks", "fonts", "briefing_mail"]


def make_process(kind: Kind, *queues: Queue, name: str = "host 1", silent_for: int = 0) -> PortalProcess:
    """Create the row of a process that was heard of `silent_for` seconds ago."""
    now = timezone.now()
    return PortalProcess.objects.create(
        kind=kind,
        name=name,
        queues=" ".join(queues),
        started_at=now - datetime.timedelta(hours=1),
        seen_at=now - datetime.timedelta(seconds=silent_for),
    )


@pytest.fixture
def running(db: None, settings: Any) -> None:
    """Have a worker and beat run, and enough room on the disk."""
    make_process(Kind.WORKER, *Queue)
    make_process(Kind.BEAT, name="host 2")
    settings.HEALTH_FREE_BYTES = 0


def failed_checks() -> list[str]:
    """Return the checks that `/readyz` says have failed, asked again."""
    forget_answers()
    answer = Client().get("/readyz")
    found = json.loads(answer.content)
    assert answer.status_code == (503 if found["failed"] else 200)
    assert found["ready"] is not bool(found["failed"])
    assert found["failed"] == [name for name, state in found["checks"].items() if state == "failed"]
    return found["failed"]


def page_of(user: User, signed_in: Callable[[User], Client], **headers: str) -> str:
    answer = signed_in(user).get(reverse("health"), headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


# --- /readyz ---


@pytest.mark.usefixtures("running")
def test_a_visitor_learns_that_all_is_well_and_nothing_else() -> None:
    answer = Client().get("/readyz")
    assert json.loads(answer.content) == {"ready": True, "failed": [], "checks": dict.fromkeys(CHECKS, "ok")}
    assert "no-store" in answer["Cache-Control"]
    assert Client().post("/readyz").status_code == 405


@pytest.mark.usefixtures("running")
def test_probes_cost_nothing_while_the_answers_are_fresh() -> None:
    # One for the database, two for migrations (is there a table, which are applied), three for workers, one for beat, one
    # for records of the trail that are not sealed, one for mails of issues, two for what other systems are told.
    with exactly(11):
        Client().get("/readyz")
    with exactly(0):
        for _ in range(5):
            Client().get("/readyz")


@pytest.mark.usefixtures("running")
def test_a_silent_worker_is_missed_and_only_for_the_queues_that_nobody_else_serves(settings: Any) -> None:
    PortalProcess.objects.filter(kind=Kind.WORKER).update(
        seen_at=timezone.now() - datetime.timedelta(seconds=settings.HEALTH_SILENT_SECONDS + 1)
    )
    assert failed_checks() == WORKERS
    make_process(Kind.WORKER, Queue.UPLOADS, Queue.REPORTS, name="host 3")
    assert failed_checks() == ["worker_targets"]


@pytest.mark.usefixtures("running")
def test_beat_is_missed() -> None:
    PortalProcess.objects.filter(kind=Kind.BEAT).delete()
    assert failed_checks() == ["beat"]


@pytest.mark.usefixtures("running")
@pytest.mark.skipif(bool(portal_settings.REDIS_URL), reason="the broker is Redis")
def test_a_queue_of_files_that_cannot_be_written_is_noticed(tmp_path: Path, settings: Any) -> None:
    (tmp_path / "file").touch()
    settings.CELERY_BROKER_TRANSPORT_OPTIONS = {"data_folder_out": str(tmp_path / "file" / "queue")}
    assert failed_checks() == ["broker"]
    assert str(tmp_path) not in Client().get("/readyz").content.decode()


@pytest.mark.usefixtures("running")
def test_redis_that_is_down_is_noticed(settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert failed_checks() == ["broker"]


@pytest.mark.usefixtures("running")
def test_a_full_disk_is_noticed(settings: Any) -> None:
    settings.HEALTH_FREE_BYTES = 10**18
    assert failed_checks() == ["disk"]


@pytest.mark.usefixtures("running")
def test_missing_fonts_are_noticed(tmp_path: Path, settings: Any) -> None:
    settings.FONT_DIR = tmp_path
    assert failed_checks() == ["fonts"]


@pytest.mark.usefixtures("running")
def test_a_database_of_an_older_release_is_noticed() -> None:
    MigrationRecorder.Migration.objects.filter(app="uploads").order_by("-name")[:1].get().delete()
    assert failed_checks() == ["migrations"]


@pytest.mark.django_db
@pytest.mark.one_database
def test_a_database_that_does_not_answer_is_named_and_what_depends_on_it_is_not_asked() -> None:
    program = (
        "import django; django.setup()\n"
        "from django.test import Client\n"
        "answer = Client(headers={'host': 'localhost'}).get('/readyz')\n"
        "print(answer.status_code, answer.content.decode())\n"
    )
    nowhere = environment() | {
        "DATABASE_URL": "postgres://portal:hidden@127.0.0.1:1/portal",
        "HEALTH_FREE_BYTES": "0",
        "PORTAL_MODE": "embedded",
    }
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=portal_settings.BASE_DIR,
        env=nowhere,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    status, _, content = done.stdout.strip().partition(" ")
    assert status == "503"
    assert json.loads(content)["failed"] == [
        "database",
        "migrations",
        *WORKERS,
        "beat",
        "trail",
        "briefing_mail",
        "webhooks",
    ]
    assert "hidden" not in done.stdout + done.stderr


@pytest.mark.usefixtures("running")
def test_the_log_names_a_check_when_it_fails_and_when_it_is_well_again_once(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("changzhi_portal.health.report.BRIEFLY", 0)
    caplog.set_level(logging.INFO, "changzhi_portal.health.report")
    beat = PortalProcess.objects.filter(kind=Kind.BEAT)
    [row] = beat
    beat.delete()
    for _ in range(3):
        answers()
    assert caplog.messages == ["Health check beat fails: Beat does not run. Start it."]
    row.save(force_insert=True)
    answers()
    assert caplog.messages[1:] == ["Health check beat is well again"]


# --- The page ---


@pytest.mark.usefixtures("running")
@pytest.mark.one_database
@pytest.mark.parametrize("role", ROLES_OF_PEOPLE)
def test_the_page_is_for_those_who_have_faults_mended(
    role: Role, place: Place, signed_in: Callable[[User], Client]
) -> None:
    user = make_user(role, home_of(role, place))
    answer = signed_in(user).get(reverse("health"))
    assert answer.status_code == (200 if role in {Role.SYSTEM_ADMIN, Role.BUREAU_ADMIN} else 403)


@pytest.mark.usefixtures("running")
@pytest.mark.one_database
def test_the_page_says_that_all_is_well(system_admin: User, signed_in: Callable[[User], Client]) -> None:
    browser = signed_in(system_admin)
    answer = browser.get(reverse("health"))
    text = answer.content.decode()
    assert "全部正常" in text and "没有响应" not in text
    assert all(word in text for word in ("数据库", "后台处理：简报打印", "打印字体", "host 1"))
    assert latin_words(answer, system_admin.username, "host") == []
    home = browser.get("/").content.decode()
    assert "系统运行正常。" in home and f'href="{reverse("health")}"' in home


@pytest.mark.usefixtures("running")
@pytest.mark.one_database
def test_page_and_home_say_what_fails_and_what_to_do(
    system_admin: User, administrator: User, signed_in: Callable[[User], Client]
) -> None:
    PortalProcess.objects.update(seen_at=timezone.now() - datetime.timedelta(minutes=5))
    text = page_of(administrator, signed_in)
    assert "有4项不正常" in text
    assert "没有后台处理进程在办“简报打印”的任务（最后一次心跳" in text and "请启动后台处理进程" in text
    assert "定时进程没有运行" in text
    assert text.count("没有响应") == 2
    home = signed_in(system_admin).get("/").content.decode()
    assert "系统有4项不正常" in home and "定时进程" in home


@pytest.mark.usefixtures("running")
@pytest.mark.one_database
def test_htmx_gets_the_changing_part_and_the_session_is_not_kept_alive(
    system_admin: User, signed_in: Callable[[User], Client]
) -> None:
    whole = page_of(system_admin, signed_in)
    assert 'hx-trigger="every 30s"' in whole and 'hx-get="/health/?failed=0"' in whole
    browser = signed_in(system_admin)
    browser.get("/health/")
    part = browser.get("/health/?failed=0", headers={"hx-request": "true"})
    assert part.cookies == {}
    assert "<html" not in part.content.decode() and 'id="health"' in part.content.decode()
    assert 'id="announcer"' not in part.content.decode()
    PortalProcess.objects.all().delete()
    forget_answers()
    changed = browser.get("/health/?failed=0", headers={"hx-request": "true"}).content.decode()
    assert 'id="announcer" hx-swap-oob="innerHTML">有4项不正常</div>' in changed


@pytest.mark.usefixtures("running")
@pytest.mark.one_database
def test_the_page_makes_few_queries(system_admin: User, signed_in: Callable[[User], Client]) -> None:
    browser = signed_in(system_admin)
    browser.get("/readyz")
    # The signed-in user, the processes, eleven kinds of work, what is due of three of them (five queries).
    with exactly(18):
        browser.get(reverse("health"))


# --- Numbers of work ---


@pytest.mark.django_db
def test_work_is_counted_by_queue_with_the_request_that_has_waited_longest(place: Place, clerk: User) -> None:
    now = timezone.now()
    earlier, long_ago = now - datetime.timedelta(minutes=20), now - datetime.timedelta(days=2)
    make_batch(clerk, state="queued", queued_at=earlier, heartbeat_at=now)
    make_batch(clerk, state="commit_queued", queued_at=now, heartbeat_at=now)
    make_batch(clerk, state="checking", heartbeat_at=now)
    make_batch(clerk, state="failed", heartbeat_at=now)
    make_batch(clerk, state="failed", heartbeat_at=long_ago)
    Notice.objects.create(user=clerk, title="演示", mail=Notice.Mail.WAITING)
    uploads, targets, reports = queue_loads()
    assert (uploads.waiting, uploads.running, uploads.failed, uploads.oldest_at) == (2, 1, 1, earlier)
    assert uploads.is_late
    assert (targets.waiting, targets.failed, targets.is_late) == (1, 0, False)
    assert (reports.waiting, reports.running, reports.failed, reports.oldest_at) == (0, 0, 0, None)


@pytest.mark.django_db
def test_reminding_a_worker_does_not_make_a_request_younger(place: Place) -> None:
    briefing = make_briefing(place.county)
    Briefing.objects.update(stage=Briefing.Stage.DRAFT, **PRINT.queued())
    asked_at = queue_loads()[2].oldest_at
    assert asked_at is not None
    Briefing.objects.filter(pk=briefing.pk).update(heartbeat_at=asked_at - datetime.timedelta(minutes=5))
    assert PRINT.send_due() == 1
    assert queue_loads()[2].oldest_at == asked_at


@pytest.mark.django_db
def test_a_dead_process_is_forgotten_once_it_has_a_successor() -> None:
    make_process(Kind.WORKER, *Queue, name="host 1", silent_for=600)
    other = make_process(Kind.WORKER, Queue.UPLOADS, name="host 2", silent_for=600)
    living = make_process(Kind.WORKER, *Queue, name="host 3")
    PortalProcess.objects.succeeded_by(Kind.WORKER, living.queues).delete()
    assert set(PortalProcess.objects.all()) == {other, living}
