from typing import Any

from django.db import migrations, models

# The apps' oldest table with personal data or a log of them: one without rows is of a new installation.
USERS = "accounts_user"


def read_those_that_are_stored(apps: Any, schema_editor: Any) -> None:
    """Let ciphertexts without a place be read where there may be such; a new installation refuses them from the start."""
    connection = schema_editor.connection
    if USERS not in connection.introspection.table_names():
        return
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT 1 FROM {connection.ops.quote_name(USERS)} LIMIT 1")  # noqa: S608 - our own name
        has_users = cursor.fetchone() is not None
    if has_users:
        apps.get_model("frame", "UnboundCiphertexts")._base_manager.using(connection.alias).create()


class Migration(migrations.Migration):
    dependencies = [
        ("frame", "0002_portalprocess"),
    ]

    operations = [
        migrations.CreateModel(
            name="UnboundCiphertexts",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("read_since", models.DateTimeField(auto_now_add=True, verbose_name="自何时起仍可读")),
            ],
            options={
                "verbose_name": "未绑定位置的密文",
                "verbose_name_plural": "未绑定位置的密文",
            },
        ),
        migrations.RunPython(read_those_that_are_stored, migrations.RunPython.noop, elidable=True),
    ]
