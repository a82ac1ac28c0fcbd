"""Drop the tables of django-axes, which counted failed sign-ins before (ADR 0025): they hold names and addresses."""

from django.db import migrations

TABLES = ("axes_accessattemptexpiration", "axes_accessattempt", "axes_accesslog", "axes_accessfailurelog")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_sign_in")]

    operations = [
        migrations.RunSQL(f"DROP TABLE IF EXISTS {table}", migrations.RunSQL.noop)  # noqa: S608 - own names
        for table in TABLES
    ]
