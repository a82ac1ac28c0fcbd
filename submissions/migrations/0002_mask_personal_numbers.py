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
    log = _Log(apps, database)
    for (app, name), fields in REGISTERS.items():
        for page in _pages(apps.get_model(app, name), fields, database):
            for row in page:
                before = {field: getattr(row, field) for field in fields}
                if changed := _mask_row(row, fields):
                    _save(row, changed, database)
                    log.add(row, {field: before[field] for field in changed})


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


class _Log:
    """The change set of this migration, begun with the first record that was changed.

    It is made in the name of an administrator of the bureau. Without any user there is nobody to make it, and nobody who
    could have typed anything.
    """

    def __init__(self, apps: Any, database: str) -> None:
        self._apps, self._database = apps, database
        self._change_set: Any = None

    def _manager(self, app: str, name: str) -> Any:
        return self._apps.get_model(app, name)._base_manager.using(self._database)

    def add(self, row: Any, before: dict[str, str]) -> None:
        """Log the change of a record; `before` has its former texts."""
        if self._change_set is None:
            users = self._manager("accounts", "User").select_related("division").order_by("pk")
            maker = users.filter(role="bureau_admin").first() or users.first()
            if maker is None:
                return
            self._change_set = self._manager("changelog", "ChangeSet").create(
                made_by=maker, division=maker.division, summary=SUMMARY, affects_figures=False
            )
        self._manager("changelog", "ChangeRecord").create(
            change_set=self._change_set,
            model=row._meta.label_lower,
            object_id=row.pk,
            object_ref=getattr(row, "ref", ""),
            object_label=self._label(row)[:200],
            division_id=self._division_of(row) or self._change_set.division_id,
            kind="updated",
            before={field: _named(text, field) for field, text in before.items()},
            after={field: getattr(row, field) for field in before},
        )

    @staticmethod
    def _label(row: Any) -> str:
        return str(row.worker.name if row._meta.model_name == "posting" else row.name)

    def _division_of(self, row: Any) -> int | None:
        """Return the key of the division that a record belongs to: the town of its community, else its own."""
        kind = row._meta.model_name
        if kind == "socialworker":
            row = self._manager("socialworkers", "Posting").filter(worker_id=row.pk).order_by("-started_on").first()
        if row is None:
            return None
        community = row if kind == "community" else getattr(row, "community", None)
        found: int | None = community.town_id if community is not None else row.division_id
        return found


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
