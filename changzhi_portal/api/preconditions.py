"""ETags of records, and what a client says it has seen (`If-Match`, RFC 9110 §13.1.1).

An ETag is `"REF.VERSION.DIGEST"`: version counts the record's changes, the digest is that of the answer, which also has
names of places that change without it. A write is judged by ref and version alone.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any, Final

from django.http import HttpRequest
from django.utils.http import parse_etags

from changzhi_portal.api.problems import BadRequestError, PreconditionMissingError
from changzhi_portal.api.rendering import JsonRenderer

_DIGITS_OF_VERSION: Final = 10
# What If-Match may say (RFC 9110 §8.8.3 and §13.1.1), `*` apart.
_ETAG: Final = r'(?:W/)?"[!#-~]*"'
ETAGS: Final = rf"^{_ETAG}(?:[ \t]*,[ \t]*{_ETAG})*$"


def etag_of_content(content: bytes, stands_for: str = "") -> str:
    """Return the ETag of an answer; `stands_for` is the ref and version of its record (`seen_as`)."""
    digest = hashlib.sha256(content).hexdigest()[:32]
    return f'"{stands_for}.{digest}"' if stands_for else f'"{digest}"'


def etag_of_record(record: dict[str, Any]) -> str:
    """Return the ETag of a record as the API gives it."""
    return etag_of_content(JsonRenderer().render(record), seen_as(record["ref"], record["version"]))


def seen_as(ref: str, version: int) -> str:
    """Return what an ETag says of a record."""
    return f"{ref}.{version}"


def versions_seen(request: HttpRequest, ref: str) -> set[int]:
    """Return the versions of a record that `If-Match` names; none where its ETags are of something else.

    A weak ETag counts too: a server between that compresses an answer makes it weak, and ref and version stay what they
    are. Raises PreconditionMissingError without the header, and for `*`, which says nothing of what was seen;
    BadRequestError for what is no ETag, such as one without its quotation marks.
    """
    given = request.headers.get("If-Match", "").strip()
    if given in {"", "*"}:
        raise PreconditionMissingError(
            "修改时请在If-Match里给出读取这条记录时得到的ETag。",
            cure="Send If-Match with the ETag of the record as you have read it; * does not say what you have seen.",
            field="If-Match",
        )
    if not re.fullmatch(ETAGS, given):
        raise BadRequestError(
            "If-Match应是读取这条记录时得到的ETag，连同引号原样送回。",
            cure="If-Match holds the ETag as it was given, with its quotation marks.",
            field="If-Match",
        )
    seen = set()
    for etag in parse_etags(given):
        of, _, rest = etag.removeprefix("W/").strip('"').partition(".")
        version = rest.partition(".")[0]
        if of == ref and version.isascii() and version.isdecimal() and len(version) <= _DIGITS_OF_VERSION:
            seen.add(int(version))
    return seen
