"""nginx in front of a running web process, and requests that go through it."""

from __future__ import annotations

import contextlib
import http.client
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings

from tests.faults.processes import environment
from tests.front import free_port, started, wait_for_port

FOLDER = Path(settings.BASE_DIR)
LOGIN = "/accounts/login/"
UPLOAD = "/uploads/new/"
API_UPLOAD = "/api/v1/uploads/"


class Front(NamedTuple):
    port: int
    folder: Path  # of what nginx writes
    log: Path


class Answer(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    text: str


@contextlib.contextmanager
def nginx(folder: Path, **variables: str) -> Iterator[Front]:
    port = free_port()
    log = folder / f"nginx-{port}.log"
    with (
        log.open("wb") as output,
        started("nginx", FOLDER, {**environment(), "PORT": str(port), **variables}, output=output) as process,
    ):
        wait_for_port(port, process)
        yield Front(port, settings.VAR_DIR / "nginx" / str(port), log)


def ask(
    front: Front, method: str = "GET", address: str = LOGIN, body: Any = None, *, chunked: bool = False, **headers: str
) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", front.port, timeout=60)
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, address, body, sent, encode_chunked=chunked)
    response = connection.getresponse()
    answer = Answer(response.status, response.headers, response.read().decode())
    connection.close()
    return answer


def sign_in(front: Front, name: str, password: str, *, cookies: str = "", **headers: str) -> Answer:
    token = "t" * 32
    form = f"username={name}&password={password}&csrfmiddlewaretoken={token}"
    kind = {"Content_Type": "application/x-www-form-urlencoded", "Cookie": f"csrftoken={token}{cookies}"}
    return ask(front, "POST", LOGIN, form, **kind, **headers)
