"""Refusals: errors caused by what a person did or gave, each of one kind and with one sentence for that person."""

from __future__ import annotations

from typing import ClassVar

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError


class PortalError(Exception):
    """Base class of refusals. Catch it to handle any refusal; raise one of the kinds below, never this class itself.

    `str(error)` is one Chinese sentence saying what is wrong and what to do; pages show it as it stands.
    `cure` is the same in English for operators on the command line, where it differs.
    `field` names the form field, command option or register column that the sentence belongs to; "" for none.
    """

    code: ClassVar[str]
    """Names the kind in JSON answers."""
    status: ClassVar[int]
    """HTTP status of a page or an API answer that consists of this refusal."""

    def __init__(self, message: str, *, cure: str = "", field: str = "") -> None:
        super().__init__(message)
        self.cure = cure or message
        self.field = field

    def as_json(self) -> dict[str, dict[str, str]]:
        """Return the refusal as JSON answers give it (docs/operations.md, "Refusals")."""
        return {"error": {"code": self.code, "message": str(self), "cure": self.cure}}


class NotAllowedError(PortalError):
    """The person's role or area does not give the right to do this."""

    code = "not_allowed"
    status = 403


class NotFoundError(PortalError):
    """The record, month, division, user or other named thing does not exist, or no longer does."""

    code = "not_found"
    status = 404


class StaleError(PortalError):
    """The record, batch or page is no longer as the person saw it, or is not in the state that this needs."""

    code = "stale"
    status = 409


class InvalidError(PortalError):
    """What was given is wrong or incomplete."""

    code = "invalid"
    status = 422


class LockedError(PortalError):
    """A locked month must not be changed, by anybody or by this person."""

    code = "locked"
    status = 423


class GoneError(PortalError):
    """What was asked for has been kept no longer."""

    code = "gone"
    status = 410


class UnavailableError(PortalError):
    """A service, file, font or reference data that this needs is missing at the moment."""

    code = "unavailable"
    status = 503


class TooLargeError(PortalError):
    """The body of a request is larger than what its page takes; none of it was stored."""

    code = "too_large"
    status = 413


class TooOftenError(PortalError):
    """The person has asked for something more often than one person does by hand."""

    code = "too_often"
    status = 429
    retry_after: ClassVar[int] = 60
    """Seconds after which it may be asked for again, at most."""


def field_at_fault(error: ValidationError) -> str:
    """Return the name of the only model field that `error` is about, for `PortalError.field`; "" for several or none."""
    names = list(error.message_dict) if hasattr(error, "error_dict") else []
    return names[0] if len(names) == 1 and names[0] != NON_FIELD_ERRORS else ""
