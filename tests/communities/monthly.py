"""Sending the clerk's page of one community and month, as a browser does."""

from __future__ import annotations

from typing import Any

from django.test import Client
from django.urls import reverse

from communities.models import Community
from tests.forms import sent_by


def address(community: Community) -> str:
    return reverse("communities:monthly_entry", args=[community.ref])


def of(record: Any, register: str, **values: Any) -> dict[str, Any]:
    """Return values under the names that the form of a record has on the page."""
    return {f"{register}-{record.ref}-{name}": value for name, value in values.items()}


def of_new(register: str, values: dict[str, Any], index: int = 0) -> dict[str, Any]:
    return {f"{register}-new{index}-{name}": value for name, value in values.items()}


def save(client: Client, community: Community, changes: dict[str, Any], go: str = "stay", **options: Any) -> Any:
    """Open the page and send it with some fields changed."""
    shown = client.get(address(community))
    assert shown.status_code == 200
    return client.post(address(community), sent_by(shown) | changes | {"go": go}, **options)
