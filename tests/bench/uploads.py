"""Uploading organizations: against django-import-export, against the lower bound, and by size."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client

from accounts.models import Role, User
from communities.models import Division
from orgs.models import SocialOrganization
from tests.bench.organizations import write_organizations
from tests.bench.rivals import seconds_of_bare_copy, seconds_of_import_export
from uploads import actions
from uploads.models import UploadBatch
from uploads.writing.annotated import annotated_workbook

ROWS = 20_000
BAD_ROWS = 500
RIVAL_ROWS = 2_000  # django-import-export is linear and slow, so a small file is enough


def run() -> None:
    """Print the table of uploads."""
    user = User.objects.filter(username="bench_officer").first() or User(username="bench_officer")
    user.role, user.division, user.must_change_password = Role.BUREAU_OFFICER, Division.objects.by_code("140400"), False
    user.save()
    with tempfile.TemporaryDirectory() as folder:
        file = write_organizations(Path(folder) / "organizations.xlsx", ROWS)
        small = write_organizations(Path(folder) / "small.xlsx", RIVAL_ROWS)
        print(f"== uploads: organizations, {connection.vendor}")
        rival = RIVAL_ROWS / seconds_of_import_export(small)
        SocialOrganization.objects.all().delete()
        limit = ROWS / seconds_of_bare_copy(file)
        SocialOrganization.objects.all().delete()
        _analyze()
        ours = one_upload(file)
        again = one_upload(file)
        another = one_upload(write_organizations(Path(folder) / "saved_again.xlsx", ROWS))
        speed = ours["rows"] / ours["seconds"]
        print(f"django-import-export, default      {rival:>9,.0f} rows/s")
        print(f"calamine + bare COPY (the limit)   {limit:>9,.0f} rows/s")
        print(
            f"upload, {ROWS:,} new rows           {speed:>9,.0f} rows/s  check {ours['check']:.2f} s, commit {ours['commit']:.2f} s"
        )
        print(f"  ratio to django-import-export    {speed / rival:>9.1f} ×   (asked: ≥ 20)")
        print(f"  ratio to the limit               {speed / limit:>9.3f} ×   (asked: ≥ 0.125)")
        print(f"the same file again, unchanged     {again['rows'] / again['seconds']:>9,.0f} rows/s  (asked: ≥ 20,000)")
        print(
            f"the same rows in another file      {another['rows'] / another['seconds']:>9,.0f} rows/s  (read and compared)"
        )
        by_size(Path(folder))
        preview(user, Path(folder))
        marked_workbook(user, Path(folder))


def by_size(folder: Path) -> None:
    """Print time and memory for ten times the rows."""
    results = {}
    for rows in (10_000, 100_000):
        SocialOrganization.objects.all().delete()
        _analyze()
        results[rows] = one_upload(write_organizations(folder / f"{rows}.xlsx", rows))
        result = results[rows]
        print(
            f"{rows:>7,} rows: {result['seconds']:6.1f} s, worker {result['megabytes']:.0f} MB, "
            f"reader {result['reader_megabytes']:.0f} MB (asked: ≤ 500)"
        )
    print(
        f"  100k / 10k                       {results[100_000]['seconds'] / results[10_000]['seconds']:>9.1f} ×   (linear: 10)"
    )


def preview(user: User, folder: Path) -> None:
    """Print the time of the preview page of the largest batch, and of a smaller file that omits most of the register."""
    batch = UploadBatch.objects.order_by("-rows").first()
    assert batch is not None
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(user)
    waiting = _checked(write_organizations(folder / "part.xlsx", ROWS), user)
    for shown, tab, number in (
        (batch, "new", batch.rows),
        (batch, "unchanged", batch.rows),
        (waiting, "absent", waiting.unmentioned),
    ):
        address = f"/uploads/{shown.ref}/?tab={tab}"
        best = min(_seconds(lambda address=address: client.get(address)) for _ in range(3))
        print(f"preview page, {number:>7,} rows, {tab:<10} {best * 1000:>7.0f} ms  (asked: ≤ 300)")


def marked_workbook(user: User, folder: Path) -> None:
    """Print the time of creating the workbook with its bad cells marked."""
    batch = _checked(write_organizations(folder / "bad.xlsx", ROWS, bad=BAD_ROWS), user)
    started = time.perf_counter()
    size = len(annotated_workbook(batch, by=user).read())
    print(
        f"marked workbook, {ROWS:,} rows, {batch.errors} problems {time.perf_counter() - started:>7.1f} s   "
        f"(asked: ≤ 10; {size / 1024:,.0f} KB)"
    )


def _checked(path: Path, user: User) -> UploadBatch:
    return actions.check_batch(
        actions.receive_file(
            file=[path.read_bytes()], file_name=path.name, register="organizations", by=user, queue=False
        )
    )


def _seconds(work: Any) -> float:
    started = time.perf_counter()
    response = work()
    assert response.status_code == 200, response.status_code
    return time.perf_counter() - started


def one_upload(path: Path, register: str = "organizations") -> dict[str, Any]:
    """Return what `tests.bench.one_upload` printed."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.one_upload", str(path), register],
        cwd=settings.BASE_DIR,
        env=os.environ.copy(),
        capture_output=True,
        text=True,
        check=True,
    )
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert result["state"] == "committed", result
    return result


def _analyze() -> None:
    """Refresh the statistics, as autovacuum does in production."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
