"""`make bench`: creates a scratch database and prints every table of ratios."""

from __future__ import annotations

import argparse
import logging
import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()
logging.disable(logging.INFO)

from django.core.management import call_command  # noqa: E402

from tests.bench import api, briefing, exports, figures, guessing, pages, sheets, slow, targets, trail, uploads  # noqa: E402


def main() -> None:
    """Run the tables named on the command line, by default all."""
    parser = argparse.ArgumentParser(prog="make bench ARGS=", description=main.__doc__)
    parser.add_argument(
        "tables", nargs="*", metavar="uploads|sheets|targets|figures|pages|trail|slow|guessing|api|exports|briefing"
    )
    parser.add_argument("--communities", type=int, default=targets.COMMUNITIES, help="the largest size of `targets`")
    parser.add_argument(
        "--before", default="HEAD~1", metavar="REVISION", help="the build that `pages` and `briefing` compare with"
    )
    parser.add_argument("--size", type=int, default=pages.CITY, help="the number of communities of `pages`")
    parser.add_argument("--seconds", type=int, default=guessing.SECONDS, help="how long `guessing` sends guesses")
    parser.add_argument("--rows", type=int, default=api.ROWS, help="how many organizations `exports` writes")
    arguments = parser.parse_args()
    tables = {
        "uploads": uploads.run,
        "sheets": sheets.run,
        # Before `targets`, which fills the database with many more places.
        "figures": figures.run,
        "targets": lambda: targets.run(arguments.communities),
        "trail": trail.run,
        "pages": lambda: pages.run(arguments.before, arguments.size),
        "slow": slow.run,
        "api": api.run,
        "exports": lambda: exports.run(arguments.rows),
        "briefing": lambda: briefing.run(arguments.before),
        "guessing": lambda: guessing.run(arguments.seconds),
    }
    if unknown := set(arguments.tables) - set(tables):
        parser.error(f"there is no table {', '.join(sorted(unknown))}; choose from {', '.join(tables)}")
    call_command("migrate", verbosity=0)
    call_command("load_divisions", verbosity=0)
    for name in arguments.tables or tables:
        tables[name]()


main()
