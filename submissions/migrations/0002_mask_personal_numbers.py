"""Masks ID and mobile numbers that stand in stored text: in registers, uploads, reports, notices and the change log.

New text is refused when it contains such a number (docs/domain.md §9.6). This app is right of all others that keep text
which people type, so one migration reaches their tables. The change log gets one entry for every record of a register
that was changed, with the kind of number in place of the number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.conf import settings
from django.db import IntegrityError, migrations, transaction

from changelog.actions.migration_log import MigrationLog
from changzhi_portal.names import comparable, pinyin_key
from changzhi_portal.personal_numbers import Kind, mask_personal_numbers, personal_numbers

SUMMARY = "系统升级：文字中的身份证号、手机号改为掩码"
PAGE_ROWS = 2_000
# Numbers that somebody gives out, where only ID numbers are looked for; as fields of models and of logged values.
ISSUED_NUMBERS = frozenset(
    {"number", "certificate_number", "credit_code", "provider_credit_code", "code", "community_code", "communities"}
)
REGISTERS = {
    ("communities", "Community"): ("note",),
    ("communities", "Facility"): ("name", "note"),
    ("orgs", "SocialOrganization"): ("name", "leader", "note"),
    ("socialworkers", "SocialWorker"): ("name", "certificate_number", "note"),
    ("socialworkers", "Posting"): ("position",),
    ("services", "ServiceProject"): ("number", "name", "buyer", "provider_name", "note"),
}
OTHERS = {
    ("periods", "ReportingPeriod"): ("reopened_reason",),
    ("notices", "Notice"): ("title", "text"),
    ("targets", "TargetPlan"): ("title", "document", "reason"),
    ("targets", "Target"): ("name", "short_name", "clause", "quotation"),
    ("submissions", "Submission"): ("explanations", "return_note"),
    ("submissions", "SubmissionStep"): ("explanations", "note"),
    ("uploads", "UploadBatch"): ("file_name", "locked_reason", "message", "problems", "mapping", "corrections"),
    ("uploads", "UploadRow"): ("label", "values", "raw", "changes", "problems", "undo_note"),
    ("changelog", "ChangeSet"): ("summary",),
    ("changelog", "ChangeRecord"): ("object_label", "before", "after"),
}
DERIVED: dict[str, Callable[[str], str]] = {"name_key": comparable, "sort_key": pinyin_key}


def mask(apps: Any, schema_editor: Any) -> None:
    """Mask the stored numbers, a page of rows at a time."""
    database = schema_editor.connection.alias
    for (app, name), fields in OTHERS.items():
        model = apps.get_model(app, name)
        for page in _pages(model, fields, database):
            changed = [row for row in page if _mask_row(row, fields)]
            model._base_manager.using(database).bulk_update(changed, fields)
    log = MigrationLog(apps, database, SUMMARY)
    for (app, name), fields in REGISTERS.items():
        for page in _pages(apps.get_model(app, name), fields, database):
            for row in page:
                before = {field: getattr(row, field) for field in fields}
                if changed := _mask_row(row, fields):
                    _save(row, changed, database)
                    log.add(
                        row,
                        before={field: _named(before[field], field) for field in changed},
                        after={field: getattr(row, field) for field in changed},
                    )


def _pages(model: Any, fields: tuple[str, ...], database: str) -> Iterator[list[Any]]:
    """Yield all rows of a table by key, a page at a time."""
    last = 0
    rows = model._base_manager.using(database).order_by("pk")
    if fields and model._meta.app_label in {"uploads", "changelog", "notices", "submissions"}:
        rows = rows.only(*fields)
    while page := list(rows.filter(pk__gt=last)[:PAGE_ROWS]):
        yield page
        last = page[-1].pk


def _mask_row(row: Any, fields: tuple[str, ...]) -> list[str]:
    """Mask the fields of a row and return the names of those that were changed."""
    changed = []
    for name in fields:
        value = getattr(row, name)
        masked = _masked(value, name)
        if masked != value:
            setattr(row, name, masked)
            changed.append(name)
    return changed


def _masked(value: Any, name: str) -> Any:
    """Return a text, or a JSON value with all its texts, masked; `name` is that of the field or key."""
    if isinstance(value, str):
        return mask_personal_numbers(value, id_numbers_only=name in ISSUED_NUMBERS)
    if isinstance(value, list):
        return [_masked(item, name) for item in value]
    if isinstance(value, dict):
        return {key: _masked(item, key) for key, item in value.items()}
    return value


def _save(row: Any, changed: list[str], database: str) -> None:
    """Save a record; one whose masked name or number another one of the place has already gets a number behind it."""
    names = {field.name: field for field in row._meta.concrete_fields}
    masked = {field: getattr(row, field) for field in changed}
    row.version = getattr(row, "version", 0) + 1
    for turn in range(1, PAGE_ROWS):
        for field in ({"name", "number"} & masked.keys()) if turn > 1 else ():
            behind = f"（{turn}）"
            setattr(row, field, masked[field][: names[field].max_length - len(behind)] + behind)
        for key in DERIVED.keys() & names.keys():
            setattr(row, key, DERIVED[key](row.name)[: names[key].max_length])
        try:
            with transaction.atomic(using=database):
                row.save(using=database, update_fields=[*changed, *({*DERIVED, "version"} & names.keys())])
        except IntegrityError:
            continue
        return
    raise RuntimeError(f"{row._meta.label} {row.pk} cannot be saved with its numbers masked.")


def _named(text: str, name: str) -> str:
    """Return the text of a field with the kind of each number in its place: 原登记［身份证号］."""
    for number in reversed(personal_numbers(text)):
        if number.kind is Kind.MOBILE and name in ISSUED_NUMBERS:
            continue
        text = f"{text[: number.start]}［{number.kind}］{text[number.end :]}"
    return text


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("changelog", "0001_initial"),
        ("communities", "0001_initial"),
        ("notices", "0001_initial"),
        ("orgs", "0001_initial"),
        ("periods", "0001_initial"),
        ("services", "0001_initial"),
        ("socialworkers", "0001_initial"),
        ("submissions", "0001_initial"),
        ("targets", "0002_shipped_plans"),
        ("uploads", "0001_initial"),
    ]

    # Going back leaves the masks: the numbers are gone.
    operations = [migrations.RunPython(mask, migrations.RunPython.noop)]
