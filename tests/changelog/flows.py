"""Records with states for the tests that walk all flows (docs/development.md §3.12): a new flow needs a maker in MAKERS."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import models, transaction

from accounts.models import ROLES_OF_PEOPLE, Role, User
from changelog.flow import Flow, Move
from communities.models import Division
from orgs.models import Filing
from participation.models import Survey
from practice.models import Story
from reports.models import Briefing
from tests.factories import Place, make_count, make_filing, make_story, make_survey
from tests.reports.briefings import figures, make_issued
from tests.workload.applications import application
from workload.models import WorkItem

NOTE = "情况有变，按规定办理"


def _make_briefing(place: Place, user: User | None, state: str) -> Briefing:
    """Return the city's edition of June 2018; one that is being issued is printed for the portal, and has failed for people."""
    has_failed = state == Briefing.Stage.ISSUING and user is not None
    work = {"state": Briefing.State.FAILED, "message": "缺少字体。"} if has_failed else {}
    return make_issued(place.city, figures=figures(), stage=state, **work)


def _make_survey(place: Place, user: User | None, state: str) -> Survey:
    """Return a survey of the user's county with a count."""
    county = _county_of(place, user)
    survey = make_survey(county, state=state)
    make_count(survey, place.communities[0] if county == place.county else place.villages[0])
    return survey


def _make_item(place: Place, user: User | None, state: str) -> WorkItem:
    """Return an item of the user's own department, or of one on which the user's division decides."""
    if user is not None and user.department is not None:
        return application(user.division, state, department=user.department)
    is_of_city = user is not None and user.division == place.city
    return application(place.city if is_of_city else _county_of(place, user), state)


def _make_story(place: Place, user: User | None, state: str) -> Story:
    """Return a practice case of the user's own office; for those of other areas one of 城区."""
    return make_story(place.county if user is None else user.division, state=state)


def _make_filing(place: Place, user: User | None, state: str) -> Filing:
    """Return a filing of the user's town; of 和平社区 for the others."""
    is_of_other_county = user is not None and user.division.path.startswith(place.other_county.path)
    return make_filing((place.villages if is_of_other_county else place.communities)[0], state=state)


def _county_of(place: Place, user: User | None) -> Division:
    """Return the user's county; 城区 for the others."""
    return user.division if user is not None and user.division.level == Division.Level.COUNTY else place.county


# Functions that create a record in a state, such that a user with the right may move it.
MAKERS: dict[type[models.Model], Callable[[Place, User | None, str], Any]] = {
    Briefing: _make_briefing,
    Filing: _make_filing,
    Survey: _make_survey,
    WorkItem: _make_item,
    Story: _make_story,
}
# Rights in words, as the documentation has them.
WORDS = {
    "may_print_briefing": "市局业务员、管理员",
    "may_approve_briefing": "市局管理员",
    "may_run_surveys": "组织调查",
    "may_file_organizations": "街道填报员",
    "may_propose_work_items": "部门经办员",
    "may_decide_work_items": "县区填报员、市局",
    "may_report_stories": "各级填报员、市局",
    "may_choose_stories": "市局",
}


def record_of(flow: Flow[Any], place: Place, user: User | None, state: str) -> Any:
    """Return a record in a state."""
    return MAKERS[flow.model](place, user, state)


def has_move(role: Role, move: Move) -> bool:
    """Return whether a role has the right to a move."""
    return move.right is not None and bool(getattr(role, move.right))


def roles_with(move: Move) -> list[Role]:
    """Return the roles of people that have the right to a move."""
    return [role for role in ROLES_OF_PEOPLE if has_move(role, move)]


def is_seen_by(user: User, record: Any) -> bool:
    """Return whether a record lies in the area of a user, and may be seen in its state."""
    return bool(type(record)._default_manager.visible_to(user).filter(pk=record.pk).exists())


def wrong_state(flow: Flow[Any], move: Move, state: str) -> str:
    """Return the sentence that refuses a move from another state."""
    return f"当前状态是“{flow.label_of(state)}”，不能“{move.label}”，请刷新后再看。"


@contextmanager
def undone() -> Iterator[None]:
    """Undo what is written within, so that there may be one record after the other of what there is once."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@contextmanager
def unchanged(flow: Flow[Any], record: Any) -> Iterator[None]:
    """Hold that nothing is written within: state and version of the record, and its steps."""
    yield
    now = flow.model._default_manager.get(pk=record.pk)
    assert (flow.state_of(now), now.version) == (flow.state_of(record), record.version)
    assert not record.steps.exists()


def assert_moved(flow: Flow[Any], record: Any, move: Move, by: User | None) -> None:
    """Hold that a record that was in its first state has made one move, with its step and its next version."""
    now = flow.model._default_manager.get(pk=record.pk)
    assert (flow.state_of(now), now.version) == (move.target, record.version + 1)
    step = now.steps.get()
    assert (step.move, step.before, step.after) == (move.code, flow.state_of(record), move.target)
    assert (step.made_by, step.note) == (by, NOTE)
