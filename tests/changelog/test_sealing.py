"""How the records of the trail are sealed: in order, soon, whatever lies in the spool."""

from __future__ import annotations

import os
import threading
import time

import pytest
from django.db import connection, connections, transaction

from accounts.models import User
from changelog.health import TRAIL
from changelog.models import ChangeRecord, TrailKind, TrailRecord, TrailSeal, logged_at
from changelog.trail import heads, record_event, seal_waiting, sealing, spool
from changelog.trail.digests import digests_of_changes
from changelog.trail.sealing import Sealer
from changzhi_portal.personal import encrypt
from changzhi_portal.refusals import UnavailableError
from tests.factories import Place, id_number, make_change_set
from tests.queries import queries_of

Kind = TrailKind
pytestmark = pytest.mark.django_db


def kinds() -> list[str]:
    return list(TrailRecord.objects.order_by("pk").values_list("kind", flat=True))


def newest() -> TrailRecord:
    return TrailRecord.objects.order_by("-pk")[0:1].get()


def test_records_are_sealed_in_order_and_the_newest_seal_is_kept_outside(clerk: User) -> None:
    for number in range(3):
        record_event(Kind.EXPORTED, by=clerk, rows=number)
    assert seal_waiting() == 3
    record_event(Kind.EXPORTED, by=clerk, rows=3)
    assert seal_waiting() == 1
    assert list(TrailSeal.objects.values_list("seq", "record__rows")) == [(1, 0), (2, 1), (3, 2), (4, 3)]
    head = heads.newest_head()
    assert head is not None
    assert (head.seq, head.mac) == (4, TrailSeal.objects.get(seq=4).mac)
    path = spool.trail_dir() / "head"
    assert path.stat().st_mode & 0o777 == 0o600
    assert seal_waiting() == 0


def test_a_change_sets_digest_is_the_same_under_new_keys(place: Place, clerk: User, send, settings) -> None:
    send_worker = {
        "姓名": "演示",
        "身份证号": id_number(),
        "所属社区": place.communities[0].name,
        "职业水平": "无",
        "到岗日期": "2018-01-01",
    }
    answer = send("workers", clerk, [send_worker], commit="all")
    record = ChangeRecord.objects.filter(model="socialworkers.socialworker").first()
    assert record is not None, answer
    before = list(digests_of_changes([record.change_set_id]))
    plain = record.value_of("id_number", record.after["id_number"]).reveal()
    again = encrypt(plain, logged_at(record.model, "id_number", record.object_ref))
    assert again != record.after["id_number"]
    ChangeRecord.objects.filter(pk=record.pk).update(after=record.after | {"id_number": again})
    assert list(digests_of_changes([record.change_set_id])) == before
    ChangeRecord.objects.filter(pk=record.pk).update(after=record.after | {"name": "另一人"})
    assert list(digests_of_changes([record.change_set_id])) != before


def test_an_old_database_beside_a_newer_seal_is_noticed(clerk: User) -> None:
    record_event(Kind.EXPORTED, by=clerk)
    seal_waiting()
    heads.keep_head(7, "ab" * 32)
    record_event(Kind.EXPORTED, by=clerk)
    seal_waiting()
    assert kinds() == [Kind.EXPORTED, Kind.EXPORTED, Kind.TRAIL_MISMATCH]
    assert newest().detail["outside"] == [7, "ab" * 32]
    seal_waiting()
    assert kinds().count(Kind.TRAIL_MISMATCH) == 1


@pytest.mark.django_db(transaction=True)
def test_while_another_writes_into_sqlite_a_record_waits_in_a_file_and_comes_in_once(clerk: User) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("Only SQLite has one writer at a time.")
    holds, may_go = threading.Event(), threading.Event()

    def long_import() -> None:
        with transaction.atomic():
            User.objects.filter(pk=clerk.pk).update(full_name="正在入库")
            holds.set()
            may_go.wait(30)
        connections.close_all()

    other = threading.Thread(target=long_import)
    other.start()
    assert holds.wait(30)
    try:
        record_event(Kind.SIGNED_IN, by=clerk)
        (path,) = spool.waiting()
        assert spool.record_in(path)["kind"] == Kind.SIGNED_IN
        assert path.stat().st_mode & 0o777 == 0o600
    finally:
        may_go.set()
        other.join()
    seal_waiting()
    seal_waiting()
    assert kinds() == [Kind.SIGNED_IN]
    assert not list(spool.waiting())


def test_sealing_asks_no_more_for_many_change_sets_than_for_one(place: Place, clerk: User) -> None:
    def seal(number: int) -> int:
        for _ in range(number):
            record_event(Kind.CHANGED, by=clerk, change_set=make_change_set(clerk))
        return len(queries_of(seal_waiting))

    seal(1)  # the first one also makes the row of the lock
    assert seal(1) == seal(12)
    assert TrailSeal.objects.exclude(changes_digest="").count() == 14


def test_each_change_set_gets_the_digest_of_its_own_records(place: Place, clerk: User) -> None:
    sets = [make_change_set(clerk) for _ in range(4)]
    for number in (0, 2, 2):  # the second and the last have none
        ChangeRecord.objects.create(
            change_set=sets[number], model="communities.facility", object_id=number, object_label="演示", kind="updated",
            division=place.street, before={"note": "旧"}, after={"note": "新"},
        )  # fmt: skip
    alone = {each.pk: next(digests_of_changes([each.pk]))[2] for each in sets}
    assert {key: digest for key, _, digest in digests_of_changes()} == alone
    assert len(set(alone.values())) == 4


# --- The spool ---


def put(**values: object) -> None:
    """Put what record_event would into the spool, as while another writes."""
    spool.put({"ref": "spooled000001", "made_at": "2018-06-01T08:00:00+08:00", "kind": "signed_in", **values})


def test_what_is_no_record_stays_in_the_spool_and_holds_up_no_other(
    clerk: User, caplog: pytest.LogCaptureFixture
) -> None:
    common = {"made_by_id": clerk.pk, "division_id": clerk.division_id}
    put(ref="of_a_new_one1", later_column=1, **common)
    put(ref="of_no_one0001", **common | {"division_id": None})
    put(**common)
    (spool.trail_dir() / "spool" / "cut_off.json").write_text('{"ref": ')
    record_event(Kind.EXPORTED, by=clerk)
    assert seal_waiting() == 2
    assert sorted(kinds()) == [Kind.EXPORTED, Kind.SIGNED_IN]
    assert sorted(path.name for path in spool.waiting()) == ["cut_off.json", "of_a_new_one1.json", "of_no_one0001.json"]
    assert "cut_off.json" in caplog.text


def test_a_spool_that_is_not_taken_in_is_told_to_the_administrator(clerk: User) -> None:
    TRAIL.ask()
    put(made_by_id=clerk.pk, division_id=clerk.division_id)
    TRAIL.ask()
    (path,) = spool.waiting()
    os.utime(path, (time.time() - 600,) * 2)
    with pytest.raises(UnavailableError, match="trail/spool"):
        TRAIL.ask()
    seal_waiting()
    TRAIL.ask()


def test_a_file_that_another_process_has_taken_in_is_left_alone(clerk: User, monkeypatch: pytest.MonkeyPatch) -> None:
    put(made_by_id=clerk.pk, division_id=clerk.division_id)
    found = spool.waiting()
    seal_waiting()
    monkeypatch.setattr(spool, "waiting", lambda: found)
    assert seal_waiting() == 0
    assert kinds() == [Kind.SIGNED_IN]


def test_the_thread_outlives_whatever_sealing_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    rounds: list[bool] = []
    sealer = Sealer()

    def fail(*, among_all: bool) -> int:
        rounds.append(among_all)
        if len(rounds) == 3:
            sealer.end()
        raise KeyError("of a kind that nobody has thought of")

    monkeypatch.setattr(sealing, "EVERY", 0.01)
    monkeypatch.setattr(sealing, "seal_waiting", fail)
    monkeypatch.setattr(sealing.connection, "close", lambda: None)
    sealer.run()
    assert rounds[0] is True and len(rounds) == 3
