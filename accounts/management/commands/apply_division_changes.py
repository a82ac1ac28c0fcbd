"""`manage.py apply_division_changes`: apply the noted merges, renames, recodes and splits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction

from accounts.actions import AppliedChanges, apply_division_changes
from accounts.management.acting import acting_user
from accounts.models import User
from changzhi_portal.commands import PortalCommand
from changzhi_portal.refusals import InvalidError
from communities.actions import note_division_changes
from communities.actions.noting import CHANGE_COLUMNS, CROSSWALK_COLUMNS
from communities.divisionchanges import CommunityMove, DivisionMove


class Command(PortalCommand):
    """Command that applies changes of divisions in its own process, without broker or worker."""

    help = "Apply the noted changes of divisions whose day has come. Running it twice is safe."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the acting user, the CSV files to note first, and the JSON option."""
        parser.add_argument("--as", dest="as_", required=True, metavar="USERNAME", help="the bureau_admin to act as")
        parser.add_argument(
            "--changes",
            type=Path,
            metavar="FILE.csv",
            help=f"load these changes first; columns {', '.join(CHANGE_COLUMNS)}",
        )
        parser.add_argument(
            "--crosswalk",
            type=Path,
            metavar="FILE.csv",
            help=f"load this crosswalk of communities with them; columns {', '.join(CROSSWALK_COLUMNS)}",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        """Apply the changes and print the result."""
        applied = _apply(acting_user(options["as_"]), options["changes"], options["crosswalk"])
        if options["json"]:
            answer = {"applied": [_as_json(of_day) for of_day in applied]}
            self.stdout.write(json.dumps(answer, ensure_ascii=False, indent=2))
        elif not applied:
            self.stdout.write("No change of divisions is pending; nothing to do.")
        for of_day in () if options["json"] else applied:
            self.stdout.write(_as_text(of_day))


@transaction.atomic
def _apply(user: User, changes: Path | None, crosswalk: Path | None) -> list[AppliedChanges]:
    """Note and apply changes in one transaction, so that nothing is noted if they cannot be applied."""
    if crosswalk is not None and changes is None:
        raise InvalidError(
            "对照表应与变更表一起给出。",
            cure="Give --crosswalk only together with --changes.",
            field="crosswalk",
        )
    if changes is not None:
        note_division_changes(changes=changes, crosswalk=crosswalk)
    return apply_division_changes(by=user)


def _as_json(applied: AppliedChanges) -> dict[str, Any]:
    plan = applied.plan
    return {
        "effective_on": plan.effective_on.isoformat(),
        "changes": [
            {
                "kind": change.kind,
                "from_code": change.from_code,
                "from_name": change.from_name,
                "to_code": change.to_code,
                "to_name": change.to_name,
            }
            for change in plan.changes
        ],
        "divisions": [_division(move) for move in plan.closing],
        "divisions_opened": len(plan.opening),
        "communities": plan.number_of_communities,
        "new_communities": len(plan.new_communities),
        "ended": [
            {
                "code": ending.placement.code,
                "name": ending.community.name,
                "into_code": ending.into.code if ending.into else "",
                "into_name": ending.into.name if ending.into else "",
            }
            for ending in plan.endings
        ],
        "users": applied.users,
        "moved": list(applied.moved),
        "without_counterpart": [_community(move) for move in plan.without_counterpart],
        "untouched": [row.from_code for row in plan.untouched],
        "unused": [row.from_code for row in plan.unused],
    }


def _division(move: DivisionMove) -> dict[str, str]:
    return {
        "level": move.old.level,
        "from_code": move.old.code,
        "from_name": move.old.name,
        "to_code": move.successor.code,
        "to_name": move.successor.name,
    }


def _community(move: CommunityMove) -> dict[str, str]:
    return {"from_code": move.placement.code, "to_code": move.code, "name": move.name}


def _as_text(applied: AppliedChanges) -> str:
    plan = applied.plan
    return (
        f"Applied the changes of {plan.effective_on}: {len(plan.counties)} counties and {len(plan.towns)} towns closed, "
        f"{len(plan.opening)} divisions opened, {plan.number_of_communities} communities moved, "
        f"{len(plan.endings)} merged into others or closed, {len(plan.new_communities)} new, "
        f"{applied.users} users and {len(applied.moved)} things that operate moved with their division.\n"
        f"Kept without a counterpart in the crosswalk: {len(plan.without_counterpart)} moved with their town, "
        f"{len(plan.untouched)} elsewhere unchanged; rows of communities that do not exist: {len(plan.unused)}."
        + "".join(f"\n  {sentence}" for sentence in applied.moved)
    )
