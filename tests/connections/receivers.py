"""Webhooks, and a real HTTP server that receives what they send, for tests."""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from django.conf import settings
from django.utils import timezone

from changelog.trail import seal_waiting
from connections.actions import add_webhook, tell_systems
from connections.event_kinds import BY_NAME
from connections.models import ApiClient, Delivery, EventFeed, Webhook
from tests.connections.clients import administrator_of, make_client

ALL_KINDS = tuple(BY_NAME)


@dataclass
class Received:
    """One request as the server has got it."""

    path: str
    headers: Any
    body: bytes


@dataclass
class Receiver:
    """A server on 127.0.0.1: what it has received, and what it does with the next request (`answers`, else `answer`)."""

    port: int = 0
    received: list[Received] = field(default_factory=list)
    answers: list[Any] = field(default_factory=list)
    answer: Any = 204
    scheme: str = "http"

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}/hooks?from=portal"

    @property
    def ids(self) -> list[str]:
        return [each.headers["webhook-id"] for each in self.received]


@contextlib.contextmanager
def receiver(wrap: Callable[[Any], Any] | None = None) -> Iterator[Receiver]:
    """Run a server while the context lasts. An answer is a status, or a function that is called with the handler."""
    found = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.received.append(Received(self.path, self.headers, body))
            answer = found.answers.pop(0) if found.answers else found.answer
            if callable(answer):
                answer(self)
                return
            self.send_response(answer)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            return

    class Server(ThreadingHTTPServer):
        def handle_error(self, *args: Any) -> None:
            return  # a client that hangs up is what some tests are about

    server = Server(("127.0.0.1", 0), Handler)
    if wrap is not None:
        server.socket = wrap(server.socket)
    found.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def make_webhook(where: Any, url: str = "https://93.184.215.14/hooks", *kinds: str) -> tuple[Webhook, str]:
    """Return a webhook of a client, or of a new one with the area of a division, for all kinds unless some are named; and its secret."""
    client = where if isinstance(where, ApiClient) else make_client(where)
    shown = add_webhook(
        by=administrator_of(client.user.division), client_ref=client.ref, url=url, kinds=kinds or ALL_KINDS
    )
    return shown.webhook, shown.text


def make_delivery(webhook: Webhook, **values: Any) -> Delivery:
    """Return a delivery that waits."""
    payload = {"type": "period.locked", "timestamp": "2018-07-03T01:00:00.000+00:00", "data": {"period": "2018-06"}}
    return Delivery.objects.create(webhook=webhook, **{"kind": "period.locked", "payload": payload, **values})


def tell() -> None:
    """Seal what waits and do what beat and worker then do."""
    seal_waiting()
    tell_systems(EventFeed.ONLY)


def time_passes(delivery: Delivery | None = None) -> None:
    """Have the time come at which what waits is sent again."""
    waiting = Delivery.objects.filter(state="waiting")
    (waiting if delivery is None else waiting.filter(pk=delivery.pk)).update(next_at=timezone.now())


def verify_of_the_docs() -> Callable[..., None]:
    """Return the function that docs/api.md §7 gives to receivers."""
    text = (settings.BASE_DIR / "docs" / "api.md").read_text()
    [source] = re.findall(r"```python\n(.*?)```", text.partition("\n## 7. ")[2], re.DOTALL)
    names: dict[str, Any] = {}
    exec(source, names)
    return names["verify"]
