"""Sending the clerk's page of one community and month, as a browser does."""

from __future__ import annotations

from typing import Any

from django.test import Client
from django.urls import reverse

from communities.models import Community


def address(community: Community) -> str:
    return reverse("communities:monthly_entry", args=[community.ref])


def sent_of(answer: Any) -> dict[str, Any]:
    """Return what a browser sends of the page as it is shown."""
    sent: dict[str, Any] = {"row": []}
    month = answer.context["month"]
    for row in (row for group in month.groups for row in group.rows if row.form is not None):
        sent["row"].append(f"{row.register.name}-{row.record.ref}")
    for group in month.groups:
        sent[f"{group.register.name}-new"] = str(len(group.new))
    for form in answer.context["forms"].forms:
        for bound in form:
            value = bound.value()
            if value not in (None, []):
                sent[bound.html_name] = value
            elif not bound.is_group:
                sent[bound.html_name] = ""
            if bound.field.show_hidden_initial:
                initial = "" if bound.initial is None else bound.initial
                sent[bound.html_initial_name] = form.data.get(bound.html_initial_name, initial)
    sent["month"] = answer.context["period"].code
    sent["shown_once"] = answer.context["shown_once"]
    if answer.context["previewed"]:
        sent["previewed"] = answer.context["previewed"]
    return sent


def of(record: Any, register: str, **values: Any) -> dict[str, Any]:
    """Return values under the names that the form of a record has on the page."""
    return {f"{register}-{record.ref}-{name}": value for name, value in values.items()}


def of_new(register: str, values: dict[str, Any], index: int = 0) -> dict[str, Any]:
    return {f"{register}-new{index}-{name}": value for name, value in values.items()}


def save(client: Client, community: Community, changes: dict[str, Any], go: str = "stay", **options: Any) -> Any:
    """Open the page and send it with some fields changed."""
    shown = client.get(address(community))
    assert shown.status_code == 200
    return client.post(address(community), sent_of(shown) | changes | {"go": go}, **options)
