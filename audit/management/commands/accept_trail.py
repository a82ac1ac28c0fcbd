"""`manage.py accept_trail`: say that the end of the chain is missing because a backup was restored."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from accounts.actions import portal_itself
from audit.verification import Fault, verify_trail
from changelog.models import LONGEST_REASON
from changelog.trail import TrailKind, record_event, seal_waiting
from changelog.trail.accepted import acceptance_signature
from changelog.trail.chain import keys_by_id
from changelog.trail.heads import kept_heads
from changzhi_portal.commands import PortalCommand
from changzhi_portal.refusals import InvalidError, StaleError

SHORTEST_REASON = 10  # characters


class Command(PortalCommand):
    """Command for the operator after a restore; what it accepts stands in the trail. Exit status: 0, 3 it could not run."""

    help = "Accept that seals kept outside the database are missing in it, such as after restoring a backup."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the reason."""
        parser.add_argument("--reason", required=True, help="which backup was restored, when and by whom")

    def handle(self, *args: Any, **options: Any) -> None:
        """Record the seals that do not fit, with the reason; `verify_trail` reports them no more."""
        reason = options["reason"].strip()
        if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
            raise InvalidError(
                f"请写明原因，{SHORTEST_REASON}到{LONGEST_REASON}个字。",
                cure=f"Give a reason of {SHORTEST_REASON} to {LONGEST_REASON} characters.",
            )
        seal_waiting()
        missing = {each.seq for each in verify_trail().findings if each.fault is Fault.HEAD}
        heads = sorted({(head.seq, head.mac) for head in kept_heads().heads if head.seq in missing})
        if not heads:
            raise StaleError("没有不符的封存。", cure="Every seal kept outside is in the database.")
        _, key = next(iter(keys_by_id().items()))
        detail = {"heads": heads, "signature": acceptance_signature(key, heads)}
        record_event(TrailKind.TRAIL_ACCEPTED, by=portal_itself(), reason=reason, detail=detail)
        seal_waiting()
        self.stdout.write(f"{len(heads)} seals accepted: {', '.join(str(seq) for seq, _ in heads)}")
