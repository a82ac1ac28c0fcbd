"""Sending the forms of records, as a browser does."""

from __future__ import annotations

from typing import Any

from django.test import Client
from django.urls import reverse

from changelog.forms import RecordForm


def address(page: str, register: str, record: Any = None) -> str:
    return reverse(f"changelog:{page}", args=[register] if record is None else [register, record.ref])


def input_of(form: RecordForm, changes: dict[str, Any]) -> dict[str, Any]:
    """Return what a browser sends of the form as it was shown, with some fields changed."""
    sent: dict[str, Any] = {}
    for bound in form:
        value = bound.value()
        sent[bound.html_name] = "" if value is None else value
        if bound.field.show_hidden_initial:
            sent[bound.html_initial_name] = "" if bound.initial is None else bound.initial
    return sent | changes


def opened(client: Client, url: str, changes: dict[str, Any]) -> dict[str, Any]:
    """Open a form and return what the browser would send of it, with some fields changed."""
    answer = client.get(url)
    assert answer.status_code == 200
    return input_of(answer.context["form"], changes)
