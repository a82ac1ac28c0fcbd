"""`make bench`: prepares a scratch database and prints every table of ratios."""

from __future__ import annotations

import logging
import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()
logging.disable(logging.INFO)

from django.core.management import call_command  # noqa: E402

from tests.bench import uploads  # noqa: E402

TABLES = {"uploads": uploads.run}


def main() -> None:
    """Run the tables named on the command line, by default all."""
    call_command("migrate", verbosity=0)
    call_command("load_divisions", verbosity=0)
    for name in sys.argv[1:] or TABLES:
        TABLES[name]()


main()
