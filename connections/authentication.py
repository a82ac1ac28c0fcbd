"""Who calls the API with a token (`Authorization: Bearer …`, RFC 6750): named in the settings, so that the frame knows none of it."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request
from structlog.contextvars import bind_contextvars

from changelog.trail import TrailKind, record_event
from changzhi_portal.addresses import client_address, counted_address
from changzhi_portal.api.access import InvalidTokenError, scopes_for
from changzhi_portal.middleware import has_token
from changzhi_portal.refusals import TooOftenError
from changzhi_portal.request_limits import check_rate
from connections.access import TokenAccess
from connections.actions import note_use
from connections.limits import REFUSED, WRONG, is_taken
from connections.models import ApiToken
from connections.networks import are_allowed
from connections.token_text import PREFIX, is_digest_of, ref_in

_NO_DIGEST = "0" * 64


class WrongTokenError(InvalidTokenError):
    """There is no such token; which part of it is wrong is not said."""


class TokenExpiredError(InvalidTokenError):
    """The token was valid until a day before today."""

    code = "token_expired"


class TokenRevokedError(InvalidTokenError):
    """Somebody has revoked the token."""

    code = "token_revoked"


class ClientRevokedError(InvalidTokenError):
    """Somebody has revoked the client, and with it all of its tokens."""

    code = "client_revoked"


class DivisionClosedError(InvalidTokenError):
    """The division of the client was closed without a successor."""

    code = "division_closed"


class AddressNotAllowedError(InvalidTokenError):
    """The token is limited to other addresses."""

    code = "address_not_allowed"


class TokenAuthentication(BaseAuthentication):
    """The authentication of programs. A request with a token is that of its client and of nobody else, whatever its cookies."""

    def authenticate(self, request: Request) -> tuple[Any, TokenAccess] | None:
        """Return user and access of the token; None for a request without one. Raises InvalidTokenError, TooOftenError."""
        if not has_token(request._request):
            return None
        given = request._request.headers["Authorization"].partition(" ")[2].strip()
        token = _found(given)
        if token is None:
            raise _refused(request, None, WrongTokenError("令牌不对。", cure="There is no such token."), _public(given))
        address = client_address(request._request)
        if (refusal := _refusal_of(token, address)) is not None:
            raise _refused(request, token, refusal, token.public)
        bind_contextvars(user_id=token.client.user.pk, token=token.public)
        check_rate(token.pk, "token_calls")
        note_use(token=token, address=address)
        access = TokenAccess(token)
        return access.user, access

    def authenticate_header(self, request: Request) -> str:
        """Return what a visitor is asked for."""
        return "Bearer"


class TokenScheme(OpenApiAuthenticationExtension):
    """How the description of the API says that a token is sent."""

    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Return the scheme."""
        return {"type": "http", "scheme": "bearer", "description": "市局管理员在“对接系统”里发放的令牌"}

    def get_security_requirement(self, auto_schema: Any) -> list[dict[str, list[str]]]:
        """Return the scopes that an operation takes (OpenAPI 3.1, Security Requirement Object); none where no token may."""
        scopes = scopes_for(auto_schema.view, auto_schema.method)
        return [] if "" in scopes else [{self.name: scopes}]


def _found(given: str) -> ApiToken | None:
    """Return the token with this text; None for a wrong one, after as long a comparison."""
    ref = ref_in(given)
    token = ApiToken.objects.with_client().filter(ref=ref).first() if ref else None
    is_right = is_digest_of(_NO_DIGEST if token is None else token.digest, given)
    return token if is_right else None


def _public(given: str) -> str:
    """Return the public part of a wrong token; "" for a text of another form, which may be anything."""
    ref = ref_in(given)
    return f"{PREFIX}_{ref}" if ref else ""


def _refusal_of(token: ApiToken, address: str) -> InvalidTokenError | None:
    """Return why a right token does not hold; None for one that does."""
    client = token.client
    if client.is_revoked or not client.user.is_active:
        return ClientRevokedError("这个对接系统已经停用。", cure="The client was revoked.")
    if token.revoked_at is not None:
        return TokenRevokedError("这个令牌已经停用。", cure="The token was revoked.")
    if token.expires_on < timezone.localdate():
        return TokenExpiredError(
            f"这个令牌{token.expires_on}到期了，请联系市局管理员另发。",
            cure=f"The token has expired: it was valid until {token.expires_on}.",
        )
    if client.user.division.valid_to is not None:
        return DivisionClosedError(
            "这个对接系统所属的区划已经撤销，请联系市局管理员。", cure="The division of the client was closed."
        )
    if not are_allowed(token.addresses, address):
        return AddressNotAllowedError(
            "这个令牌不能从这个地址使用。", cure=f"The token is not allowed from the address {address or '(unknown)'}."
        )
    return None


def _refused(
    request: Request, token: ApiToken | None, refusal: InvalidTokenError, public: str
) -> InvalidTokenError | TooOftenError:
    """Record a refused call, by its client where the token is right; return the refusal, or that there were too many."""
    address = client_address(request._request)
    count = WRONG.of(counted_address(address)) if token is None else REFUSED.of(token.pk)
    if not is_taken(count):
        return TooOftenError(
            "令牌不能用，已经试了太多次；请过一分钟再试，并检查程序。",
            cure=f"Too many calls with tokens that do not hold; the last one: {refusal.cure}",
        )
    user = None if token is None else token.client.user
    detail = {"method": request.method, "status": refusal.status, "why": refusal.code, "token": public}
    record_event(TrailKind.REFUSED, by=user, label=request.path, detail=detail)
    return refusal
