"""The API called by schemathesis in every way that its description allows, and in many that it does not: no check fails.

`make test` has a bounded form of it; `make api-fuzz` (API_FUZZ=calls of each operation) calls everything as everybody.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import Role
from changzhi_portal.api.routes import endpoints
from connections import authentication
from targets.actions import compute_period
from tests.addresses import make_briefing
from tests.api.fuzzing import NOBODY, Caller, Found, program_with, run, session_of
from tests.connections.clients import make_token
from tests.factories import (
    Place,
    make_batch,
    make_count,
    make_facility,
    make_organization,
    make_period,
    make_project,
    make_survey,
    make_user,
    make_work_item,
    make_worker,
)

WHOLE = int(os.environ.get("API_FUZZ", "0"))
SEED = int(os.environ.get("API_FUZZ_SEED", "1"))
SLUGS = [endpoint.slug for endpoint in endpoints()]
# The other registers are described and written by the same code as this one; all are called in the whole form.
BOUNDED = [
    slug
    for slug in SLUGS
    if slug not in {"communities", "facilities", "projects", "workers", "work_items", "assessments"}
]
# What has the most cases: a register, and files.
LARGEST = ["organizations", "uploads"]

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.timeout(7_200 if WHOLE else 180),
    *([] if WHOLE else [pytest.mark.one_database]),
]


@pytest.fixture
def full(place: Place, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Return the small city with something of each kind, and with calls without limit."""
    settings.REQUESTS_PER_MINUTE = dict.fromkeys(settings.REQUESTS_PER_MINUTE, 10**9)
    monkeypatch.setattr(authentication, "is_taken", lambda count: True)  # however many wrong tokens are tried
    for community in (place.communities[0], place.other_communities[0], place.villages[0]):
        make_organization(community, f"{community.name}合唱队", phone="19900001234")
        make_worker(community, phone="19900001234")
        make_facility(community)
        make_project(community.town.parent, community)
        make_work_item(community.town.parent)
        make_count(make_survey(community.town.parent), community)
    compute_period(make_period())
    make_briefing(place.county)
    make_batch(make_user(Role.DISTRICT_CLERK, place.county), state="checked")
    return place


def token(*scopes: str, of: str = "county") -> Callable[[Place], Caller]:
    """Return a function that returns a program."""
    return lambda place: program_with(make_token(getattr(place, of), *scopes).text)


def session(role: Role, of: str = "city") -> Callable[[Place], Caller]:
    """Return a function that returns somebody with a session."""
    return lambda place: session_of(make_user(role, getattr(place, of)))


PROGRAM = "program with all scopes"
LEVELS = {
    **dict.fromkeys((Role.DISTRICT_CLERK, Role.DEPARTMENT_CLERK), "county"),
    **dict.fromkeys((Role.STREET_CLERK, Role.WINDOW_CLERK), "street"),
}
CALLERS: dict[str, Callable[[Place], Caller]] = {
    PROGRAM: token(),
    "program of the city": token(of="city"),
    "program that reads figures": token("figures:read"),
    "program of a street that writes": token("registers:read", "registers:write", of="street"),
    "program that uploads": token("uploads:read", "uploads:write"),
    "nobody": lambda place: NOBODY,
    **{str(role): session(role, LEVELS.get(role, "city")) for role in Role if role != Role.CLIENT},
}


def assert_nothing_found(found: Found, least: int) -> None:
    """Fail with what was found, each kind of failure once; also where hardly anything was called."""
    shown = "\n\n".join(found.failures[:10])
    assert not found.failures, f"{len(found.failures)} failures; the first ones:\n\n{shown}"
    assert sum(found.statuses.values()) >= least, found.statuses


@pytest.mark.skipif(bool(WHOLE), reason="the whole form calls everything as everybody")
@pytest.mark.parametrize("slug", LARGEST)
def test_a_program_is_answered_as_the_description_says(slug, full):
    found = run(CALLERS[PROGRAM](full), phases=["examples", "coverage"], slugs=[slug], seed=SEED)
    assert_nothing_found(found, 100)
    assert found.statuses[200] + found.statuses[201] > 3, found.statuses


@pytest.mark.parametrize("caller", CALLERS)
def test_everybody_is_answered_as_the_description_says(caller, full):
    phases = ["examples", "coverage", "fuzzing"] if WHOLE else ["examples", "fuzzing"]
    found = run(CALLERS[caller](full), phases=phases, examples=WHOLE or 1, slugs=SLUGS if WHOLE else BOUNDED, seed=SEED)
    assert_nothing_found(found, len(BOUNDED))
    assert bool(found.statuses[200]) == (caller != "nobody"), found.statuses


@pytest.mark.parametrize("caller", CALLERS if WHOLE else [PROGRAM, str(Role.BUREAU_ADMIN)])
def test_calls_that_follow_from_answers_are_answered_as_the_description_says(caller, full):
    found = run(CALLERS[caller](full), phases=["stateful"], examples=WHOLE or 5, slugs=SLUGS, seed=SEED)
    assert_nothing_found(found, 0 if caller == "nobody" else 10)
