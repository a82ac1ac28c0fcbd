"""The examples of docs/api.md, run as they stand there against a server; and the example program that keeps a copy."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
import urllib.error
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from types import ModuleType
from typing import Any

import pytest
from django.conf import settings

from changelog.trail.sealing import seal_waiting
from changzhi_portal.rights import MOVING_SCOPE
from orgs.models import SocialOrganization
from participation.models import Survey
from tests.api.test_increments import edit
from tests.changelog.test_merging import merge
from tests.connections.clients import make_token
from tests.factories import make_organization, make_survey
from tests.uploads.office import write_workbook
from tests.uploads.test_cell_values import organization_row
from tests.uploads.test_undo import undo
from uploads.models import UploadBatch
from uploads.tasks import check_batch, commit_batch, undo_batch

pytestmark = [pytest.mark.one_database, pytest.mark.django_db(transaction=True)]
PROGRAM = settings.BASE_DIR / "docs" / "examples" / "mirror_organizations.py"
# Of those who call; the example for those who are told of events (§7) is run by tests/connections.
_OF_CALLERS = (settings.BASE_DIR / "docs" / "api.md").read_text().partition("\n## 7. ")[0]
EXAMPLES = re.findall(r"^```(sh|python)\n(.*?)^```$", _OF_CALLERS, re.M | re.S)
HERE = {"县（市、区）": "城区", "街道（乡镇）": "东街街道办事处", "社区名称": "和平社区居委会"}
# An answer that is a refusal fails the example.
CURL = 'set -euo pipefail; curl() { command curl --silent --show-error --fail-with-body "$@"; }\n'


def run(kind: str, text: str, folder: Path, address: str, **variables: str) -> str:
    """Run an example against another host than that of the text, and return what it prints."""
    code = text.replace("https://portal.example", address)
    call = ["bash", "-c", CURL + code] if kind == "sh" else [sys.executable, "-c", code]
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **variables}
    done = subprocess.run(call, cwd=folder, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_every_example_of_the_document_does_what_it_says(live_server, place, period, tmp_path):
    writes = ("registers:read", "registers:write", "uploads:read", "uploads:write")
    token = make_token(place.county, *writes, "figures:read", MOVING_SCOPE).text
    survey = make_survey(place.county, ref="jv4sgkhpbsvqo", version=3, state=Survey.State.CLOSED)
    make_organization(place.communities[0], "演示舞蹈队", ref="jv4sgkhpbsvqo", version=3, member_count=20, note="旧")
    write_workbook(tmp_path / "组织.xlsx", [organization_row("演示体操队", **HERE), organization_row("", **HERE)])
    texts = [text for _, text in EXAMPLES]
    assert len(texts) >= 12
    assert all("https://portal.example" in text for text in texts), "an example names another host"
    batch: UploadBatch | None = None
    said = []
    for kind, text in EXAMPLES:
        variables = {"TOKEN": token}
        if "$REF" in text:
            batch = UploadBatch.objects.latest("pk")
            if batch.state == UploadBatch.State.QUEUED:
                check_batch(batch.pk)
            batch.refresh_from_db()
            variables |= {"REF": batch.ref, "CHECK_MARK": batch.check_mark}
        if "/discard/" in text:  # of another file
            [sent] = [each for each in texts if "-F file=" in each]
            run("sh", sent, tmp_path, live_server.url, TOKEN=token)
            batch = UploadBatch.objects.latest("pk")
            check_batch(batch.pk)
            variables["REF"] = batch.ref
        seal_waiting()
        said.append(run(kind, text, tmp_path, live_server.url, **variables))
        if "/commit/" in text:
            commit_batch(batch.pk)
            assert SocialOrganization.objects.filter(name="演示体操队").exists()
        if "/undo/" in text:
            undo_batch(batch.pk)
            assert not SocialOrganization.objects.filter(name="演示体操队").exists()
    assert survey.steps.get().note == "两个社区补报"
    changed = SocialOrganization.objects.get(ref="jv4sgkhpbsvqo")
    assert (changed.leader, changed.note, changed.member_count, changed.version) == ("张演示", "", 42, 6)
    assert set(SocialOrganization.objects.values_list("name", flat=True)) == {"演示舞蹈队", "演示合唱团", "演示书画社"}
    assert "jv4sgkhpbsvqo 演示舞蹈队\n" in said
    assert "21\n" in said
    assert sorted(UploadBatch.objects.values_list("state", flat=True)) == ["discarded", "undone"]
    assert any('"problems"' in answer and '"code":"required"' in answer for answer in said)


# --- The program that keeps a copy ---


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return the program as a module."""
    monkeypatch.syspath_prepend(PROGRAM.parent)
    monkeypatch.delitem(sys.modules, PROGRAM.stem, raising=False)
    import mirror_organizations

    return mirror_organizations


def copy_of(path: Path) -> dict[str, Any]:
    """Return what a copy holds, by ref."""
    with sqlite3.connect(path) as copy:
        return {ref: json.loads(record) for ref, record in copy.execute("SELECT ref, record FROM organizations")}


def versions_of(path: Path) -> dict[str, int]:
    return {ref: record["version"] for ref, record in copy_of(path).items()}


def versions_in(county: Any) -> dict[str, int]:
    """Return refs and versions of the organizations of a county in the database."""
    return dict(SocialOrganization.objects.filter(community__town__parent=county).values_list("ref", "version"))


def test_the_copy_is_equal_after_edits_an_undone_upload_a_merge_and_a_move(
    live_server, place, clerk, officer, send, tmp_path
):
    path = tmp_path / "organizations.sqlite3"
    token = make_token(place.county, "registers:read").text
    first, second, moved = (make_organization(place.communities[0], f"演示{name}队") for name in "甲乙丙")
    make_organization(place.villages[0], "别县的队")
    edit("organizations", moved, clerk, leader="李某某")  # by whom it was written, there it is told that it has gone

    def bring_up_to_date() -> None:
        seal_waiting()
        variables = {**os.environ, "PORTAL_TOKEN": token}
        call = [sys.executable, PROGRAM, f"{live_server.url}/", path]
        done = subprocess.run(call, env=variables, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        assert versions_of(path) == versions_in(place.county)
        assert int(done.stdout) == len(versions_in(place.county))

    bring_up_to_date()
    edit("organizations", first, clerk, leader="王某某")
    sent = send("organizations", clerk, [organization_row("演示新队", **HERE)], commit="all")
    bring_up_to_date()
    assert copy_of(path)[first.ref]["leader"] == "王某某"
    assert len(versions_of(path)) == 4
    undo(sent, clerk)
    bring_up_to_date()
    for record in (first, second):
        edit("organizations", record, clerk, leader="赵某某")
    merge(first, second, clerk)
    village = place.villages[0]
    there = {"county": village.town.parent.name, "town": village.town.name, "community_name": village.name}
    edit("organizations", moved, officer, **there)
    bring_up_to_date()
    assert set(versions_of(path)) == {first.ref}


def test_a_run_that_is_killed_between_pages_goes_on_where_it_was(live_server, place, clerk, tmp_path):
    path = tmp_path / "organizations.sqlite3"
    token = make_token(place.county, "registers:read").text
    records = [make_organization(place.communities[0], f"演示{number}队") for number in range(7)]

    def run_until(page: int) -> int:
        """Run with pages of two, and die when this one was fetched and not stored."""
        code = f"""
import os, sys
sys.path.insert(0, {str(PROGRAM.parent)!r})
import mirror_organizations as program
fetch, left = program.fetch, [{page}]
def fetch_or_die(*arguments):
    found = fetch(*arguments)
    left[0] -= 1
    print(arguments[0])
    if not left[0]:
        sys.stdout.flush()
        os._exit(9)
    return found
program.fetch = fetch_or_die
program.mirror({live_server.url!r}, {token!r}, {str(path)!r}, limit=2)
"""
        seal_waiting()
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
        assert done.returncode in {0, 9}, done.stderr
        calls.append(len(done.stdout.split()))
        return done.returncode

    calls: list[int] = []
    assert run_until(3) == 9
    assert len(versions_of(path)) == 4
    # What is changed meanwhile, read already or not, is not lost.
    for record in (records[0], records[6]):
        edit("organizations", record, clerk, leader="王某某")
    assert run_until(100) == 0
    assert calls == [3, 2]  # it went on with the third page
    assert run_until(100) == 0
    assert versions_of(path) == versions_in(place.county)
    for record in records:
        edit("organizations", record, clerk, leader="赵某某")
    assert run_until(2) == 9
    assert run_until(100) == 0
    assert versions_of(path) == versions_in(place.county)


@pytest.mark.parametrize("way", ["next", "redirect"])
def test_the_token_goes_to_no_other_host(way, program, tmp_path):
    """A portal that is not ours leads elsewhere, by an answer or by a redirection."""
    asked: list[str] = []

    class Elsewhere(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.headers["Authorization"])
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"results": [], "next": null, "changes": ""}')

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    class Portal(Elsewhere):
        def do_GET(self) -> None:
            leads_to = f"http://127.0.0.1:{elsewhere.server_port}/api/v1/organizations/"
            self.send_response(302 if way == "redirect" else 200)
            self.send_header("Location", leads_to)
            self.end_headers()
            self.wfile.write(json.dumps({"results": [], "next": leads_to, "changes": leads_to}).encode())

    with HTTPServer(("127.0.0.1", 0), Elsewhere) as elsewhere, HTTPServer(("127.0.0.1", 0), Portal) as portal:
        for server in (elsewhere, portal):
            Thread(target=server.serve_forever, daemon=True).start()
        try:
            with pytest.raises((program.ForeignAddressError, urllib.error.HTTPError)):
                program.mirror(f"http://127.0.0.1:{portal.server_port}", "cz_secret", str(tmp_path / "copy"))
        finally:
            for server in (elsewhere, portal):
                server.shutdown()
    assert asked == []
