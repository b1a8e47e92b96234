"""A real SMTP server on this machine, told what to answer."""

import asyncio
import socket
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Any

from flask import Flask


@dataclass
class MailServer:
    """What a real SMTP server got, and what it's told to answer."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    to_sender: str = "250 OK"
    to_recipient: str = "250 OK"
    to_data: str = "250 OK"
    # seconds before it answers to a message that was sent; and how many it's silent about just now
    pause: float = 0
    under_way: int = 0
    connections: int = 0

    async def handle_EHLO(
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.connections += 1
        return responses

    async def handle_MAIL(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if self.to_sender.startswith("250"):
            envelope.mail_from = address
        return self.to_sender

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if self.to_recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        if self.to_recipient == "drop":
            server.transport.close()
        return self.to_recipient

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.raw.append(envelope.original_content)
        self.mails.append(BytesParser(policy=default).parsebytes(envelope.original_content))
        self.recipients.append(list(envelope.rcpt_tos))
        self.under_way += 1
        try:
            await asyncio.sleep(self.pause)
        finally:
            self.under_way -= 1
        if self.to_data == "drop":
            server.transport.close()
        return self.to_data


def free_port() -> int:
    """A port that nobody listens on just now: aiosmtpd can't be asked to choose one."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def use_mail_server(app: Flask, port: int) -> None:
    """Let the app send its mail to a server on this machine."""
    settings = app.extensions["mail"]
    settings.server, settings.port, settings.use_tls = "127.0.0.1", port, False
    app.config["MAIL_SERVER"] = "127.0.0.1"
