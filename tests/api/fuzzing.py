"""Calls of schemathesis on the API, in process: data that the description allows, data that it does not, and calls that follow.

Every check of schemathesis is on. `depends_on_the_data` says which answers no description can foresee.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
import schemathesis
from django.conf import settings
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, connections
from django.middleware.csrf import _get_new_csrf_string
from django.test import Client
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import AcceptedNegativeData
from schemathesis.engine import Status, events, from_schema
from schemathesis.openapi.checks import RejectedPositiveData
from schemathesis.transport.wsgi import WSGI_TRANSPORT

from accounts.models import User
from changzhi_portal.api.description import description
from changzhi_portal.api.routes import endpoints

PHASES = ("examples", "coverage", "fuzzing", "stateful")
CHECKS = {
    # 413: more rows than one call takes. 412: an If-Match of another record, or of an older version of it.
    "negative_data_rejection": {
        "expected-statuses": ["400", "401", "403", "404", "405", "406", "409", "412", "413", "415", "422", "428", "429"]
    },
    # 428: a change without If-Match (RFC 6585 §3).
    "missing_required_header": {"expected-statuses": ["400", "401", "403", "406", "415", "422", "428"]},
}
# What addresses say of the small city (tests.factories.make_place), where only what there is can be asked for.
REAL = {"county": "140402", "town": "140402001", "period": "2018-06", "target": "urban_facility_area"}
_WRITES = {"POST", "PATCH"}
_BY_SLUG = {endpoint.slug: endpoint for endpoint in endpoints()}
_FORM_TOKEN = _get_new_csrf_string()
_numbers = count(1)


@dataclass
class Found:
    """What came of a run: the failures, as texts to read, and how many answers had which status."""

    failures: list[str]
    statuses: Counter[int]


# Who calls: what is sent by a security scheme of the description.
Caller = dict[str, dict[str, str]]
NOBODY: Caller = {}


def session_of(user: User) -> Caller:
    """Return who calls with a session, as pages of the portal do."""
    client = Client()
    client.force_login(user)
    return {"cookieAuth": {"api_key": client.cookies[settings.SESSION_COOKIE_NAME].value}}


def program_with(token: str) -> Caller:
    """Return who calls with a token."""
    return {"token": {"bearer": token}}


def run(caller: Caller, *, phases: Iterable[str], examples: int = 1, slugs: Iterable[str] = (), seed: int = 1) -> Found:
    """Call the operations of these endpoints (of all without any) as somebody; return what is wrong.

    `examples` is the number of calls of each operation in `fuzzing`, and of scenarios in `stateful`; `coverage` makes as many
    as the description has cases.
    """
    chosen = set(phases)
    config = SchemathesisConfig.from_dict(
        {
            "seed": seed,
            "continue-on-failure": True,
            "auth": {"openapi": caller} if caller else {},
            "headers": {"X-CSRFToken": _FORM_TOKEN},
            "checks": CHECKS,
            "phases": {name: {"enabled": name in chosen} for name in PHASES},
            # NUL is refused everywhere, and no description says so but by a pattern of every text (tests/api/test_writing.py).
            "generation": {"max-examples": examples, "database": "none", "allow-x00": False},
        }
    )
    with _on_the_test_connection() as portal:
        schema = schemathesis.openapi.from_dict(json.loads(json.dumps(description(), default=str)), config=config)
        schema.app = portal
        schema.hook(filter_failure)
        schema.hook(map_case)
        if slugs:
            schema = schema.include(path_regex=f"^/api/v1/({'|'.join(slugs)})/")
        return Found(list(_failures(from_schema(schema).execute())), portal.statuses)


# --- What the description cannot say ---


def filter_failure(context: Any, failure: Any, case: Any, response: Any) -> bool:
    """Return whether a failure counts (a hook of schemathesis)."""
    return not depends_on_the_data(failure, case, response)


def depends_on_the_data(failure: Any, case: Any, response: Any) -> bool:
    """Return whether it is for the data, and not for the form of a call, to say whether it is carried out."""
    query = case.query or {}
    if isinstance(failure, AcceptedNegativeData):
        # Each row of such a batch is judged by itself, and has its own answer.
        return (
            case.path.endswith("/bulk/")
            and case.body["mode"] == "each"
            and any(row["status"] in {"invalid", "missing", "stale"} for row in response.json()["results"])
        )
    if not isinstance(failure, RejectedPositiveData):
        return False
    if response.status_code == 422 and case.method in _WRITES:
        return True  # the row check asks for places that exist, the reading of a file for a spreadsheet
    if response.status_code != 400:
        return False
    [error, *_] = response.json().get("errors", [{"field": "", "code": ""}])
    field = error["field"]
    return (
        error["code"] == "read_only"  # what is sent back of a record must be as it is
        or (field == "sort" and "modified_since" in query)
        or (field.endswith("_to") and f"{field.removesuffix('_to')}_from" in query)  # ends before it begins
    )


def map_case(context: Any, case: Any) -> Any:
    """Have a call that the description allows speak of what there is (a hook of schemathesis).

    A cursor is one that an answer gave; a key is one's own; a ref is that of a record, and If-Match names its version.
    """
    if not case.meta.generation.mode.is_positive:
        return case
    if case.query:
        case.query.pop("cursor", None)
        case.query.update({name: value for name, value in REAL.items() if name in case.query})
        if str(case.query.get("modified_since", "")).isdecimal():
            case.query["modified_since"] = "0"
    headers, slug = case.headers or {}, case.path.split("/")[3]
    if "Idempotency-Key" in headers:
        headers["Idempotency-Key"] = f"fuzz-{next(_numbers)}"
    if "ref" in (case.path_parameters or {}):
        found = _BY_SLUG[slug].queryset.order_by("pk").last()
        if found is not None:
            case.path_parameters["ref"] = found.ref
            if "If-Match" in headers:
                headers["If-Match"] = f'"{found.ref}.{found.version}"'
    return case


# --- In process ---


class _Portal:
    """The portal as a WSGI application, in every thread on the connection of the test and so in its transaction.

    Schemathesis calls from threads of its own, one at a time.
    """

    def __init__(self) -> None:
        self.portal, self.shared = get_wsgi_application(), connections["default"]
        self.statuses: Counter[int] = Counter()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        connections["default"] = self.shared
        # The half of a form's token that pages have as a cookie beside that of the session; no credential.
        cookies = [environ.get("HTTP_COOKIE", ""), f"{settings.CSRF_COOKIE_NAME}={_FORM_TOKEN}"]
        environ["HTTP_COOKIE"] = "; ".join(filter(None, cookies))

        def note(status: str, *args: Any) -> Any:
            self.statuses[int(status[:3])] += 1
            return start_response(status, *args)

        return self.portal(environ, note)


@contextmanager
def _on_the_test_connection() -> Iterator[_Portal]:
    send = WSGI_TRANSPORT.send

    def send_in_process(case: Any, **options: Any) -> Any:
        # The check `ignored_auth` of 4.32 hands on settings of a network, which the client of WSGI does not know.
        for name in ("max_redirects", "verify", "cert", "proxies"):
            options.pop(name, None)
        return send(case, **options)

    connections["default"].inc_thread_sharing()
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(WSGI_TRANSPORT, "send", send_in_process)
            yield _Portal()
    finally:
        request_started.connect(close_old_connections)
        request_finished.connect(close_old_connections)
        connections["default"].dec_thread_sharing()


def _failures(found: Iterable[Any]) -> Iterator[str]:
    for event in found:
        if isinstance(event, events.FatalError):
            raise event.exception
        if isinstance(event, events.NonFatalError):
            yield f"{event.label}: {event.info.format()}"
        elif isinstance(event, events.ScenarioFinished) and event.status in {Status.FAILURE, Status.ERROR}:
            yield from _failures_of(event.recorder)


def _failures_of(recorder: Any) -> Iterator[str]:
    for case, checks in recorder.checks.items():
        for check in checks:
            if check.failure_info is None:
                continue
            failure, answer = check.failure_info.failure, recorder.find_response(case_id=case)
            said = "" if answer is None else f"{answer.status_code} {answer.content.decode(errors='replace')[:800]}"
            label = recorder.cases[case].value.operation.label
            words = f"{failure.title}: {failure.message[:1500]}"
            yield f"{label} {check.name}: {words}\n  {check.failure_info.code_sample[:1500]}\n  {said}"
