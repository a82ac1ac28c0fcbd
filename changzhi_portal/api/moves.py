"""Records with states in the API: their state and steps, the moves that the caller may make, and making one (docs/api.md §5.6).

An endpoint says `flow = FLOW`. What the moves are, who may make them and what they ask is declared there once
(`changelog.flow`, docs/development.md §3.12), and the frame does not import it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from changzhi_portal.api.bodies import TEXT, BodyErrors
from changzhi_portal.api.expansions import extended, fields_of
from changzhi_portal.api.idempotency import REPLAYED, once
from changzhi_portal.api.operations import (
    BODY_PROBLEMS,
    ETAG_OF_ANSWER,
    IF_MATCH,
    KEY,
    ClosedSerializer,
    Operation,
    etag_of_answers,
    header_of_answers,
)
from changzhi_portal.api.parameters import refuse_unknown
from changzhi_portal.api.preconditions import etag_of_record, versions_seen
from changzhi_portal.api.problems import PreconditionFailedError
from changzhi_portal.api.writing import RecordWrites
from changzhi_portal.pages.base import ApiCall
from changzhi_portal.refusals import NotFoundError

MOVES: Final = "moves"
NOTE: Final = "note"


class FlowOfRecords(Protocol):
    """What the API asks of a flow (`changelog.flow.Flow`)."""

    @property
    def moves(self) -> Any:
        """Return the moves."""

    @property
    def state_field(self) -> str:
        """Return the name of the column with the state."""

    @property
    def states(self) -> list[tuple[str, str]]:
        """Return the states with their labels."""

    def move(self, code: str) -> Any:
        """Return the move with this code. Raises KeyError."""

    def offered(self, record: Any, user: Any) -> list[Any]:
        """Return the moves that a user may make with a record now."""

    def refuse_without_right(self, move: Any, user: Any) -> None:
        """Raise NotAllowedError for a user without the right to a move."""

    def steps_of(self, record: Any) -> list[tuple[Any, str]]:
        """Return the steps of a record, the newest first, with each move in words."""

    def make(self, record: Any, code: str, *, by: Any, note: str = "", seen: int | None = None) -> Any:
        """Make a move and return the record in its new state. Raises PortalError."""


class MoveSerializer(serializers.Serializer):
    """A move that the caller may make with a record now."""

    code = serializers.CharField(help_text="操作的代码，写在地址里")
    label = serializers.CharField(help_text="操作")
    target = serializers.CharField(help_text="操作以后的状态")
    note = serializers.CharField(allow_null=True, help_text="要写明什么；不用写的为空")
    needs_note = serializers.BooleanField(help_text="不写明就不能办")


class StepSerializer(serializers.Serializer):
    """A move that was made."""

    move = serializers.CharField(help_text="操作的代码")
    label = serializers.CharField(help_text="操作")
    before = serializers.CharField(help_text="原状态")
    after = serializers.CharField(help_text="新状态")
    made_at = serializers.DateTimeField(help_text="时间")
    made_by = serializers.CharField(allow_null=True, help_text="操作人；系统办的为空")
    note = serializers.CharField(allow_null=True, help_text="写明的说明或者原因")


class StepsSerializer(serializers.Serializer):
    """The moves that were made with a record, the newest first."""

    results = StepSerializer(many=True)


class MoveSentSerializer(ClosedSerializer):
    """What is sent to make a move."""

    note = serializers.CharField(required=False, allow_blank=True, help_text="要写明的说明或者原因")


class Moves:
    """What an endpoint of records with states gives and takes besides. Mixed in before the endpoint's other bases.

    `flow` alone gives state, moves and steps; `takes_moves` is False where people alone move the records, so that the API
    shows state and steps and nothing more.
    """

    flow: ClassVar[FlowOfRecords | None] = None
    takes_moves: ClassVar[bool] = True

    if TYPE_CHECKING:
        slug: ClassVar[str]
        title: ClassVar[str]
        queryset: ClassVar[Any]

        def find(self, request: Request, ref: str) -> Any:
            """See RowsEndpoint and RegisterEndpoint."""

        def answered(self, request: Request, key: int) -> dict[str, Any]:
            """See RowsEndpoint and RegisterEndpoint."""

    @classmethod
    def is_moved(cls) -> bool:
        """Return whether the API makes moves of these records."""
        return cls.flow is not None and cls.takes_moves

    def with_moves(self, request: Request, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Add to records what the caller may make of each now; nothing where the API makes no moves."""
        flow = self.flow
        if flow is None or not self.is_moved():
            return records
        found = {each.ref: each for each in self.queryset.filter(ref__in=[record["ref"] for record in records])}
        offered = {ref: flow.offered(each, request.user) for ref, each in found.items()}
        return [
            record | {MOVES: [_told(move, found[record["ref"]]) for move in offered[record["ref"]]]}
            for record in records
        ]

    def get_steps(self, request: Request, ref: str) -> Response:
        """Answer with the moves that were made with a record, the newest first. Raises NotFoundError and BadRequestError."""
        refuse_unknown(request.query_params, ())
        found = self.find(request, ref)
        steps = [] if self.flow is None else [_said(step, label) for step, label in self.flow.steps_of(found)]
        request._request.api_call = ApiCall(self.slug, f"{self.title}：办理经过", len(steps))
        return Response({"results": steps})

    def make_move(self, request: Request, ref: str, move: str) -> Response:
        """Make a move of a record, seen in the version of `If-Match`; answer with the record in its new state (200).

        Raises NotFoundError for a record of another area and for an unknown move, NotAllowedError without the right,
        PreconditionMissingError, PreconditionFailedError where the record has changed, BadRequestError for the body, and
        what `Flow.make` raises: StaleError (409) for another state, InvalidError (422) for the note.
        """
        refuse_unknown(request.query_params, ())
        flow = self._flow_of(move)
        flow.refuse_without_right(flow.move(move), request.user)
        seen = versions_seen(request._request, ref)
        errors, body = BodyErrors(), RecordWrites.object_of(request)
        errors.refuse_unknown(body, [NOTE])
        note = body.get(NOTE, "")
        errors.is_of(note, TEXT, NOTE)
        errors.refuse()

        def make() -> Response:
            found = self.find(request, ref)
            request._request.shown_records = [found]
            if found.version not in seen:
                raise PreconditionFailedError(
                    "您读取以后，有人改过这条记录，没有办理；请重新读取再办。",
                    cure="The record is at another version than If-Match says. Read it again.",
                    etag=etag_of_record(self.answered(request, found.pk)),
                    field="If-Match",
                )
            moved = flow.make(found, move, by=request.user, note=note, seen=found.version)
            record = self.answered(request, moved.pk)
            return Response(record, headers={"ETag": etag_of_record(record)})

        return once(request, make)

    def _flow_of(self, move: str) -> FlowOfRecords:
        """Return the flow that has a move. Raises NotFoundError."""
        if self.flow is None or move not in {each.code for each in self.flow.moves}:
            raise NotFoundError(f"{self.title}没有“{move[:20]}”这个操作。", cure=f"There is no move {move[:20]}.")
        return self.flow


def _told(move: Any, record: Any) -> dict[str, Any]:
    """Return what is said of a move that may be made."""
    asks = move.asks
    return {
        "code": move.code,
        "label": move.label,
        "target": str(move.target),
        "note": None if asks is None else asks.label,
        "needs_note": asks is not None and bool(asks.asking(record)),
    }


def _said(step: Any, label: str) -> dict[str, Any]:
    """Return what is said of a step."""
    return {
        "move": step.move,
        "label": label,
        "before": step.before,
        "after": step.after,
        "made_at": step.made_at,
        "made_by": None if step.made_by is None else str(step.made_by),
        "note": step.note or None,
    }


# --- The description ---


def with_state(serializer: type[serializers.Serializer], flow: FlowOfRecords) -> type[serializers.Serializer]:
    """Return the description of records with their state and version, as far as it has not got them; under the same name."""
    known = fields_of(serializer)
    fields: dict[str, serializers.Field] = {
        flow.state_field: serializers.ChoiceField(choices=flow.states, read_only=True, label="状态"),
        "version": serializers.IntegerField(read_only=True, label="版本"),
    }
    missing = {name: field for name, field in fields.items() if name not in known}
    return extended(serializer, serializer.__name__, missing) if missing else serializer


def with_moves_described(serializer: type[serializers.Serializer], ending: str) -> type[serializers.Serializer]:
    """Return the description of one record with the moves that the caller may make; `ending` makes its name its own."""
    name = f"{serializer.__name__.removesuffix('Serializer')}{ending}Serializer"
    return extended(serializer, name, {MOVES: MoveSerializer(many=True, help_text="您现在能做的操作")})


def sent_back() -> dict[str, serializers.Field]:
    """Return the description of the moves in a body that repeats a record: they may stand there as they were read."""
    return {MOVES: serializers.ListField(child=serializers.DictField(), read_only=True, label="现在能做的操作")}


def flow_operations(endpoint: type[Moves], record: type[serializers.Serializer]) -> dict[str, Operation]:
    """Return the operations of a flow by the endpoint's method; `record` describes what a move is answered with."""
    flow = endpoint.flow
    if flow is None:
        return {}
    found = {"get_steps": Operation("steps", "办理经过", None, {200: StepsSerializer}, parameters=[ETAG_OF_ANSWER])}
    if not endpoint.is_moved():
        return found
    codes: Sequence[str] = [move.code for move in flow.moves]
    words = "；".join(f"{move.code}：{move.label}" for move in flow.moves)
    return found | {
        "make_move": Operation(
            "move",
            "办理一步",
            MoveSentSerializer,
            {200: record},
            {
                **BODY_PROBLEMS,
                409: "现在的状态不能这样办，或者同一个请求正在办理",
                412: "读取以后有人改过",
                422: "没有写明要写明的、内容不合规定，或者幂等键已用于另一个请求",
                428: "没有给出If-Match",
            },
            [
                OpenApiParameter(
                    "move", str, OpenApiParameter.PATH, required=True, enum=codes, description=f"操作（{words}）"
                ),
                IF_MATCH,
                KEY,
                etag_of_answers(200, 412),
                header_of_answers(REPLAYED, "true：这是以前那次请求的回答", 200),
            ],
        )
    }
