"""Briefings: the city's issue beside bare WeasyPrint and the build before; a month's editions on two workers; size, memory.

CPU seconds, but for the editions, which are wall time of processes that have printed once before.
"""

from __future__ import annotations

import json
import resource
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings

from tests.bench.pages.builds import Portal, checkout, prepared

COMMUNITIES = 3_600
MONTH = "2018-06"  # as in one_briefing.py
TIMES = 3
WORKERS = 2


def run(before: str) -> None:
    """Print the table; `before` is the revision to compare with."""
    print(f"== briefing, postgresql, {COMMUNITIES:,} communities; before = {before}", flush=True)
    here = Path(settings.BASE_DIR)
    with prepared(here, str(COMMUNITIES), number=0, sqlite=False) as ours:
        _city(_measured(ours, "city"))
        with checkout(before) as old, prepared(old, str(COMMUNITIES), number=1, sqlite=False) as theirs:
            now, then = [], []
            for _ in range(TIMES):
                then.append(_command_seconds(theirs))
                now.append(_command_seconds(ours))
            _line("`brief` for the city", f"{min(now):.2f} s, before {min(then):.2f} s", min(now) / min(then), "≤ 0.8")
        _editions(ours)


def _city(found: dict[str, Any]) -> None:
    _line(
        "city, HTML to PDF",
        f"{found['ours']:.2f} s, bare {found['bare']:.2f} s",
        found["ours"] / found["bare"],
        "≤ 1.3",
    )
    _line("city, figures to PDF", f"{found['whole']:.2f} s", found["whole"] / found["bare"], "≤ 1.3")
    print(f"{'file of the city':<28} {found['bytes'] / 1000:.0f} kB  (asked: ≤ 600)", flush=True)


def _editions(ours: Portal) -> None:
    alone = _measured(ours, "editions", "0", "1")
    workers = [_started(ours, "editions", str(part), str(WORKERS)) for part in range(WORKERS)]
    together = [_answer(worker) for worker in workers]
    seconds = max(one["seconds"] for one in together)
    _line(
        f"{alone['editions']} editions, {WORKERS} workers",
        f"{seconds:.1f} s, one after another {alone['seconds']:.1f} s",
        seconds / alone["seconds"],
        "≤ 0.6",
    )
    peak = max(one["megabytes"] for one in (alone, *together))
    print(f"{'peak of a worker':<28} {peak:.0f} MB  (asked: ≤ 300)", flush=True)


def _line(what: str, found: str, ratio: float, asked: str) -> None:
    print(f"{what:<28} {found}: {ratio:.2f} ×  (asked: {asked})", flush=True)


def _command_seconds(portal: Portal) -> float:
    """Return the CPU seconds of `manage.py brief` in a process of its own, its start included."""
    with tempfile.TemporaryDirectory() as folder:
        command = [portal.python, "manage.py", "brief", "--period", MONTH, "--output", f"{folder}/issue.pdf"]
        began = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, cwd=portal.folder, env=portal.environment, check=True, stdout=subprocess.DEVNULL)
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended.ru_utime + ended.ru_stime - began.ru_utime - began.ru_stime


def _measured(portal: Portal, *arguments: str) -> dict[str, Any]:
    return _answer(_started(portal, *arguments))


def _started(portal: Portal, *arguments: str) -> subprocess.Popen[str]:
    command = [portal.python, "-m", "tests.bench.one_briefing", *arguments]
    return subprocess.Popen(command, cwd=portal.folder, env=portal.environment, stdout=subprocess.PIPE, text=True)


def _answer(process: subprocess.Popen[str]) -> dict[str, Any]:
    """Wait for a process; return what it says in its last line. Raises RuntimeError if it failed."""
    output, _ = process.communicate()
    if process.returncode:
        raise RuntimeError(f"tests.bench.one_briefing ended with {process.returncode}.")
    answer: dict[str, Any] = json.loads(output.splitlines()[-1])
    return answer
