"""What several tests of accounts need: a clock that stands still, and the app of a user with a second factor."""

from __future__ import annotations

import pytest

from tests.accounts.codes import App, Clock, standing_clock


@pytest.fixture
def clock(monkeypatch) -> Clock:
    return standing_clock(monkeypatch)


@pytest.fixture
def app(clock, clerk) -> App:
    return clock.app_of(clerk)
