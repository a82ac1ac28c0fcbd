"""Writing the trail (ADR 0026): what somebody did or saw is recorded, and sealed a little later. Import from here.

    record_event(TrailKind.EXPORTED, by=user, rows=318, detail={"register": "facilities"})

Reading it (pages, verification, export, archive) is in `audit`.
"""

from changelog.models.trail import TrailKind
from changelog.trail.origin import Origin, origin_of, request_origin
from changelog.trail.recording import record_event
from changelog.trail.sealing import newest_seal, seal_waiting

__all__ = ["Origin", "TrailKind", "newest_seal", "origin_of", "record_event", "request_origin", "seal_waiting"]
