"""Rotation of keys: whatever is stored is read under the newest key alone afterwards, and nowhere but in its own place."""

from __future__ import annotations

import base64
import importlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.apps import apps
from django.conf import settings as portal_settings
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from changelog.models import ChangeRecord
from changzhi_portal.models import UnboundCiphertexts
from changzhi_portal.personal import (
    CannotDecryptError,
    Place,
    Sealed,
    decrypt,
    digest,
    encrypt,
    stored_value,
    unbound,
)
from changzhi_portal.personal.stores import sealed_files, sealed_tables
from orgs.models import SocialOrganization
from socialworkers.models import SocialWorker
from tests.factories import Place as City
from tests.factories import id_number, make_organization, make_user, make_worker
from tests.orgs.test_sheets import row as organization_row
from tests.socialworkers.test_sheets import row as worker_row
from tests.uploads.office import Send
from uploads import actions, storage
from uploads.models import UploadBatch, UploadRow

pytestmark = pytest.mark.django_db
NUMBER, OTHER = id_number(4001), id_number(4002)
PHONE = "19900004001"


def new_key() -> str:
    return base64.urlsafe_b64encode(os.urandom(32)).decode()


def rotated(*options: str) -> tuple[dict[str, Any], int]:
    """Return what the command answers, and its exit status."""
    with open(os.devnull, "w") as nowhere:
        try:
            out = _Kept()
            call_command("rotate_field_keys", *options, "--json", stdout=out, stderr=nowhere)
            status = 0
        except CommandError as error:
            status = error.returncode
    return json.loads(out.text), status


class _Kept:
    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> None:
        self.text += text

    def flush(self) -> None:
        pass


@pytest.fixture
def uploaded(send: Send, clerk: User, place: City) -> UploadBatch:
    """Return a committed batch of a worker and, left behind, a row with a bad phone that was corrected to another bad one."""
    rows = [
        worker_row("和平社区", 身份证号=NUMBER, 联系电话=PHONE),
        worker_row("和平社区", 身份证号=OTHER, 联系电话="12345"),
    ]
    answer = send("workers", clerk, rows, commit="good")
    batch = UploadBatch.objects.get(pk=answer["batch"])
    actions.correct_row(batch=batch, position=2, texts={"phone": "123456"}, by=clerk)
    batch.refresh_from_db()
    clerk.phone = Sealed("phone", plain=PHONE)
    clerk.save()
    make_organization(place.communities[0], phone=PHONE)
    return batch


def tokens() -> Iterator[tuple[str, str]]:
    """Yield table and token of every ciphertext in the database, found by looking at every column of every table."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            for row in cursor.fetchall():
                for cell in row:
                    text = cell if isinstance(cell, str) else json.dumps(cell) if isinstance(cell, dict | list) else ""
                    for part in text.replace('"', " ").replace("\\", " ").split():
                        if part.startswith("2:") and part.count(":") == 2:
                            yield table, part


def test_after_a_rotation_the_old_key_is_not_needed_for_anything(
    uploaded: UploadBatch, clerk: User, settings: Any
) -> None:
    (old,) = settings.FIELD_KEYS
    before = list(tokens())
    assert {table for table, _ in before} == {
        "accounts_user",
        "changelog_changerecord",
        "orgs_socialorganization",
        "socialworkers_socialworker",
        "uploads_uploadbatch",
        "uploads_uploadrow",
    }
    settings.FIELD_KEYS = [new_key(), old]
    counted, status = rotated("--check")
    assert (counted["remaining"], counted["unreadable"], status) == (len(before) + 1, 0, 1), "and the file"
    assert list(tokens()) == before, "counting changes nothing"
    answer, status = rotated()
    assert (answer["remaining"], answer["unreadable"], status) == (0, 0, 0)
    assert answer["stored"]["uploads.uploadbatch files"]["current"] == 1
    settings.FIELD_KEYS = settings.FIELD_KEYS[:1]
    prefix = f"2:{answer['newest_key']}:"
    after = list(tokens())
    assert len(after) == len(before) and all(token.startswith(prefix) for _, token in after)
    worker = SocialWorker.objects.get()
    assert (worker.id_number.reveal(), worker.phone.reveal()) == (NUMBER, PHONE)
    assert User.objects.get(pk=clerk.pk).phone.reveal() == SocialOrganization.objects.get().phone.reveal() == PHONE
    logged = ChangeRecord.objects.get(model="socialworkers.socialworker", kind="created")
    assert logged.value_of("id_number", logged.after["id_number"]).reveal() == NUMBER
    uploaded.refresh_from_db()
    assert NUMBER.encode() not in storage.original_bytes(uploaded) != b""
    with CaptureQueriesContext(connection) as queries:
        assert rotated()[1] == 0
    assert not [each for each in queries if each["sql"].startswith("UPDATE")], "a second run has nothing to do"


def test_an_interrupted_rotation_goes_on_where_it_was(
    uploaded: UploadBatch, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.FIELD_KEYS = [new_key(), *settings.FIELD_KEYS]
    workers = next(table for table in sealed_tables() if table.name == "socialworkers.socialworker")
    with monkeypatch.context() as broken:

        def interrupt(*_: Any) -> int:
            raise KeyboardInterrupt

        broken.setattr("changelog.sealed.LOGGED_VALUES.rewrite", interrupt)
        with pytest.raises(KeyboardInterrupt):
            call_command("rotate_field_keys", stdout=_Kept(), stderr=_Kept())
    left, status = rotated("--check")
    assert status == 1 and left["stored"][workers.name]["remaining"] == 0 < left["remaining"]
    assert rotated()[1] == 0


def test_a_value_that_no_key_opens_is_named_by_its_place_and_never_shown(uploaded: UploadBatch, settings: Any) -> None:
    worker = SocialWorker.objects.get()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE socialworkers_socialworker SET phone = %s WHERE id = %s",
            [encrypt(PHONE, Place("elsewhere")), worker.pk],
        )
    settings.FIELD_KEYS = [new_key(), *settings.FIELD_KEYS]
    answer, status = rotated()
    assert (answer["unreadable"], answer["remaining"], status) == (1, 1, 1)
    assert answer["stored"]["socialworkers.socialworker"]["unreadable"] == [
        f"socialworkers.socialworker.phone/{worker.ref}"
    ]
    assert PHONE not in json.dumps(answer)


def test_a_check_finds_a_value_that_was_moved_under_the_newest_key_too(uploaded: UploadBatch) -> None:
    assert rotated("--check")[1] == 0
    worker = SocialWorker.objects.get()
    with connection.cursor() as cursor:
        moved = [encrypt(PHONE, Place("elsewhere")), worker.pk]
        cursor.execute("UPDATE socialworkers_socialworker SET phone = %s WHERE id = %s", moved)
    answer, status = rotated("--check")
    assert (answer["remaining"], answer["unreadable"], status) == (0, 1, 1)
    assert answer["stored"]["socialworkers.socialworker"]["unreadable"] == [
        f"socialworkers.socialworker.phone/{worker.ref}"
    ]


# --- Bound to its place ---


def test_a_ciphertext_copied_by_sql_is_decrypted_nowhere_else(uploaded: UploadBatch, place: City, clerk: User) -> None:
    worker, other = SocialWorker.objects.get(), make_worker(place.communities[1], id_number=OTHER, phone="19900004009")
    stored = SocialWorker.objects.values_list("id_number", "phone").get(pk=worker.pk)
    id_token, phone_token = (value.token for value in stored)
    with connection.cursor() as cursor:
        # Into another row, into another column of its own row, and into another table.
        cursor.execute("UPDATE socialworkers_socialworker SET id_number = %s WHERE id = %s", [id_token, other.pk])
        cursor.execute("UPDATE socialworkers_socialworker SET phone = %s WHERE id = %s", [id_token, worker.pk])
        cursor.execute("UPDATE accounts_user SET phone = %s WHERE id = %s", [phone_token, clerk.pk])
    other.refresh_from_db()
    worker.refresh_from_db()
    clerk.refresh_from_db()
    for copied in (other.id_number, worker.phone, clerk.phone):
        with pytest.raises(CannotDecryptError):
            str(copied)
    assert worker.id_number.reveal() == NUMBER


def test_a_ciphertext_of_the_log_or_of_a_staged_row_belongs_to_its_record_and_its_cell(uploaded: UploadBatch) -> None:
    logged = ChangeRecord.objects.get(model="socialworkers.socialworker", kind="created")
    token = logged.after["phone"]
    for model, ref, name in (
        (logged.model, "another", "phone"),
        (logged.model, logged.object_ref, "id_number"),
        ("orgs.socialorganization", logged.object_ref, "phone"),
    ):
        copied = ChangeRecord(model=model, object_ref=ref)
        value = copied.value_of(name, token)
        with pytest.raises(CannotDecryptError):
            value.reveal()
    first, second = UploadRow.objects.order_by("position")
    staged = first.values["phone"]
    place = Place(f"{first.place}/values/phone")
    assert stored_value("phone", staged, place).reveal() == PHONE
    with pytest.raises(CannotDecryptError):
        stored_value("phone", staged, Place(f"{second.place}/values/phone")).reveal()
    with pytest.raises(CannotDecryptError):
        stored_value("phone", token, place).reveal()


def test_a_file_under_the_name_of_another_batch_is_refused(send: Send, clerk: User, place: City) -> None:
    answers = [send("organizations", clerk, [organization_row(place.communities[0].name)]) for _ in range(2)]
    mine, other = (UploadBatch.objects.get(pk=answer["batch"]) for answer in answers)
    folder = Path(portal_settings.MEDIA_ROOT)
    (folder / mine.stored_as).write_bytes((folder / other.stored_as).read_bytes())
    with pytest.raises(CannotDecryptError):
        storage.original_bytes(mine)
    mine.stored_as = other.stored_as
    with pytest.raises(CannotDecryptError):
        storage.original_bytes(mine)


# --- Values of versions that bound nothing ---


def unbound_token(text: str, key: str) -> str:
    """Return a token as versions before ADR 0028 made it."""
    nonce = os.urandom(12)
    cipher = AESGCM(base64.urlsafe_b64decode(key))
    return base64.b64encode(nonce + cipher.encrypt(nonce, text.encode(), None)).decode()


@pytest.fixture
def old_installation(place: City) -> Iterator[SocialWorker]:
    """Return a worker whose values are stored as before ADR 0028, in an installation that was migrated since."""
    worker = make_worker(place.communities[0], id_number=NUMBER, phone=PHONE)
    (key,) = portal_settings.FIELD_KEYS
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE socialworkers_socialworker SET id_number = %s, phone = %s WHERE id = %s",
            [unbound_token(NUMBER, key), unbound_token(PHONE, key), worker.pk],
        )
    UnboundCiphertexts.objects.create()
    unbound.look_again()
    yield SocialWorker.objects.get(pk=worker.pk)
    unbound.look_again()


def test_values_without_a_place_are_read_until_the_command_has_replaced_them(old_installation: SocialWorker) -> None:
    worker = old_installation
    assert (worker.id_number.reveal(), worker.phone.reveal()) == (NUMBER, PHONE)
    assert rotated()[1] == 0
    assert not UnboundCiphertexts.objects.exists()
    again = SocialWorker.objects.get(pk=worker.pk)
    assert again.id_number.reveal() == NUMBER and again.id_number.token.startswith("2:")
    with pytest.raises(CannotDecryptError, match="bound to no place"):
        decrypt(unbound_token(NUMBER, portal_settings.FIELD_KEYS[0]), Place("anywhere"))


def test_a_record_read_before_the_rotation_is_not_saved_with_its_old_value(old_installation: SocialWorker) -> None:
    stale = old_installation
    assert rotated()[1] == 0
    stale.note = "别的"
    with pytest.raises(CannotDecryptError, match="bound to no place"), transaction.atomic():
        stale.save()
    assert SocialWorker.objects.get(pk=stale.pk).phone.reveal() == PHONE


def test_a_record_that_is_saved_before_the_rotation_is_bound_by_that(old_installation: SocialWorker) -> None:
    old_installation.save()
    assert SocialWorker.objects.get(pk=old_installation.pk).phone.token.startswith("2:")
    assert rotated("--check")[1] == 0


def test_a_new_installation_refuses_values_without_a_place(place: City) -> None:
    unbound.look_again()
    with pytest.raises(CannotDecryptError, match="bound to no place"):
        decrypt(unbound_token(NUMBER, portal_settings.FIELD_KEYS[0]), Place("anywhere"))


def test_a_rotation_that_leaves_something_behind_goes_on_reading_old_values(old_installation: SocialWorker) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE socialworkers_socialworker SET phone = 'AAAA' WHERE id = %s", [old_installation.pk])
    assert rotated()[1] == 1
    assert UnboundCiphertexts.objects.exists()


@pytest.mark.parametrize("is_old", [True, False])
def test_only_an_installation_with_users_reads_old_values_after_the_migration(place: City, is_old: bool) -> None:
    if is_old:
        make_user("district_clerk", place.county)
    migration: Any = importlib.import_module("changzhi_portal.migrations.0003_unbound_ciphertexts")
    migration.read_those_that_are_stored(apps, SimpleNamespace(connection=connection))
    assert UnboundCiphertexts.objects.exists() == is_old


# --- Digests ---


def test_digests_are_renewed_after_their_key_was_changed(place: City, settings: Any) -> None:
    worker = make_worker(place.communities[0], id_number=NUMBER, phone=PHONE)
    organization = make_organization(place.communities[0], phone=PHONE)
    settings.DIGEST_KEY = "another"
    assert not SocialWorker.objects.filter(id_number_digest=digest(NUMBER)).exists()
    answer, status = rotated("--digests")
    assert (answer["digests_renewed"], status) == (2, 0)
    assert SocialWorker.objects.get(id_number_digest=digest(NUMBER), phone_digests=digest(PHONE)) == worker
    assert SocialOrganization.objects.get(phone_digests=digest(PHONE)) == organization


def test_every_place_is_visited_once() -> None:
    names = [(table.name, tuple(table.columns)) for table in sealed_tables()]
    assert len(names) == len(set(names)) == 10
    assert [files.name for files in sealed_files()] == ["uploads.uploadbatch files"]
