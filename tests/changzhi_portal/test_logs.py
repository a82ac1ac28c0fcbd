"""Tests of log lines: the ids of request, task and batch, and no personal numbers."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, build_opener

import pytest
import structlog
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from structlog.contextvars import bound_contextvars, get_contextvars

from accounts.management.acting import acting_user
from accounts.models import User
from changzhi_portal.commands import PortalCommand
from changzhi_portal.logs import make_formatter
from tests.communities.test_sheets import facility_row
from tests.factories import make_period
from tests.faults.processes import process, wait_until, worker
from tests.uploads.office import write_workbook
from uploads import actions, tasks
from uploads.models import UploadBatch

logger = logging.getLogger("tests.logs")
NUMBER, MASKED = "140402199003070017", "140*************17"
PHONE, MASKED_PHONE = "13812345678", "138******78"
Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def lines(stream: io.StringIO) -> Iterator[Lines]:
    """Return a function that returns the lines written so far as dicts, in the format of production."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(make_formatter(as_json=True))
    root = logging.getLogger()
    root.addHandler(handler)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.removeHandler(handler)


# --- Requests ---


@pytest.mark.django_db
@pytest.mark.one_database
def test_lines_of_a_request_name_request_and_user_by_id(
    lines: Lines, clerk: User, signed_in: Callable[[User], Client], stream: io.StringIO
) -> None:
    browser = signed_in(clerk)
    browser.get("/nothing/", {"q": "演示张三"})
    browser.get("/nothing/")
    Client().get("/nothing/")
    first, second, nobodys = (line for line in lines() if line["logger"] == "django.request")
    assert first["event"] == "Not Found: /nothing/"
    assert first["user_id"] == second["user_id"] == clerk.pk
    assert "user_id" not in nobodys
    assert len({line["request_id"] for line in (first, second, nobodys)}) == 3
    assert not {"演示张三", clerk.username, clerk.full_name} & set(re.split(r"\W", stream.getvalue()))
    assert get_contextvars() == {}


@pytest.mark.django_db
@pytest.mark.one_database
def test_a_refused_page_is_one_line_without_a_traceback(
    lines: Lines, clerk: User, signed_in: Callable[[User], Client]
) -> None:
    assert signed_in(clerk).get("/accounts/users/new/").status_code == 403
    (line,) = lines()
    assert (line["event"], line["level"]) == ("Forbidden (Permission denied): /accounts/users/new/", "warning")
    assert line["user_id"] == clerk.pk
    assert "exception" not in line


@pytest.mark.django_db
@pytest.mark.one_database
def test_a_request_for_another_host_is_told_without_a_traceback(lines: Lines) -> None:
    assert Client().get("/accounts/login/", headers={"host": "portal.example.invalid"}).status_code == 400
    told = lines()
    assert any("portal.example.invalid" in line["event"] for line in told)
    assert not any("exception" in line for line in told)


@pytest.mark.django_db
@pytest.mark.one_database
def test_lines_of_a_batchs_page_name_the_batch(
    lines: Lines, clerk: User, signed_in: Callable[[User], Client], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = received(tmp_path, clerk, queue=False)
    monkeypatch.setattr("uploads.views.batch.BatchPage.get_context_data", fail)
    browser = signed_in(clerk)
    browser.raise_request_exception = False
    assert browser.get(f"/uploads/{batch.ref}/").status_code == 500
    (line,) = (line for line in lines() if line["logger"] == "django.request")
    assert (line["batch_id"], line["user_id"]) == (batch.pk, clerk.pk)
    assert MASKED in line["exception"]
    assert NUMBER not in line["exception"]


def fail(*args: Any, **kwargs: Any) -> None:
    raise RuntimeError(f"no {NUMBER}")


# --- Tasks and commands ---


def test_lines_of_a_task_name_it_and_the_batch(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("uploads.actions.work_on_next_batch", lambda woken_for: logger.warning("working"))
    tasks.check_batch.apply(args=(12,), task_id="t-1")
    (line,) = (line for line in lines() if line["event"] == "working")
    assert (line["task"], line["task_id"], line["batch_id"]) == ("uploads.tasks.check_batch", "t-1", 12)
    assert get_contextvars() == {}


@pytest.mark.django_db
@pytest.mark.one_database
def test_lines_of_a_step_that_no_task_does_name_the_batch(
    lines: Lines, clerk: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = received(tmp_path, clerk, queue=False)
    monkeypatch.setattr("uploads.actions.check.check_claimed", fail)
    actions.check_batch(batch)
    (line,) = (line for line in lines() if line["level"] == "error")
    assert line["batch_id"] == batch.pk
    assert NUMBER not in line["exception"]


class Command(PortalCommand):
    def handle(self, *args: Any, **options: Any) -> None:
        acting_user(args[0])
        logger.warning("commanded")

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("args", nargs="*")


@pytest.mark.django_db
@pytest.mark.one_database
def test_lines_of_a_command_name_it_and_the_user_of_its_as(lines: Lines, clerk: User) -> None:
    call_command(Command(), clerk.username)
    (line,) = (line for line in lines() if line["event"] == "commanded")
    assert (line["command"], line["user_id"]) == ("test_logs", clerk.pk)
    assert get_contextvars() == {}


# --- Personal data ---


def test_personal_numbers_are_masked_wherever_they_stand(lines: Lines, stream: io.StringIO) -> None:
    logger.warning("no %s: %s", NUMBER, PHONE, extra={"value": NUMBER, "row": {"phone": [int(PHONE)]}, "rows": 12})
    structlog.get_logger("tests.logs").warning("no %s", NUMBER, value=PHONE)
    try:
        raise ValueError(NUMBER)
    except ValueError:
        logger.exception("It failed\n%s", PHONE)
    with bound_contextvars(value=PHONE):
        logger.warning("bound")
    first, second, third, fourth = lines()
    assert first["event"] == f"no {MASKED}: {MASKED_PHONE}"
    assert (first["value"], first["row"], first["rows"]) == (MASKED, {"phone": [MASKED_PHONE]}, 12)
    assert (second["event"], second["value"], second["logger"]) == (f"no {MASKED}", MASKED_PHONE, "tests.logs")
    assert f"ValueError: {MASKED}" in third["exception"]
    assert fourth["value"] == MASKED_PHONE
    assert NUMBER not in stream.getvalue()
    assert PHONE not in stream.getvalue()


def test_an_object_is_shown_by_kind_and_key_never_by_its_text(lines: Lines) -> None:
    logger.warning("told", extra={"by": User(pk=3, full_name="演示张三"), "error": ValueError("演示张三")})
    (line,) = lines()
    assert (line["by"], line["error"]) == ("<User 3>", "<ValueError>")


def test_lines_for_people_are_masked_too() -> None:
    record = logging.LogRecord("tests.logs", logging.WARNING, __file__, 1, "no %s", (NUMBER,), None)
    record.phone = PHONE
    with bound_contextvars(batch_id=4):
        line = make_formatter(as_json=False).format(record)
    assert re.fullmatch(
        rf"\d{{4}}-\d\d-\d\dT[\d:.]+\+0800 \[warning +\] no {re.escape(MASKED)} +\[tests.logs\] "
        rf"batch_id=4 phone=\'?{re.escape(MASKED_PHONE)}\'?",
        line,
    )


# --- Real processes ---


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.one_database
def test_the_web_servers_lines_have_ids_and_no_query(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTAL_MODE", "embedded")
    with process("-m", *web_command()) as server:
        assert server.stdout is not None
        output = ""
        while (listening := re.search(r"Listening at: (http://\S+)", output)) is None:
            line = server.stdout.readline()
            assert line, output
            output += line
        build_opener(ProxyHandler({})).open(f"{listening[1]}/healthz?q={PHONE}&name=zhangsan", timeout=60).close()
        server.terminate()
        output += server.communicate(timeout=60)[0]
    (line,) = (line for line in output.splitlines() if "gunicorn.access" in line)
    assert '"GET /healthz" 200' in line
    assert re.search(r" request_id=[0-9a-f]{32}$", line)
    assert "zhangsan" not in output
    assert PHONE not in output


def web_command() -> list[str]:
    """Return the image's command for the web process, on a free port."""
    dockerfile = (settings.BASE_DIR / "Dockerfile").read_text()
    command = json.loads(re.findall(r"^CMD (\[.*?\])$", dockerfile.replace("\\\n", ""), re.MULTILINE)[0])
    command[command.index("--bind") + 1] = "127.0.0.1:0"
    command[command.index("--workers") + 1] = "1"
    return list(command)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.one_database
def test_a_workers_lines_name_batch_and_who_asked_and_follow_log_level(
    clerk: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")
    with worker() as started:
        with bound_contextvars(request_id="abc", user_id=clerk.pk):
            batch = received(tmp_path, clerk, queue=True)
        wait_until(lambda: UploadBatch.objects.get(pk=batch.pk).state == "checked", what="the check")
        started.terminate()
        output = started.communicate(timeout=60)[0]
    (line,) = (line for line in output.splitlines() if "uploads.tasks.check_batch" in line and "succeeded" in line)
    assert f" batch_id={batch.pk} " in line
    assert re.search(r" task_id=[0-9a-f-]{36}\b", line)
    assert " request_id=abc " in line
    assert re.search(rf" user_id={clerk.pk}\b", line)


def received(folder: Path, user: User, *, queue: bool) -> UploadBatch:
    file = write_workbook(folder / "演示设施.xlsx", [facility_row()])
    return actions.receive_file(
        file=[file.read_bytes()], file_name=file.name, register="facilities", by=user, period=make_period(), queue=queue
    )
