"""Log lines: one format for all processes, with the ids of what they are about and without personal numbers (ADR 0015).

Modules log through the standard library (`logging.getLogger(__name__)`). The formatter made here adds the ids of
structlog's context variables (request_id, user_id, task_id, batch_id, …), and the values given as `extra`.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

import structlog
from structlog.contextvars import bind_contextvars, clear_contextvars, get_contextvars, merge_contextvars
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, Processor, WrappedLogger

from changzhi_portal.personal_numbers import mask_slipped_numbers

# The two keys that ProcessorFormatter adds for its processors.
_INTERNAL: Final = frozenset({"_record", "_from_structlog"})
# Attributes of the records of Celery and Django whose content is in the line already: arguments and result, the
# request.
_LEFT_OUT: Final = frozenset({"data", "request"})
_SHOWN_AS_TEXT: Final = (date, timedelta, Decimal, UUID)
_SHARED: Final[tuple[Processor, ...]] = (
    merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="%Y-%m-%dT%H:%M:%S.%f%z", utc=False),
)


def make_formatter(*, as_json: bool) -> ProcessorFormatter:
    """Return the formatter of all handlers, named in `settings.LOGGING`: one JSON object per line, or readable lines."""
    renderer: Processor = (
        structlog.processors.JSONRenderer(serializer=json.dumps, ensure_ascii=False)
        if as_json
        # Plain tracebacks, because the others show the values of variables.
        else structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    )
    return ProcessorFormatter(
        foreign_pre_chain=[*_SHARED, structlog.stdlib.ExtraAdder()],
        processors=[
            structlog.processors.StackInfoRenderer(),
            structlog.processors.format_exc_info,
            mask_personal_numbers,
            ProcessorFormatter.remove_processors_meta,
            renderer,
        ],
    )


class RefusalsInOneLine(logging.Filter):
    """Filter of Django's loggers: a request that was refused (400, 403) is no error, so its line has no traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Take the traceback out of the record of a refusal; let every record through."""
        if getattr(record, "status_code", None) in {HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN}:
            record.exc_info = None
        return True


def configure_structlog() -> None:
    """Format and mask what is logged through `structlog.get_logger()` in the same way."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            structlog.stdlib.PositionalArgumentsFormatter(),
            ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def mask_personal_numbers(logger: WrappedLogger, method_name: str, event_dict: EventDict) -> EventDict:
    """Mask ID and mobile numbers in all parts of a log line, including tracebacks (a structlog processor).

    Objects are replaced by their kind and key: the text of a request may contain a search term, that of a user a name,
    and that of a database error the refused value.
    """
    return {
        key: value if key in _INTERNAL else _loggable(value)
        for key, value in event_dict.items()
        if key not in _LEFT_OUT
    }


def _loggable(value: Any) -> Any:
    """Return a value as a log line shows it: plain, and masked."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return mask_slipped_numbers(value)
    if isinstance(value, int | float):
        masked = mask_slipped_numbers(str(value))
        return value if masked == str(value) else masked
    if isinstance(value, _SHOWN_AS_TEXT):
        return mask_slipped_numbers(str(value))
    if isinstance(value, Mapping):
        return {mask_slipped_numbers(str(key)): _loggable(item) for key, item in value.items()}
    if isinstance(value, Sequence | Set) and not isinstance(value, bytes | bytearray | memoryview):
        return [_loggable(item) for item in value]
    key = getattr(value, "pk", None)
    return f"<{type(value).__name__}>" if key is None else f"<{type(value).__name__} {key}>"


@contextmanager
def log_context(**ids: Any) -> Iterator[None]:
    """Bind `ids` to every line that is logged inside the context, and restore the former ids at its end."""
    before = get_contextvars()
    bind_contextvars(**ids)
    try:
        yield
    finally:
        clear_contextvars()
        bind_contextvars(**before)
