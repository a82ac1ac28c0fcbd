"""Brings the plan to 2025 into the database; what people have made of the others stays."""

from typing import Any

from django.db import migrations

from targets.reference import load_plans


def load(apps: Any, schema_editor: Any) -> None:
    """Add the plans of targets/data that are missing."""
    load_plans(apps.get_model("targets", "TargetPlan"), apps.get_model("targets", "Target"))


class Migration(migrations.Migration):
    dependencies = [("targets", "0004_plans_in_versions")]

    # Going back leaves the rows: 0004 takes their columns away.
    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
