"""`manage.py verify_briefing`: say whether a file is one of an issued briefing's own, unchanged."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from changzhi_portal.commands import PortalCommand
from reports.verification.finding import Standing, find_by_file

NOT_GENUINE = 1  # exit status


class Command(PortalCommand):
    """Command that compares the SHA-256 of a file with those of all issued briefings."""

    help = "Say whether a file (PDF, .xlsx, .docx or .json) is an issued briefing's own. Exit status 1: it is not."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the file."""
        parser.add_argument("file", type=Path, metavar="FILE")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what the file is, and whether the issue is in force."""
        try:
            with options["file"].open("rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise CommandError(f"Cannot read the file: {error}", returncode=NOT_GENUINE) from error
        proof = find_by_file(sha256)
        if proof is None:
            raise CommandError(
                "这个文件不是已印发的简报文件，或者被改动过。\nThe file belongs to no issued briefing, or it was changed.",
                returncode=NOT_GENUINE,
            )
        standing = proof.standing.label
        if proof.replaced_by:
            withdrawn = "（更正后的一版也已撤回）" if proof.is_replacement_withdrawn else ""
            standing += f"：{proof.replaced_by}{withdrawn}"
        self.stdout.write(
            f"{standing}\n{proof.title}\n{proof.masthead} {proof.number}\n{proof.office}\n{proof.code}\n{sha256}"
        )
        if proof.standing == Standing.ALTERED:
            raise CommandError(
                "系统里保存的数据与核验码不符。\nThe stored figures are not those that the code was made of.",
                returncode=NOT_GENUINE,
            )
