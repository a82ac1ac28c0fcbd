"""`manage.py grant_application ROLE`: let the role that the portal works as read and write, but not rewrite the trail.

Run by the role that owns the tables, after each `migrate` (docs/operations.md).
"""

from __future__ import annotations

import os
from typing import Any

from django.apps import apps
from django.core.management.base import CommandParser
from django.db import connection, transaction
from psycopg import sql

from changzhi_portal.commands import PortalCommand
from changzhi_portal.refusals import InvalidError

_CREATE = sql.SQL("CREATE ROLE {role} LOGIN")
_PASSWORD = sql.SQL("ALTER ROLE {role} PASSWORD {password}")
_GRANTS = (
    sql.SQL("GRANT USAGE ON SCHEMA public TO {role}"),
    sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}"),
    sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}"),
)
_IS_OWNER = "SELECT bool_or(pg_has_role(%s, relowner, 'MEMBER')) FROM pg_class WHERE oid = ANY(%s::regclass[])"
_REVOKE = sql.SQL("REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {role}")


class Command(PortalCommand):
    """Command for PostgreSQL; it may be repeated. Exit status: 0, 3 it could not run."""

    help = (
        "Grant a role what the portal needs: everything on rows, except changing and deleting what is only added. "
        "Creates the role, with the password in APPLICATION_DB_PASSWORD, unless it exists."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the role."""
        parser.add_argument("role")

    def handle(self, *args: Any, **options: Any) -> None:
        """Create the role if need be, and grant."""
        if connection.vendor != "postgresql":
            raise InvalidError("只有PostgreSQL有数据库账号。", cure="Only PostgreSQL has roles; SQLite is one file.")
        role, password = options["role"], os.environ.get("APPLICATION_DB_PASSWORD", "")
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = %s)", [role])
            (exists,) = cursor.fetchone()
            if exists:
                _refuse_owner(cursor, role)
            statements = [*([] if exists else [_CREATE]), *([_PASSWORD] if password else []), *_GRANTS]
            for statement in statements:
                cursor.execute(statement.format(role=sql.Identifier(role), password=sql.Literal(password)))
            for table in added_only_tables():
                cursor.execute(_REVOKE.format(role=sql.Identifier(role), table=sql.Identifier(table)))
        self.stdout.write(f"{role} may only add to {', '.join(added_only_tables())}")


def _refuse_owner(cursor: Any, role: str) -> None:
    """Refuse a role that nothing can be taken from: the tables' owner, a member of the owner, or a superuser."""
    cursor.execute(_IS_OWNER, [role, added_only_tables()])
    if cursor.fetchone()[0]:
        raise InvalidError(
            f"{role}是表的所有者、所有者的成员或者超级用户，不能限制。",
            cure=f"{role} owns the tables, is a member of their owner, or a superuser; name another role.",
        )


def added_only_tables() -> list[str]:
    """Return the tables of the models that declare `is_added_only`."""
    return [model._meta.db_table for model in apps.get_models() if getattr(model, "is_added_only", False)]
