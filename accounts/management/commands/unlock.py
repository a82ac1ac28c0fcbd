"""`manage.py unlock USERNAME [--remove-second-factor REASON]`: let a user sign in when no administrator can see to it."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from accounts.actions import open_account
from changzhi_portal.commands import PortalCommand


class Command(PortalCommand):
    """Command that lifts what wrong passwords and codes have closed, or takes the second factor away."""

    help = "Lift what too many wrong passwords or codes have closed for a user."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the arguments."""
        parser.add_argument("username")
        parser.add_argument(
            "--remove-second-factor",
            default="",
            metavar="REASON",
            help="also remove the second factor, whose telephone and recovery codes are lost; the user is told the reason",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Unlock the user."""
        reason = options["remove_second_factor"]
        user = open_account(username=options["username"], without_second_factor=reason)
        self.stdout.write(f"Unlocked {user.username}." + (" The second factor is removed." if reason else ""))
