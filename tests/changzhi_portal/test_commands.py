"""Tests of commands that cannot run: the exit status, one sentence, never a traceback."""

from __future__ import annotations

import errno
import io
import os
import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command, load_command_class

from changzhi_portal.commands import COULD_NOT_RUN, PortalCommand
from changzhi_portal.secrets_store import GENERATORS, field_keys
from tests.architecture.apps import OWN_APPS

NOWHERE = "postgres://portal:geheim@127.0.0.1:1/portal"


def manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `manage.py …` as a process with real streams and exit status; an empty variable is left out."""
    variables = os.environ | {"DJANGO_SETTINGS_MODULE": "changzhi_portal.settings"} | environment
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=settings.BASE_DIR,
        env={name: value for name, value in variables.items() if value},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_command_of_ours_says_in_the_same_way_that_it_could_not_run():
    for app in OWN_APPS:
        for path in (settings.BASE_DIR / app / "management" / "commands").glob("[a-z]*.py"):
            extends_django = f"class Command({path.stem}.Command):" in path.read_text()
            assert extends_django or "class Command(PortalCommand):" in path.read_text(), path


def test_without_a_database_a_command_says_so_in_a_sentence_and_prints_no_json():
    done = manage("check_data", "--json", "--skip-checks", DATABASE_URL=NOWHERE)
    assert (done.returncode, done.stdout) == (3, "")
    assert "数据库出错" in done.stderr
    assert "manage.py migrate" in done.stderr
    assert "Traceback" not in done.stderr
    assert "geheim" not in done.stderr


def test_wrong_arguments_do_not_look_like_a_file_that_was_refused(capsys):
    command = load_command_class("uploads", "upload")
    with pytest.raises(SystemExit) as left:
        command.run_from_argv(["manage.py", "upload", "communities", "F.xlsx"])
    assert left.value.code == 3
    assert "--as" in capsys.readouterr().err


def test_a_wrong_setting_is_named_without_a_traceback():
    done = manage("check_data", PORTAL_MODE="produktion")
    assert done.returncode == 3
    assert (
        done.stderr.strip()
        == "Could not run: PORTAL_MODE is 'produktion'. Set it to production, or unset it (embedded)."
    )


class Loud(PortalCommand):
    """Command that prints a line."""

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write("figures")


class Broken(io.StringIO):
    """Standard output that refuses every write."""

    def __init__(self, error: int) -> None:
        super().__init__()
        self.error = error

    def write(self, text: str) -> int:
        raise OSError(self.error, os.strerror(self.error))


def test_a_full_disk_behind_standard_output_is_named_in_a_sentence():
    with pytest.raises(CommandError, match="No space left") as refused:
        call_command(Loud(), stdout=Broken(errno.ENOSPC))
    assert refused.value.returncode == COULD_NOT_RUN


def test_a_reader_who_has_seen_enough_gets_no_traceback():
    with pytest.raises(SystemExit) as left:
        call_command(Loud(), stdout=Broken(errno.EPIPE))
    assert left.value.code == 141


def test_a_folder_with_any_sign_in_its_name_holds_database_and_mail(tmp_path):
    var = tmp_path / "数据 1+1#%41?"
    said = "from django.conf import settings as s; print(s.DATABASES['default']['NAME'], s.EMAIL_FILE_PATH, sep='\\n')"
    done = manage("shell", "--no-imports", "-c", said, VAR_DIR=str(var), DATABASE_URL="", EMAIL_URL="")
    assert done.stdout.splitlines() == [str(var / "portal.sqlite3"), str(var / "mail")], done.stderr


@pytest.mark.parametrize(
    "text", ["", "short", "ä", f"{'A' * 43}=,"], ids=["none", "short", "no ASCII", "one and a comma"]
)
def test_a_field_key_that_could_not_encrypt_is_refused_at_the_start_and_not_at_the_first_upload(text):
    with pytest.raises(ImproperlyConfigured, match="FIELD_KEYS: key"):
        field_keys(text)


def test_several_field_keys_may_have_blanks_between_them():
    newest, old = GENERATORS["FIELD_KEYS"](), GENERATORS["FIELD_KEYS"]()
    assert field_keys(f"{newest}, {old}") == [newest, old]
