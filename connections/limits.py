"""How many tokens are refused before no more is said and recorded: a program that goes on with one must not fill the trail.

Tokens cannot be guessed (256 bits). What holds is looked up first, so that whoever has a right token is never kept waiting
by somebody else at the same address.
"""

from __future__ import annotations

from typing import Final

from accounts.attempts import unless_busy
from accounts.limits import Count, Limit, first_refusing

# Tokens that do not exist, from one address.
WRONG: Final = Limit("wrong_tokens", 30, 20)
# Calls with a token that is over, revoked or used from elsewhere.
REFUSED: Final = Limit("refused_tokens", 10, 60)


def is_taken(count: Count) -> bool:
    """Count a refusal; return False for one too many. While another writes it is not counted."""
    if first_refusing([count]) is not None:
        return False
    taken = True
    with unless_busy():
        taken = count.take()
    return taken
