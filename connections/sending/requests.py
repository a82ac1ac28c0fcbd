"""One request to another system: signed, to an address that was judged, within ten seconds."""

from __future__ import annotations

import http.client
import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

from connections.sending.addresses import Endpoint, NotAllowedAddressError, check_url, resolve
from connections.sending.signing import signed_headers

logger = logging.getLogger(__name__)
CONNECT_SECONDS: Final = 5
TOTAL_SECONDS: Final = 10
_MOST_READ: Final = 4096  # bytes of an answer; they are read so that the receiver sees its answer taken, and forgotten
USER_AGENT: Final = "changzhi-portal-webhooks/1"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What is to be sent. `secrets` are those that sign; neither they nor the body stand in a log."""

    url: str
    ref: str
    body: bytes = field(repr=False)
    secrets: Sequence[str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What has become of a request: the HTTP status, or in Chinese why there is none; how many milliseconds it took."""

    status: int | None
    error: str
    milliseconds: int

    @property
    def is_delivered(self) -> bool:
        """Return whether the receiver has taken it: a status of 200 to 299."""
        return self.status is not None and 200 <= self.status < 300


def post(outgoing: Outgoing, *, seconds: float = TOTAL_SECONDS) -> Outcome:
    """Send once and return what has become of it; raises nothing. Redirects are not followed, proxies not used."""
    began = time.monotonic()
    status, error = None, ""
    try:
        status = _post(outgoing, began + seconds)
        if not 200 <= status < 300:
            error = f"对方答复{status}" + ("，平台不跟随跳转" if 300 <= status < 400 else "")
    except NotAllowedAddressError as refusal:
        error = str(refusal)
    except _TooLateError:
        error = f"对方{seconds:g}秒内没有答复完"
    except ssl.SSLCertVerificationError as wrong:
        error = f"对方的证书不能信任：{wrong.verify_message}"
    except socket.gaierror:
        error = "接收地址的主机名查不到"
    except NewConnectionError as failure:  # urllib3 has it among the time-outs
        error = _in_words(failure)
    except (ConnectTimeoutError, TimeoutError):
        error = "对方连不上或没有答复（超时）"
    except (HTTPError, http.client.HTTPException, OSError) as failure:
        error = _in_words(failure)
    except Exception:
        logger.exception("A delivery cannot be sent")
        error = "发送时系统出错"
    return Outcome(status, error, round((time.monotonic() - began) * 1000))


class _TooLateError(Exception):
    """The time for a request is over."""


def _post(outgoing: Outgoing, until: float) -> int:
    endpoint = check_url(outgoing.url)
    addresses = resolve(endpoint)
    connection = _connected(endpoint, addresses, until)
    try:
        with _cut_at(connection, until) as is_cut:
            try:
                return _exchange(connection, endpoint, outgoing)
            except Exception as failure:
                if is_cut():
                    raise _TooLateError from failure
                raise
    finally:
        connection.close()


def _connected(endpoint: Endpoint, addresses: Sequence[str], until: float) -> HTTPConnection:
    """Return a connection to the first of the judged addresses that answers; it is never resolved again."""
    failure: Exception = _TooLateError()
    for address in addresses:
        left = min(CONNECT_SECONDS, until - time.monotonic())
        if left <= 0:
            break
        connection = _connection(endpoint, address, left)
        try:
            connection.connect()
        except ssl.SSLCertVerificationError:
            connection.close()
            raise
        except (HTTPError, OSError) as error:
            connection.close()
            failure = error
        else:
            return connection
    raise failure


def _connection(endpoint: Endpoint, address: str, seconds: float) -> HTTPConnection:
    if not endpoint.is_tls:
        return HTTPConnection(address, endpoint.port, timeout=seconds)
    return HTTPSConnection(
        address,
        endpoint.port,
        timeout=seconds,
        ssl_context=_tls(),
        server_hostname=endpoint.host,  # whose name the certificate must have
    )


@cache
def _tls() -> ssl.SSLContext:
    """Return what TLS is done with: the certificates that the system trusts (the operator may add the city's own), TLS 1.2 at least."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


@contextmanager
def _cut_at(connection: HTTPConnection, until: float) -> Iterator[Callable[[], bool]]:
    """End the connection at a moment, whatever it is doing: a time-out of the socket begins anew with every byte."""
    sock, cut = connection.sock, threading.Event()

    def end() -> None:
        cut.set()
        try:
            sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            logger.debug("The connection has ended by itself.")

    timer = threading.Timer(max(0, until - time.monotonic()), end)
    timer.daemon = True
    timer.start()
    try:
        yield cut.is_set
    finally:
        timer.cancel()


def _exchange(connection: HTTPConnection, endpoint: Endpoint, outgoing: Outgoing) -> int:
    """Send the request and return the status of the answer, of which a little is read and nothing kept."""
    connection.timeout = TOTAL_SECONDS
    headers = {
        "Host": endpoint.host_header,
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": USER_AGENT,
        "Accept-Encoding": "identity",
        "Connection": "close",
        **signed_headers(ref=outgoing.ref, timestamp=int(time.time()), body=outgoing.body, secrets_of=outgoing.secrets),
    }
    connection.request(
        "POST", endpoint.target, body=outgoing.body, headers=headers, preload_content=False, decode_content=False
    )
    response = connection.getresponse()
    status: int = response.status
    try:
        response.read(_MOST_READ)
    except (HTTPError, http.client.HTTPException, OSError):  # the status is what counts
        logger.debug("The answer has ended early.")
    return status


def _in_words(failure: Exception) -> str:
    cause: BaseException | None = failure
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return "与对方的加密连接没有建立"
        if isinstance(cause, ConnectionRefusedError):
            return "对方拒绝连接"
        if isinstance(cause, ConnectionResetError):
            return "对方中断了连接"
        cause = cause.__cause__ or cause.__context__
    return f"没有送到（{type(failure).__name__}）"
