"""Verifying the trail: whatever is altered, removed or slipped in by raw SQL is found, also without the portal."""

from __future__ import annotations

import datetime
import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.utils import timezone

from accounts.models import User
from audit.export import write_trail
from audit.verification import Fault, verify_trail
from changelog.actions import begin_change_set, change_of, log_changes
from changelog.models import ChangeSet, TrailKind, TrailRecord, TrailSeal
from changelog.trail import heads, newest_seal, record_event, seal_waiting
from changelog.trail.chain import key_id_of
from tests.factories import Place, make_worker

CHECKER = settings.BASE_DIR / "scripts" / "check_trail.py"


def fill(user: User, place: Place, events: int = 40, changes: int = 10) -> None:
    """Record events and change sets of two records each, and seal them."""
    worker = make_worker(place.communities[0])
    for number in range(events):
        record_event(TrailKind.VIEWED, by=user, about=worker, rows=number, detail={"n": number})
    for number in range(changes):
        change_set = begin_change_set(by=user, summary=f"修改{number}")
        change = change_of(worker, division=user.division.pk, before={"note": "旧"}, after={"note": f"新{number}"})
        log_changes(change_set, [change, change._replace(object_label="另一条")])
    seal_waiting()


def execute(sql: str, *values: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.rowcount


def test_a_whole_trail_has_no_findings(place: Place, clerk: User) -> None:
    fill(clerk, place)
    found = verify_trail()
    assert (found.findings, found.sealed, found.waiting) == ([], 50, 0)
    assert found.head is not None
    assert newest_seal() == f"50:{found.head[1][:16]}"


# What somebody with the database's password might do to one record, by the kind of fault that it must be found as. The
# values are SQL, and {key} is the record that is meant.
ALTERATIONS: dict[str, tuple[str, set[Fault]]] = {
    "who": ("UPDATE changelog_trailrecord SET username = 'x' WHERE id = {record}", {Fault.ALTERED}),
    "by nobody": ("UPDATE changelog_trailrecord SET made_by_id = NULL WHERE id = {record}", {Fault.ALTERED}),
    "what": ("UPDATE changelog_trailrecord SET kind = 'exported' WHERE id = {record}", {Fault.ALTERED}),
    "when": ("UPDATE changelog_trailrecord SET made_at = '2018-01-01 00:00:00' WHERE id = {record}", {Fault.ALTERED}),
    "from where": ("UPDATE changelog_trailrecord SET address = '1.1.1.1' WHERE id = {record}", {Fault.ALTERED}),
    "about whom": (
        "UPDATE changelog_trailrecord SET object_ref = 'aaaaaaaaaaaaa' WHERE id = {record}",
        {Fault.ALTERED},
    ),
    "how many": ("UPDATE changelog_trailrecord SET rows = 77777 WHERE id = {record}", {Fault.ALTERED}),
    "why": ("UPDATE changelog_trailrecord SET reason = '核对证书' WHERE id = {record}", {Fault.ALTERED}),
    "detail": ("UPDATE changelog_trailrecord SET detail_json = '[]' WHERE id = {record}", {Fault.ALTERED}),
    "code": ("UPDATE changelog_trailseal SET mac = '{code}' WHERE seq = {seq}", {Fault.ALTERED}),
    "digest": (
        "UPDATE changelog_trailseal SET changes_digest = '{code}' WHERE seq = {seq}",
        {Fault.ALTERED, Fault.CHANGES},
    ),
    "time of seal": (
        "UPDATE changelog_trailseal SET sealed_at = '2018-01-01 00:00:00' WHERE seq = {seq}",
        {Fault.ALTERED},
    ),
    "key": ("UPDATE changelog_trailseal SET key_id = 'ffffffff' WHERE seq = {seq}", {Fault.KEY}),
    "number": ("UPDATE changelog_trailseal SET seq = 900000 + {seq} WHERE seq = {seq}", {Fault.REMOVED}),
    "removed": ("DELETE FROM changelog_trailseal WHERE seq = {seq}", {Fault.REMOVED, Fault.HEAD}),
}


# ... and to a change set.
CHANGES = {
    "change": "UPDATE changelog_changerecord SET object_label = 'x' WHERE change_set_id = {set}",
    "set": "UPDATE changelog_changeset SET summary = 'x' WHERE id = {set}",
    "gone": "DELETE FROM changelog_changerecord WHERE change_set_id = {set} AND object_label = '另一条'",
    "slipped in": "UPDATE changelog_changerecord SET change_set_id = {set} WHERE change_set_id = {other}",
}
SEALS = 2_200


@pytest.mark.slow
def test_each_of_a_thousand_random_alterations_is_found_and_named_and_nothing_else(place: Place, clerk: User) -> None:
    fill(clerk, place, events=SEALS - 600, changes=600)
    seals = TrailSeal.objects.filter(seq__lt=SEALS).values_list("seq", "record_id", "record__change_set_id")
    chance = random.Random(20261129)
    expected: dict[int, set[Fault]] = {}
    # Every second seal, so that what follows a removed one can be judged.
    for seq, record, change_set in chance.sample([seal for seal in seals if seal[0] % 2], 1_000):
        other = TrailSeal.objects.get(seq=seq + 1).record.change_set_id if change_set else None
        name = chance.choice([*ALTERATIONS, *(CHANGES if other else ())])
        sql, faults = (CHANGES[name], {Fault.CHANGES}) if name in CHANGES else ALTERATIONS[name]
        code = f"{chance.getrandbits(256):064x}"
        assert execute(sql.format(record=record, seq=seq, code=code, set=change_set, other=other)) >= 1, name
        expected[seq] = faults
        if name == "slipped in":
            expected[seq + 1] = {Fault.CHANGES}
    found = {}
    for finding in verify_trail().findings:
        if finding.seq is not None and finding.seq <= SEALS:
            found.setdefault(finding.seq, set()).add(finding.fault)
    missed = {seq: faults for seq, faults in expected.items() if not faults & found.get(seq, set())}
    assert not missed
    assert len(expected) >= 1_000
    assert set(found) == set(expected)


def test_a_record_slipped_in_with_a_seal_of_its_own_is_found(place: Place, clerk: User) -> None:
    fill(clerk, place, events=5, changes=0)
    record_event(TrailKind.VIEWED, by=clerk)
    forged = TrailRecord.objects.order_by("-pk")[0:1].get()
    TrailSeal.objects.create(
        seq=6, record=forged, sealed_at=timezone.now(), key_id=key_id_of(settings.TRAIL_KEYS[0]), mac="0" * 64
    )
    assert [(each.fault, each.seq) for each in verify_trail().findings] == [(Fault.ALTERED, 6)]


def test_a_record_that_waits_for_hours_and_a_change_set_without_record_are_found(place: Place, clerk: User) -> None:
    fill(clerk, place, events=2, changes=0)
    record_event(TrailKind.VIEWED, by=clerk)
    TrailRecord.objects.filter(seal=None)._raw_delete("default")
    record_event(TrailKind.VIEWED, by=clerk)
    execute(
        "UPDATE changelog_trailrecord SET made_at = %s WHERE id NOT IN (SELECT record_id FROM changelog_trailseal)",
        timezone.now() - datetime.timedelta(hours=3),
    )
    ChangeSet.objects.create(made_by=clerk, division=clerk.division, summary="没有记录")
    assert {each.fault for each in verify_trail().findings} == {Fault.UNSEALED, Fault.UNRECORDED}


def test_the_end_cut_off_is_found_by_the_seal_kept_outside_and_by_paper(place: Place, clerk: User) -> None:
    fill(clerk, place, events=5, changes=0)
    printed = newest_seal()
    execute("DELETE FROM changelog_trailseal WHERE seq > 3")
    assert {(each.fault, each.seq) for each in verify_trail().findings} >= {(Fault.HEAD, 5)}
    (settings.VAR_DIR / "trail" / "head").unlink()
    (settings.VAR_DIR / "trail" / "heads.log").unlink()
    seal_waiting()  # the records are sealed anew, with other codes
    seq, code = printed.split(":")
    assert [(each.fault, each.seq) for each in verify_trail(heads=[(int(seq), code)]).findings] == [(Fault.HEAD, 5)]


def test_the_command_tells_by_its_exit_status(place: Place, clerk: User, capsys: pytest.CaptureFixture[str]) -> None:
    fill(clerk, place, events=3, changes=1)
    call_command("verify_trail", "--head", newest_seal())
    assert capsys.readouterr().out.startswith("4 sealed records, 0 waiting")
    execute(
        "UPDATE changelog_trailrecord SET username = 'x' WHERE id = (SELECT record_id FROM changelog_trailseal WHERE seq = 2)"
    )
    with pytest.raises(CommandError) as refusal:
        call_command("verify_trail", "--json")
    assert refusal.value.returncode == 1
    said = json.loads(capsys.readouterr().out)
    assert [(each["fault"], each["seq"]) for each in said["findings"]] == [("altered", 2)]


# --- Without the portal ---


def check(path: Path, keys: Path, *arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-I", CHECKER, path, "--keys", keys, *arguments], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    path = tmp_path / "keys"
    path.write_text("\n".join(settings.TRAIL_KEYS))
    return path


def test_the_checker_needs_nothing_of_the_portal_and_agrees(
    place: Place, clerk: User, tmp_path: Path, keys: Path
) -> None:
    fill(clerk, place)
    head, path = newest_seal(), tmp_path / "trail.jsonl.gz"
    assert write_trail(path).rows == 50
    assert path.stat().st_mode & 0o777 == 0o600
    status, said = check(path, keys, "--head", head)
    assert (status, said.strip()) == (0, f"50 records, newest seal {head}: whole")
    source = CHECKER.read_text()
    assert not any(f"{word} {app}" in source for word in ("import", "from") for app in ("changelog", "audit", "django"))


def test_the_checker_names_what_was_altered_and_what_differs_from_paper(
    place: Place, clerk: User, tmp_path: Path, keys: Path
) -> None:
    fill(clerk, place, events=10, changes=0)
    printed, before = newest_seal(), tmp_path / "before.jsonl.gz"
    write_trail(before)
    record = TrailSeal.objects.get(seq=4).record
    execute("UPDATE changelog_trailrecord SET username = 'x' WHERE id = %s", record.pk)
    write_trail(tmp_path / "altered.jsonl.gz")
    status, said = check(tmp_path / "altered.jsonl.gz", keys, "--against", str(before))
    assert status == 1
    assert f"altered: seal 4, record {record.ref}" in said
    assert f"differs: seal 4, record {record.ref}" in said
    # Somebody with the key seals everything anew: only paper and the older export tell.
    execute("DELETE FROM changelog_trailseal")
    (settings.VAR_DIR / "trail" / "head").unlink()
    seal_waiting()
    write_trail(tmp_path / "forged.jsonl.gz")
    assert check(tmp_path / "forged.jsonl.gz", keys)[0] == 0
    status, said = check(tmp_path / "forged.jsonl.gz", keys, "--head", printed)
    assert status == 1
    assert "seal 10" in said
    assert "is not the one that was printed" in said


def test_the_checker_says_what_it_cannot_check(tmp_path: Path, keys: Path) -> None:
    (tmp_path / "other.jsonl").write_text('{"format": "other"}\n')
    status, said = check(tmp_path / "other.jsonl", keys)
    assert status == 2
    assert "is no export of the trail" in said


# --- Archive, and backup ---


def old_trail(place: Place, clerk: User) -> None:
    """Record five events of a year ago and three of today."""
    for number in range(8):
        record_event(TrailKind.VIEWED, by=clerk, rows=number)
    long_ago = timezone.now() - datetime.timedelta(days=365)
    execute("UPDATE changelog_trailrecord SET made_at = %s WHERE rows < 5", long_ago)
    seal_waiting()


def test_old_records_move_to_a_signed_file_and_the_rest_stays_whole(
    place: Place, clerk: User, tmp_path: Path, keys: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old_trail(place, clerk)
    path = tmp_path / "archive.jsonl.gz"
    cut = timezone.localdate() - datetime.timedelta(days=300)
    call_command("archive_trail", "--before", str(cut), "--output", str(path))
    assert "5 records up to seal 5" in capsys.readouterr().out
    assert list(TrailSeal.objects.values_list("seq", "record__kind")) == [
        (6, "viewed"), (7, "viewed"), (8, "viewed"), (9, "trail_archived"),
    ]  # fmt: skip
    assert not verify_trail().findings
    assert check(path, keys)[0] == 0
    write_trail(tmp_path / "rest.jsonl.gz")
    assert check(tmp_path / "rest.jsonl.gz", keys)[0] == 0
    execute("UPDATE changelog_trailrecord SET username = 'x' WHERE rows = 6")
    assert [each.seq for each in verify_trail().findings] == [7]


def test_an_archive_that_nobody_has_signed_hides_nothing(place: Place, clerk: User) -> None:
    old_trail(place, clerk)
    last = TrailSeal.objects.get(seq=5)
    detail = {"last_seq": 5, "last_mac": last.mac, "sha256": "0" * 64, "signature": "0" * 64}
    record_event(TrailKind.TRAIL_ARCHIVED, by=clerk, detail=detail)
    seal_waiting()
    execute("DELETE FROM changelog_trailseal WHERE seq <= 5")
    assert {each.fault for each in verify_trail().findings} >= {Fault.REMOVED, Fault.ARCHIVE}


@pytest.mark.parametrize("days", [1, 150])
def test_what_is_younger_than_six_months_is_not_archived(place: Place, clerk: User, tmp_path: Path, days: int) -> None:
    old_trail(place, clerk)
    path = tmp_path / "archive.jsonl.gz"
    cut = timezone.localdate() - datetime.timedelta(days=days)
    with pytest.raises(CommandError, match="审计记录至少保存6个月"):
        call_command("archive_trail", "--before", str(cut), "--output", str(path))
    assert not path.exists()
    assert TrailSeal.objects.count() == 8


def test_a_restored_backup_is_told_until_somebody_accepts_it_with_a_reason(place: Place, clerk: User) -> None:
    fill(clerk, place, events=6, changes=0)
    # What a backup from before the last two records holds.
    execute("DELETE FROM changelog_trailseal WHERE seq > 4")
    TrailRecord.objects.filter(rows__gte=4)._raw_delete("default")
    record_event(TrailKind.SIGNED_IN, by=clerk)
    seal_waiting()
    assert {each.fault for each in verify_trail().findings} == {Fault.HEAD}
    with pytest.raises(CommandError, match="请写明原因"):
        call_command("accept_trail", "--reason", "恢复")
    call_command("accept_trail", "--reason", "2026年11月29日磁盘故障，由管理员恢复28日的备份")
    assert not verify_trail().findings
    assert TrailRecord.objects.get(kind=TrailKind.TRAIL_ACCEPTED).reason.startswith("2026年11月29日")
    assert heads.newest_head() is not None


# --- The database's rights ---


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has no roles: its file belongs to the portal")
def test_the_role_of_the_application_can_only_add_to_the_trail(
    place: Place, clerk: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    import psycopg

    fill(clerk, place, events=2, changes=0)
    monkeypatch.setenv("APPLICATION_DB_PASSWORD", "only-for-this-test")
    call_command("grant_application", "portal_application")
    call_command("grant_application", "portal_application")
    known = connection.get_connection_params() | {"user": "portal_application", "password": "only-for-this-test"}
    known = {name: known[name] for name in ("host", "port", "dbname", "user", "password") if name in known}
    try:
        with psycopg.connect(**known, autocommit=True) as other:
            other.execute("UPDATE accounts_user SET full_name = full_name")
            other.execute("SELECT count(*) FROM changelog_trailrecord")
            columns = "(ref, made_at, kind, username, division_id, address, device, request_id, model, object_ref, object_label, reason, detail_json)"
            other.execute(
                f"INSERT INTO changelog_trailrecord {columns} VALUES ('a', now(), 'viewed', '', %s, '', '', '', '', '', '', '', '')",
                [clerk.division.pk],
            )
            for table in ("changelog_trailrecord", "changelog_trailseal"):
                for statement in (f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE", f"DROP TABLE {table}"):
                    with pytest.raises((psycopg.errors.InsufficientPrivilege,)):
                        other.execute(statement)
            for statement in (
                "UPDATE changelog_trailrecord SET username = 'x'",
                "UPDATE changelog_trailseal SET mac = 'x'",
                "ALTER TABLE changelog_trailrecord DISABLE TRIGGER ALL",
            ):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    other.execute(statement)
    finally:
        execute("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM portal_application")
        execute("REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM portal_application")
        execute("REVOKE ALL ON SCHEMA public FROM portal_application")
        execute("DROP ROLE portal_application")
