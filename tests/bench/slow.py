"""People at work beside 200 slow connections of each kind, through nginx and the web process of the Procfile."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from tests.bench.pages import CITY
from tests.bench.pages.builds import Portal, prepared
from tests.bench.pages.visitors import Visitor, failed, p95, visit
from tests.front import free_port, started, wait_for_port, wait_for_socket
from tests.slow_clients import KINDS, slow_clients

USERS = 20
CONNECTIONS = 200
SECONDS = 20.0
ASKED = 2.0
# As in an office, most are clerks.
ROLES = ("district_clerk", "district_clerk", "bureau_officer", "leader")


def run() -> None:
    """Print p95 of 20 users alone and beside each kind of slow connections: PostgreSQL, then the demo on SQLite."""
    here = Path(settings.BASE_DIR)
    for size, sqlite in ((str(CITY), False), ("demo", True)):
        name = "the demo on SQLite" if sqlite else f"{CITY:,} communities on PostgreSQL"
        print(f"== slow: {USERS} users beside {CONNECTIONS} slow connections; {name}")
        with prepared(here, size, number=0, sqlite=sqlite) as portal, fronted(portal) as port:
            _measure(portal, port)


def _measure(portal: Portal, port: int) -> None:
    users = [ROLES[number % len(ROLES)] for number in range(USERS)]
    visitors = [Visitor(portal.cookies[role], list(portal.pages[role].items())) for role in users]
    visit(port, visitors[:4], rounds=1)
    print(f"{'beside':<24} {'p95':>8} {'pages/s':>8} {'errors':>7}   ratio (asked: ≤ {ASKED})")
    alone = 0.0
    # The first is measured twice: the machine may be quicker or slower at the end.
    for kinds in ((), *((kind,) for kind in KINDS), KINDS, ()):
        beside = slow_clients(port, kinds, number=CONNECTIONS) if kinds else contextlib.nullcontext()
        with beside:
            answers = visit(port, visitors, seconds=SECONDS)
        alone = alone or p95(answers)
        name = "nobody" if not kinds else kinds[0] if len(kinds) == 1 else "all kinds together"
        print(
            f"{name:<24} {p95(answers) * 1000:>5.0f} ms {len(answers) / SECONDS:>8.1f} {failed(answers):>7}"
            f"   {p95(answers) / alone:.2f}",
            flush=True,
        )


@contextlib.contextmanager
def fronted(portal: Portal) -> Iterator[int]:
    """Serve the portal as the Procfile does and yield nginx's port. Raises TimeoutError."""
    port = free_port()
    environment = {**portal.environment, "PORT": str(port), "PORTAL_MODE": "embedded"}
    with started("web", portal.folder, environment) as web, started("nginx", portal.folder, environment) as nginx:
        wait_for_socket(Path(environment["VAR_DIR"]) / "run" / "web.sock", web)
        wait_for_port(port, nginx)
        yield port
