"""`make faults`: every kind of fault three times on a portal that runs, and how long it took to get whole by itself.

`python -m tests.faults [--times N] [WORD …]` takes only the kinds whose name has one of the words. As root the data
lie on a small disk of their own, so that it can be filled.
"""

from __future__ import annotations

import argparse
import atexit
import os
import signal
import subprocess
import sys

os.environ["DJANGO_SETTINGS_MODULE"] = "changzhi_portal.settings"
HAS_OWN_DISK = os.geteuid() == 0 and "DATABASE_URL" not in os.environ
if HAS_OWN_DISK:  # before the settings write into it
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400m", "faults", os.environ["VAR_DIR"]], check=True)
    atexit.register(subprocess.run, ["umount", "--lazy", os.environ["VAR_DIR"]], check=True)

import django  # noqa: E402

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from tests.factories import make_place  # noqa: E402
from tests.faults.kinds import KINDS, Kind  # noqa: E402
from tests.faults.portal import Portal, now  # noqa: E402


def main() -> int:
    """Strike, wait, count and print; return 1 when a portal did not get whole or something was lost or doubled."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults")
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("words", nargs="*")
    given = parser.parse_args()
    chosen = [kind for kind in KINDS if kind.database in ("", connection.vendor)]
    chosen = [kind for kind in chosen if not given.words or any(word in kind.name for word in given.words)]
    for kind in [kind for kind in chosen if kind.needs_own_disk and not HAS_OWN_DISK]:
        print(f"NOT CHECKED: {kind.name}, which only root can cause", file=sys.stderr)
        chosen.remove(kind)
    call_command("migrate", verbosity=0)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the portal is stopped
    portal = Portal(make_place())
    portal.start()
    rows: list[tuple[str, list[str]]] = []
    failed = False
    try:
        for kind in chosen:
            results = [_once(portal, kind) for _ in range(given.times)]
            failed = failed or any(not result.replace(".", "").isdigit() for result in results)
            rows.append((kind.name, results))
    finally:
        portal.stop()
        print(f"\nSeconds until the portal was whole ({connection.vendor}):")
        for name, results in rows:
            print(f"{name:34} {'  '.join(f'{result:>6}' for result in results)}")
        print(f"{len(portal.uploads)} files sent; log: {portal.folder}/log")
    return 1 if failed else 0


def _once(portal: Portal, kind: Kind) -> str:
    try:
        done = kind.strike(portal)
        took = f"{portal.wait_until_whole(done):.1f}"
        portal.check_that_nothing_is_lost_or_doubled()
    except Exception as error:  # the other kinds are still of interest
        took = "failed"
        print(f"{now()} {kind.name}: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
    print(f"{now()} {kind.name}: {took}", file=sys.stderr, flush=True)
    return took


if __name__ == "__main__":
    sys.exit(main())
