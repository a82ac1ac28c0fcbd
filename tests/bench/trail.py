"""The trail: what writing it costs a page and an import, and how fast a million records are sealed and verified."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import connection
from django.test import Client

import changelog.actions.log
import changelog.middleware
import uploads.actions.receive
from accounts.models import Role, User
from audit.verification import verify_trail
from changelog.models import TrailRecord
from changelog.trail import seal_waiting
from communities.models import Division
from orgs.models import SocialOrganization
from tests.bench.organizations import write_organizations
from tests.factories import make_community, make_worker

RECORDS = 1_000_000
VIEWS = 300
ROWS = 20_000
# The modules that record what the bench does.
_RECORDING = (changelog.actions.log, changelog.middleware, uploads.actions.receive)


def run() -> None:
    """Print the table of the trail."""
    print(f"== trail, {connection.vendor}")
    user = User.objects.filter(username="bench_officer").first() or User(username="bench_officer")
    user.role, user.division, user.must_change_password = Role.BUREAU_OFFICER, Division.objects.by_code("140400"), False
    user.save()
    _page(user)
    _import(user)
    _million(user)


def _page(user: User) -> None:
    """Compare a worker's page with and without its record, in turn."""
    town = Division.objects.filter(level="town").first()
    assert town is not None
    worker = make_worker(make_community(town, "基准社区"))
    client = Client(SERVER_NAME="localhost")
    client.force_login(user)
    address = worker.get_absolute_url()
    times: dict[bool, list[float]] = {True: [], False: []}
    for number in range(2 * VIEWS):
        records = number % 2 == 0
        with _replaced(None if records else _nothing):
            begun = time.perf_counter()
            assert client.get(address).status_code == 200
            times[records].append(time.perf_counter() - begun)
    with_it, without = (statistics.median(times[each]) * 1000 for each in (True, False))
    print(
        f"a worker's page, recorded / not     {with_it:>8.2f} / {without:.2f} ms: {with_it / without - 1:+.1%}  (asked: ≤ 5 %)"
    )


def _import(user: User) -> None:
    """Measure which part of an import is spent on recording it."""
    with tempfile.TemporaryDirectory() as folder:
        file = write_organizations(Path(folder) / "organizations.xlsx", ROWS)
        spent = [0.0]

        def timed(record: Callable[..., None]) -> Callable[..., None]:
            def recorded(*args: Any, **kwargs: Any) -> None:
                begun = time.perf_counter()
                record(*args, **kwargs)
                spent[0] += time.perf_counter() - begun

            return recorded

        with _replaced(timed(changelog.actions.log.record_event)):
            begun = time.perf_counter()
            call_command("upload", "organizations", str(file), as_=user.username, commit="all", verbosity=0)
            whole = time.perf_counter() - begun
    assert SocialOrganization.objects.count() >= ROWS
    print(
        f"an import of {ROWS:,} rows, its records {spent[0] * 1000:>8.1f} ms of {whole:.2f} s: {spent[0] / whole:.2%}  (asked: ≤ 2 %)"
    )
    print(f"its digest, made by beat            {_seconds(seal_waiting):>8.2f} s")


def _million(user: User) -> None:
    """Seal and verify a million records."""
    columns = "ref, made_at, kind, made_by_id, username, division_id, address, device, request_id, model, object_ref, object_label, reason, detail_json"
    first = TrailRecord.objects.count()
    for start in range(first, RECORDS, 50_000):
        numbers = range(start, min(start + 50_000, RECORDS))
        with connection.cursor() as cursor:
            marks = "(%s, CURRENT_TIMESTAMP, 'viewed', %s, %s, %s, '10.14.2.7', 'Chrome 109', %s, 'socialworkers.socialworker', %s, %s, '', %s)"
            cursor.executemany(
                f"INSERT INTO changelog_trailrecord ({columns}) VALUES {marks}",
                [
                    [
                        f"b{n:012d}",
                        user.pk,
                        user.username,
                        user.division_id,
                        f"{n:032x}",
                        f"w{n % 5000:012d}",
                        "张晓演",
                        '{"page": "worker"}',
                    ]
                    for n in numbers
                ],
            )
    print(f"{RECORDS:,} records: sealed in         {_seconds(lambda: seal_waiting(among_all=True)):>8.1f} s")
    begun = time.perf_counter()
    found = verify_trail()
    took = time.perf_counter() - begun
    assert not found.findings, found.findings[:3]
    print(f"{found.sealed:,} records: verified in       {took:>8.1f} s  (asked: ≤ 60 s)")


@contextmanager
def _replaced(record: Callable[..., None] | None) -> Iterator[None]:
    """Let the modules record by `record`; None leaves them as they are."""
    if record is None:
        yield
        return
    usual = [module.record_event for module in _RECORDING]
    for module in _RECORDING:
        module.record_event = record
    try:
        yield
    finally:
        for module, event in zip(_RECORDING, usual, strict=True):
            module.record_event = event


def _nothing(*args: Any, **kwargs: Any) -> None:
    """Record nothing."""


def _seconds(work: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun
