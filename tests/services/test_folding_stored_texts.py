"""Tests of the migration that folds compatibility characters in rows stored before."""

from __future__ import annotations

import importlib
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection
from structlog.testing import capture_logs

from accounts.models import User
from changelog.actions.migration_log import SYSTEM_USER
from changelog.models import ChangeRecord, ChangeSet
from changzhi_portal.names import comparable, pinyin_key
from communities.models import Facility
from orgs.models import SocialOrganization
from services.models import ServiceProject
from socialworkers.models import Posting, SocialWorker
from tests.factories import Place, make_facility, make_organization, make_project, make_worker

pytestmark = pytest.mark.django_db
migration = importlib.import_module("services.migrations.0002_fold_compatibility_characters")


def fold_stored_texts() -> list[str]:
    """Run the migration; return the events it has logged."""
    with capture_logs() as logged:
        migration.fold_stored_texts(apps, SimpleNamespace(connection=connection))
    return [entry["event"] for entry in logged]


def as_before(model: type, pk: int, **values: str) -> None:
    """Store values as the portal kept them before it folded texts."""
    model.objects.filter(pk=pk).update(**values)  # type: ignore[attr-defined]


def test_stored_texts_are_folded_with_their_keys_and_logged(place: Place) -> None:
    village, town = place.villages[0], place.rural_town
    facility, organization = make_facility(village), make_organization(village)
    worker, project = make_worker(village), make_project(town)
    [posting] = worker.postings.all()
    as_before(Facility, facility.pk, name="⻄关活动室", name_key="⻄关活动室", note="见⻚注")
    as_before(
        SocialOrganization, organization.pk, name="演⽰⻔球队", name_key="演示⻔球队", sort_key="x", leader="⻢三"
    )
    as_before(SocialWorker, worker.pk, name="⻢⻓⻘", sort_key="x")
    as_before(Posting, posting.pk, position="⽹格员")
    as_before(ServiceProject, project.pk, number="⻄-01", provider_name="⻓治中心")

    assert fold_stored_texts() == []

    for row in (facility, organization, worker, project, posting):
        row.refresh_from_db()
    assert (facility.name, facility.name_key, facility.note, facility.version) == (
        "西关活动室",
        "西关活动室",
        "见页注",
        2,
    )
    assert (organization.name, organization.leader) == ("演示门球队", "马三")
    assert organization.name_key == comparable("演示门球队")
    assert organization.sort_key == pinyin_key("演示门球队")
    assert (worker.name, worker.sort_key) == ("马长青", pinyin_key("马长青"))
    assert (posting.position, project.number, project.provider_name) == ("网格员", "西-01", "长治中心")

    logged = ChangeSet.objects.get()
    assert (str(logged.made_by), logged.made_by.is_active, logged.affects_figures) == ("系统", False, False)
    assert not logged.made_by.has_usable_password()
    records = {record.model: record for record in logged.records.all()}
    assert set(records) == {label.lower() for label in migration.TEXTS} - {"communities.community"}
    assert records["communities.facility"].before == {"name": "⻄关活动室", "note": "见⻚注"}
    assert records["communities.facility"].after == {"name": "西关活动室", "note": "见页注"}
    assert {record.division_id for record in records.values()} == {town.pk}
    assert records["socialworkers.socialworker"].object_ref == worker.ref

    assert fold_stored_texts() == []
    assert ChangeSet.objects.count() == 1


def test_without_such_texts_nothing_is_written(place: Place) -> None:
    make_facility(place.villages[0], "西关活动室（一）", note="520㎡")
    assert fold_stored_texts() == []
    assert not ChangeSet.objects.exists()
    assert not User.objects.filter(username=SYSTEM_USER).exists()


def test_a_row_whose_name_another_has_already_stays_with_a_warning(place: Place) -> None:
    village = place.villages[0]
    make_facility(village, "西关活动室")
    other = make_facility(village, "东关活动室")
    as_before(Facility, other.pk, name="⻄关活动室", name_key="⻄关活动室")
    worker = make_worker(None, "马三")
    as_before(SocialWorker, worker.pk, name="⻢三")
    assert fold_stored_texts() == ["text_not_folded"]
    other.refresh_from_db()
    assert (other.name, other.version) == ("⻄关活动室", 1)
    [record] = ChangeRecord.objects.all()
    assert (record.model, record.division_id) == ("socialworkers.socialworker", place.city.pk)


def test_a_row_that_has_to_stay_leaves_no_empty_change_set(place: Place) -> None:
    village = place.villages[0]
    make_facility(village, "西关活动室")
    other = make_facility(village, "东关活动室")
    as_before(Facility, other.pk, name="⻄关活动室", name_key="⻄关活动室")
    assert fold_stored_texts() == ["text_not_folded"]
    assert not ChangeSet.objects.exists()
