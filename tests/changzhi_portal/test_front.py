"""Tests of nginx in front of the web process, both started as the Procfile says (ADR 0023)."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import get_resolver
from django.urls.resolvers import URLPattern, URLResolver

from accounts.models import User
from changelog.models import TrailKind, TrailRecord
from changzhi_portal.api.routes import endpoints
from tests.faults.processes import environment
from tests.front import free_port, started, wait_for_port
from tests.nginx import API_UPLOAD, FOLDER, LOGIN, UPLOAD, Front, ask, nginx, sign_in
from tests.slow_clients import slow_clients

served = pytest.mark.usefixtures("transactional_db")
pytestmark = [pytest.mark.one_database]


# --- Slow connections ---


@pytest.mark.slow
@served
def test_people_go_on_working_beside_two_hundred_slow_connections(front: Front) -> None:
    def seconds(_: int) -> float:
        began = time.monotonic()
        assert ask(front).status == 200
        return time.monotonic() - began

    with ThreadPoolExecutor(20) as people, slow_clients(front.port):
        longest = max(people.map(seconds, range(40)))
    # Where slow connections take the threads of the web process, none is answered while these last. How much slower
    # answers become, `make bench ARGS=slow` measures.
    assert longest < 30


# --- Bodies ---


@served
@pytest.mark.parametrize(
    ("address", "size", "sentence"),
    [
        (LOGIN, 5 * 1024**2 + 1, "提交的内容超过5MB，没有收下；请分几次填写和提交。"),
        (UPLOAD, 300 * 1024**2 + 1, "一次上传的文件合计不能超过300MB，没有收下；请分几次上传。"),
    ],
)
def test_a_body_that_is_too_large_is_refused_before_any_of_it_is_sent(
    address: str, size: int, sentence: str, front: Front
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", front.port, timeout=20)
    connection.putrequest("POST", address)
    connection.putheader("Content-Length", str(size))
    connection.endheaders()
    response = connection.getresponse()
    text = response.read().decode()
    connection.close()
    assert response.status == 413
    assert f"<p>{sentence}</p>" in text
    assert "nginx" not in text.casefold()


@served
def test_a_body_without_a_length_is_refused_when_it_becomes_too_large(front: Front) -> None:
    with socket.create_connection(("127.0.0.1", front.port), 20) as connection:
        connection.sendall(f"POST {LOGIN} HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
        chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
        with contextlib.suppress(OSError):
            for _ in range(100):
                connection.sendall(chunk)
        answer = connection.recv(1 << 16)
    assert answer.startswith(b"HTTP/1.1 413 ")


@served
def test_a_body_without_a_length_reaches_the_portal_whole(front: Front, clerk: User) -> None:
    token = "t" * 32
    form = f"username={clerk.username}&password=wrong&csrfmiddlewaretoken={token}".encode()
    answer = ask(
        front,
        "POST",
        body=iter([form[:20], form[20:]]),
        chunked=True,
        Transfer_Encoding="chunked",
        Content_Type="application/x-www-form-urlencoded",
        Cookie=f"csrftoken={token}",
    )
    assert answer.status == 422
    assert clerk.username in answer.text


@served
def test_a_large_body_is_taken_in_from_people_who_are_signed_in_alone(
    front: Front, clerk: User, signed_in: Callable[[User], Client]
) -> None:
    size = 100 * 1024**2
    with socket.create_connection(("127.0.0.1", front.port), 20) as connection:
        connection.sendall(f"POST {UPLOAD} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {size}\r\n\r\n".encode())
        answer = connection.recv(1 << 16).decode()  # although none of it was sent
    assert answer.startswith("HTTP/1.1 302 ")
    assert f"Location: {LOGIN}?next={UPLOAD}&unsaved=1\r\n" in answer
    assert ask(front, address=UPLOAD).headers["Location"] == f"{LOGIN}?next={UPLOAD}", "looking is the portal's affair"
    assert ask(front, address="/signed-in").status == 404, "only nginx asks"
    cookies = f"csrftoken={'t' * 32}; sessionid={signed_in(clerk).cookies['sessionid'].value}"
    form = {"Cookie": cookies, "Content_Type": "application/x-www-form-urlencoded"}
    assert ask(front, "POST", UPLOAD, f"csrfmiddlewaretoken={'t' * 32}", **form).status == 422, (
        "the portal has judged it"
    )


@served
def test_while_a_body_arrives_no_file_of_it_has_a_name(
    front: Front, clerk: User, signed_in: Callable[[User], Client]
) -> None:
    cookie = f"Cookie: sessionid={signed_in(clerk).cookies['sessionid'].value}"
    with socket.create_connection(("127.0.0.1", front.port), 20) as connection:
        head = ("Host: 127.0.0.1", "Content-Length: 4000000", cookie)
        connection.sendall("\r\n".join((f"POST {UPLOAD} HTTP/1.1", *head, "", "")).encode())
        connection.sendall(b"x" * 3_000_000)
        until = time.monotonic() + 20
        while not (files := open_files(front)) and time.monotonic() < until:
            time.sleep(0.05)
    assert files
    assert all(f"{front.folder}/client_bodies/" in name and name.endswith(" (deleted)") for name in files), files
    assert not [path for path in (front.folder / "client_bodies").rglob("*") if path.is_file()]
    assert front.folder.stat().st_mode & 0o077 == 0


def open_files(front: Front) -> list[str]:
    """Return the files that nginx has open below its own folder."""
    names = []
    master = (front.folder / "nginx.pid").read_text().strip()
    children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    for descriptor in (each for child in children for each in Path(f"/proc/{child}/fd").iterdir()):
        with contextlib.suppress(OSError):
            names.append(str(descriptor.readlink()))
    return [name for name in names if name.startswith(str(front.folder))]


# --- Addresses ---


@served
def test_a_client_cannot_forge_its_address(front: Front, clerk: User) -> None:
    answer = sign_in(front, clerk.username, "wrong", X_Forwarded_For="10.6.6.6", Forwarded="for=10.6.6.6")
    assert answer.status == 422
    assert [event.address for event in TrailRecord.objects.filter(kind=TrailKind.SIGN_IN_FAILED)] == ["127.0.0.1"]


@served
def test_behind_a_proxy_the_address_is_the_one_that_the_proxy_has_added(
    web: subprocess.Popen[bytes], clerk: User, tmp_path: Path
) -> None:
    with nginx(tmp_path, PROXY_ADDRESSES="10.0.0.0/8,127.0.0.1") as front:
        sign_in(front, clerk.username, "wrong", X_Forwarded_For="10.6.6.6, 10.1.2.3")
    assert [event.address for event in TrailRecord.objects.filter(kind=TrailKind.SIGN_IN_FAILED)] == ["10.1.2.3"]


@served
def test_other_headers_about_the_protocol_are_not_believed_and_do_no_harm(front: Front) -> None:
    """gunicorn refuses a request whose headers say different things about it."""
    assert ask(front, X_Forwarded_Ssl="on").status == 200
    assert ask(front, X_Forwarded_Protocol="ssl").status == 200


# --- Requests that come too often ---


@served
def test_an_address_that_signs_in_too_often_is_told_to_wait(
    web: subprocess.Popen[bytes], clerk: User, tmp_path: Path
) -> None:
    with nginx(tmp_path, SIGN_INS_PER_ADDRESS="2") as front:
        first = [sign_in(front, f"nobody{number}", "wrong").status for number in range(3)]
        refused = sign_in(front, clerk.username, "wrong")
        for_htmx = sign_in(front, clerk.username, "wrong", HX_Request="true")
        assert ask(front).status == 200, "reading a page is not counted"
    assert first == [422, 422, 422]
    assert (refused.status, refused.headers["Retry-After"]) == (429, "60")
    assert "<p>操作太频繁，这一次没有办理；请过一分钟再试。</p>" in refused.text
    assert for_htmx.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert for_htmx.text == "操作太频繁，这一次没有办理；请过一分钟再试。"


@served
def test_a_network_of_ipv6_is_counted_as_one_and_written_ipv4_addresses_are_not(
    web: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    with nginx(tmp_path, PROXY_ADDRESSES="127.0.0.1", SIGN_INS_PER_ADDRESS="2") as front:

        def statuses(address: str) -> list[int]:
            of_each = (address.format(number) for number in range(4))
            return [sign_in(front, "nobody", "wrong", X_Forwarded_For=each).status for each in of_each]

        assert statuses("2001:db8:0:1::{}")[-1] == 429
        assert 429 not in statuses("2001:db8:0:2{}::1")
        assert 429 not in statuses("::ffff:10.1.2.{}")
        assert statuses("::ffff:10.9.9.9")[-1] == 429


@served
def test_one_address_cannot_have_any_number_of_requests_on_their_way(front: Front) -> None:
    head = b"POST /notices/seen/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10\r\n\r\n"
    with contextlib.ExitStack() as held:
        for _ in range(500):
            held.enter_context(socket.create_connection(("127.0.0.1", front.port), 20)).sendall(head)
        until = time.monotonic() + 10
        while (status := ask(front).status) != 429 and time.monotonic() < until:
            time.sleep(0.1)
    assert status == 429
    assert ask(front).status == 200


@served
def test_fifty_people_of_one_address_sign_in_at_once(front: Front) -> None:
    with ThreadPoolExecutor(10) as people:
        answers = list(people.map(lambda number: sign_in(front, f"nobody{number}", "wrong"), range(50)))
    assert {answer.status for answer in answers} == {422}


@served
def test_made_up_sign_ins_wait_for_each_other_and_delay_nobody_with_a_known_browser(front: Front) -> None:
    with ThreadPoolExecutor(30) as strangers:
        guesses = [strangers.submit(sign_in, front, f"nobody{number}", "wrong") for number in range(30)]
        known = [sign_in(front, f"nobody{number}", "wrong", cookies="; browser=x").status for number in range(3)]
        are_waiting = sum(not guess.done() for guess in guesses)
        answers = {guess.result().status for guess in guesses}
    assert (known, answers) == ([422] * 3, {422})
    assert are_waiting >= 10


@served
def test_more_made_up_sign_ins_than_can_wait_are_refused_without_the_portal(front: Front) -> None:
    with ThreadPoolExecutor(150) as strangers:
        answers = list(strangers.map(lambda number: sign_in(front, f"nobody{number}", "wrong"), range(150)))
    by_nginx = [answer for answer in answers if "操作太频繁" in answer.text]  # the portal refuses in other words
    assert by_nginx
    assert {answer.status for answer in by_nginx} == {429}


def test_a_number_that_is_none_stops_nginx_with_a_sentence() -> None:
    for name, value in (("UPLOADS_PER_ADDRESS", "many"), ("PROXY_ADDRESSES", "proxy.example")):
        done = subprocess.run(
            ["scripts/run_nginx", "--check"],
            cwd=FOLDER,
            env={**environment(), "PORT": "1", name: value},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 1
        assert done.stderr.startswith(name)


# --- Answers and log ---


@served
def test_headers_of_the_portal_reach_the_browser(
    front: Front, clerk: User, signed_in: Callable[[User], Client]
) -> None:
    page = ask(front, Cookie=f"sessionid={signed_in(clerk).cookies['sessionid'].value}", address="/uploads/")
    assert page.status == 200
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]
    assert page.headers["X-Frame-Options"] == "DENY"
    assert "no-store" in page.headers["Cache-Control"]
    assert "HttpOnly" in page.headers["Set-Cookie"]
    assert "gunicorn" not in (page.headers["Server"] or "")


@pytest.mark.slow
@served
def test_while_the_portal_is_away_a_page_says_so_and_the_log_has_no_query(tmp_path: Path) -> None:
    with nginx(tmp_path, WEB_SOCKET=str(tmp_path / "nobody"), PORTAL_MODE="production") as front:
        answer = ask(front, address="/search/?q=zhangsan", Referer="http://127.0.0.1/?name=lisi")
        style = ask(front, address="/errors/errors.css")
        assert ask(front, address="/errors/refused.html").status in {404, 502}
        assert ask(front, "POST", address="/notices/seen/").status == 502
    assert answer.status == 502
    assert "<h1>暂时连不上</h1>" in answer.text
    assert "请过一两分钟刷新页面" in answer.text
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert (style.status, style.headers["Content-Type"]) == (200, "text/css; charset=utf-8")
    written = front.log.read_text()
    assert not {"zhangsan", "lisi"} & set(re.findall(r"\w+", written))
    lines = [json.loads(line) for line in written.splitlines()]
    assert (lines[0]["event"], lines[0]["status"]) == ("nginx answered GET /search/ itself", 502)
    assert lines[-1]["event"] == "nginx answered POST /notices/seen/ itself"


@pytest.mark.slow
@served
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_nginx_leaves_nothing_running_behind_when_its_keeper_ends(
    number: int, web: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    port = free_port()
    with (
        (tmp_path / "log").open("wb") as log,
        started("nginx", FOLDER, {**environment(), "PORT": str(port)}, output=log) as process,
    ):
        wait_for_port(port, process)
        process.send_signal(number)
        process.wait(10)
    until = time.monotonic() + 10
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), 5).close()
        except ConnectionRefusedError:
            return
        time.sleep(0.1)
    pytest.fail("Somebody still listens on the port.")


# --- What nginx and the portal both know ---


def pages() -> Iterator[tuple[str, Any]]:
    """Yield an example of each address, and its page."""

    def walk(resolver: URLResolver, before: str) -> Iterator[tuple[str, Any]]:
        for each in resolver.url_patterns:
            if isinstance(each, URLResolver):
                yield from walk(each, before + str(each.pattern))
            elif isinstance(each, URLPattern):
                yield re.sub(r"<\w+:\w+>", "x1", f"/{before}{each.pattern}"), getattr(each.callback, "view_class", None)

    yield from walk(get_resolver(), "")


def template() -> str:
    return (FOLDER / "deploy" / "nginx" / "nginx.conf.template").read_text()


def patterns(variable: str) -> list[str]:
    """Return the patterns of a map of nginx with addresses, without methods."""
    found = re.search(rf"map [^{{]* \${variable} {{(.*?)\n    }}", template(), re.DOTALL)
    assert found is not None
    listed = re.findall(r'^\s*"?(\S.*?)"? \$counted_address;$', found[1], re.MULTILINE)
    return [re.sub(r"^~\^(POST )?", "^", each) if each.startswith("~") else f"^{each}$" for each in listed]


@pytest.mark.parametrize(
    ("variable", "kind"), [("uploading", "uploads"), ("searching", "searches"), ("exporting", "exports")]
)
def test_nginx_counts_the_same_pages_as_the_portal(variable: str, kind: str) -> None:
    counted = {address for address, page in pages() if getattr(page, "counted_as", "") == kind}
    by_nginx = {address for address, _ in pages() if any(re.search(each, address) for each in patterns(variable))}
    assert counted
    assert by_nginx == counted


def test_nginx_lets_large_bodies_through_to_the_pages_that_take_files() -> None:
    (location,) = re.findall(
        r"location ~ (\S+) {\s+auth_request /signed-in;\s+client_max_body_size @REQUEST_BYTES@", template()
    )
    taking = {address for address, page in pages() if getattr(page, "takes_files", False)}
    assert {address for address, _ in pages() if re.search(location, address)} == taking == {
        UPLOAD,
        "/uploads/division-changes/",
    }  # fmt: skip
    of_programs = {
        f"/api/v1/{endpoint.slug}/{address.path}"
        for endpoint in endpoints()
        for address in endpoint.addresses()
        if address.options.get("takes_files")
    }
    by_nginx = re.findall(r"location = (/api\S+) {\s+auth_request /api/v1/may-send-files;", template())
    assert set(by_nginx) == of_programs == {API_UPLOAD}


def test_nginx_and_the_portal_take_bodies_of_the_same_size() -> None:
    script = (FOLDER / "scripts" / "run_nginx").read_text()
    assert f"number UPLOAD_MAX_BYTES {settings.UPLOAD_MAX_BYTES})" in script
    assert f"form_bytes={settings.DATA_UPLOAD_MAX_MEMORY_SIZE}\n" in script
    assert "UPLOAD_MAX_REQUEST_BYTES $((6 * file_bytes))" in script
    assert settings.UPLOAD_MAX_REQUEST_BYTES == 6 * settings.UPLOAD_MAX_BYTES
