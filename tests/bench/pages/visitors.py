"""Visitors of a running portal: each asks for one page after the other and waits for the answer (a closed loop)."""

from __future__ import annotations

import http.client
import statistics
import threading
import time
from typing import NamedTuple


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
    started = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    try:
        connection.request("GET", address, headers={"Cookie": cookie, "Accept-Encoding": "gzip"})
        response = connection.getresponse()
        body = response.read()
        return Answer(name, time.perf_counter() - started, response.status, len(body))
    except OSError:
        return Answer(name, time.perf_counter() - started, 0, 0)
    finally:
        connection.close()


def p95(answers: list[Answer]) -> float:
    """Return the 95th percentile of the seconds."""
    seconds = sorted(answer.seconds for answer in answers)
    return seconds[0] if len(seconds) == 1 else statistics.quantiles(seconds, n=20, method="inclusive")[-1]


def failed(answers: list[Answer]) -> int:
    """Return the number of answers that are no page."""
    return sum(answer.status != 200 for answer in answers)
