"""Replaces radicals and other compatibility characters in stored texts by what they mean (docs/spreadsheets.md §3.1).

Uploads and forms fold them since; rows stored before would not be found under their own name. It stands in `services`
because it concerns the registers of all apps up to here. Names of divisions and communities come from the official
list, which has no such character.
"""

from collections.abc import Callable, Iterator
from typing import Any

import structlog
from django.contrib.auth.hashers import make_password
from django.db import DatabaseError, migrations, transaction

from changzhi_portal.names import comparable, fold, pinyin_key

TEXTS = {
    "communities.Community": ("note",),
    "communities.Facility": ("name", "note"),
    "orgs.SocialOrganization": ("name", "leader", "note"),
    "socialworkers.SocialWorker": ("name", "certificate_number", "note"),
    "socialworkers.Posting": ("position",),
    "services.ServiceProject": ("number", "name", "buyer", "provider_name", "note"),
}
# The columns derived from the name, as `prepare_keys` sets them.
KEYS: dict[str, dict[str, Callable[[str], str]]] = {
    "communities.Facility": {"name_key": comparable},
    "orgs.SocialOrganization": {"name_key": comparable, "sort_key": pinyin_key},
    "socialworkers.SocialWorker": {"sort_key": pinyin_key},
}
SUMMARY = "把名称等文字里的兼容字符（如部首“⻓”）改为标准字（“长”）"
SYSTEM_USER = "system"
logger = structlog.get_logger(__name__)


def fold_stored_texts(apps: Any, schema_editor: Any) -> None:
    """Fold the texts of every register's rows; write what was changed to the change log as one change set.

    A row whose folded key belongs to another row already stays as it is, with a warning in the log: which of the two is
    right a person has to say.
    """
    alias = schema_editor.connection.alias
    change_set = None
    for label, names in TEXTS.items():
        for row in _rows_to_fold(apps.get_model(label)._base_manager.using(alias), names):
            before = {name: text for name in names if fold(text := getattr(row, name)) != text}
            after = {name: fold(text) for name, text in before.items()}
            change_set = change_set or _change_set(apps, alias)
            try:
                with transaction.atomic(using=alias):
                    _write(row, label, after)
                    _log(apps, alias, change_set, row, label, before, after)
            except DatabaseError as error:
                logger.warning("text_not_folded", model=label, object_id=row.pk, error=type(error).__name__)
    if change_set is not None and not change_set.records.exists():
        change_set.delete()


def _rows_to_fold(rows: Any, names: tuple[str, ...]) -> Iterator[Any]:
    texts = rows.order_by("pk").values_list("pk", *names)
    keys = [pk for pk, *values in texts.iterator() if any(fold(value) != value for value in values)]
    for pk in keys:
        yield rows.get(pk=pk)


def _write(row: Any, label: str, after: dict[str, str]) -> None:
    values: dict[str, Any] = dict(after)
    if "name" in after:
        values |= {key: make(after["name"]) for key, make in KEYS.get(label, {}).items()}
    if hasattr(row, "version"):
        values["version"] = row.version + 1
    for name, value in values.items():
        setattr(row, name, value)
    row.save(update_fields=list(values))


def _change_set(apps: Any, alias: str) -> Any:
    """Return a new change set by the user `system`, who cannot sign in: no person has made these changes."""
    city = apps.get_model("communities.Division")._base_manager.using(alias).get(level="city")
    user, _ = (
        apps.get_model("accounts.User")
        ._base_manager.using(alias)
        .get_or_create(
            username=SYSTEM_USER,
            defaults={
                "full_name": "系统",
                "role": "bureau_admin",
                "division": city,
                "is_active": False,
                "password": make_password(None),
            },
        )
    )
    # No measure depends on a name, so none becomes stale.
    sets = apps.get_model("changelog.ChangeSet")._base_manager.using(alias)
    return sets.create(made_by=user, division=city, summary=SUMMARY, affects_figures=False)


def _log(
    apps: Any, alias: str, change_set: Any, row: Any, label: str, before: dict[str, str], after: dict[str, str]
) -> None:
    named = row.worker if label == "socialworkers.Posting" else row
    apps.get_model("changelog.ChangeRecord")._base_manager.using(alias).create(
        change_set=change_set,
        model=label.lower(),
        object_id=row.pk,
        object_ref=getattr(row, "ref", ""),
        object_label=named.name[:200],
        division_id=_division_of(row) or change_set.division_id,
        kind="updated",
        before=before,
        after=after,
    )


def _division_of(row: Any) -> int | None:
    """Return the key of the division that a row belongs to; a worker's is that of the newest posting."""
    if hasattr(row, "town_id"):
        return row.town_id
    if hasattr(row, "postings"):
        row = row.postings.filter(is_newest=True).first()
        if row is None:
            return None
    community = getattr(row, "community", None)
    return community.town_id if community is not None else row.division_id


class Migration(migrations.Migration):
    dependencies = [
        ("services", "0001_initial"),
        ("socialworkers", "0001_initial"),
        ("orgs", "0001_initial"),
        ("communities", "0001_initial"),
        ("changelog", "0001_initial"),
        ("accounts", "0002_initial"),
    ]

    # Going back leaves the texts: which form they had is in the change log.
    operations = [migrations.RunPython(fold_stored_texts, migrations.RunPython.noop)]
