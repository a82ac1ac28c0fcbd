"""Fills the columns that the search reads: how names are read, and digests of phones (docs/domain.md §9).

It stands in `submissions` because it must come after the migrations of `services` and `submissions` that change stored
names. The change log has no line of it: these columns repeat others and are shown nowhere.
"""

from collections.abc import Callable
from typing import Any

from django.db import migrations

from changzhi_portal.names import readings
from changzhi_portal.personal import phone_digests

READ = {"readings": lambda row: readings(row.name)}
READ_AND_CALLED = {**READ, "phone_digests": lambda row: phone_digests(row.phone)}
COLUMNS: dict[str, dict[str, Callable[[Any], str]]] = {
    "communities.Division": READ,
    "communities.Community": READ,
    "communities.Facility": READ,
    "orgs.SocialOrganization": READ_AND_CALLED,
    "socialworkers.SocialWorker": READ_AND_CALLED,
    "services.ServiceProject": READ,
}
PAGE_ROWS = 1_000


def fill_search_columns(apps: Any, schema_editor: Any) -> None:
    """Compute the columns of every row, as `prepare_keys` does, a page of rows at a time."""
    for label, columns in COLUMNS.items():
        rows = apps.get_model(label)._base_manager.using(schema_editor.connection.alias).order_by("pk")
        last = 0
        while page := list(rows.filter(pk__gt=last)[:PAGE_ROWS]):
            for row in page:
                for name, compute in columns.items():
                    setattr(row, name, compute(row))
            rows.bulk_update(page, list(columns))
            last = page[-1].pk


class Migration(migrations.Migration):
    dependencies = [
        ("submissions", "0002_mask_personal_numbers"),
        ("communities", "0002_search_columns"),
        ("orgs", "0002_search_columns"),
        ("socialworkers", "0002_search_columns"),
        ("services", "0003_search_columns"),
    ]

    # Going back removes the columns.
    operations = [migrations.RunPython(fill_search_columns, migrations.RunPython.noop)]
