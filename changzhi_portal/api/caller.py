"""Whether a call comes from somebody who has signed in or has a token: nginx asks before it takes in files (ADR 0023)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from changzhi_portal.api.access import AskedByToken
from changzhi_portal.api.endpoints import refuse_visitors
from changzhi_portal.api.problems import NotSignedInError
from changzhi_portal.refusals import PortalError


class Caller(AskedByToken, APIView):
    """An empty answer: 200, or 401 for nobody and for a token that does not hold. Whatever else is wrong, the call is told."""

    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Find out who calls."""
        super().initial(request, *args, **kwargs)
        refuse_visitors(request)

    def get(self, request: Request) -> Response:
        """Answer that it is somebody."""
        return Response()

    def handle_exception(self, exc: Exception) -> Response:
        """Let in who has called too often, or may not: the portal says so itself."""
        if isinstance(exc, PortalError) and not isinstance(exc, NotSignedInError):
            return Response()
        if isinstance(exc, NotSignedInError):
            return Response(status=HTTPStatus.UNAUTHORIZED)
        answer: Response = super().handle_exception(exc)
        return answer
