"""Base class of the portal's commands, which say that they could not run by exit status 3 (docs/operations.md)."""

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

# Exit status for wrong arguments, an unknown user, register, month or division, a refusal, or a missing service.
COULD_NOT_RUN: Final = 3


class _Parser(CommandParser):
    """Parser that exits with COULD_NOT_RUN for wrong arguments; argparse's 2 means that `upload` refused a file."""

    def error(self, message: str) -> NoReturn:
        """Print the usage and the message, and exit."""
        if self.called_from_command_line:
            self.print_usage(sys.stderr)
            self.exit(COULD_NOT_RUN, f"{self.prog}: error: {message}\n")
        raise CommandError(f"Error: {message}", returncode=COULD_NOT_RUN)


class PortalCommand(BaseCommand):
    """Command that ends with one sentence for a PortalError and for an unreachable database or disk.

    A command with the option --json also prints a refusal as one JSON object (docs/operations.md).
    """

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Return Django's parser, with COULD_NOT_RUN as the exit status of wrong arguments."""
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.__class__ = _Parser  # Django has no other way to set the class
        return parser

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Run the command. Raises CommandError with COULD_NOT_RUN for an error that is not a bug of the program."""
        try:
            return self._run(*args, **options)
        except DatabaseTrouble as error:
            # The database's message may quote the refused value, which may be personal.
            is_about_a_value = isinstance(error, (DataError, IntegrityError))
            detail = type(error).__name__ if is_about_a_value else str(error).partition("\n")[0]
            raise CommandError(
                f"数据库出错，请检查数据库是否在运行、是否已升级表结构：{detail}\n"
                "The database failed. Is it running, is DATABASE_URL right, is its disk full? After an upgrade run: "
                "manage.py migrate",
                returncode=COULD_NOT_RUN,
            ) from error
        except BrokenPipeError:
            # The reader of our output has closed it (`… | head`): exit silently, with the usual status for that.
            _discard_output()
            sys.exit(128 + signal.SIGPIPE)
        except OSError as error:
            _discard_output()
            raise CommandError(
                f"文件或输出不能读写：{error}\nA file or the output could not be read or written.",
                returncode=COULD_NOT_RUN,
            ) from error

    def _run(self, *args: Any, **options: Any) -> str | None:
        try:
            with log_context(command=type(self).__module__.rpartition(".")[2]):
                output = super().execute(*args, **options)
        except PortalError as refusal:
            if options.get("json"):
                self.stdout.write(json.dumps(refusal.as_json(), ensure_ascii=False))
                self.stdout.flush()
            raise CommandError(bilingual_message(refusal), returncode=COULD_NOT_RUN) from refusal
        self.stdout.flush()
        return output


def bilingual_message(error: PortalError) -> str:
    """Return the sentence that pages show, and below it the cure for operators."""
    return str(error) if error.cure == str(error) else f"{error}\n{error.cure}"


def _discard_output() -> None:
    """Keep Python from flushing standard output at exit, when writing to it has failed."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
