"""Pages: alone, beside Django's admin, with many users at once, each beside the build before.

All times are measured outside the portal, from the request to the last byte, through two web processes.
"""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from tests.bench.pages.builds import Portal, checkout, prepared, served
from tests.bench.pages.visitors import Visitor, ask, failed, p95, search, visit

CITY = 3_600
# Few enough that all tables take some eight minutes on a quiet machine.
ROUNDS = 12
CROWD_SECONDS = 15.0
# Pages whose rival is the admin's changelist of the same rows: our short name, the admin's address.
RIVALS = {
    "communities": "/rival/communities/community/",
    "facilities": "/rival/communities/facility/",
    "organizations": "/rival/orgs/socialorganization/",
    "workers": "/rival/socialworkers/socialworker/",
    "projects": "/rival/services/serviceproject/",
}
SEARCHES = ("城关", "taihang", "thdj", "140423", "城关 社区", "演示协会12")


def run(before: str, communities: int) -> None:
    """Print the tables: `communities` on PostgreSQL alone and with 50 users, the demo on SQLite with 20 users."""
    here = Path(settings.BASE_DIR)
    with checkout(before) as old:
        print(f"== pages: {communities:,} communities on PostgreSQL, 2 web processes; before = {before}")
        with (
            prepared(here, str(communities), number=0, sqlite=False) as ours,
            prepared(old, str(communities), number=1, sqlite=False) as theirs,
        ):
            _alone(ours, theirs, asked=100 if communities <= CITY else 250)
            _searches(ours, asked=100 if communities <= CITY else 200)
            _beside_admin(ours)
            _crowd(ours, theirs, users=50, asked=0.5)
        print("== pages: the demo on SQLite, 2 web processes")
        with (
            prepared(here, "demo", number=0, sqlite=True) as ours,
            prepared(old, "demo", number=1, sqlite=True) as theirs,
        ):
            _crowd(ours, theirs, users=20, asked=0.25)


def _alone(ours: Portal, theirs: Portal, *, asked: int) -> None:
    """Print p95 in ms and bytes of every page of every role, one visitor at a time, in both builds in turn."""
    print(f"{'page':<44} {'first':>8} {'p95':>8} {'before':>8} {'kB':>6}  (asked: ≤ {asked} ms)")
    worst = 0.0
    with served(ours) as port, served(theirs) as old_port:
        for role, pages in ours.pages.items():
            for name, address in pages.items():
                first = ask(port, ours.cookies[role], name, address)
                answers = visit(port, [Visitor(ours.cookies[role], [(name, address)])], rounds=ROUNDS)
                assert not failed(answers), (role, name, address)
                then = "—"
                if old_address := theirs.pages[role].get(name):
                    old = visit(old_port, [Visitor(theirs.cookies[role], [(name, old_address)])], rounds=ROUNDS)
                    then = f"{p95(old) * 1000:.0f}"
                worst = max(worst, p95(answers))
                print(
                    f"{role + ': ' + name:<44} {first.seconds * 1000:>8.0f} {p95(answers) * 1000:>8.0f} {then:>8}"
                    f" {answers[0].size / 1000:>6.1f}",
                    flush=True,
                )
    print(f"slowest page: p95 {worst * 1000:.0f} ms")


def _searches(ours: Portal, *, asked: int) -> None:
    """Print p95 in ms of searches in the header; the build before may not have it."""
    print(f"{'search':<44} {'first':>8} {'p95':>8}  (asked: ≤ {asked} ms)")
    role = "bureau_officer"
    with served(ours) as port:
        for text in SEARCHES:
            answers = [search(port, ours.cookies[role], text) for _ in range(ROUNDS + 1)]
            assert not failed(answers), text
            print(f"{text:<44} {answers[0].seconds * 1000:>8.0f} {p95(answers[1:]) * 1000:>8.0f}", flush=True)


def _beside_admin(ours: Portal) -> None:
    """Print our lists beside the admin's changelists of the same rows, in the same process, in turn."""
    print(f"{'list':<20} {'ours':>8} {'admin':>8}   ratio (asked: ≤ 0.5)")
    role = "bureau_officer"
    cookie = ours.cookies[role]
    with served(ours, "tests.bench.pages.admin_settings") as port:
        for name, address in RIVALS.items():
            mine, rival = [], []
            for _ in range(ROUNDS + 2):
                mine.append(ask(port, cookie, name, ours.pages[role][name]))
                rival.append(ask(port, cookie, name, address))
            # Two processes: each is asked for the first time once.
            mine, rival = mine[2:], rival[2:]
            assert not failed(mine + rival), name
            print(
                f"{name:<20} {p95(mine) * 1000:>5.0f} ms {p95(rival) * 1000:>5.0f} ms   {p95(mine) / p95(rival):.2f}",
                flush=True,
            )


def _crowd(ours: Portal, theirs: Portal, *, users: int, asked: float) -> None:
    """Print p95 and errors of `users` visitors at once, in both builds in turn: before, now, now, before."""
    times: dict[str, list[float]] = {"now": [], "before": []}
    errors = {"now": 0, "before": 0}
    asked_for = {"now": 0, "before": 0}
    for name, portal in (("before", theirs), ("now", ours), ("now", ours), ("before", theirs)):
        with served(portal) as port:
            # The walk is over the pages that both builds have.
            visitors = [
                Visitor(
                    portal.cookies[role], [(page, portal.pages[role][page]) for page in _common(ours, theirs, role)]
                )
                for role in _roles(ours, users)
            ]
            visit(port, visitors[:4], rounds=1)
            answers = visit(port, visitors, seconds=CROWD_SECONDS)
        times[name].append(p95(answers))
        errors[name] += failed(answers)
        asked_for[name] += len(answers)
    now, before = min(times["now"]), min(times["before"])
    print(
        f"{users} users at once: p95 {now:.2f} s, before {before:.2f} s, ratio {now / before:.2f} (asked: ≤ {asked});"
        f" pages a second {asked_for['now'] / 2 / CROWD_SECONDS:.0f}, before {asked_for['before'] / 2 / CROWD_SECONDS:.0f};"
        f" errors {errors['now']}, before {errors['before']}",
        flush=True,
    )


def _roles(portal: Portal, users: int) -> list[str]:
    """Return the roles of the visitors: as in an office, most are clerks."""
    kinds = ["district_clerk", "district_clerk", "bureau_officer", "leader"]
    return [kinds[number % len(kinds)] for number in range(users)]


def _common(ours: Portal, theirs: Portal, role: str) -> list[str]:
    return [name for name in ours.pages[role] if name in theirs.pages[role]]
