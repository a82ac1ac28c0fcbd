"""Visitors of a running portal: each asks for one page after the other and waits for the answer (a closed loop)."""

from __future__ import annotations

import http.client
import statistics
import threading
import time
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import urlencode

# Django compares the token of a form with the one in the cookie; a visitor may choose both.
TOKEN = "benchmark" * 3 + "bench"


class Answer(NamedTuple):
    """One answered request: the page's short name, seconds until the last byte, status, bytes as they were sent."""

    page: str
    seconds: float
    status: int
    size: int


class Visitor(NamedTuple):
    """A signed-in user: the cookie, and the pages (short name, address) asked for in turn."""

    cookie: str
    pages: list[tuple[str, str]]


def visit(
    port: int, visitors: list[Visitor], *, rounds: int | None = None, seconds: float | None = None
) -> list[Answer]:
    """Let every visitor walk through its pages at once, `rounds` times or for so many `seconds`; return all answers.

    A refused or broken connection counts as an answer with status 0.
    """
    answers: list[Answer] = []
    until = time.monotonic() + seconds if seconds is not None else None

    def walk(number: int, visitor: Visitor) -> None:
        # Each begins at another page, so that they do not march in step.
        start = number * 5 % len(visitor.pages)
        order = visitor.pages[start:] + visitor.pages[:start]
        done = 0
        while (rounds is None or done < rounds) and (until is None or time.monotonic() < until):
            for name, address in order:
                if until is not None and time.monotonic() >= until:
                    return
                answers.append(ask(port, visitor.cookie, name, address))
            done += 1

    threads = [threading.Thread(target=walk, args=pair) for pair in enumerate(visitors)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def ask(port: int, cookie: str, name: str, address: str) -> Answer:
    """Ask for one page, as a browser would that takes compressed answers."""
    return _timed(port, name, lambda connection: _answer(connection, "GET", address, cookie))


def search(port: int, cookie: str, text: str) -> Answer:
    """Search for a text by the form in the header, up to the page of what was found: two requests for ordinary words."""

    def post_and_follow(connection: http.client.HTTPConnection) -> tuple[int, int, str]:
        form = urlencode({"q": text, "csrfmiddlewaretoken": TOKEN})
        found = _answer(connection, "POST", "/search/", f"{cookie}; csrftoken={TOKEN}", form)
        return _answer(connection, "GET", found[2], cookie) if found[0] == 302 else found

    return _timed(port, text, post_and_follow)


def _timed(port: int, name: str, request: Callable[[http.client.HTTPConnection], tuple[int, int, str]]) -> Answer:
    started = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    try:
        status, size, _ = request(connection)
    except OSError:
        status, size = 0, 0
    finally:
        connection.close()
    return Answer(name, time.perf_counter() - started, status, size)


def _answer(
    connection: http.client.HTTPConnection, method: str, address: str, cookie: str, form: str | None = None
) -> tuple[int, int, str]:
    """Return status, bytes and the address of a redirect."""
    headers = {"Cookie": cookie, "Accept-Encoding": "gzip"}
    if form is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    connection.request(method, address, form, headers)
    response = connection.getresponse()
    return response.status, len(response.read()), response.headers.get("Location", "")


def p95(answers: list[Answer]) -> float:
    """Return the 95th percentile of the seconds."""
    seconds = sorted(answer.seconds for answer in answers)
    return seconds[0] if len(seconds) == 1 else statistics.quantiles(seconds, n=20, method="inclusive")[-1]


def failed(answers: list[Answer]) -> int:
    """Return the number of answers that are no page."""
    return sum(answer.status != 200 for answer in answers)
