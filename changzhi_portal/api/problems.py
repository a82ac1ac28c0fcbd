"""What the API answers instead of what was asked for: one problem document (RFC 9457), with the code of its kind."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Self

from django.core.exceptions import PermissionDenied, RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import DataError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from changzhi_portal.faults import fault_of
from changzhi_portal.refusals import (
    InvalidError,
    NotAllowedError,
    NotFoundError,
    PortalError,
    TooLargeError,
    UnavailableError,
)

MEDIA_TYPE = "application/problem+json"


class NotSignedInError(PortalError):
    """The request names nobody, or a token that does not hold (any more)."""

    code = "not_signed_in"
    status = 401
    challenge = "Bearer"
    """What the header `WWW-Authenticate` says (RFC 6750, 3)."""


class BadRequestError(PortalError):
    """The request cannot be read: its body, or a parameter of its address."""

    code = "bad_request"
    status = 400
    errors: Sequence[dict[str, str]] = ()

    def listing(self, errors: Sequence[dict[str, str]]) -> Self:
        """Return the refusal with what is wrong, field by field."""
        self.errors = errors
        return self


class MethodNotAllowedError(PortalError):
    """The address does not take this method."""

    code = "method_not_allowed"
    status = 405


class NotAcceptableError(PortalError):
    """The address does not answer in the format that was asked for."""

    code = "not_acceptable"
    status = 406


class UnsupportedMediaTypeError(PortalError):
    """The body is in a format that the address does not take."""

    code = "unsupported_media_type"
    status = 415


class PreconditionMissingError(PortalError):
    """A write does not say which version of the record was seen (`If-Match`)."""

    code = "precondition_missing"
    status = 428


class PreconditionFailedError(PortalError):
    """The record is no longer as the client has seen it. `etag` is that of the record as it is now; "" for unknown."""

    code = "precondition_failed"
    status = 412

    def __init__(self, message: str, *, etag: str = "", **options: str) -> None:
        super().__init__(message, **options)
        self.etag = etag


class RowRefusedError(PortalError):
    """The row check refuses what was sent: `errors` and `warnings` have a field, a code and a sentence each.

    `results` says of a batch what came of each row.
    """

    code = "invalid"
    status = 422

    def __init__(
        self,
        message: str,
        *,
        errors: Sequence[dict[str, str]] = (),
        warnings: Sequence[dict[str, str]] = (),
        results: Sequence[dict[str, Any]] = (),
        **options: str,
    ) -> None:
        super().__init__(message, **options)
        self.errors = list(errors)
        self.warnings = list(warnings)
        self.results = list(results)


class RowsRefusedError(RowRefusedError):
    """Rows of a batch that is written whole or not at all cannot be written."""

    code = "rows_refused"


class LockedMonthError(RowRefusedError):
    """Figures of a locked month change only with a reason of who may."""

    code = "locked_period"
    status = 409


class UnconfirmedError(RowRefusedError):
    """The row check warns; what it warns of is written once it is confirmed."""

    code = "warnings"
    status = 409


class NoSpaceError(PortalError):
    """The disk is full."""

    code = "no_space"
    status = 507


def problem_of(refusal: PortalError, *, errors: list[dict[str, str]] | None = None) -> dict[str, Any]:
    """Return the problem document of a refusal: what is wrong in Chinese and in English, and in which field."""
    document: dict[str, Any] = {
        "type": f"urn:changzhi-portal:problem:{refusal.code}",
        "title": HTTPStatus(refusal.status).phrase if refusal.status in set(HTTPStatus) else refusal.code,
        "status": refusal.status,
        "code": refusal.code,
        "detail": str(refusal),
        "detail_en": refusal.cure,
    }
    found = (
        errors
        or list(getattr(refusal, "errors", ()))
        or ([{"field": refusal.field, "code": refusal.code, "message": str(refusal)}] if refusal.field else [])
    )
    listed = {"errors": found} | {name: getattr(refusal, name, []) for name in ("warnings", "results")}
    return document | {name: each for name, each in listed.items() if each}


_OF_FRAMEWORK: dict[type[exceptions.APIException], tuple[type[PortalError], str]] = {
    exceptions.NotAuthenticated: (NotSignedInError, "请先登录。"),
    exceptions.AuthenticationFailed: (NotSignedInError, "登录已经失效，请重新登录。"),
    exceptions.PermissionDenied: (NotAllowedError, "没有通过校验，这一步没有进行；请从平台的页面上操作。"),
    exceptions.NotFound: (NotFoundError, "没有找到。"),
    exceptions.MethodNotAllowed: (MethodNotAllowedError, "这个地址不接受这种请求方法。"),
    exceptions.NotAcceptable: (NotAcceptableError, "这个地址不提供所要的格式。"),
    exceptions.UnsupportedMediaType: (UnsupportedMediaTypeError, "这个地址不接受这种格式的内容，请发送JSON。"),
    exceptions.ParseError: (BadRequestError, "请求的内容读不出来，不是它所说的格式。"),
}


def refusal_of(error: Exception, method: str | None) -> PortalError | None:
    """Return an error of a request of this method as a refusal; None for one that is a fault of the program."""
    if isinstance(error, PortalError):
        return error
    if isinstance(error, Http404):
        return NotFoundError("没有找到。", cure="There is no such record in the area of the user.")
    if isinstance(error, PermissionDenied):
        return NotAllowedError(str(error) or "您的角色不能做这件事。", cure="The role may not do this.")
    if isinstance(error, TooManyFieldsSent | TooManyFilesSent | RequestDataTooBig):  # as Django reads a form with files
        return TooLargeError("一次发来的文件或内容太多，没有收下；请分几次发送。", cure=str(error))
    for kind, (refusal, sentence) in _OF_FRAMEWORK.items():
        if isinstance(error, kind):
            return refusal(sentence, cure=str(error))
    if (fault := fault_of(error)) is not None:
        kind = NoSpaceError if fault.status == NoSpaceError.status else UnavailableError
        return kind(fault.sentence(method), cure="A fault of the database or of the disk.")
    if isinstance(error, DataError):
        return InvalidError(
            "请求里有系统存不下的字符或数字。", cure="The database cannot store a value of the request."
        )
    return None


def answer_problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """Return the answer to an error of an endpoint; None for a fault of the program, which Django answers.

    Django REST framework calls it (`EXCEPTION_HANDLER`).
    """
    refusal = refusal_of(error, context["request"].method)
    if refusal is None:
        return None
    set_rollback()
    headers = {}
    if hasattr(refusal, "retry_after"):
        headers["Retry-After"] = str(refusal.retry_after)
    if isinstance(refusal, PreconditionFailedError) and refusal.etag:
        headers["ETag"] = refusal.etag
    if challenge := getattr(refusal, "challenge", ""):
        headers["WWW-Authenticate"] = challenge
    return Response(problem_of(refusal), status=refusal.status, headers=headers, content_type=MEDIA_TYPE)
