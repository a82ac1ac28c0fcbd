"""`manage.py rotate_field_keys [--check] [--digests] [--json]`: store everything personal under the newest key."""

from __future__ import annotations

import json
from typing import Any, Final

from django.core.management.base import CommandError, CommandParser

from accounts.actions.trail import portal_itself
from changelog.trail import TrailKind, record_event
from changzhi_portal.commands import PortalCommand
from changzhi_portal.personal import newest_key_id
from changzhi_portal.personal.rotation import Counts, count_keys, renew_digests, rotate
from communities.models import Division

SOMETHING_LEFT: Final = 1
_MOST_NAMED = 20


class Command(PortalCommand):
    """Command that encrypts all that is stored under the newest of FIELD_KEYS; it may be interrupted and run again.

    Exit status: 0 nothing left, 1 something is left or cannot be decrypted, 3 could not run. Values are never printed.
    """

    help = "Encrypt every stored personal value under the newest key in FIELD_KEYS, bound to where it is stored."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add what to do."""
        parser.add_argument(
            "--check",
            action="store_true",
            help="change nothing: count what is stored under which key, and name what does not open",
        )
        parser.add_argument(
            "--digests", action="store_true", help="also compute the digests anew, after DIGEST_KEY was changed"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        """Rotate or count, and print."""
        tell = self._say_nothing if options["json"] else self.stderr.write
        found = count_keys() if options["check"] else rotate(tell)
        renewed = renew_digests(tell) if options["digests"] and not options["check"] else None
        if not options["check"]:
            _record(found, renewed)
        if options["json"]:
            self.stdout.write(json.dumps(_answer(found, renewed), ensure_ascii=False, indent=2))
        else:
            self._print(found, renewed)
        remaining = sum(counts.remaining for counts in found.values())
        unreadable = sum(len(counts.unreadable) for counts in found.values())
        if unreadable:
            raise CommandError(
                f"{unreadable} values cannot be decrypted. Are all keys in FIELD_KEYS? Else a value was altered or moved.",
                returncode=SOMETHING_LEFT,
            )
        if remaining:
            raise CommandError(
                f"{remaining} values are not under the newest key. Run it again.", returncode=SOMETHING_LEFT
            )

    def _say_nothing(self, line: str) -> None:
        """Drop a line of progress."""

    def _print(self, found: dict[str, Counts], renewed: int | None) -> None:
        self.stdout.write(f"Newest key: {newest_key_id()}")
        for name, counts in found.items():
            self.stdout.write(f"{name}: {counts.current} under the newest key, {counts.remaining} remaining")
            for place in counts.unreadable[:_MOST_NAMED]:
                self.stdout.write(f"  cannot be decrypted: {place}")
            if len(counts.unreadable) > _MOST_NAMED:
                self.stdout.write(f"  and {len(counts.unreadable) - _MOST_NAMED} more")
        if renewed is not None:
            self.stdout.write(f"Digests renewed: {renewed}")


def _record(found: dict[str, Counts], renewed: int | None) -> None:
    """Record in the trail that keys were rotated, and what is left."""
    detail = {
        "key": newest_key_id(),
        "remaining": {name: counts.remaining for name, counts in found.items() if counts.remaining},
        "digests_renewed": renewed,
    }
    if Division.objects.exists():  # else there is nobody, and nothing is stored yet
        record_event(TrailKind.KEYS_ROTATED, by=portal_itself(), detail=detail)


def _answer(found: dict[str, Counts], renewed: int | None) -> dict[str, Any]:
    return {
        "newest_key": newest_key_id(),
        "remaining": sum(counts.remaining for counts in found.values()),
        "unreadable": sum(len(counts.unreadable) for counts in found.values()),
        "digests_renewed": renewed,
        "stored": {
            name: {"current": each.current, "remaining": each.remaining, "unreadable": each.unreadable}
            for name, each in found.items()
        },
    }
