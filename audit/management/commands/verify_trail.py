"""`manage.py verify_trail`: find records of the trail that were altered, removed or slipped in."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import CommandError, CommandParser

from audit.verification import verify_trail
from changelog.trail.chain import HEAD_DIGITS
from changzhi_portal.commands import COULD_NOT_RUN, PortalCommand

FAULTS = 1  # exit status


class Command(PortalCommand):
    """Command that only reads.

    Exit status: 0 the trail is whole, 1 it is not, 3 the command could not run.
    """

    help = "Verify the trail: every record, every change set, and the seals kept outside the database."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the printed heads, and whether to print JSON."""
        parser.add_argument(
            "--head",
            action="append",
            default=[],
            metavar="SEQ:CODE",
            help="a seal as printed on a briefing; repeatable",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what was found. Raises CommandError with the exit status if something is wrong."""
        found = verify_trail(heads=[_head(text) for text in options["head"]])
        head = f"{found.head[0]}:{found.head[1][:HEAD_DIGITS]}" if found.head else None
        if options["json"]:
            findings = [
                {"fault": str(each.fault), "seq": each.seq, "ref": each.ref, "sentence": each.sentence}
                for each in found.findings
            ]
            said = {"sealed": found.sealed, "waiting": found.waiting, "head": head, "findings": findings}
            self.stdout.write(json.dumps(said, ensure_ascii=False))
        else:
            self.stdout.write(f"{found.sealed} sealed records, {found.waiting} waiting, newest seal {head or 'none'}")
            for finding in found.findings:
                self.stdout.write(str(finding))
        if found.findings:
            raise CommandError(f"审计记录有{len(found.findings)}处不符。The trail is not whole.", returncode=FAULTS)


def _head(text: str) -> tuple[int, str]:
    seq, _, code = text.partition(":")
    if not (seq.isdecimal() and len(code) >= HEAD_DIGITS):
        raise CommandError(f"{text} is no head such as 1024:0123456789abcdef.", returncode=COULD_NOT_RUN)
    return int(seq), code.lower()
