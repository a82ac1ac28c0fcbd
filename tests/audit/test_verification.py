"""Verifying the trail: whatever is altered, removed or slipped in by raw SQL is found, also without the portal."""

from __future__ import annotations

import datetime
import json
import random

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.utils import timezone

from accounts.models import User
from audit.verification import Fault, verify_trail
from changelog.models import ChangeSet, TrailKind, TrailRecord, TrailSeal
from changelog.trail import heads, newest_seal, record_event, seal_waiting
from changelog.trail.chain import key_id_of
from tests.audit.trails import execute, fill
from tests.factories import Place


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


def test_who_has_no_key_can_neither_accept_a_missing_end_nor_hide_change_sets(place: Place, clerk: User) -> None:
    fill(clerk, place, events=6, changes=0)
    lost = TrailSeal.objects.get(seq=6)
    execute("DELETE FROM changelog_trailseal WHERE seq > 4")
    TrailRecord.objects.filter(rows__gte=4)._raw_delete("default")
    detail = {"heads": [[6, lost.mac]], "signature": "0" * 64}
    record_event(TrailKind.TRAIL_ACCEPTED, by=clerk, reason="伪造的认可，没有密钥", detail=detail)
    # As if the trail had begun tomorrow, so that nothing had to be recorded before.
    TrailRecord.objects.create(
        pk=-1, kind=TrailKind.VIEWED, made_at=timezone.now() + datetime.timedelta(days=1), division=clerk.division
    )
    ChangeSet.objects.create(made_by=clerk, division=clerk.division, summary="没有记录")
    seal_waiting(among_all=True)
    assert {each.fault for each in verify_trail().findings} == {Fault.HEAD, Fault.UNRECORDED}


def test_a_line_outside_that_is_no_seal_is_told_and_hides_nothing(place: Place, clerk: User) -> None:
    fill(clerk, place, events=3, changes=0)
    with (settings.VAR_DIR / "trail" / "heads.log").open("a") as log:
        log.write("9 cut off")
    assert [each.fault for each in verify_trail().findings] == [Fault.HEAD]
    heads.keep_head(7, "ab" * 32)
    assert [(each.fault, each.seq) for each in verify_trail().findings] == [(Fault.HEAD, None), (Fault.HEAD, 7)]


def test_records_of_a_change_set_that_is_gone_do_not_hide_the_others(place: Place, clerk: User) -> None:
    fill(clerk, place, events=0, changes=4)
    gone, altered = TrailSeal.objects.get(seq=2).record.change_set_id, TrailSeal.objects.get(seq=4).record.change_set_id
    if connection.vendor == "sqlite":
        execute("PRAGMA defer_foreign_keys = ON")
        execute("UPDATE changelog_changerecord SET change_set_id = 900000 WHERE change_set_id = %s", gone)
    else:
        execute("DELETE FROM changelog_changerecord WHERE change_set_id = %s", gone)
    execute("UPDATE changelog_changerecord SET object_label = 'x' WHERE change_set_id = %s", altered)
    found = [(each.fault, each.seq) for each in verify_trail().findings]
    assert found == [(Fault.CHANGES, 2), (Fault.CHANGES, 4)]
    if connection.vendor == "sqlite":
        execute("UPDATE changelog_changerecord SET change_set_id = %s WHERE change_set_id = 900000", gone)


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


@pytest.mark.postgresql
@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has no roles: its file belongs to the portal")
@pytest.mark.parametrize("made", ["SUPERUSER", "IN ROLE {owner}", ""])
def test_a_role_that_nothing_can_be_taken_from_is_refused(place: Place, made: str) -> None:
    owner = connection.settings_dict["USER"]
    role = "portal_too_mighty" if made else owner
    if made:
        execute(f"CREATE ROLE {role} {made.format(owner=owner)}")
    with pytest.raises(CommandError, match="不能限制"):
        call_command("grant_application", role)
