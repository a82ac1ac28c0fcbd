"""Guessing at passwords: who signs in, who does not, and how long it takes, while 2,000 sign-ins a minute are made up.

The guesses come from 500 addresses: half at one account, the right password among them, half at names that nobody has.
Meanwhile the owner of that account signs in with a browser that has done so before.
"""

from __future__ import annotations

import http.client
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookies import SimpleCookie
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

from django.conf import settings

from tests.bench.pages.builds import Portal, new_database, redis_address
from tests.bench.pages.visitors import TOKEN
from tests.bench.slow import fronted

PER_MINUTE, ADDRESSES = 2_000, 500
SECONDS = 60
ASKED = 5.0  # seconds, for the owner's sign-in
OWNER, PASSWORD = "wang", "Nuan-feng-47-wan"
_SENDERS = 300  # connections at once: an answer that nginx holds back must not slow the guessing down
_FIRST_GUESSES = 30  # without the right password: what no limit stops is luck
_OWNER_EVERY = 3  # seconds


class Sent(NamedTuple):
    """One sign-in that was sent: status, seconds, the cookies that came."""

    status: int
    seconds: float
    cookies: SimpleCookie


def run(seconds: int = SECONDS) -> None:
    """Print a table for PostgreSQL with Redis, and one for SQLite with files; guesses are sent for so many seconds."""
    for name, is_sqlite in (("PostgreSQL and Redis", False), ("SQLite and files", True)):
        with _prepared(is_sqlite) as portal, fronted(portal) as port:
            print(f"== guessing: {PER_MINUTE:,} sign-ins a minute from {ADDRESSES} addresses, 2 web processes, {name}")
            _measure(port, seconds)


def _measure(port: int, seconds: int) -> None:
    known = sign_in(port, OWNER, PASSWORD, "10.1.1.1")
    assert known.status == 302, known.status
    cookie = f"browser={known.cookies['browser'].value}"
    quiet = [sign_in(port, OWNER, PASSWORD, "10.1.1.1", cookie).seconds for _ in range(5)]
    begun = time.monotonic()
    guesses, mine = _while_guessed_at(port, cookie, seconds)
    pace = len(guesses) / (time.monotonic() - begun) * 60
    entered = sum("sessionid" in sent.cookies for sent in guesses)
    statuses = ", ".join(
        f"{number:,} × {status}" for status, number in sorted(Counter(s.status for s in guesses).items())
    )
    refused = sorted(sent.seconds for sent in guesses if sent.status == 429)
    print(f"guesses sent                 {len(guesses):>8,}  ({statuses})")
    print(f"answered a minute            {pace:>8,.0f}")
    print(f"of them signed in            {entered:>8}  (asked: 0)")
    print(f"a refused guess, median      {refused[len(refused) // 2] * 1000:>8.0f} ms")
    print(f"the owner signed in          {sum(s.status == 302 for s in mine):>8} of {len(mine)} times")
    print(
        f"the owner's sign-in, median  {_median([s.seconds for s in mine]):>8.2f} s  (without guesses {_median(quiet):.2f} s)"
    )
    print(f"the owner's sign-in, slowest {max(s.seconds for s in mine):>8.2f} s  (asked: ≤ {ASKED:.0f} s)")


def _while_guessed_at(port: int, cookie: str, seconds: int) -> tuple[list[Sent], list[Sent]]:
    """Send guesses at their pace for so many seconds; return what came of them and of the owner's sign-ins meanwhile."""
    chance = random.Random(7)
    planned = list(_planned(chance, PER_MINUTE * seconds // 60))
    guesses: list[Sent] = []
    mine: list[Sent] = []
    begun = time.monotonic()

    def send(own: list[tuple[float, str, str, str]]) -> None:
        for at, name, password, address in own:
            time.sleep(max(0.0, begun + at - time.monotonic()))
            guesses.append(sign_in(port, name, password, address))

    def owner() -> None:
        while time.monotonic() < begun + seconds:
            mine.append(sign_in(port, OWNER, PASSWORD, "10.1.1.1", cookie))
            time.sleep(_OWNER_EVERY)

    threads = [threading.Thread(target=send, args=(planned[number::_SENDERS],)) for number in range(_SENDERS)]
    threads.append(threading.Thread(target=owner))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return guesses, mine


def _planned(chance: random.Random, number: int) -> Iterator[tuple[float, str, str, str]]:
    """Yield second, name, password and address of every guess."""
    for position in range(number):
        is_right = position > 2 * _FIRST_GUESSES and chance.random() < 0.05
        at = position * 60 / PER_MINUTE
        address = f"10.9.{(where := chance.randrange(ADDRESSES)) // 250}.{where % 250}"
        guess = PASSWORD if is_right else f"Guess-{chance.randrange(10**6)}"
        yield at, OWNER if position % 2 else f"nobody{chance.randrange(10**4)}", guess, address


def sign_in(port: int, name: str, password: str, address: str, cookie: str = "") -> Sent:
    """Send the form of the sign-in page from an address that the proxy is said to have seen."""
    form = urlencode({"username": name, "password": password, "csrfmiddlewaretoken": TOKEN})
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Cookie": "; ".join(filter(None, (f"csrftoken={TOKEN}", cookie))),
        "X-Forwarded-For": address,
        "Accept-Encoding": "gzip",
    }
    begun = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    try:
        connection.request("POST", "/accounts/login/", form, headers)
        answer = connection.getresponse()
        answer.read()
    finally:
        connection.close()
    cookies: SimpleCookie = SimpleCookie()
    for value in answer.headers.get_all("Set-Cookie") or []:
        cookies.load(value)
    return Sent(answer.status, time.perf_counter() - begun, cookies)


@contextmanager
def _prepared(is_sqlite: bool) -> Iterator[Portal]:
    """Prepare a portal with one user, in a database of its own."""
    folder = Path(settings.BASE_DIR)
    with tempfile.TemporaryDirectory(prefix="bench-var-") as var:
        if is_sqlite:
            store = {"DATABASE_URL": f"sqlite:///{var}/portal.sqlite3", "REDIS_URL": ""}
        else:
            store = {
                "DATABASE_URL": new_database("bench_guessing"),
                "REDIS_URL": redis_address(12),
                "CACHE_URL": redis_address(13),
            }
        environment = {
            **{name: value for name, value in os.environ.items() if name != "CACHE_URL"},
            **store,
            "VAR_DIR": var,
            "FONT_DIR": str(folder / "var" / "fonts"),
            "DJANGO_SETTINGS_MODULE": "changzhi_portal.settings",
            "PROXY_ADDRESSES": "127.0.0.1",  # the bench says where its guesses come from
            "LOG_LEVEL": "ERROR",
        }
        staff = ["create_staff", OWNER, "--role", "bureau_officer", "--division", "140400", "--password-stdin"]
        for command in (["migrate", "-v0"], ["load_divisions", "-v0"], ["collectstatic", "--noinput", "-v0"], staff):
            subprocess.run(
                [sys.executable, "manage.py", *command],
                cwd=folder,
                env=environment,
                input=f"{PASSWORD}\n",
                text=True,
                check=True,
                stdout=subprocess.DEVNULL,
            )
        yield Portal(folder, sys.executable, environment, {}, {})


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]
