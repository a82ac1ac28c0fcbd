"""A sample of `make faults`: the whole portal, as `make run` starts it, gets over the quickest kinds of faults by itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.factories import Place
from tests.faults.kinds import KINDS
from tests.faults.portal import Portal

SAMPLE = ("both workers killed", "beat killed", "web worker killed")


@pytest.fixture
def portal(place: Place) -> Iterator[Portal]:
    running = Portal(place)
    running.start()
    yield running
    running.stop()


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.django_db(transaction=True)
def test_the_portal_is_whole_again_by_itself_and_nothing_is_lost_or_doubled(portal: Portal) -> None:
    strikes = [kind.strike for kind in KINDS if kind.name in SAMPLE]
    assert len(strikes) == len(SAMPLE)
    for strike in strikes:
        portal.wait_until_whole(strike(portal))
        portal.check_that_nothing_is_lost_or_doubled()
