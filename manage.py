#!/usr/bin/env python
"""Command line of the portal."""

import io
import os
import sys


def main() -> None:
    """Run one management command with the portal's settings."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "changzhi_portal.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    from changzhi_portal.commands import COULD_NOT_RUN

    # A terminal or a log that is not UTF-8 gets \u957f for 长, which JSON understands, instead of an error.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        execute_from_command_line(sys.argv)
    except (ImproperlyConfigured, OSError) as error:
        print(f"Could not run: {error}", file=sys.stderr)
        sys.exit(COULD_NOT_RUN)


if __name__ == "__main__":
    main()
