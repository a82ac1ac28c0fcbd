"""The trail without the portal: its export, its archive, and what a restored backup says of itself."""

from __future__ import annotations

import datetime
import gzip
import json
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from accounts.models import User
from audit.export import write_trail
from audit.verification import Fault, verify_trail
from changelog.models import TrailKind, TrailRecord, TrailSeal
from changelog.trail import heads, newest_seal, record_event, seal_waiting
from tests.audit.trails import CHECKER, check, execute, fill
from tests.factories import Place

pytestmark = pytest.mark.django_db


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


def test_the_checker_finds_that_the_beginning_was_cut_off(
    place: Place, clerk: User, tmp_path: Path, keys: Path
) -> None:
    fill(clerk, place, events=10, changes=0)
    early = newest_seal()
    record_event(TrailKind.SIGNED_IN, by=clerk)
    seal_waiting()
    whole, cut = tmp_path / "whole.jsonl.gz", tmp_path / "cut.jsonl.gz"
    write_trail(whole)
    about, *entries = gzip.decompress(whole.read_bytes()).decode().splitlines()
    begins = json.loads(entries[9])
    head = json.dumps(json.loads(about) | {"after_seq": begins[0], "after_code": begins[1]})
    cut.write_bytes(gzip.compress("\n".join([head, *entries[10:], ""]).encode()))
    status, said = check(cut, keys)
    assert status == 1
    assert "begins after seal 10, and nothing vouches for what was before" in said
    status, said = check(cut, keys, "--head", early)
    assert "seal 10" in said and "lies before the file" in said
    (tmp_path / "first.jsonl").write_text("\n".join([about, *entries[:10], ""]))
    assert check(cut, keys, "--against", str(tmp_path / "first.jsonl"))[0] == 0, "the file before ends where it begins"


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
