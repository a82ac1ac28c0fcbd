"""What computing a locked month again would change, and why.

`would_be` computes the month beside its frozen rows and takes that back; `differences` compares the two in the
database; `edits` reads the change log since the lock; `effects` says what each edit does to a measure; `causes` puts
the edits to the units that they move.
"""

from targets.since_lock.causes import causes_of
from targets.since_lock.differences import Differences, UnitDifference, differences_of
from targets.since_lock.would_be import recomputed, would_be

__all__ = ["Differences", "UnitDifference", "causes_of", "differences_of", "recomputed", "would_be"]
