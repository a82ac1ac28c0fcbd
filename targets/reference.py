"""The target plans that ship with the portal: reading targets/data and loading it into the database."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data"
PLAN_FILES = ("plan_2020.toml", "plan_2025.toml")


def shipped_plans() -> list[dict[str, Any]]:
    """Return the plans of the data files as plain values, each with its targets in order under `targets`."""
    return [tomllib.loads((DATA / name).read_text(encoding="utf-8")) for name in PLAN_FILES]


def load_plans(plan_model: Any, target_model: Any) -> None:
    """Create the shipped plans and targets that are missing; existing rows are not changed.

    Takes the model classes because migrations call this with historical ones. A plan with columns that these do not have
    yet is left to a later migration. Nothing is added to a plan that people have changed (that has a second version).
    """
    columns = {field.name for field in target_model._meta.get_fields()}
    for plan_values in shipped_plans():
        targets = plan_values.pop("targets")
        if not all(columns.issuperset(values) for values in targets):
            continue
        code = plan_values.pop("code")
        versions = plan_model._default_manager.filter(code=code)
        if versions.count() > 1:
            continue
        plan = versions.first() or plan_model._default_manager.create(code=code, **plan_values)
        for position, values in enumerate(targets, start=1):
            target_model._default_manager.get_or_create(
                plan=plan, code=values.pop("code"), defaults={"position": position, **values}
            )
