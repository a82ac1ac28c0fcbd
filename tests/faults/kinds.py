"""The kinds of faults that a portal must get over by itself (docs/operations.md, "Faults")."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection
from redis import Redis

from periods.models import ReportingPeriod
from reports.actions import prepare_briefing
from reports.models import Briefing
from targets.jobs import periods_to_measure
from targets.models import Computation
from tests.faults.portal import Portal, Upload

Done = Callable[[], bool]
NOTHING: Done = lambda: True  # noqa: E731  # no work was met


@dataclass(frozen=True)
class Kind:
    """One kind of fault: `strike` returns when the fault is over, with what must be done for the portal to be whole."""

    name: str
    strike: Callable[[Portal], Done]
    database: str = ""  # the vendor that it needs
    needs_own_disk: bool = False


# --- Processes that are killed ---


def _busy(step: str) -> Callable[[Portal], Done]:
    def strike(portal: Portal) -> Done:
        begin, done = {"computing": _computing, "printing": _printing}.get(step, _uploading)(portal)
        try:
            portal.process_halted_at(step, begin).kill()
        finally:
            portal.go_on(step)
        return done

    return strike


def _uploading(portal: Portal) -> tuple[Callable[[], object], Done]:
    sent: list[Upload] = []

    def begin() -> None:
        sent.append(portal.upload())
        for _ in range(200):  # a file that waits to be committed halts there
            if sent[0].advance() or any(portal.folder.glob("*.pid")):
                return
            time.sleep(0.1)

    return begin, lambda: sent[0].advance()


def _computing(portal: Portal) -> tuple[Callable[[], object], Done]:
    def is_measured() -> bool:
        running = Computation.objects.filter(period=portal.period, state=Computation.State.RUNNING)
        return not running.exists() and not periods_to_measure().filter(pk=portal.period.pk).exists() and begun_again()

    def begun_again() -> bool:
        return Computation.objects.get(period=portal.period).state == Computation.State.FINISHED

    def begin() -> None:
        sent = portal.upload()
        while not sent.advance():
            time.sleep(0.1)

    return begin, is_measured


def _printing(portal: Portal) -> tuple[Callable[[], object], Done]:
    month = ReportingPeriod.objects.get(pk=portal.period.pk)

    def begin() -> None:
        prepare_briefing(period=month, division=portal.place.city, by=portal.officer)

    return begin, lambda: Briefing.objects.get().state == Briefing.State.PRINTED


def _idle_worker(portal: Portal) -> Done:
    portal.processes("worker")[0].kill()
    return NOTHING


def _all_workers(portal: Portal) -> Done:
    for process in portal.processes("worker"):
        process.kill()
    return NOTHING


def _keeper_of(kind: str) -> Callable[[Portal], Done]:
    def strike(portal: Portal) -> Done:
        portal.keeper_of(kind).kill()
        return NOTHING

    return strike


def _honcho(portal: Portal) -> Done:
    portal.processes("honcho")[0].kill()
    return NOTHING


def _beat(portal: Portal) -> Done:
    portal.processes("beat")[0].kill()
    return NOTHING


def _worker_of(kind: str) -> Callable[[Portal], Done]:
    def strike(portal: Portal) -> Done:
        found = portal.processes(kind)
        next(each for each in found if each.parent in {other.pid for other in found}).kill()
        return NOTHING

    return strike


def _master_of(kind: str) -> Callable[[Portal], Done]:
    def strike(portal: Portal) -> Done:
        found = portal.processes(kind)
        next(each for each in found if each.parent not in {other.pid for other in found}).kill()
        return NOTHING

    return strike


def _stopped(kind: str) -> Callable[[Portal], Done]:
    """Stop the processes without ending them: no heartbeat, nothing taken. Over when they have been replaced."""

    def strike(portal: Portal) -> Done:
        stopped = portal.processes(kind)
        for process in stopped:
            process.kill(signal.SIGSTOP)
        return lambda: not {each.pid for each in stopped} & {each.pid for each in portal.processes(kind)}

    return strike


# --- The queue ---


def _queue_folder() -> Path:
    return Path(settings.CELERY_BROKER_TRANSPORT_OPTIONS["data_folder_out"])


def _folder_deleted(portal: Portal) -> Done:
    shutil.rmtree(_queue_folder().parent)
    return NOTHING


def _message_lost(portal: Portal) -> Done:
    workers = portal.processes("worker")
    for process in workers:
        process.kill(signal.SIGSTOP)
    sent = portal.upload()
    if settings.REDIS_URL:
        Redis.from_url(settings.REDIS_URL).flushdb()
    else:
        shutil.rmtree(_queue_folder())
    for process in workers:
        process.kill(signal.SIGCONT)
    return sent.advance


# --- Disk and database ---


@contextmanager
def _full() -> Iterator[None]:
    with closing(sqlite3.connect(connection.settings_dict["NAME"], timeout=60)) as own:
        own.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # so that writing needs room
    filler = Path(settings.VAR_DIR, "filler")
    descriptor = os.open(filler, os.O_CREAT | os.O_WRONLY)
    try:
        for size in (1024 * 1024, 4096):
            try:
                while True:
                    os.write(descriptor, bytes(size))
            except OSError:
                continue
        yield
    finally:
        os.close(descriptor)
        filler.unlink()


@contextmanager
def _read_only() -> Iterator[None]:
    var = str(settings.VAR_DIR)
    subprocess.run(["mount", "--bind", var, var], check=True)
    subprocess.run(["mount", "-o", "remount,ro,bind", var], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", var], check=True)


@contextmanager
def _locked() -> Iterator[None]:
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(connection.settings_dict["NAME"], timeout=60)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.rollback()
    else:
        other = connection.copy()
        with closing(other), other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("LOCK TABLE accounts_user, uploads_uploadbatch IN EXCLUSIVE MODE")
            yield
            cursor.execute("ROLLBACK")


def _lasting(
    fault: Callable[[], object], words: str, *, seconds: float, signs_in: bool = False
) -> Callable[[Portal], Done]:
    """Return a strike during which people read, and are told in `words` that nothing was saved."""

    def strike(portal: Portal) -> Done:
        assert portal.visitor.sign_in(portal.clerk) and portal.visitor.reads()
        with fault():  # type: ignore[attr-defined]
            end = time.monotonic() + seconds
            if signs_in:
                began = time.monotonic()
                assert portal.visitor.sign_in(portal.officer), "signing in"
                assert time.monotonic() - began < 3, "signing in waited"
            while True:
                assert portal.visitor.reads(), "reading during the fault"
                status, page = portal.visitor.writes()
                assert status in (503, 507) and words in page, f"writing during the fault: {status}"
                if time.monotonic() > end:
                    break
                time.sleep(1)
        return NOTHING

    return strike


# --- Services ---


def _redis(portal: Portal) -> Done:
    with closing(Redis.from_url(settings.REDIS_URL)) as redis:
        info, folder = redis.info("server"), redis.config_get("dir")["dir"]
    port, pid = info["tcp_port"], info["process_id"]
    os.kill(pid, signal.SIGKILL)
    time.sleep(5)
    subprocess.run(
        ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--daemonize", "yes", "--dir", folder,
         "--logfile", f"{folder}/log"], check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    return NOTHING


def _postgres(portal: Portal) -> Done:
    with connection.cursor() as cursor:
        cursor.execute("SHOW data_directory")
        data = cursor.fetchone()[0]
    connection.close()
    binary = next(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    started_with = Path(data, "postmaster.opts").read_text().split('"')[1::2]
    user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    subprocess.run(
        [*user, str(binary), "stop", "--pgdata", data, "--mode", "immediate", "--silent"], cwd="/", check=True
    )
    time.sleep(5)
    options = " ".join(started_with[started_with.index("-p") :]) if "-p" in started_with else ""
    subprocess.run(
        [*user, str(binary), "start", "--pgdata", data, "--silent", "--wait", "--log", f"{data}/../log", "--options",
         options], cwd="/", check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    return NOTHING


KINDS = (
    Kind("idle worker killed", _idle_worker),
    Kind("both workers killed", _all_workers),
    Kind("worker killed while checking", _busy("checking")),
    Kind("worker killed while committing", _busy("committing")),
    Kind("worker killed while computing", _busy("computing")),
    Kind("worker killed while printing", _busy("printing")),
    Kind("workers stand still", _stopped("worker")),
    Kind("keeper of the workers killed", _keeper_of("worker")),
    Kind("beat killed", _beat),
    Kind("beat stands still", _stopped("beat")),
    Kind("web worker killed", _worker_of("web")),
    Kind("web master killed", _master_of("web")),
    Kind("nginx worker killed", _worker_of("nginx")),
    Kind("nginx master killed", _master_of("nginx")),
    Kind("keeper of nginx killed", _keeper_of("nginx")),
    Kind("honcho killed", _honcho),
    Kind("folder of the queue deleted", _folder_deleted, database="sqlite"),
    Kind("message of the queue lost", _message_lost),
    Kind("disk full", _lasting(_full, "磁盘满了", seconds=15), database="sqlite", needs_own_disk=True),
    Kind("disk read-only", _lasting(_read_only, "不能写入", seconds=15), database="sqlite", needs_own_disk=True),
    Kind("database locked", _lasting(_locked, "正在写入别的数据", seconds=40, signs_in=True)),
    Kind("Redis killed", _redis, database="postgresql"),
    Kind("PostgreSQL killed", _postgres, database="postgresql"),
)
