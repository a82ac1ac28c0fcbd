"""Writing records by the API: one is added or changed. Each write is a row of the register without a file.

The row check, actions, change log, locks, scope and masks are those of forms and uploads (`changelog.actions.write_rows`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar, Final

from django.db import transaction
from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from changzhi_portal.api.bodies import OBJECT, TEXT, TRUTH, BodyErrors
from changzhi_portal.api.idempotency import once
from changzhi_portal.api.parameters import refuse_unknown
from changzhi_portal.api.preconditions import etag_of_record, versions_seen
from changzhi_portal.api.problems import (
    BadRequestError,
    LockedMonthError,
    PreconditionFailedError,
    RowRefusedError,
    UnconfirmedError,
)
from changzhi_portal.api.records import CONFIRMS, LOCKED_REASON, RecordBody, as_given
from changzhi_portal.discovery import instances_in
from changzhi_portal.personal_numbers import mask_slipped_numbers
from changzhi_portal.refusals import NotAllowedError, NotFoundError
from changzhi_portal.registers.batches import BatchWriter, Outcome, RowResult, WantedRow, WriteRows
from changzhi_portal.registers.problems import Level, Problem
from changzhi_portal.registers.register import NOT_HELD, RegisterSheet
from changzhi_portal.rights import has_right
from changzhi_portal.scope import scope_path_of

RIGHT_TO_WRITE: Final = "may_upload"
OPTIONS: Final = (CONFIRMS, LOCKED_REASON)  # beside the fields of a record
NOT_WRITABLE: Final = Problem("unknown_place", f"这条记录{NOT_HELD}", Level.ERROR)


def writer() -> WriteRows:
    """Return the action that writes batches, which one app declares (`changelog/api.py`)."""
    [declared] = instances_in("api", BatchWriter)
    return declared.write


class RecordWrites:
    """What a `RegisterEndpoint` writes, one record at a time."""

    body: ClassVar[RecordBody]

    if TYPE_CHECKING:
        slug: ClassVar[str]
        title: ClassVar[str]
        register: ClassVar[type[RegisterSheet]]
        fields: ClassVar[list[str]]
        queryset: ClassVar[Any]

        def visible(self, request: Request) -> Any:
            """See ListEndpoint."""

        def find(self, request: Request, ref: str) -> Any:
            """See RegisterEndpoint."""

        def with_moves(self, request: Request, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
            """See Moves."""

    def create_record(self, request: Request) -> Response:
        """Add a record (201). Raises BadRequestError for the body, RowRefusedError for what the row check refuses."""
        self.refuse_readers(request)
        refuse_unknown(request.query_params, ())
        errors, body = BodyErrors(), self.object_of(request)
        confirms, reason = options_of(body, errors)
        self.body.check(body, errors, is_new=True, options=OPTIONS)
        row = self.body.added(body, errors)
        errors.refuse()

        def add() -> Response:
            return self.answer_with(request, self.write_one(request, row, confirms=confirms, locked_reason=reason))

        return once(request, add)

    def change_record(self, request: Request, ref: str) -> Response:
        """Change a record, seen in the version of `If-Match` (200).

        Raises what `create_record` raises, NotFoundError also for a record of another area, PreconditionMissingError and
        PreconditionFailedError.
        """
        self.refuse_readers(request)
        refuse_unknown(request.query_params, ())
        seen = versions_seen(request._request, ref)
        errors, body = BodyErrors(), self.object_of(request)
        confirms, reason = options_of(body, errors)
        self.body.check(body, errors, is_new=False, options=OPTIONS)
        errors.refuse()
        with transaction.atomic():
            found = self.find(request, ref)
            request._request.shown_records = [found]
            if found.version not in seen:
                raise self.stale(request, found.pk)
            entry = self.present(request, [ref]).get(ref)
            if entry is None or entry["version"] != found.version:
                raise self.not_writable(found) if entry is None else self.stale(request, found.pk)
            if not self.body.read_only.isdisjoint(body):
                [shown] = self.masked(request, [found.pk])
                self.body.refuse_changed(body, shown, errors)
                errors.refuse()
            row = self.body.changed(body, entry)
            result = self.write_one(request, row, confirms=confirms, locked_reason=reason)
            return self.answer_with(request, result)

    def refuse_readers(self, request: Request) -> None:
        """Raise NotAllowedError for a role that only reads."""
        if not has_right(request.user, RIGHT_TO_WRITE):
            raise NotAllowedError(
                f"您的角色不能修改{self.title}。", cure=f"The role may not write {self.slug}: {RIGHT_TO_WRITE}."
            )

    @staticmethod
    def object_of(request: Request) -> dict[str, Any]:
        """Return the body, an object. Raises BadRequestError for another or none, UnsupportedMediaType for no JSON."""
        body = request.data
        if request.stream is None or not OBJECT.takes(body):
            raise BadRequestError("请求的内容应是一个JSON对象。", cure="The body must be an object of JSON.")
        return dict(body)

    def present(self, request: Request, refs: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Return by ref the entries of the records that the office's sheet holds (`RegisterSheet.entries`)."""
        path = scope_path_of(request.user)
        if path is None:
            return {}
        found = self.entries(self.register().writable(path).filter(ref__in=refs), path)
        return {entry["ref"]: entry for _, entry in found}

    def masked(self, request: Request, keys: Sequence[int]) -> list[dict[str, Any]]:
        """Return the records with these keys as reading gives them, personal values always masked."""
        path = scope_path_of(request.user)
        if path is None:
            return []
        found = dict(self.entries(self.queryset.filter(pk__in=keys), path))
        return self.with_moves(request, [as_given(found[key], self.fields) for key in keys if key in found])

    def entries(self, records: Any, path: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """Return by key what the register's sheet says of records (`RegisterSheet.entries`)."""
        return self.register().entries(records, path)

    def write_one(self, request: Request, row: WantedRow, *, confirms: bool, locked_reason: str) -> RowResult:
        """Write one row. Raises what stands against it."""
        [result] = writer()(
            register=self.register(),
            rows=[row],
            by=request.user,
            keeps_good=False,
            confirms=confirms,
            locked_reason=locked_reason,
        )
        if not result.outcome.is_good:
            raise self.refusal_of(request, result)
        return result

    def refusal_of(self, request: Request, result: RowResult) -> Exception:
        """Return what a row that was not written is answered with."""
        if result.outcome is Outcome.STALE and result.key is not None:
            return self.stale(request, result.key)
        if result.outcome is Outcome.MISSING:
            return NotFoundError(f"没有找到这条{self.title}记录。", cure="There is no such record in the user's area.")
        return row_refusal(result.problems)

    def stale(self, request: Request, key: int) -> PreconditionFailedError:
        """Return the refusal of a record that somebody has changed, with its ETag as it is now."""
        found = self.masked(request, [key])
        return PreconditionFailedError(
            "您读取以后，有人改过这条记录，没有保存；请重新读取再改。",
            cure="The record is at another version than If-Match says. Read it again.",
            etag=etag_of_record(found[0]) if found else "",
            field="If-Match",
        )

    def not_writable(self, record: Any) -> RowRefusedError:
        """Return the refusal of a record that the office sees but that its sheet does not hold."""
        said = f"这条记录{self.register().reason_against_writing(record)}"
        return row_refusal([Problem("unknown_place", said, Level.ERROR)])

    def answer_with(self, request: Request, result: RowResult) -> Response:
        """Return the answer to a write: the record as reading gives it, its ETag, and of a new one its address."""
        [record] = self.masked(request, [] if result.key is None else [result.key])
        headers = {"ETag": etag_of_record(record)}
        if result.outcome is not Outcome.CREATED:
            return Response(record, headers=headers)
        address = reverse(f"api:{self.slug}-detail", args=[record["ref"]])
        headers["Location"] = request.build_absolute_uri(address)
        return Response(record, status=HTTPStatus.CREATED, headers=headers)


def options_of(body: dict[str, Any], errors: BodyErrors) -> tuple[bool, str]:
    """Take what a body says beside its fields: whether warnings are confirmed, and why a locked month is altered."""
    confirms, reason = body.pop(CONFIRMS, False), body.pop(LOCKED_REASON, "")
    confirms = errors.is_of(confirms, TRUTH, CONFIRMS) and confirms
    reason = reason if errors.is_of(reason, TEXT, LOCKED_REASON) else ""
    return confirms, reason


def told(problems: Sequence[Problem], level: Level) -> list[dict[str, str]]:
    """Return problems of a level as documents list them; numbers in their sentences are masked."""
    return [
        {"field": each.field, "code": each.code, "message": mask_slipped_numbers(f"{each.message}。")}
        for each in problems
        if each.level == level
    ]


def row_refusal(problems: Sequence[Problem]) -> RowRefusedError:
    """Return what a row is refused with: its errors, figures of a locked month, or warnings that nobody has confirmed."""
    errors, warnings = told(problems, Level.ERROR), told(problems, Level.WARNING)
    listed: Mapping[str, Any] = {"errors": errors, "warnings": warnings}
    if not errors:
        return UnconfirmedError(
            "有需要核对的地方，没有保存；核对无误后，请加上confirm_warnings再发一次。",
            cure="Read the warnings; send it again with confirm_warnings: true.",
            **listed,
        )
    if all(each["code"] == LockedMonthError.code for each in errors):
        return LockedMonthError(
            "数据日期在已锁定的月份，没有保存；市局可以在locked_reason里写明原因再发一次。",
            cure="The figures are of a locked month. The bureau may send a locked_reason.",
            **listed,
        )
    return RowRefusedError("有的内容不对，没有保存。", cure="The row check refuses the record; see errors.", **listed)
