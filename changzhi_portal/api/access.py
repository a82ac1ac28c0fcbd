"""What a program may do that calls with a token, as endpoints ask: which scope a call needs, whether numbers are in clear.

The tokens themselves are those of `connections`, which the frame does not import; `API_AUTHENTICATION` in the settings names
their authentication class. A call with a session has no `Access`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple, Protocol

from django.conf import settings
from django.utils.module_loading import import_string
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from changzhi_portal.api.problems import NotSignedInError
from changzhi_portal.refusals import NotAllowedError
from changzhi_portal.request_limits import check_rate
from changzhi_portal.rights import PERSONAL_SCOPE

# Reads of an endpoint are of the kind that its right is about; an endpoint with another right says so in `reads_with`.
# The trail has none: who issues tokens may not read it.
_READ_SCOPES = {
    "may_see_figures": "figures:read",
    "may_see_work_items": "figures:read",
    "may_see_registers": "registers:read",
    "may_see_submissions": "submissions:read",
    "may_see_uploads": "uploads:read",
}
# The scope with which files are sent: nginx asks for it before it takes them in.
SENDING = "uploads:write"
_READING = frozenset({"GET", "HEAD", "OPTIONS"})


class Access(Protocol):
    """What a token allows (`request.auth`)."""

    @property
    def token_ref(self) -> str:
        """Return the public part of the token, which names it in the trail and in the log."""

    @property
    def scopes(self) -> frozenset[str]:
        """Return the names of its scopes."""

    @property
    def purpose(self) -> str:
        """Return what the program needs the data for: the reason for personal data in clear."""

    def title_of(self, scope: str) -> str:
        """Return what people call a scope; its name where there is none such."""


class InvalidTokenError(NotSignedInError):
    """A token that does not hold: a wrong one, or one that is over, revoked, or used from elsewhere. `code` says which."""

    code = "invalid_token"
    challenge = 'Bearer error="invalid_token"'


class InsufficientScopeError(NotAllowedError):
    """The token has not got the scope that the call needs."""

    code = "insufficient_scope"

    def __init__(self, scope: str, title: str) -> None:
        super().__init__(
            f"这个令牌没有“{title}”（{scope}）范围，不能这样调用；需要的请联系市局管理员另发令牌。",
            cure=f"The token has not got the scope {scope}.",
        )
        self.challenge = f'Bearer error="insufficient_scope", scope="{scope}"'


class AskedByToken:
    """A view of the API, called with a token or with a session: `API_AUTHENTICATION`. Mixed in before the library's view."""

    def get_authenticators(self) -> list[BaseAuthentication]:
        """Return what is asked who calls, in this order."""
        return [import_string(name)() for name in settings.API_AUTHENTICATION]


class GivenInClear(NamedTuple):
    """Personal data that an answer holds in clear, for the trail: of which register, which columns, of how many records.

    `about` is the record where the answer is one record alone.
    """

    slug: str
    title: str
    fields: tuple[str, ...]
    rows: int
    about: Any = None


def access_of(request: Any) -> Access | None:
    """Return what the token of a request allows; None for a session. The request is one of Django or of the library."""
    access: Access | None = getattr(request, "auth", None)
    return access


def check_call(request: Request) -> None:
    """Count a call of a person, and raise TooOftenError for too many. Those of tokens are counted where they are read."""
    if request.auth is None:
        check_rate(request.user.pk, "calls")


def scopes_for(endpoint: Any, method: str | None) -> list[str]:
    """Return the scopes that a token needs to call an endpoint by a method; "" stands for one that there is none of.

    What is written is answered with the record, so that writing takes the scope for reading too.
    """
    scopes = [endpoint.reads_with or _READ_SCOPES.get(endpoint.requires, "")]
    return scopes if method in _READING else [*scopes, endpoint.writes_with]


def refuse_narrow_token(request: Request, endpoint: Any) -> None:
    """Raise for a call with a token that has not got the scopes: InsufficientScopeError, NotAllowedError where none gives it.

    Fails closed: what an endpoint does not say with which scope it is written, no token writes.
    """
    access = access_of(request)
    if access is None:
        return
    scopes = scopes_for(endpoint, request.method)
    if "" in scopes:
        raise NotAllowedError(f"这个令牌不能这样调用{endpoint.title}。", cure="No scope of a token allows this call.")
    for scope in scopes:
        if scope not in access.scopes:
            raise InsufficientScopeError(scope, access.title_of(scope))


def reveals(request: Any) -> bool:
    """Return whether answers to the request hold personal data in clear: for a token with that scope, for nobody else."""
    access = access_of(request)
    return access is not None and PERSONAL_SCOPE in access.scopes


def note_given(request: Request, given: GivenInClear, names: Iterable[str]) -> None:
    """Have the trail record what an answer gives in clear; the answer is held back where that fails (TrailMiddleware)."""
    asked = set(names)
    fields = tuple(field for field in given.fields if field in asked)
    if fields and given.rows:
        noted: list[GivenInClear] = request._request.__dict__.setdefault("given_in_clear", [])
        noted.append(given._replace(fields=fields))
