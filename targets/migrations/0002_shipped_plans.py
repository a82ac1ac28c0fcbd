"""Brings the target plans that ship with the portal into the database."""

from typing import Any

from django.db import migrations

from targets.reference import load_plans


def load(apps: Any, schema_editor: Any) -> None:
    """Add the plans of targets/data that are missing."""
    load_plans(apps.get_model("targets", "TargetPlan"), apps.get_model("targets", "Target"))


class Migration(migrations.Migration):
    dependencies = [("targets", "0001_initial")]

    # Going back leaves the rows: 0001 takes their tables away.
    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
