"""Records with states: which moves there are, who may make them, and making one (docs/development.md §3.12).

A model declares its flow once, in `<app>/flow.py`:

    FLOW = Flow(Briefing, "stage", moves=(
        Move("review", "审核通过", sources=(Stage.DRAFT,), target=Stage.REVIEWED, right="may_print_briefing"),
        Move("withdraw", "撤回", sources=(Stage.ISSUED,), target=Stage.WITHDRAWN, right="may_issue_briefing", asks=Asks("原因")),
    ))

Buttons, forms, the API, the test of every move in every state by every role, and the table in the documentation are made
of it.
A move is one conditional UPDATE on state and version, and one row of the step table, which is its log: there is no change
set besides.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from django.db import models, transaction
from django.db.models import F

from changelog.models.steps import LONGEST_NOTE, FlowStep
from changzhi_portal.discovery import instances_in
from changzhi_portal.names import tidy
from changzhi_portal.personal_numbers import refuse_personal_numbers
from changzhi_portal.records import Record, field_of
from changzhi_portal.refusals import InvalidError, NotAllowedError, StaleError
from changzhi_portal.rights import Actor, Viewer, has_right

# The right of a move that only the portal makes, such as the end of work in the background.
BY_PORTAL_ALONE: Final = None
Row = TypeVar("Row", bound=Record)


@dataclass(frozen=True)
class Asks:
    """The note that a move asks for: what it is called, what it is for, and whether the move needs it.

    `needed` is for a note that only some records need: it returns the sentence that asks for it, or "" for none.
    """

    label: str
    help_text: str = ""
    is_required: bool = True
    needed: Callable[[Any], str] | None = None

    def asking(self, record: Any) -> str:
        """Return the sentence that refuses a move of this record without a note; "" where it needs none."""
        if self.is_required:
            return f"请写明{self.label}。"
        return self.needed(record) if self.needed is not None else ""


@dataclass(frozen=True, kw_only=True)
class Move:
    """One move. `check` refuses it for what the record is like; `then` does what belongs to it, in its transaction.

    `right` names the right that the user needs, BY_PORTAL_ALONE for none. `concerns` says whether a record is one that
    a user with the right makes the move with, so that others are not offered it; `check` refuses them. `explanation`
    says in the form what it does, `done` is the message afterwards.
    """

    code: str
    label: str
    sources: tuple[str, ...]
    target: str
    right: str | None
    asks: Asks | None = None
    explanation: str = ""
    done: str = ""
    check: Callable[[Any, Actor | None, str], None] | None = None
    then: Callable[[Any, Actor | None, str], None] | None = None
    # What the move writes besides the state: called with the record, returns the values of its columns.
    values: Callable[[Any], dict[str, Any]] | None = None
    concerns: Callable[[Any, Viewer], bool] | None = None

    def is_for(self, record: Any, user: Viewer) -> bool:
        """Return whether a user with the right makes the move with this record."""
        return self.concerns is None or self.concerns(record, user)


@dataclass(frozen=True, eq=False)
class Flow(Generic[Row]):
    """The states of a model and the moves between them. The model has a relation `steps` to its table of steps."""

    model: type[Row]
    state_field: str
    moves: tuple[Move, ...]

    def move(self, code: str) -> Move:
        """Return the move with this code. Raises KeyError."""
        return {move.code: move for move in self.moves}[code]

    def offered(self, record: Row, user: Viewer) -> list[Move]:
        """Return the moves that `user` may make with a record now, the main one first."""
        state = self.state_of(record)
        possible = [move for move in self.moves if state in move.sources and self.allows(move, user)]
        return [move for move in possible if move.is_for(record, user)]

    def allows(self, move: Move, user: Viewer) -> bool:
        """Return whether `user` has the right to a move; nobody has it to one of the portal alone."""
        return move.right is not BY_PORTAL_ALONE and has_right(user, move.right)

    def refuse_without_right(self, move: Move, user: Actor) -> None:
        """Raise NotAllowedError for a user without the right to a move."""
        if not self.allows(move, user):
            raise NotAllowedError(
                f"您的角色不能{move.label}，请联系市局管理员。",
                cure=f"The role of {user.username} may not {move.code}.",
            )

    @property
    def states(self) -> list[tuple[str, str]]:
        """The states with their labels."""
        return [(str(state), str(label)) for state, label in field_of(self.model, self.state_field).flatchoices]

    def state_of(self, record: Row) -> str:
        """Return the state of a record."""
        return str(getattr(record, self.state_field))

    def label_of(self, state: str) -> str:
        """Return a state in words."""
        return dict(self.states).get(state, state)

    def steps_of(self, record: Row) -> list[tuple[FlowStep, str]]:
        """Return the steps of a record, the newest first, with who made each, and each move in words."""
        labels = {move.code: move.label for move in self.moves}
        steps: models.QuerySet[FlowStep] = record.steps  # type: ignore[attr-defined]  # the relation of the step table
        return [(step, labels.get(step.move, step.move)) for step in steps.select_related("made_by").order_by("-pk")]

    def make(self, record: Row, code: str, *, by: Actor | None, note: str = "", seen: int | None = None) -> Row:
        """Make a move and return the record in its new state; `by` is None for the portal and the command line.

        `seen` is the version that the page showed. Raises NotAllowedError without the right or for a record of another
        area, InvalidError for a note that is missing, too long or has a personal number, StaleError if the record is in
        another state or has changed since it was seen, and what `check` raises. Nothing is changed then.
        """
        move = self.move(code)
        if by is not None:
            self.refuse_without_right(move, by)
        words = self._cleaned(move, note)
        with transaction.atomic():
            held = self._held(record, move, by, seen)
            before = self.state_of(held)
            asking = move.asks.asking(held) if move.asks is not None and not words else ""
            if asking:
                raise InvalidError(asking, cure=f"The move {code} of {held.ref} needs a note.", field="note")
            if move.check is not None:
                move.check(held, by, words)
            self._write(held, move, before)
            step_of(self.model)(
                **{_record_field(self.model): held},
                move=move.code,
                before=before,
                after=move.target,
                made_by_id=None if by is None else by.pk,
                note=words,
            ).save(force_insert=True)
            if move.then is not None:
                move.then(held, by, words)
        return held

    def _held(self, record: Row, move: Move, by: Actor | None, seen: int | None) -> Row:
        """Lock and return the record as it is now; raise if it is not as the move needs it."""
        rows: models.QuerySet[Row] = self.model._default_manager.all()
        if by is not None:
            rows = rows.visible_to(by)  # type: ignore[attr-defined]  # scoped
        held = rows.select_for_update(of=("self",)).filter(pk=record.pk).first()
        if held is None:
            raise NotAllowedError(f"您不能{move.label}这条记录。", cure=f"{record.ref} lies outside the user's area.")
        state = self.state_of(held)
        if state not in move.sources:
            raise StaleError(
                f"当前状态是“{self.label_of(state)}”，不能“{move.label}”，请刷新后再看。",
                cure=f"{held.ref} is {state}; {move.code} needs {', '.join(move.sources)}.",
            )
        if seen is not None and held.version != seen:
            raise StaleError(
                f"您打开页面以后内容又有改动，请看过现在的再“{move.label}”。",
                cure=f"{held.ref} has version {held.version}, not {seen}.",
            )
        return held

    def _write(self, held: Row, move: Move, before: str) -> None:
        values = {**(move.values(held) if move.values is not None else {}), self.state_field: move.target}
        here = {"pk": held.pk, "version": held.version, self.state_field: before}
        if not self.model._default_manager.filter(**here).update(**values, version=F("version") + 1):
            raise StaleError(
                f"这条记录刚刚被别人改动，请刷新后再“{move.label}”。", cure=f"{held.ref} has been changed meanwhile."
            )
        held.version += 1
        for name, value in values.items():
            setattr(held, name, value)

    def _cleaned(self, move: Move, note: str) -> str:
        """Return the note as it is stored. Raises InvalidError."""
        words = " ".join(tidy(note).split())
        what = move.asks.label if move.asks is not None else "说明"
        if len(words) > LONGEST_NOTE:
            raise InvalidError(
                f"{what}请控制在{LONGEST_NOTE}个字以内，现在有{len(words)}个字。",
                cure=f"The note may have at most {LONGEST_NOTE} characters.",
                field="note",
            )
        refuse_personal_numbers(words, what=what, field="note")
        return words

    def as_table(self, rights: Callable[[str], str] = str) -> str:
        """Return the moves as a table in Markdown, for the documentation; `rights` gives the words for a right."""
        lines = ["| 操作 | 从 | 到 | 谁可以 | 要写明 |", "|---|---|---|---|---|"]
        for move in self.moves:
            sources = "、".join(self.label_of(source) for source in move.sources)
            who = "系统" if move.right is None else rights(move.right)
            asks = "" if move.asks is None else move.asks.label + ("" if move.asks.is_required else "（可不写）")
            lines.append(f"| {move.label} | {sources} | {self.label_of(move.target)} | {who} | {asks} |")
        return "\n".join(lines)


def step_of(model: type[models.Model]) -> type[FlowStep]:
    """Return the step table of a model with a flow."""
    steps = model._meta.get_field("steps").related_model
    if not (isinstance(steps, type) and issubclass(steps, FlowStep)):
        raise TypeError(f"{model.__name__}.steps is no table of steps.")
    return steps


def _record_field(model: type[models.Model]) -> str:
    """Return the name of the step table's foreign key to the record."""
    return str(model._meta.get_field("steps").field.name)  # type: ignore[union-attr]  # a reverse relation


def flows() -> tuple[Flow[Any], ...]:
    """Return the flows that the apps declare in `<app>/flow.py`."""
    return instances_in("flow", Flow)
