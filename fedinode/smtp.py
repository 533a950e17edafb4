"""Hands one mail to the operator's mail server. The only module that speaks SMTP.

What lives here: building the message with the headers that keep mail out of spam folders, and sorting the
server's answers. When to try again is decided by `services.mailing`.
"""

import hashlib
import ssl
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from functools import lru_cache

import aiosmtplib

from fedinode.config import MailSettings

TIMEOUT_SECONDS = 30.0
_PERMANENT = range(500, 600)
#: RFC 5321 section 4.2.3: there is no such mailbox, it moved, or its name cannot be one.
_NO_MAILBOX = frozenset({550, 551, 553})


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A mail in plain text. `key` makes its Message-ID: the same letter sent twice is shown once.

    `unsubscribe_url` takes a POST and ends such mails (RFC 8058).
    """

    key: str
    recipient: str
    subject: str
    text: str
    unsubscribe_url: str | None = None


class MailRefused(Exception):
    """The server will not take this mail, now or ever; `is_for_good` tells which. Holds no address.

    `is_of_mailbox` tells that there is no such mailbox; that a server takes nothing from us says nothing of
    who reads it.
    """

    def __init__(self, words: str, *, is_for_good: bool, is_of_mailbox: bool = False) -> None:
        super().__init__(words)
        self.is_for_good = is_for_good
        self.is_of_mailbox = is_of_mailbox


def compose(letter: Letter, settings: MailSettings, now: datetime) -> EmailMessage:
    """Return the message with all its headers. Raises MailRefused for an address that cannot be one."""
    sender = settings.sender
    if sender is None:
        raise MailRefused("no sender address is set", is_for_good=False)
    message = EmailMessage()
    try:
        message["From"] = sender
        message["To"] = letter.recipient
        message["Subject"] = " ".join(letter.subject.split())
    except ValueError as error:
        raise MailRefused("the address or the subject breaks the format of mail", is_for_good=True) from error
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{hashlib.sha256(letter.key.encode()).hexdigest()[:32]}@{domain_of(sender)}>"
    message["Auto-Submitted"] = "auto-generated"
    if letter.unsubscribe_url:
        message["List-Unsubscribe"] = f"<{letter.unsubscribe_url}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(letter.text)
    return message


async def send(letter: Letter, settings: MailSettings, now: datetime) -> None:
    """Hand a mail to the configured server. Raises MailRefused."""
    message = compose(letter, settings, now)
    try:
        await aiosmtplib.send(
            message,
            sender=settings.sender,
            recipients=[letter.recipient],
            hostname=settings.host,
            port=settings.port,
            username=settings.username,
            password=settings.password,
            timeout=TIMEOUT_SECONDS,
            use_tls=settings.security == "tls",
            start_tls=settings.security == "starttls",
            tls_context=_tls(ssl.get_default_verify_paths()),
        )
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        raise _refusal(error) from None


@lru_cache(maxsize=1)
def _tls(_: ssl.DefaultVerifyPaths) -> ssl.SSLContext:
    """Return what believes the authorities at these paths; reading them takes longer than sending a mail."""
    return ssl.create_default_context()


def domain_of(address: str) -> str:
    """Return what stands behind the @, in lower case."""
    return address.rpartition("@")[2].casefold()


def _is_of_mailbox(refused: aiosmtplib.SMTPResponseException) -> bool:
    # RFC 3463: 5.7.x is about policy, such as a relay that does not know us, and not about the mailbox.
    is_policy = refused.message.lstrip().startswith("5.7.")
    is_recipient = isinstance(refused, aiosmtplib.SMTPRecipientRefused)
    return is_recipient and refused.code in _NO_MAILBOX and not is_policy


def _refusal(error: Exception) -> MailRefused:
    """Sort an error without keeping it: its text may hold addresses or credentials."""
    refused = error.recipients[0] if isinstance(error, aiosmtplib.SMTPRecipientsRefused) else error
    if isinstance(refused, aiosmtplib.SMTPRecipientRefused | aiosmtplib.SMTPDataError):
        return MailRefused(
            f"the mail server answered {refused.code}",
            is_for_good=refused.code in _PERMANENT,
            is_of_mailbox=_is_of_mailbox(refused),
        )
    if isinstance(refused, aiosmtplib.SMTPNotSupported):
        return MailRefused("the mail server cannot take such an address", is_for_good=True)
    return MailRefused(f"the mail server could not be used ({type(refused).__name__})", is_for_good=False)
