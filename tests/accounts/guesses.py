"""Wrong passwords without the pages that take them, for tests of what they lead to."""

from __future__ import annotations

from accounts.limits import STRANGER
from accounts.models import User


def lock_out(user: User, address: str = "10.0.0.1", times: int = STRANGER.capacity) -> None:
    """Count so many wrong passwords for a user from one address, by default as many as lock the account there."""
    count = STRANGER.of(user.username, address, user=user)
    for _ in range(times):
        assert count.take()
    count.close_if_used_up()
