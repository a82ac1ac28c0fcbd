"""Middleware of the trail: where events come from, whose record a page has shown, who was looked up, what was refused."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, cast

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import ResolverMatch

from changelog.models.trail import TrailKind
from changelog.trail import record_event
from changelog.trail.origin import coming_from
from changzhi_portal.api.access import GivenInClear, access_of
from changzhi_portal.api.problems import MEDIA_TYPE, problem_of
from changzhi_portal.pages.base import ApiCall, PortalRequest
from changzhi_portal.personal import holds_personal_data
from changzhi_portal.refusals import UnavailableError
from changzhi_portal.rights import Actor

_REFUSED = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})


class TrailMiddleware:
    """Middleware that records views of personal records, searches for numbers, calls of the API, and refused attempts.

    An attempt counts as refused where the address is one of the portal's (resolved) and the answer is 403 or 404: what a
    user may not see is answered like what does not exist.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Handle the request, and record what came of it."""
        with coming_from(request):
            by = request.user  # an endpoint of the API that refuses a form's token takes it for nobody's
            response = self.get_response(request)
            if response.status_code == HTTPStatus.OK:
                _record_views(cast(PortalRequest, request))
            if access_of(request) is not None:  # a token, whose user the endpoint has found
                by = request.user
            try:
                _record_api(cast(PortalRequest, request), response.status_code)
            except UnavailableError as refusal:  # nothing is given out that leaves no trace
                return JsonResponse(problem_of(refusal), status=refusal.status, content_type=MEDIA_TYPE)
            if (search := getattr(request, "number_search", None)) is not None:
                asked, found = search
                record_event(
                    TrailKind.SEARCHED, by=cast(Actor, by), label=asked, rows=len(found), detail={"found": found}
                )
            elif response.status_code in _REFUSED and request.resolver_match is not None:
                _record_refusal(request, by, request.resolver_match, response.status_code)
        return response


def _record_views(request: PortalRequest) -> None:
    for shown in getattr(request, "shown_records", []):
        if holds_personal_data(type(shown)):
            record_event(TrailKind.VIEWED, by=request.user, about=shown, division=shown.belongs_to())


def _record_api(request: PortalRequest, status: int) -> None:
    """Record what a call of the API gives out, and every call with a token. Raises UnavailableError where it cannot.

    A call that was refused has given out nothing, however much was read for it before.
    """
    if status >= HTTPStatus.BAD_REQUEST:
        return
    if (call := getattr(request, "api_call", None)) is not None:
        _record_call(request, call)
    elif access_of(request) is not None:
        # A file, the description, something written.
        detail = {"method": request.method, "status": status, **_token_of(request)}
        record_event(TrailKind.CALLED, by=request.user, label=request.path, detail=detail, is_required=True)
    for given in getattr(request, "given_in_clear", []):
        _record_given(request, given)


def _record_call(request: PortalRequest, call: ApiCall) -> None:
    detail = {"register": call.slug, "query": dict(request.GET.items()), **_token_of(request)}
    record, label = call.about, "" if call.about is not None else call.title
    division = None if record is None else record.belongs_to()
    record_event(
        TrailKind.CALLED,
        by=request.user,
        about=record,
        division=division,
        label=label,
        rows=call.rows,
        detail=detail,
        is_required=True,
    )


def _record_given(request: PortalRequest, given: GivenInClear) -> None:
    """Record personal data that an answer gives in clear, with what the program needs them for."""
    access, record = access_of(request), given.about
    assert access is not None  # noqa: S101 - a session is given none
    is_one = record is not None
    record_event(
        TrailKind.UNMASKED if is_one else TrailKind.EXPORTED_CLEAR,
        by=request.user,
        about=record,
        division=record.belongs_to() if is_one else None,
        label="" if is_one else given.title,
        rows=given.rows,
        reason=access.purpose,
        detail={"register": given.slug, "fields": list(given.fields), **_token_of(request)},
        is_required=True,
    )


def _token_of(request: HttpRequest) -> dict[str, str]:
    access = access_of(request)
    return {} if access is None else {"token": access.token_ref}


def _record_refusal(request: HttpRequest, by: Any, match: ResolverMatch, status: int) -> None:
    if not by.is_authenticated:
        return
    address = {key: str(value)[:100] for key, value in match.kwargs.items()}
    detail = {"method": request.method, "page": match.view_name, "status": status, "address": address}
    detail |= _token_of(request)
    record_event(TrailKind.REFUSED, by=cast(Actor, by), label=request.path, detail=detail)
