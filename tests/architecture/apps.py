"""What the architecture tests look through: the portal's own apps, from left to right, their modules and models."""

from __future__ import annotations

from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db import models

FRAME = "changzhi_portal"
# design.md, "Which way imports run": an app imports only from those to its left.
LEFT_TO_RIGHT = (
    FRAME,
    "periods",
    "changelog",
    "communities",
    "accounts",
    "notices",
    "orgs",
    "socialworkers",
    "services",
    "targets",
    "revisions",
    "submissions",
    "reports",
    "demo",
)
UPLOADS_MAY_IMPORT = frozenset({FRAME, "periods", "changelog", "accounts", "notices"})
OWN_APPS = frozenset({*LEFT_TO_RIGHT, "uploads"})


def may_import(app: str) -> frozenset[str]:
    """The apps that `app` may import, itself included."""
    if app == "uploads":
        return UPLOADS_MAY_IMPORT | {app}
    return frozenset(LEFT_TO_RIGHT[: LEFT_TO_RIGHT.index(app) + 1])


def modules() -> list[Path]:
    """Every Python file of the product but migrations, relative to the repository."""
    root = Path(settings.BASE_DIR)
    return sorted(
        path.relative_to(root)
        for app in OWN_APPS
        for path in (root / app).rglob("*.py")
        if "migrations" not in path.parts
    )


def own_models() -> list[type[models.Model]]:
    """Every concrete model of the product."""
    return [model for model in apps.get_models() if model.__module__.split(".")[0] in OWN_APPS]
