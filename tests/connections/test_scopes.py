"""Tests of what a token may, walked over all endpoints, scopes and levels of divisions."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from accounts.models import Role, User
from changelog.models import TrailKind, TrailRecord
from changelog.trail import recording
from changzhi_portal.api.access import _READ_SCOPES
from changzhi_portal.api.description import description
from changzhi_portal.api.endpoints import Endpoint, RegisterEndpoint
from changzhi_portal.api.routes import endpoints
from changzhi_portal.personal import holds_personal_data
from changzhi_portal.registers.columns import PersonalColumn
from changzhi_portal.rights import PERSONAL_SCOPE
from connections.access import LimitedRole
from connections.scopes import BY_NAME, NEEDS, SCOPES, rights_of
from tests.api.test_registers import rows_of
from tests.connections.clients import ALL, make_client, make_token, program
from tests.factories import make_user

pytestmark = pytest.mark.django_db
ENDPOINTS = endpoints()
# Those that a token may read; the notices are those of people.
# What no token reads: notices are to people, and who issues tokens may not read the trail.
NOT_BY_TOKENS = {"notices", "trail"}
READ = [endpoint for endpoint in ENDPOINTS if endpoint.slug not in NOT_BY_TOKENS]
PERSONAL = [
    endpoint
    for endpoint in ENDPOINTS
    if issubclass(endpoint, RegisterEndpoint) and holds_personal_data(endpoint.register.model)
]
UNSAFE = ("post", "put", "patch", "delete")


def slug_of(endpoint: type[Endpoint]) -> str:
    return endpoint.slug


def address_of(endpoint: type[Endpoint]) -> str:
    """Return the address of a list, with the parameters that it cannot do without."""
    needed = {"period": "2018-06", "target": "urban_facility_area"}
    filters = endpoint.filterset.base_filters  # type: ignore[attr-defined]
    query = "&".join(f"{name}={needed[name]}" for name, each in filters.items() if each.extra.get("required"))
    return f"/api/v1/{endpoint.slug}/{f'?{query}' if query else ''}"


def reading_scope(endpoint: type[Endpoint]) -> str:
    return endpoint.reads_with or _READ_SCOPES.get(endpoint.requires, "")


def test_every_scope_grants_rights_that_the_role_has_and_none_manages():
    for scope in SCOPES:
        assert all(getattr(Role.CLIENT, right) for right in scope.rights), scope.name
    granted = rights_of(ALL)
    held = {name for name in vars(Role) if name.startswith(("may_", "manages_")) and getattr(Role.CLIENT, name)}
    assert granted == held, "a right of the role that no scope grants, or the other way round"
    assert not {name for name in held if "manage" in name or "review" in name or "submit" in name}
    assert set(_READ_SCOPES.values()) <= set(BY_NAME)
    assert PERSONAL_SCOPE in BY_NAME


def test_a_limited_role_is_no_role_and_has_no_right_beside_its_scopes():
    role = LimitedRole(Role.CLIENT, rights_of(["figures:read"]))
    assert role.may_see_figures
    assert [name for name in vars(Role) if name.startswith(("may_", "manages_")) and getattr(role, name)] == [
        "may_see_figures",
        "may_see_work_items",
    ]
    assert all(role != each for each in Role)
    assert str(role) == "client"
    assert LimitedRole(Role.CLIENT, frozenset({"may_manage_clients"})).may_manage_clients is False
    with pytest.raises(AttributeError):
        bool(role.may_do_anything)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=slug_of)
def test_each_endpoint_opens_to_its_scope_and_to_no_other(endpoint, filled):
    client = make_client(filled.county)
    needed = reading_scope(endpoint)
    for scope in ALL:
        names = {scope, NEEDS.get(scope, scope)}
        answer = program(make_token(client, *names)).get(address_of(endpoint))
        if needed in names:
            assert answer.status_code == 200, answer.content.decode()
        else:
            problem = answer.json()
            assert (answer.status_code, problem["code"]) == (403, "insufficient_scope" if needed else "not_allowed")
            assert "results" not in problem
            if needed:
                assert needed in answer["WWW-Authenticate"] and needed in problem["detail_en"]


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=slug_of)
def test_nothing_is_written_without_the_scope_for_it(endpoint, filled):
    others = [scope for scope in ALL if scope != endpoint.writes_with]
    reader = program(make_token(filled.county, *others))
    for address in (f"/api/v1/{endpoint.slug}/", f"/api/v1/{endpoint.slug}/aaaaaaaaaaaaa/"):
        for method in UNSAFE:
            status = getattr(reader, method)(address, {}, content_type="application/json").status_code
            assert status in {403, 404}, f"{method} {address}: {status}"


@pytest.mark.parametrize("endpoint", READ, ids=slug_of)
def test_a_token_sees_what_a_person_of_its_division_sees(endpoint, filled):
    levels = {
        Role.BUREAU_OFFICER: filled.city,
        Role.DISTRICT_CLERK: filled.county,
        Role.STREET_CLERK: filled.street,
    }
    numbers = []
    for role, division in levels.items():
        issued = make_token(division, *(set(ALL) - {PERSONAL_SCOPE}))
        user = make_user(role, division)
        if endpoint.requires == "may_see_submissions":
            user = make_user(Role.AUDITOR, division)
        person = Client()
        person.force_login(user)
        rows, theirs = (
            [row for row in rows_of(each, address_of(endpoint)) if row.get("kind") != "called"]
            for each in (program(issued), person)
        )
        assert rows == theirs
        numbers.append(len(rows))
    assert numbers[0] >= numbers[1] >= numbers[2]


def test_the_description_names_the_scopes_of_each_operation():
    described = description()
    assert described["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    for endpoint in READ:
        operation = described["paths"][f"/api/v1/{endpoint.slug}/"]["get"]
        assert {"token": [reading_scope(endpoint)]} in operation["security"]
    for slug in NOT_BY_TOKENS:
        assert "token" not in str(described["paths"][f"/api/v1/{slug}/"]["get"]["security"])


# --- Personal data ---


def personal_values(endpoint: Any, row: dict[str, Any]) -> list[str]:
    names = [column.field for column in endpoint.register.columns if isinstance(column, PersonalColumn)]
    return [row[name] for name in names if row[name]]


@pytest.mark.parametrize("endpoint", PERSONAL, ids=slug_of)
def test_numbers_are_masks_without_the_scope_and_in_clear_with_it(endpoint, filled):
    address = f"/api/v1/{endpoint.slug}/"
    masked = rows_of(program(make_token(filled.county, *(set(ALL) - {PERSONAL_SCOPE}))), address)
    assert all("*" in value for row in masked for value in personal_values(endpoint, row))
    assert not TrailRecord.objects.filter(kind__in=(TrailKind.EXPORTED_CLEAR, TrailKind.UNMASKED)).exists()
    issued = make_token(make_client(filled.county, purpose="与市人口库核对身份"), "registers:read", PERSONAL_SCOPE)
    clear = rows_of(program(issued), address)
    values = [value for row in clear for value in personal_values(endpoint, row)]
    assert values and not any("*" in value for value in values)
    event = TrailRecord.objects.get(kind=TrailKind.EXPORTED_CLEAR)
    assert (event.made_by, event.object_label, event.rows) == (issued.token.client.user, endpoint.title, len(clear))
    assert (event.reason, event.detail["token"]) == ("与市人口库核对身份", issued.token.public)
    ref = clear[0]["ref"]
    assert personal_values(endpoint, program(issued).get(f"{address}{ref}/").json())[0] in values
    one = TrailRecord.objects.get(kind=TrailKind.UNMASKED)
    assert (one.object_ref, one.reason, one.detail["token"]) == (ref, "与市人口库核对身份", issued.token.public)


def test_an_answer_without_personal_columns_is_none_in_clear(filled):
    client = program(make_token(filled.county))
    client.get("/api/v1/workers/?fields=ref,name")
    client.get("/api/v1/facilities/")
    client.get("/api/v1/workers/?q=没有这个人")
    assert not TrailRecord.objects.filter(kind=TrailKind.EXPORTED_CLEAR).exists()
    client.get("/api/v1/workers/?fields=ref,id_number")
    assert TrailRecord.objects.get(kind=TrailKind.EXPORTED_CLEAR).detail["fields"] == ["id_number"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("address", ["/api/v1/workers/", "/api/v1/workers/{ref}/"])
def test_nothing_in_clear_is_given_out_that_cannot_be_recorded(address, filled, monkeypatch):
    client = program(make_token(filled.county))
    row = rows_of(client, "/api/v1/workers/")[0]

    def no_room(values: dict[str, Any]) -> None:
        raise OSError("No space left")

    def no_database(self: Any, *args: Any, **kwargs: Any) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(recording.spool, "put", no_room)
    monkeypatch.setattr(TrailRecord, "save", no_database)
    answer = client.get(address.format(ref=row["ref"]))
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert row["id_number"] not in answer.content.decode()


def test_a_right_to_unmask_of_a_person_gives_nothing_in_clear(filled, signed_in):
    reader: User = make_user(Role.BUREAU_ADMIN, filled.city, may_unmask=True)
    rows = rows_of(signed_in(reader), "/api/v1/workers/")
    assert rows and all("*" in row["id_number"] for row in rows)


@pytest.mark.parametrize(
    ("query", "headers", "status"), [("?expand=nothing", {}, 400), ("", {"If-Match": '"another"'}, 412)]
)
def test_what_was_refused_is_not_recorded_as_given_in_clear(query, headers, status, filled):
    """The trail said that numbers had been given out which the program never got."""
    answer = program(make_token(filled.county)).get(f"/api/v1/workers/{query}", headers=headers)
    assert answer.status_code == status
    assert not TrailRecord.objects.filter(kind__in=[TrailKind.EXPORTED_CLEAR, TrailKind.CALLED]).exists()
