"""Log lines: one format for every process, with the ids of what they are about and without personal numbers (ADR 0015).

Modules log through the standard library (`logging.getLogger(__name__)`). The formatter made here adds the ids that
structlog's context variables hold (request_id, user_id, task_id, batch_id, …), and what was given as `extra`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import structlog
from structlog.contextvars import bind_contextvars, clear_contextvars, get_contextvars, merge_contextvars
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, Processor, WrappedLogger

from changzhi_portal.personal import mask_slipped_numbers

# The two keys under which ProcessorFormatter passes its own things to processors.
_INTERNAL: Final = frozenset({"_record", "_from_structlog"})
# What Celery and Django attach to their records and lines say anyway: a task's arguments and result, the request.
_LEFT_OUT: Final = frozenset({"data", "request"})
_SHOWN_AS_TEXT: Final = (date, timedelta, Decimal, UUID)
_SHARED: Final[tuple[Processor, ...]] = (
    merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="%Y-%m-%dT%H:%M:%S.%f%z", utc=False),
)


def make_formatter(*, as_json: bool) -> ProcessorFormatter:
    """Return the formatter of all handlers: one JSON object per line, or lines for people. `settings.LOGGING` names it."""
    renderer: Processor = (
        structlog.processors.JSONRenderer(serializer=json.dumps, ensure_ascii=False)
        if as_json
        # Plain tracebacks: others show the values of variables.
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


def configure_structlog() -> None:
    """Send what is logged through `structlog.get_logger()` the same way, so that it is masked as well."""
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
    """Mask ID and mobile numbers in everything a line shows, tracebacks included (a structlog processor).

    Objects are shown by their kind and key only: the text of a request holds what somebody has searched for, that of
    a user a name, and that of a database's error the value it refused.
    """
    return {
        key: value if key in _INTERNAL else _shown(value) for key, value in event_dict.items() if key not in _LEFT_OUT
    }


def _shown(value: Any) -> Any:
    """Return a value as a line may show it: plain, and masked."""
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
        return {mask_slipped_numbers(str(key)): _shown(item) for key, item in value.items()}
    if isinstance(value, Sequence | Set) and not isinstance(value, bytes | bytearray | memoryview):
        return [_shown(item) for item in value]
    key = getattr(value, "pk", None)
    return f"<{type(value).__name__}>" if key is None else f"<{type(value).__name__} {key}>"


@contextmanager
def log_context(**ids: Any) -> Iterator[None]:
    """Name `ids` in every line that is logged inside; what is bound inside is forgotten at the end."""
    before = get_contextvars()
    bind_contextvars(**ids)
    try:
        yield
    finally:
        clear_contextvars()
        bind_contextvars(**before)
