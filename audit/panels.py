"""Panels: the state of the trail on the home page of auditors, and the way from a record's page to what is known of it."""

from __future__ import annotations

import datetime
from typing import Any

from django.db.models import Count, Model
from django.utils import timezone

from audit.filters import made_from, made_until
from audit.kinds import CONCERNS
from audit.tables import about_url
from changelog.models import TrailRecord, TrailSeal
from changelog.trail import TrailKind
from changzhi_portal.pages.base import PortalRequest
from changzhi_portal.pages.panels import FIRST_STEP, NOTHING_TO_DO, HomePanel, RecordPanel

# Sealing happens every few seconds (`changelog.trail.sealing`); records that have waited so long say that it stands still.
_SHOULD_BE_SEALED = datetime.timedelta(minutes=10)
_RECENT = 2_000  # records before the newest sealed one among which one may still wait for its seal
_MOST_WAITING = 1_000


class TrailState(HomePanel):
    """For auditors: the newest seal, how many records wait for theirs, and what happened yesterday that concerns them."""

    position = 3
    template_name = "audit/trail_panel.html"
    requires = "may_audit"

    def context(self, request: PortalRequest) -> dict[str, Any]:
        """Return the state of the chain, which is that of the whole portal, and yesterday's numbers of the user's area."""
        newest = TrailSeal.objects.order_by("-seq").first()
        sealed_until = newest.record_id - _RECENT if newest is not None else 0
        oldest = list(
            TrailRecord.objects.unsealed()
            .filter(pk__gt=sealed_until)
            .values_list("made_at", flat=True)[: _MOST_WAITING + 1]
        )
        is_late = bool(oldest) and timezone.now() - oldest[0] > _SHOULD_BE_SEALED
        yesterday = timezone.localdate() - datetime.timedelta(days=1)
        numbers = dict(
            TrailRecord.objects.visible_to(request.user)
            .filter(made_from(yesterday), made_until(yesterday), kind__in=CONCERNS)
            .order_by()
            .values_list("kind")
            .annotate(Count("pk"))
        )
        return {
            "newest": newest,
            "waiting": min(len(oldest), _MOST_WAITING),
            "has_more_waiting": len(oldest) > _MOST_WAITING,
            "is_late": is_late,
            "yesterday": yesterday,
            "numbers": [(kind, numbers.get(kind.value, 0)) for kind in CONCERNS],
            "urgency": FIRST_STEP if is_late or numbers.get(TrailKind.TRAIL_MISMATCH.value) else NOTHING_TO_DO,
        }


class WhoSawIt(RecordPanel):
    """For auditors: the link from a record's page to everything that the trail knows of it."""

    position = 95
    template_name = "audit/about_link.html"
    requires = "may_audit"

    def context(self, request: PortalRequest, record: Model) -> dict[str, Any]:
        """Return the address; "" for a record without a public id."""
        return {"record": record, "about_url": about_url(record._meta.label_lower, getattr(record, "ref", ""))}
