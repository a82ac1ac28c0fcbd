"""The target plans that ship with the portal: what stands in targets/data, and how it gets into the database."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data"
PLAN_FILES = ("plan_2020.toml", "plan_2025.toml")


def shipped_plans() -> list[dict[str, Any]]:
    """The plans of the data files as plain values; each has its targets under `targets`, in the plan's order."""
    return [tomllib.loads((DATA / name).read_text(encoding="utf-8")) for name in PLAN_FILES]


def load_plans(plan_model: Any, target_model: Any) -> None:
    """Add the shipped plans and targets that are missing; what is there stays as people have made it.

    Takes the two model classes because the migrations that call this have only the historical ones. A plan that needs
    columns which they do not have yet is left to a later migration. A plan that people have changed is theirs: nothing
    is added to it any more.
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
