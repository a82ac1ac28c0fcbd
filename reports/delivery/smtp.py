"""Handing one mail to the server in steps, so that it is known whether the server may have it (RFC 5321 §3.3, ADR 0036).

`smtplib.sendmail` makes one step of what are several: after an error it is not known whether the mail was taken.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from smtplib import SMTP, SMTPAuthenticationError
from typing import Any, Final

from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.smtp import EmailBackend
from django.core.mail.message import sanitize_address

_OK: Final = frozenset({250, 251})
_GO_ON: Final = 354
_FIRST_REPLY: Final = 200
_LAST_REPLY: Final = 599
_FOR_GOOD: Final = 500  # replies from here on say that trying again is in vain (RFC 5321 §4.2.1)
_AT_LINE_START: Final = re.compile(rb"^\.", re.MULTILINE)


class NotSentError(Exception):
    """The server has not got the mail. `sentence` says why; `is_final` whether trying again is in vain."""

    def __init__(self, sentence: str, *, is_final: bool = False) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.is_final = is_final


class UnknownError(Exception):
    """The server may have got the mail or not: the connection ended before it answered."""


@contextmanager
def open_server() -> Iterator[Any]:
    """Connect as the settings say (host, TLS, user) and give Django's mail backend; close it afterwards.

    Raises NotSentError when the server cannot be reached or does not take the user.
    """
    backend = get_connection()
    try:
        backend.open()
    except SMTPAuthenticationError as error:
        raise NotSentError(f"邮件服务器不接受登录，请联系系统管理员（{error.smtp_code}）。") from error
    except OSError as error:  # SMTPException is an OSError
        raise NotSentError(f"连不上邮件服务器，请联系系统管理员（{type(error).__name__}）。") from error
    try:
        yield backend
    finally:
        with suppress(OSError):  # what the server has answered stays true
            backend.close()


def hand_over(backend: Any, mail: EmailMessage, *, mark: Callable[[], None]) -> None:
    """Hand a mail to the server; call `mark` when all is ready, just before the mail leaves.

    Returns when the server has taken it. Raises NotSentError before and after `mark`, UnknownError after it.
    """
    if isinstance(backend, EmailBackend):
        _hand_over(backend.connection, mail, mark)
    else:  # a folder, or the outbox of tests: writing it is the only step
        mark()
        backend.send_messages([mail])


def _hand_over(server: SMTP | None, mail: EmailMessage, mark: Callable[[], None]) -> None:
    if server is None:
        raise NotSentError("连不上邮件服务器，请联系系统管理员。")
    content = _AT_LINE_START.sub(b"..", mail.message().as_bytes(linesep="\r\n"))
    encoding = mail.encoding or "utf-8"
    with _before_data():
        code, _ = server.mail(
            sanitize_address(mail.from_email, encoding), [f"size={len(content)}"] if _says_size(server) else ()
        )
        if code not in _OK:
            raise NotSentError(f"邮件服务器不接受发件人或邮件大小，请联系系统管理员（{code}）。")
        code, _ = server.rcpt(sanitize_address(mail.to[0], encoding))
        if code not in _OK:
            raise NotSentError(f"收件地址被拒收，请核对邮箱后重新发送（{code}）。", is_final=code >= _FOR_GOOD)
    mark()
    with _before_data():
        code, _ = server.docmd("DATA")
    if code != _GO_ON:
        raise NotSentError(f"邮件服务器不收邮件内容（{code}）。", is_final=code >= _FOR_GOOD)
    try:
        server.send(content if content.endswith(b"\r\n") else content + b"\r\n")
        server.send(b".\r\n")
        code, _ = server.getreply()
    except OSError as error:
        raise UnknownError(type(error).__name__) from error
    if not _FIRST_REPLY <= code <= _LAST_REPLY:  # smtplib gives -1 for an answer that is none
        raise UnknownError(f"The server has answered {code}.")
    if code not in _OK:
        raise NotSentError(f"邮件被邮件服务器退回（{code}）。", is_final=code >= _FOR_GOOD)


def _says_size(server: SMTP) -> bool:
    server.ehlo_or_helo_if_needed()
    return server.has_extn("size")


@contextmanager
def _before_data() -> Iterator[None]:
    """Turn an error of the connection into NotSentError: without its content no server has the mail."""
    try:
        yield
    except OSError as error:
        raise NotSentError(f"与邮件服务器的连接中断（{type(error).__name__}）。") from error
