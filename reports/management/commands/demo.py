"""`manage.py demo`: an invented month for the whole real city, brought in the way offices bring theirs in."""

from __future__ import annotations

import json
import time
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from changzhi_portal.errors import PortalError
from communities.actions import load_divisions
from communities.models import Division
from reports.demo.accounts import ACCOUNTS, PASSWORD, create_accounts
from reports.demo.files import PERIOD, DemoFile, write_workbooks
from reports.demo.places import demo_counties
from reports.demo.state import demo_folder, is_ready, mark_as_demo, refuse_real_data

COULD_NOT_RUN = 3


class Command(BaseCommand):
    """Accounts, workbooks, uploads, measures, a briefing. Says what it does on standard error, the result on output."""

    # Every start of `make run` waits for this command, and `migrate` has checked the system just before.
    requires_system_checks = []
    help = "Fill an embedded portal with invented data for 2018-06 through the real upload path. Runs once."

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the demo unless it is there; a run that was interrupted is made up for."""
        if is_ready(PERIOD):
            self.stdout.write("演示数据已在库中。 The demo data are there already.")
        else:
            self._make()
        self._tell()

    def _make(self) -> None:
        try:
            refuse_real_data()
            if not Division.objects.exists():
                load_divisions()
            mark_as_demo()
            create_accounts()
        except PortalError as error:
            raise CommandError(error.cure, returncode=COULD_NOT_RUN) from error
        files = write_workbooks(demo_folder() / "workbooks", demo_counties())
        for number, file in enumerate(files, start=1):
            self._upload(f"[{number}/{len(files)}]", file)
        self._say("Measuring 2018-06 …")
        call_command("compute", period=PERIOD, json=True, stdout=StringIO())
        self._say("Printing the briefing …")
        call_command("brief", period=PERIOD, output=_briefing_path(), stdout=StringIO())

    def _upload(self, step: str, file: DemoFile) -> None:
        started = time.monotonic()
        answer = StringIO()
        try:
            call_command(
                "upload",
                file.register,
                str(file.path),
                as_=file.username,
                period=PERIOD,
                commit="all",
                json=True,
                stdout=answer,
            )
        except CommandError as error:
            raise CommandError(
                f"The demo's own file {file.path} was not taken: {error}", returncode=COULD_NOT_RUN
            ) from error
        batch = json.loads(answer.getvalue())
        seconds = time.monotonic() - started
        self._say(f"{step} {file.path.name}: {batch['rows']} rows, {seconds:.1f} s")

    def _say(self, text: str) -> None:
        self.stderr.write(text, self.style.HTTP_INFO)
        self.stderr.flush()

    def _tell(self) -> None:
        self.stdout.write("2018年6月演示数据（人员、组织、面积、金额均为虚构） Invented data for June 2018")
        self.stdout.write("演示账号 Demo accounts (user name, password, role, division):")
        for account in ACCOUNTS:
            self.stdout.write(
                f"  {account.username:<18} {PASSWORD}  {account.role.label} {account.role.value} {account.division_code}"
            )
        self.stdout.write(f"表格 Workbooks: {demo_folder() / 'workbooks'}")
        self.stdout.write(f"简报 Briefing: {_briefing_path()}")


def _briefing_path() -> Path:
    return demo_folder() / f"演示数据_长治市_三社联动工作简报_{PERIOD}.pdf"
