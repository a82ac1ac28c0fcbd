"""Reading of a register by increments: what was changed since an earlier reading, and what has gone (docs/api.md §2)."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final, NamedTuple

from django.utils.dateparse import parse_datetime
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from changzhi_portal.api.described import text_of
from changzhi_portal.api.paging import Cursor, Page, address_with, cursor_of, digest_of, signed
from changzhi_portal.api.parameters import limit_of, refuse_unknown
from changzhi_portal.api.problems import BadRequestError
from changzhi_portal.records import MergeableRecord
from changzhi_portal.registers.feed import Span, TouchedRecords, change_feed

_MODIFIED_SINCE: Final = "modified_since"
_MOST_STEPS: Final = 20  # how often one request looks further among changes
_BEFORE_ALL, _AFTER_ALL = (datetime.datetime(year, 1, 1, tzinfo=datetime.UTC) for year in (1900, 9000))


class _Gone(NamedTuple):
    """What is said of a record that is not, or no longer, among those that match; see GoneSerializer."""

    ref: str
    reason: str
    merged_into: str | None


class GoneSerializer(serializers.Serializer):
    """A record that is not, or no longer, among those that match."""

    ref = serializers.CharField(label="记录编号")
    reason = serializers.ChoiceField(
        choices=[("merged", "已并入另一条"), ("removed", "已撤销"), ("elsewhere", "不在本范围或不符合条件")],
        label="原因",
    )
    merged_into = serializers.CharField(allow_null=True, label="并入的记录编号")


class IncrementalReads:
    """Lets a list be read again by what has changed since; see `changzhi_portal.registers.feed`."""

    also_takes: ClassVar[Sequence[OpenApiParameter]] = (
        text_of(
            _MODIFIED_SINCE,
            "只要这以后有变动的记录：以前的回答里changes给出的值，或带时区的时间",
            {"anyOf": [{"type": "string", "pattern": "^[0-9]{1,18}$"}, {"type": "string", "format": "date-time"}]},
        ),
    )
    also_says: ClassVar[Mapping[str, serializers.Field]] = {
        "gone": GoneSerializer(many=True, required=False, help_text="给了modified_since时才有：不再符合条件的记录"),
        "changes": serializers.URLField(help_text="以后从这个地址读取变动"),
    }

    def begin(self) -> int:
        """Note the newest change that the first page can show."""
        return change_feed().position_of(None)

    def get_page(self: Any, request: Request) -> Response:
        """Answer with one page of the records, or with `modified_since` of those that have changed.

        Raises BadRequestError (docs/api.md §2), GoneError for a moment whose changes are archived.
        """
        if _MODIFIED_SINCE in request.query_params:
            return self.get_changes(request)
        return super().get_page(request)  # type: ignore[misc]  # of ListEndpoint

    def answer(self: Any, request: Request, page: Page, **more: Any) -> Response:
        """Add the address at which to ask later for what has changed since the first page."""
        changes = address_with(request, sort="", cursor="", modified_since=str(page.begun))
        return super().answer(request, page, **more, changes=changes)  # type: ignore[misc]

    def get_changes(self: Any, request: Request) -> Response:
        """Answer with one page of the records that have changed since a moment, and of those that have gone since."""
        query = request.query_params
        refuse_unknown(query, {*self.filterset.base_filters, *self.shaping, "limit", "cursor", _MODIFIED_SINCE})
        feed, asked = change_feed(), digest_of(self.slug, query)
        after = feed.position_of(_moment(query.get(_MODIFIED_SINCE, "")))
        cursor = cursor_of(query, asked) or Cursor(None, 0, feed.position_of(None))
        touched = feed.touched(self.register(), Span(after, cursor.begun), request.user)
        limit, key, is_over = limit_of(query), cursor.key, False
        shown: list[int] = []
        gone: list[_Gone] = []
        # Where much has changed that the user does not see, a page would be empty many times over.
        for _ in range(_MOST_STEPS):
            step = limit - len(shown) - len(gone)
            keys = touched.keys_after(key, step)
            there = set(self.matching(request).filter(pk__in=keys).values_list("pk", flat=True))
            shown += [each for each in keys if each in there]
            gone += self._gone(request, touched, [each for each in keys if each not in there])
            key, is_over = keys[-1] if keys else key, len(keys) < step
            if is_over or len(shown) + len(gone) == limit:
                break
        following = "" if is_over else signed(asked, Cursor(None, key, cursor.begun))
        return self.answer(request, Page(shown, following, cursor.begun), gone=[each._asdict() for each in gone])

    def _gone(self: Any, request: Request, touched: TouchedRecords, keys: list[int]) -> list[_Gone]:
        """Return what is said of changed records that do not match: of those alone that the user has been able to see."""
        keys = sorted(touched.seen(keys)) if keys else []
        if not keys:
            return []
        model = self.register.model
        columns = ("pk", "ref", *(["merged_into"] if issubclass(model, MergeableRecord) else []))
        there = {key: values for key, *values in model._base_manager.filter(pk__in=keys).values_list(*columns)}
        kept = {merged for _, *into in there.values() for merged in into if merged is not None}
        refs = dict(self.visible(request).filter(pk__in=kept).values_list("pk", "ref")) if kept else {}
        removed = touched.refs_of([key for key in keys if key not in there])
        told = []
        for key in keys:
            if key in there:
                ref, *into = there[key]
                merged = into[0] if into else None
                told.append(_Gone(ref, "elsewhere" if merged is None else "merged", refs.get(merged)))
            elif key in removed:
                told.append(_Gone(removed[key], "removed", None))
        return told


def _moment(text: str) -> datetime.datetime | int:
    """Return the moment that is meant: a position, or a time with its zone. Raises BadRequestError for anything else."""
    if text.isascii() and text.isdecimal() and len(text) < 19:
        return int(text)
    try:
        time = parse_datetime(text)
    except ValueError:
        time = None
    if time is None or time.tzinfo is None:
        raise BadRequestError(
            "参数“modified_since”应是上次回答里changes给出的值，或带时区的时间，如2018-06-01T08:00:00+08:00。",
            cure="modified_since is a position given by `changes`, or a time with its zone (ISO 8601).",
            field=_MODIFIED_SINCE,
        )
    # Times at the ends of the calendar are none in another zone.
    if time.year < _BEFORE_ALL.year:
        return _BEFORE_ALL
    return time if time.year < _AFTER_ALL.year else _AFTER_ALL
