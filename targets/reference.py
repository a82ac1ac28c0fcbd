"""The target plans that ship with the portal: what stands in targets/data, and how it gets into the database."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data"
PLAN_FILES = ("plan_2020.toml",)


def shipped_plans() -> list[dict[str, Any]]:
    """The plans of the data files as plain values; each has its targets under `targets`, in the plan's order."""
    return [tomllib.loads((DATA / name).read_text(encoding="utf-8")) for name in PLAN_FILES]


def load_plans(plan_model: Any, target_model: Any) -> None:
    """Add the shipped plans and targets that are missing; what is there stays as people have made it.

    Takes the two model classes because the migration that calls this has only the historical ones.
    """
    for plan_values in shipped_plans():
        targets = plan_values.pop("targets")
        plan, _ = plan_model._default_manager.get_or_create(code=plan_values.pop("code"), defaults=plan_values)
        for position, values in enumerate(targets, start=1):
            target_model._default_manager.get_or_create(
                plan=plan, code=values.pop("code"), defaults={"position": position, **values}
            )
