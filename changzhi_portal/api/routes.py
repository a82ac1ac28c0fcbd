"""The addresses of the API: every endpoint that an app declares in `<app>/api.py`, and the description of them all."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.urls import URLPattern, path, re_path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from changzhi_portal.api.access import SENDING, AskedByToken, InsufficientScopeError, access_of
from changzhi_portal.api.description import Description
from changzhi_portal.api.endpoints import Endpoint, refuse_visitors
from changzhi_portal.discovery import by_key, classes_in
from changzhi_portal.refusals import NotFoundError


def endpoints() -> list[type[Endpoint]]:
    """Return the endpoints of all apps, by slug. Raises ValueError when two have the same."""
    return list(by_key(classes_in("api", Endpoint), lambda endpoint: endpoint.slug).values())


class MaySendFiles(AskedByToken, APIView):
    """Whether a program may send files: nginx asks before it takes in a large body (ADR 0023).

    It answers with status 204, or refuses as the uploads do; a header repeats the code for nginx.
    """

    schema = None

    def get(self, request: Request) -> Response:
        """Answer nothing; raises NotSignedInError, InsufficientScopeError."""
        refuse_visitors(request)
        access = access_of(request)
        if access is not None and SENDING not in access.scopes:
            raise InsufficientScopeError(SENDING, access.title_of(SENDING))
        return Response(status=HTTPStatus.NO_CONTENT)

    def handle_exception(self, error: Exception) -> Response:
        """Add the code of a refusal; let in whom nginx cannot refuse, such as who calls too often: the uploads say so."""
        response = super().handle_exception(error)
        if response.status_code not in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            return Response(status=HTTPStatus.NO_CONTENT)
        response["X-Problem-Code"] = response.data["code"]
        return response


class Nothing(AskedByToken, APIView):
    """An address of the API at which there is nothing."""

    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse every method: visitors by 401, others by 404."""
        super().initial(request, *args, **kwargs)
        refuse_visitors(request)
        raise NotFoundError(
            "没有找到：接口里没有这个地址。", cure="There is no such address. See /api/v1/openapi.json."
        )


def _addresses() -> list[URLPattern]:
    return [
        path(
            f"{endpoint.slug}/{address.path}",
            endpoint.as_view(dict(address.methods), **address.options),
            name=f"{endpoint.slug}-{address.name}",
        )
        for endpoint in endpoints()
        for address in endpoint.addresses()
    ]


def _open(view: Any) -> Any:
    view.login_required = False  # it answers visitors itself
    return view


app_name = "api"
urlpatterns = [
    path("may-send-files", _open(MaySendFiles.as_view()), name="may_send_files"),
    path("openapi.json", _open(Description.as_view()), name="description"),
    *_addresses(),
    re_path("^", _open(Nothing.as_view()), name="nothing"),
]
