"""Every flow that an app declares, every move of it, in every state, by every role: the action, the page and the API.

What a flow has of its own (limits, what freezes, what follows a move) is tested in its app (tests/<app>/test_life.py).
"""

from __future__ import annotations

import copy
import datetime
from typing import Any

import pytest
from django.conf import settings as project
from django.urls import reverse
from django.utils import timezone

from accounts.models import ROLE_LEVELS, ROLES_OF_PEOPLE, Role
from changelog.flow import flows
from changelog.views.moving import MovePage
from changzhi_portal import jobs
from changzhi_portal.api.routes import endpoints
from changzhi_portal.refusals import InvalidError, NotAllowedError, PortalError, StaleError
from changzhi_portal.rights import MOVING_SCOPE, has_right
from communities.models import Community, Division
from periods.models import ReportingPeriod
from reports import flow as of_briefings
from targets.models import FigureResult, TargetResult
from tests.addresses import addresses
from tests.api.writing import send as send_json
from tests.changelog.flows import (
    MAKERS,
    NOTE,
    WORDS,
    assert_moved,
    has_move,
    is_seen_by,
    record_of,
    roles_with,
    unchanged,
    undone,
    wrong_state,
)
from tests.connections.clients import ALL, make_token, program
from tests.factories import home_of, make_user, phone

pytestmark = pytest.mark.django_db
# June 2018 is over, and what is applied for begins in September.
TODAY = datetime.date(2018, 7, 4)
BY_ALL = [pytest.param(flow, move, id=f"{flow.model.__name__}-{move.code}") for flow in flows() for move in flow.moves]
BY_PEOPLE = [each for each in BY_ALL if each.values[1].right is not None]
IN_A_COUNTY = [
    pytest.param(*each.values, role, id=f"{each.id}-{role}")
    for each in BY_PEOPLE
    for role in roles_with(each.values[1])
    if "city" not in ROLE_LEVELS[role] or role is Role.DEPARTMENT_CLERK
]
OF_FLOWS = [pytest.param(flow, id=flow.model.__name__) for flow in flows()]
SHOWN = [each for each in endpoints() if getattr(each, "flow", None) is not None]
MOVED = [each for each in SHOWN if each.is_moved()]
BY_PROGRAMS = [
    pytest.param(endpoint, move, id=f"{endpoint.slug}-{move.code}")
    for endpoint in MOVED
    for move in endpoint.flow.moves
]


@pytest.fixture(autouse=True)
def calm(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Any) -> None:
    """Let nothing else than state, role and area decide: the day, the work that follows a move, the age of a draft."""
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.REQUESTS_PER_MINUTE = dict.fromkeys(settings.REQUESTS_PER_MINUTE, 10**6)
    monkeypatch.setattr(timezone, "localdate", lambda *_: TODAY)
    monkeypatch.setattr(jobs, "enqueue", lambda *_, **__: True)
    monkeypatch.setattr(of_briefings, "is_outdated", lambda briefing: False)


def test_every_flow_can_be_walked():
    assert {flow.model for flow in flows()} == set(MAKERS), "tests/changelog/flows.py needs a maker for each flow."
    assert {id(endpoint.flow) for endpoint in SHOWN} == {id(flow) for flow in flows()}, "a flow without an endpoint"
    assert len(flows()) > 2 and MOVED and SHOWN != MOVED


@pytest.mark.one_database
@pytest.mark.parametrize(("flow", "move"), BY_ALL)
def test_every_move_is_made_from_its_states_by_its_roles_alone(flow, move, place):
    for role in ROLES_OF_PEOPLE:
        user = make_user(role, home_of(role, place))
        for state, _ in flow.states:
            with undone():
                record = record_of(flow, place, user, state)
                is_possible = has_move(role, move) and state in move.sources
                assert (move in flow.offered(record, user)) == is_possible, (role, state)
                if is_possible:
                    made = flow.make(copy.copy(record), move.code, by=user, note=NOTE, seen=record.version)
                    assert flow.state_of(made) == move.target
                    assert_moved(flow, record, move, user)
                    continue
                with unchanged(flow, record), pytest.raises(PortalError) as refusal:
                    flow.make(record, move.code, by=user, note=NOTE)
                if not has_move(role, move):
                    expected = (NotAllowedError, f"您的角色不能{move.label}，请联系市局管理员。")
                elif is_seen_by(user, record):
                    expected = (StaleError, wrong_state(flow, move, state))
                else:
                    expected = (NotAllowedError, f"您不能{move.label}这条记录。")
                assert (type(refusal.value), str(refusal.value)) == expected, (role, state)


@pytest.mark.parametrize(("flow", "move"), [each for each in BY_ALL if each not in BY_PEOPLE])
def test_what_the_portal_does_by_itself_has_its_states_too(flow, move, place):
    for state, _ in flow.states:
        with undone():
            record = record_of(flow, place, None, state)
            if state in move.sources:
                flow.make(copy.copy(record), move.code, by=None, note=NOTE)
                assert_moved(flow, record, move, None)
            else:
                with unchanged(flow, record), pytest.raises(StaleError, match=wrong_state(flow, move, state)):
                    flow.make(record, move.code, by=None, note=NOTE)


@pytest.mark.parametrize(("flow", "move"), BY_PEOPLE)
def test_of_two_who_move_what_they_saw_at_once_one_does(flow, move, place):
    role = roles_with(move)[0]
    first, second = (make_user(role, home_of(role, place)) for _ in range(2))
    record = record_of(flow, place, first, move.sources[0])
    with unchanged(flow, record), pytest.raises(StaleError, match="请看过现在的再"):
        flow.make(copy.copy(record), move.code, by=first, note=NOTE, seen=record.version - 1)
    flow.make(copy.copy(record), move.code, by=first, note=NOTE, seen=record.version)
    with pytest.raises((StaleError, NotAllowedError)):  # a department's item is not the second one's
        flow.make(copy.copy(record), move.code, by=second, note=NOTE, seen=record.version)
    with pytest.raises(StaleError):
        flow.make(copy.copy(record), move.code, by=first, note=NOTE, seen=record.version)
    assert_moved(flow, record, move, first)


@pytest.mark.parametrize(("flow", "move", "role"), IN_A_COUNTY)
def test_a_record_of_another_county_is_not_moved(flow, move, role, place):
    theirs, own = make_user(role, place.other_county), make_user(role, place.county)
    for state in move.sources:
        with undone():
            record = record_of(flow, place, theirs, state)
            with unchanged(flow, record), pytest.raises(NotAllowedError, match=f"您不能{move.label}这条记录。"):
                flow.make(record, move.code, by=own, note=NOTE)


@pytest.mark.parametrize(("flow", "move"), [each for each in BY_PEOPLE if each.values[1].asks is not None])
def test_a_note_is_as_it_is_asked_for(flow, move, place):
    role = roles_with(move)[0]
    user = make_user(role, home_of(role, place))
    record = record_of(flow, place, user, move.sources[0])
    wrong = {"长" * 501: "请控制在500个字以内", f"打{phone()}问": "里有手机号"}
    if move.asks.is_required:
        wrong |= dict.fromkeys(("", " \n"), f"请写明{move.asks.label}。")
    for note, sentence in wrong.items():
        with unchanged(flow, record), pytest.raises(InvalidError, match=sentence) as refusal:
            flow.make(copy.copy(record), move.code, by=user, note=note)
        assert refusal.value.field == "note"


@pytest.mark.one_database
@pytest.mark.parametrize("flow", OF_FLOWS)
def test_in_closed_divisions_and_locked_months_what_is_offered_is_made_and_figures_stay(flow, locked, place):
    """What lies in a closed division is moved by who sees it, or not at all; no move changes a locked month."""

    def frozen() -> list[Any]:
        return [list(model.objects.order_by("pk").values()) for model in (TargetResult, FigureResult)]

    before, made = frozen(), 0
    users = [make_user(role, home_of(role, place)) for role in ROLES_OF_PEOPLE]
    for move in (each for each in flow.moves if each.right is not None):
        for user in (each for each in users if has_move(each.role, move)):
            with undone():
                record = record_of(flow, place, user, move.sources[0])
                Division.objects.filter(path__startswith=place.county.path).update(
                    valid_to=TODAY, successor=place.other_county
                )
                Community.objects.update(closed_on=TODAY)
                if is_seen_by(user, record) and move in flow.offered(record, user):
                    flow.make(copy.copy(record), move.code, by=user, note=NOTE)
                    assert_moved(flow, record, move, user)
                    made += 1
                else:
                    with unchanged(flow, record), pytest.raises(PortalError):
                        flow.make(record, move.code, by=user, note=NOTE)
                assert frozen() == before
    assert made
    assert ReportingPeriod.objects.get(pk=locked.pk).is_locked


# --- Pages ---


@pytest.mark.one_database
@pytest.mark.parametrize("flow", OF_FLOWS)
def test_the_page_of_a_move_says_the_same(flow, place, signed_in):
    """The first move of each flow, by every role in every state."""
    [(name, page)] = [
        (name, pattern.callback.view_class)
        for name, pattern in addresses()
        if issubclass(getattr(pattern.callback, "view_class", object), MovePage)
        and pattern.callback.view_class.flow is flow
    ]
    move = flow.moves[0]
    for role in ROLES_OF_PEOPLE:
        user = make_user(role, home_of(role, place))
        browser = signed_in(user)
        for state, _ in flow.states:
            with undone():
                record = record_of(flow, place, user, state)
                if not has_right(user, page.requires):
                    expected = 403
                elif not is_seen_by(user, record):
                    expected = 404
                elif not has_move(role, move):
                    expected = 403
                else:
                    expected = 302 if state in move.sources else 409
                answer = browser.post(
                    reverse(name, args=[record.ref, move.code]), {"seen": record.version, "note": NOTE}
                )
                assert answer.status_code == expected, (role, state)
                if expected == 409:
                    assert wrong_state(flow, move, state) in answer.content.decode()
                if expected == 302:
                    assert flow.state_of(flow.model.objects.get(pk=record.pk)) == move.target
                else:
                    with unchanged(flow, record):
                        pass


# --- The API ---


def address_of(endpoint: Any, record: Any, code: str = "") -> str:
    """Return the address of a record, or of a move of it."""
    return f"/api/v1/{endpoint.slug}/{record.ref}/{f'moves/{code}/' if code else ''}"


def post(client: Any, endpoint: Any, record: Any, code: str, body: Any = None, **headers: str) -> Any:
    """Make a move of a record as it is in hand."""
    seen = {"If-Match": f'"{record.ref}.{record.version}"'} | headers
    return send_json(
        client, "POST", address_of(endpoint, record, code), {"note": NOTE} if body is None else body, **seen
    )


@pytest.mark.one_database
@pytest.mark.parametrize(("endpoint", "move"), BY_PROGRAMS)
def test_the_api_makes_the_same_moves(endpoint, move, place, signed_in):
    flow = endpoint.flow
    for role in ROLES_OF_PEOPLE:
        user = make_user(role, home_of(role, place))
        client = signed_in(user)
        for state, _ in flow.states:
            with undone():
                record = record_of(flow, place, user, state)
                if not has_right(user, endpoint.requires) or not has_move(role, move):
                    expected, code = 403, "not_allowed"
                elif not is_seen_by(user, record):
                    expected, code = 404, "not_found"
                else:
                    expected, code = (200, "") if state in move.sources else (409, "stale")
                answer = post(client, endpoint, record, move.code)
                assert answer.status_code == expected, (role, state, answer.content.decode())
                if expected == 200:
                    _assert_answered(client, endpoint, flow, record, move, answer)
                    assert_moved(flow, record, move, user)
                    continue
                assert (answer["Content-Type"], answer.json()["code"]) == ("application/problem+json", code)
                if expected == 409:
                    assert answer.json()["detail"] == wrong_state(flow, move, state)
                with unchanged(flow, record):
                    pass


def _assert_answered(client: Any, endpoint: Any, flow: Any, record: Any, move: Any, answer: Any) -> None:
    """Hold that a move is answered with the record as it is read, its moves and its step."""
    said = answer.json()
    assert (said[flow.state_field], said["version"]) == (move.target, record.version + 1)
    again = client.get(address_of(endpoint, record))
    assert (again.json(), again["ETag"]) == (said, answer["ETag"])
    steps = client.get(f"{address_of(endpoint, record)}steps/").json()["results"]
    [step] = [{name: each[name] for name in ("move", "label", "before", "after", "note")} for each in steps]
    assert step == {
        "move": move.code,
        "label": move.label,
        "before": flow.state_of(record),
        "after": move.target,
        "note": NOTE,
    }


@pytest.mark.parametrize("endpoint", MOVED, ids=lambda each: each.slug)
def test_a_record_says_its_state_and_what_the_caller_may_do(endpoint, place, officer, auditor, signed_in):
    flow = endpoint.flow
    for state, label in flow.states:
        record = record_of(flow, place, officer, state)
        for user in (officer, auditor):
            answer = signed_in(user).get(address_of(endpoint, record))
            if not is_seen_by(user, record):
                assert answer.status_code == 404
                continue
            assert answer.json()[flow.state_field] == state, label
            assert [(each["code"], each["label"], each["target"]) for each in answer.json()["moves"]] == [
                (move.code, move.label, move.target) for move in flow.offered(record, user)
            ]
            assert "moves" not in signed_in(user).get(f"{address_of(endpoint, record)}?fields=ref").json()
    asked = {move.code: move for move in flow.moves if move.asks is not None and move.asks.is_required}
    state = next(iter(asked.values())).sources[0]
    record = record_of(flow, place, officer, state)
    told = signed_in(officer).get(address_of(endpoint, record)).json()["moves"]
    assert {each["code"]: each["note"] for each in told if each["needs_note"]} == {
        each.code: each.asks.label for each in flow.offered(record, officer) if each.code in asked
    }


@pytest.mark.parametrize("endpoint", MOVED, ids=lambda each: each.slug)
def test_what_a_call_lacks_is_said_and_nothing_is_written(endpoint, place, officer, signed_in):
    flow, client = endpoint.flow, signed_in(officer)
    move = next(
        each for each in flow.moves if each.asks is not None and each.asks.is_required and has_move(officer.role, each)
    )
    record = record_of(flow, place, officer, move.sources[0])

    def code_of(answer: Any) -> tuple[int, str]:
        assert answer["Content-Type"] == "application/problem+json"
        return answer.status_code, answer.json()["code"]

    with unchanged(flow, record):
        missing = send_json(client, "POST", address_of(endpoint, record, move.code), {"note": NOTE})
        assert code_of(missing) == (428, "precondition_missing")
        older = post(client, endpoint, record, move.code, **{"If-Match": f'"{record.ref}.{record.version + 1}"'})
        assert code_of(older) == (412, "precondition_failed")
        assert older["ETag"].startswith(f'"{record.ref}.{record.version}.')
        without = post(client, endpoint, record, move.code, {})
        assert code_of(without) == (422, "invalid")
        assert without.json()["errors"][0]["field"] == "note"
        for body in ({"note": 5}, {"note": NOTE, "colour": "red"}, [], "{"):
            assert code_of(post(client, endpoint, record, move.code, body)) == (400, "bad_request")
        assert code_of(post(client, endpoint, record, "vanish")) == (404, "not_found")
        assert client.get(address_of(endpoint, record, move.code)).status_code == 405


@pytest.mark.parametrize("endpoint", MOVED, ids=lambda each: each.slug)
def test_a_move_that_is_sent_again_with_its_key_is_made_once(endpoint, place, officer, signed_in):
    flow, client = endpoint.flow, signed_in(officer)
    move = next(each for each in flow.moves if has_move(officer.role, each))
    record = record_of(flow, place, officer, move.sources[0])
    first, second = (post(client, endpoint, record, move.code, **{"Idempotency-Key": "move-1"}) for _ in range(2))
    assert (first.status_code, second.status_code, second["Idempotency-Replayed"]) == (200, 200, "true")
    assert (second.json(), second["ETag"]) == (first.json(), first["ETag"])
    assert_moved(flow, record, move, officer)
    other = post(client, endpoint, record, move.code, {}, **{"Idempotency-Key": "move-1"})
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")


@pytest.mark.parametrize("endpoint", MOVED, ids=lambda each: each.slug)
def test_a_token_moves_with_its_scope_and_in_its_area_alone(endpoint, place, other_clerk):
    flow = endpoint.flow
    move = next(each for each in flow.moves if has_move(Role.CLIENT, each))
    client = make_user(Role.DISTRICT_CLERK, place.county)
    record, theirs = (record_of(flow, place, user, move.sources[0]) for user in (client, other_clerk))
    others = [scope for scope in ALL if scope != MOVING_SCOPE]
    with unchanged(flow, record):
        refused = post(program(make_token(place.county, *others)), endpoint, record, move.code)
        assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")
        assert MOVING_SCOPE in refused["WWW-Authenticate"]
    mover = program(make_token(place.county, "figures:read", "registers:read", MOVING_SCOPE))
    assert post(mover, endpoint, theirs, move.code).status_code == 404
    answer = post(mover, endpoint, record, move.code)
    assert (answer.status_code, answer.json()[flow.state_field]) == (200, move.target), answer.content.decode()


@pytest.mark.parametrize("endpoint", [each for each in SHOWN if each not in MOVED], ids=lambda each: each.slug)
def test_what_people_alone_move_shows_state_and_steps_and_takes_no_move(endpoint, place, administrator, signed_in):
    flow = endpoint.flow
    for move in (each for each in flow.moves if each.right is not None):
        with undone():
            role = Role.BUREAU_ADMIN if has_move(Role.BUREAU_ADMIN, move) else roles_with(move)[0]
            mover = administrator if role is Role.BUREAU_ADMIN else make_user(role, home_of(role, place))
            record = record_of(flow, place, mover, move.sources[0])
            for client in (signed_in(administrator), program(make_token(place.city))):
                assert post(client, endpoint, record, move.code).status_code == 404
            with unchanged(flow, record):
                assert "moves" not in signed_in(administrator).get(address_of(endpoint, record)).json()
            flow.make(record, move.code, by=mover, note=NOTE)
            client = signed_in(administrator)
            assert client.get(address_of(endpoint, record)).json()[flow.state_field] == move.target
            [step] = client.get(f"{address_of(endpoint, record)}steps/").json()["results"]
            assert (step["move"], step["made_by"], step["note"]) == (move.code, str(mover), NOTE)


# --- The documentation ---


@pytest.mark.parametrize("flow", OF_FLOWS)
def test_the_moves_of_the_documentation_are_those_of_the_code(flow):
    assert flow.as_table(WORDS.__getitem__) in (project.BASE_DIR / "docs" / "domain.md").read_text()
