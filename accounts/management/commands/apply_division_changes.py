"""`manage.py apply_division_changes`: carry out the merges, renames, recodes and splits that are known."""

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
    """Does the work itself, without broker or worker."""

    help = "Apply the changes of divisions that are known and whose day has come. Running it twice is safe."

    def add_arguments(self, parser: CommandParser) -> None:
        """Who does it, lists to note first, and whether to print JSON."""
        parser.add_argument("--as", dest="as_", required=True, metavar="USERNAME", help="a bureau_admin")
        parser.add_argument(
            "--changes",
            type=Path,
            metavar="FILE.csv",
            help=f"note these changes first; columns {', '.join(CHANGE_COLUMNS)}",
        )
        parser.add_argument(
            "--crosswalk",
            type=Path,
            metavar="FILE.csv",
            help=f"where each community goes in them; columns {', '.join(CROSSWALK_COLUMNS)}",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        """Apply, and say what was done."""
        applied = _apply(acting_user(options["as_"]), options["changes"], options["crosswalk"])
        if options["json"]:
            answer = {"applied": [_as_json(of_day) for of_day in applied]}
            self.stdout.write(json.dumps(answer, ensure_ascii=False, indent=2))
        elif not applied:
            self.stdout.write("No change of divisions waits to be applied; nothing to do.")
        for of_day in () if options["json"] else applied:
            self.stdout.write(_in_words(of_day))


@transaction.atomic
def _apply(user: User, changes: Path | None, crosswalk: Path | None) -> list[AppliedChanges]:
    """Note and apply in one: a list whose changes do not fit leaves nothing behind."""
    if crosswalk is not None and changes is None:
        raise InvalidError(
            "对照表应与变更表一起给出。",
            cure="--crosswalk goes with --changes: name the changes it is about.",
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
        "users": applied.users,
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


def _in_words(applied: AppliedChanges) -> str:
    plan = applied.plan
    return (
        f"Applied the changes of {plan.effective_on}: {len(plan.counties)} counties and {len(plan.towns)} towns closed, "
        f"{len(plan.opening)} divisions opened, {plan.number_of_communities} communities moved, "
        f"{len(plan.new_communities)} new, {applied.users} users moved with their division.\n"
        f"Kept without a counterpart in the crosswalk: {len(plan.without_counterpart)} moved with their town, "
        f"{len(plan.untouched)} elsewhere untouched; rows about communities that are not there: {len(plan.unused)}."
    )
