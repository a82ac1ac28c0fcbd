"""`manage.py create_staff USERNAME --role ROLE --division CODE [--department NAME] [--password-stdin]`: create or update a user."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from accounts.actions import appoint_staff
from accounts.models import ROLES_OF_PEOPLE
from changzhi_portal.commands import PortalCommand


class Command(PortalCommand):
    """Command that creates a user, or changes role, division or password of one."""

    help = "Create or update a user. The first password must be changed at the first sign-in."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the arguments. The role has no `choices`, because the action checks it and refuses with exit code 3."""
        parser.add_argument("username")
        parser.add_argument("--role", required=True, help=", ".join(ROLES_OF_PEOPLE))
        parser.add_argument("--division", required=True, metavar="CODE", help="code of 6, 9 or 12 digits")
        parser.add_argument(
            "--department", default="", metavar="NAME", help="of a department_clerk: a department of the division"
        )
        parser.add_argument("--full-name", default="", help="the person's name, shown in pages")
        parser.add_argument("--email", default="", help="address to which notices are sent as well")
        parser.add_argument("--password-stdin", action="store_true", help="read the password from standard input")

    def handle(self, *args: Any, **options: Any) -> None:
        """Create or update the user and print a generated password, which is not stored in plain text."""
        password = sys.stdin.readline().rstrip("\r\n") if options["password_stdin"] else None
        appointed = appoint_staff(
            username=options["username"],
            role=options["role"],
            division_code=options["division"],
            full_name=options["full_name"],
            email=options["email"],
            department=options["department"],
            password=password,
        )
        user = appointed.user
        verb = "Created" if appointed.is_new else "Updated"
        self.stdout.write(f"{verb} {user.username}: {user.role} at {user.division.code} ({user.division.full_name}).")
        if appointed.generated_password:
            self.stdout.write(f"Password (shown this once, to be changed at sign-in): {appointed.generated_password}")
        elif password is None:
            self.stdout.write("The password was not changed.")
