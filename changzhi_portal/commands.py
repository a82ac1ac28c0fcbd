"""What the portal's commands share: how they say that they could not run (docs/operations.md)."""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import Any, Final, NoReturn

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DataError, IntegrityError
from django.db import Error as DatabaseTrouble

from changzhi_portal.logs import log_context
from changzhi_portal.refusals import PortalError

# Exit status: wrong arguments, an unknown user, register, month or division, a refusal, or a service that is away.
COULD_NOT_RUN: Final = 3


class _Parser(CommandParser):
    """Refuses wrong arguments with COULD_NOT_RUN: argparse's own 2 would say that `upload` has refused a file."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, and end."""
        if self.called_from_command_line:
            self.print_usage(sys.stderr)
            self.exit(COULD_NOT_RUN, f"{self.prog}: error: {message}\n")
        raise CommandError(f"Error: {message}", returncode=COULD_NOT_RUN)


class PortalCommand(BaseCommand):
    """A command that ends in a sentence whatever happens: a PortalError, a database or a disk that is away.

    A command with the option --json prints a refusal as one JSON object as well (docs/operations.md).
    """

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Django's parser, but for the exit status of wrong arguments."""
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.__class__ = _Parser  # Django offers no other way to name the class
        return parser

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Run. Raises CommandError with COULD_NOT_RUN for what is no fault of the program."""
        try:
            return self._run(*args, **options)
        except DatabaseTrouble as trouble:
            # What a database says of a value it refuses may quote the value, and that may be personal.
            is_about_a_value = isinstance(trouble, (DataError, IntegrityError))
            said = type(trouble).__name__ if is_about_a_value else str(trouble).partition("\n")[0]
            raise CommandError(
                f"数据库出错，请检查数据库是否在运行、是否已升级表结构：{said}\n"
                "The database failed. Is it running, is DATABASE_URL right, is its disk full? After an upgrade run: "
                "manage.py migrate",
                returncode=COULD_NOT_RUN,
            ) from trouble
        except BrokenPipeError:
            # Whoever read has seen enough (`… | head`); quietly, with the status of any program that this ends.
            _forget_output()
            sys.exit(128 + signal.SIGPIPE)
        except OSError as trouble:
            _forget_output()
            raise CommandError(
                f"文件或输出不能读写：{trouble}\nA file or the output could not be read or written.",
                returncode=COULD_NOT_RUN,
            ) from trouble

    def _run(self, *args: Any, **options: Any) -> str | None:
        try:
            with log_context(command=type(self).__module__.rpartition(".")[2]):
                output = super().execute(*args, **options)
        except PortalError as refusal:
            if options.get("json"):
                self.stdout.write(json.dumps(refusal.as_json(), ensure_ascii=False))
                self.stdout.flush()
            raise CommandError(in_both_languages(refusal), returncode=COULD_NOT_RUN) from refusal
        self.stdout.flush()
        return output


def in_both_languages(error: PortalError) -> str:
    """What is wrong, as the pages say it, and below it the cure for operators."""
    return str(error) if error.cure == str(error) else f"{error}\n{error.cure}"


def _forget_output() -> None:
    """Let Python not try again at its end to write what standard output has refused."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
