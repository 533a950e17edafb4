"""A real mail server on loopback that keeps what arrives, or refuses it as a test wishes."""

import email
import email.policy
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from fedinode.config import MailSettings
from tests.ports import free_port


class Mailbox:
    """Keeps what arrives; refuses everything while `refusal` is set, and addresses that ask for it."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.refusal: str | None = None

    async def handle_RCPT(  # noqa: N802 (the name is the library's)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.refusal is not None:
            return self.refusal
        if address.startswith(("550", "451")):
            return f"{address[:3]} not this one"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.envelopes.append(envelope)
        return "250 OK"

    def text(self) -> str:
        """Return the newest mail as it came over the wire."""
        content = self.envelopes[-1].content
        assert isinstance(content, bytes)
        return content.decode("utf-8")

    def message(self, number: int = -1) -> EmailMessage:
        """Return a mail as its reader sees it."""
        content = self.envelopes[number].content
        assert isinstance(content, bytes)
        return email.message_from_bytes(content, policy=email.policy.default)

    def recipients(self) -> list[str]:
        """Return to whom mails came, in order."""
        return [address for envelope in self.envelopes for address in envelope.rcpt_tos]


@contextmanager
def mail_server(mailbox: Mailbox) -> Iterator[MailSettings]:
    """Run a mail server while the block lasts, and return the settings that use it."""
    port = free_port()
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield MailSettings(
            host="127.0.0.1", port=port, security="none", sender="Berlin <node@berlin.example>"
        )
    finally:
        controller.stop()
