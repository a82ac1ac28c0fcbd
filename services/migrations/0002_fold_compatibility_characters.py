"""Replaces radicals and other compatibility characters in stored texts by what they mean (docs/spreadsheets.md §3.1).

Uploads and forms fold them since; rows stored before would not be found under their own name. It stands in `services`
because it concerns the registers of all apps up to here. Names of divisions and communities come from the official
list, which has no such character.
"""

from collections.abc import Callable, Iterator
from typing import Any

import structlog
from django.db import DatabaseError, migrations, transaction

from changelog.actions.migration_log import MigrationLog
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
logger = structlog.get_logger(__name__)


def fold_stored_texts(apps: Any, schema_editor: Any) -> None:
    """Fold the texts of every register's rows; write what was changed to the change log as one change set.

    A row whose folded key belongs to another row already stays as it is, with a warning in the log: which of the two is
    right a person has to say.
    """
    alias = schema_editor.connection.alias
    log = MigrationLog(apps, alias, SUMMARY)
    for label, names in TEXTS.items():
        for row in _rows_to_fold(apps.get_model(label)._base_manager.using(alias), names):
            before = {name: text for name in names if fold(text := getattr(row, name)) != text}
            after = {name: fold(text) for name, text in before.items()}
            try:
                with transaction.atomic(using=alias):
                    _write(row, label, after)
                    log.add(row, before=before, after=after)
            except DatabaseError as error:
                logger.warning("text_not_folded", model=label, object_id=row.pk, error=type(error).__name__)


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
