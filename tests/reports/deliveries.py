"""Issues with recipients, and a mail server that refuses, hangs and goes away as a test says."""

from __future__ import annotations

import asyncio
import email
import email.policy
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller

from accounts.models import User
from communities.models import Division
from reports.delivery.actions import send_delivery
from reports.flow import FLOW
from reports.models import Briefing, BriefingDelivery, BriefingRecipient
from tests.reports.briefings import figures, make_issued

PDF = b"%PDF-1.7\n.\n..\r\n.hidden\n" + bytes(range(256)) * 40  # dots at line starts, and every byte


def issue_to(division: Division, *users: User, **fields: Any) -> Briefing:
    """Issue a printed edition of June 2018 to these users, as printing does at its end."""
    for user in users:
        BriefingRecipient.objects.get_or_create(division=division, user=user)
    values = {"stage": Briefing.Stage.ISSUING, "pdf": PDF, "figures": figures()}
    return FLOW.make(make_issued(division, **{**values, **fields}), "finish", by=None)


def send_all() -> None:
    """Send each mail that waits, as workers do one after the other."""
    for key in BriefingDelivery.objects.order_by("pk").values_list("pk", flat=True):
        send_delivery(key)


def states() -> list[str]:
    """Return the states of all deliveries, in order."""
    return list(BriefingDelivery.objects.order_by("pk").values_list("state", flat=True))


class Postman:
    """What the server does with mails: keeps them, or answers as a test says.

    `replies` gives the answer to a recipient, `to_data` the one to the content. `hangs_at` names the step ("RCPT", "DATA",
    before the answer) that is never answered; `reached` is set when the server gets there.
    """

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.replies: dict[str, str] = {}
        self.to_data = "250 OK"
        self.hangs_at = ""
        self.drops_at = ""
        self.reached: list[str] = []

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Take or refuse a recipient."""
        await self._step("RCPT", server)
        if address in self.replies:
            return self.replies[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Take or refuse the content."""
        if self.to_data.startswith("250"):
            self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
            self.recipients += envelope.rcpt_tos
        await self._step("DATA", server)
        return self.to_data

    async def _step(self, name: str, server: Any) -> None:
        self.reached.append(name)
        if self.drops_at == name:
            server.transport.abort()
        if self.hangs_at == name:
            await asyncio.sleep(3600)


@contextmanager
def mail_server(postman: Postman, **options: Any) -> Iterator[int]:
    """Run the server on a free port of this machine and give the port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    controller = Controller(postman, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()
