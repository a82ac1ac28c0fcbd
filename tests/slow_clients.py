"""Clients that send and read slowly, or only hold a connection, beside those of people who work."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator, Sequence
from typing import Final

BIG_FILE: Final = "/static/vendor/tabler/tabler.min.css"  # larger than the buffers of nginx and of the sockets
KINDS: Final = ("header", "body", "idle", "reader")
_HOST = b"Host: 127.0.0.1\r\n"
_FIRST: Final = {
    # A header that never ends.
    "header": b"GET /accounts/login/ HTTP/1.1\r\n" + _HOST,
    # A body of which little comes. (To a page that takes files it is not taken in from a stranger.)
    "body": b"POST /notices/seen/ HTTP/1.1\r\n" + _HOST + b"Content-Length: 4000000\r\n\r\n",
    # A request that is answered, after which nothing comes.
    "idle": b"GET /healthz HTTP/1.1\r\n" + _HOST + b"\r\n",
    # An answer that is read byte by byte.
    "reader": f"GET {BIG_FILE} HTTP/1.1\r\n".encode() + _HOST + b"\r\n",
}


@contextlib.contextmanager
def slow_clients(port: int, kinds: Sequence[str] = KINDS, *, number: int = 200) -> Iterator[None]:
    """Hold `number` slow connections to the port of 127.0.0.1 while the context lasts, of each kind as many.

    A connection that the server ends is opened again at once. The context begins when all are open, and those that get an
    answer have had the beginning of it: opening them is no slow connection but two hundred ordinary requests.
    """
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def open_all() -> list[asyncio.Task[None]]:
        opened = [asyncio.Event() for _ in range(number)]
        tasks = [asyncio.create_task(_client(port, kinds[each % len(kinds)], opened[each])) for each in range(number)]
        await asyncio.wait_for(asyncio.gather(*(event.wait() for event in opened)), 60)
        return tasks

    async def end(tasks: list[asyncio.Task[None]]) -> None:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    try:
        tasks = asyncio.run_coroutine_threadsafe(open_all(), loop).result(90)
        yield
        asyncio.run_coroutine_threadsafe(end(tasks), loop).result(30)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _client(port: int, kind: str, opened: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    while True:
        with contextlib.suppress(OSError), socket.socket() as connection:
            connection.setblocking(False)
            if kind == "reader":
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            await loop.sock_connect(connection, ("127.0.0.1", port))
            await loop.sock_sendall(connection, _FIRST[kind])
            if kind in {"idle", "reader"}:
                await loop.sock_recv(connection, 64)
            opened.set()
            await _go_on(loop, connection, kind)
        await asyncio.sleep(0.2)


async def _go_on(loop: asyncio.AbstractEventLoop, connection: socket.socket, kind: str) -> None:
    """Go on slowly until the server ends the connection."""
    while True:
        if kind == "idle":
            if not await loop.sock_recv(connection, 4096):
                return
        elif kind == "reader":
            if not await loop.sock_recv(connection, 64):
                return
            await asyncio.sleep(1)
        else:
            await asyncio.sleep(1)
            await loop.sock_sendall(connection, b"x" if kind == "body" else b"X: y\r\n")
