"""Measures each register's list beside the admin's changelist of the same rows, in this process, without a web server.

    python -m tests.bench.pages.lists_alone [list …] [--profile]

The database of DATABASE_URL must be filled (`prepare.py`). Both pages are asked for in turn; of the milliseconds of CPU
that a request takes the median is printed, then the whole time with the database. With `--profile`, the functions that
take most of a list's time are printed instead.
"""

from __future__ import annotations

import argparse
import cProfile
import logging
import os
import pstats
import statistics
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.bench.pages.admin_settings")
django.setup()
logging.disable(logging.INFO)

from django.test import Client  # noqa: E402
from django.urls import reverse  # noqa: E402

from accounts.models import User  # noqa: E402
from tests.bench.pages import RIVALS  # noqa: E402
from tests.bench.pages.prepare import LISTS  # noqa: E402

WARM, ROUNDS = 5, 40


def main() -> None:
    """Print a line for each list, or its profile."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("lists", nargs="*", choices=[[], *LISTS])
    parser.add_argument("--profile", action="store_true")
    arguments = parser.parse_args()
    client = Client()
    client.force_login(User.objects.get(username="bureau_officer"))
    if not arguments.profile:
        print(f"{'list':<16}{'ours':>8}{'admin':>8}  ms of CPU, ratio; {'ours':>8}{'admin':>8}  ms in all, ratio; kB")
    for name in arguments.lists or LISTS:
        if arguments.profile:
            _profile(client, reverse(LISTS[name]))
        else:
            _beside_admin(client, name)


def _beside_admin(client: Client, name: str) -> None:
    addresses = (reverse(LISTS[name]), RIVALS[name])
    times: list[list[tuple[float, float]]] = [[], []]
    sizes = [0, 0]
    for number in range(WARM + ROUNDS):
        for side, address in enumerate(addresses):
            started = (time.process_time(), time.perf_counter())
            answer = client.get(address)
            taken = (time.process_time() - started[0], time.perf_counter() - started[1])
            assert answer.status_code == 200, address
            if number >= WARM:
                times[side].append(taken)
            sizes[side] = len(answer.content)
    (ours, our_time), (rival, rival_time) = (
        [1000 * statistics.median(each) for each in zip(*side, strict=True)] for side in times
    )
    print(
        f"{name:<16}{ours:>8.1f}{rival:>8.1f}  {ours / rival:>16.2f}; {our_time:>8.1f}{rival_time:>8.1f}"
        f"  {our_time / rival_time:>16.2f}; {sizes[0] / 1000:.0f} and {sizes[1] / 1000:.0f}",
        flush=True,
    )


def _profile(client: Client, address: str) -> None:
    for _ in range(WARM):
        client.get(address)
    profile = cProfile.Profile()
    profile.enable()
    for _ in range(ROUNDS):
        client.get(address)
    profile.disable()
    print(f"== {address}, {ROUNDS} requests")
    pstats.Stats(profile).sort_stats("cumulative").print_stats("(?!.*importlib)", 120)


main()
