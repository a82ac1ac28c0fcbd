"""What the architecture tests examine: the portal's own apps, from left to right, their modules and models."""

from __future__ import annotations

import tomllib
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db import models

FRAME = "changzhi_portal"
_CONTRACTS = {
    contract["id"]: contract
    for contract in tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())["tool"]["importlinter"][
        "contracts"
    ]
}
# The order is defined in import-linter's contract "layers": an app imports only from the apps to its left.
LEFT_TO_RIGHT: tuple[str, ...] = tuple(reversed(_CONTRACTS["layers"]["layers"]))
UPLOADS_MAY_NOT_IMPORT = frozenset(_CONTRACTS["uploads"]["forbidden_modules"])
OWN_APPS = frozenset({*LEFT_TO_RIGHT, "uploads"})


def may_import(app: str) -> frozenset[str]:
    """Return the apps that `app` may import, itself included."""
    if app == "uploads":
        return OWN_APPS - UPLOADS_MAY_NOT_IMPORT
    return frozenset(LEFT_TO_RIGHT[: LEFT_TO_RIGHT.index(app) + 1]) | ({"uploads"} if app == "demo" else set())


def modules() -> list[Path]:
    """Return every Python file of the product but migrations, relative to the repository."""
    root = Path(settings.BASE_DIR)
    return sorted(
        path.relative_to(root)
        for app in OWN_APPS
        for path in (root / app).rglob("*.py")
        if "migrations" not in path.parts
    )


def own_models() -> list[type[models.Model]]:
    """Return every concrete model of the product."""
    return [model for model in apps.get_models() if model.__module__.split(".")[0] in OWN_APPS]
