"""Mail that the node sends: queued with what causes it, sent once, paced, tried again for three days.

The words stand in `letter_words`. What follows from a letter that went out, or that its mailbox refused, is
written together with that.
"""

import asyncio
import logging
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from fedinode import smtp
from fedinode.capabilities import Capabilities
from fedinode.config import MailSettings
from fedinode.i18n import gettext
from fedinode.services import letter_words
from fedinode.services.letter_words import LETTERS
from fedinode.services.members import halting
from fedinode.services.supporting import mailboxes
from fedinode.smtp import Letter, MailRefused
from fedinode.storage import mail_blocks, mail_queue, supporters
from fedinode.storage.database import Session
from fedinode.storage.mail_queue import DueMail, NewMail
from fedinode.urls import Urls

logger = logging.getLogger(__name__)

#: How long to wait after each failed attempt; after the last one the mail is given up.
WAITS = (
    *(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240)),
    *(timedelta(hours=hours) for hours in (12, 24, 30)),
)
_AT_ONCE = 20
_MINUTE = timedelta(minutes=1)
_KEEP_FINISHED = timedelta(days=30)


@dataclass(slots=True)
class Pace:
    """How many mails went out in the last minute, in all and to each domain."""

    per_minute: int
    per_domain: int
    sent: deque[tuple[datetime, str]] = field(default_factory=deque)

    def admits(self, domain: str, now: datetime) -> bool:
        """Tell whether one more may go out now."""
        while self.sent and self.sent[0][0] <= now - _MINUTE:
            self.sent.popleft()
        to_domain = sum(each == domain for _, each in self.sent)
        return len(self.sent) < self.per_minute and to_domain < self.per_domain

    def count(self, domain: str, now: datetime) -> None:
        """Note that one went out."""
        self.sent.append((now, domain))


def pace_of(settings: MailSettings) -> Pace:
    """Return an empty pace with the operator's limits."""
    return Pace(per_minute=settings.per_minute, per_domain=settings.per_domain)


def queue(session: Session, mail: NewMail, now: datetime) -> bool:
    """Queue a letter in the transaction that causes it; False if it was queued before under its key."""
    assert mail.template in LETTERS, mail.template
    return mail_queue.add(session, mail, now)


async def send_due(cap: Capabilities, pace: Pace) -> int:
    """Send what is due and within the pace; return how many mails were sent, given up or put off."""
    if cap.settings.mail.host is None or await cap.database.read(halting.level_of) == "read-only":
        return 0
    now = cap.clock()
    due = await cap.database.write(lambda session: mail_queue.take_due(session, now, _AT_ONCE))
    await asyncio.gather(*(_send_one(cap, pace, mail) for mail in due))
    return len(due)


async def read_waiting(cap: Capabilities) -> tuple[Letter, ...]:
    """Return the letters that wait, for a node on a desk that has no mail server."""
    waiting = await cap.database.read(lambda session: mail_queue.list_waiting(session, _AT_ONCE))
    return tuple(_write(mail, cap.urls) for mail in waiting)


async def drop_old(cap: Capabilities) -> int:
    """Forget letters that ended long ago, and those that a node without a mail server could not send."""

    def write(session: Session) -> int:
        now = cap.clock()
        finished = mail_queue.drop_finished(session, now - _KEEP_FINISHED)
        return finished + mail_queue.drop_overdue(session, now - mail_queue.KEEP_OVERDUE)

    return await cap.database.write(write)


async def _send_one(cap: Capabilities, pace: Pace, mail: DueMail) -> None:
    now = cap.clock()
    domain = smtp.domain_of(mail.recipient)
    if not pace.admits(domain, now):
        await cap.database.write(
            lambda session: mail_queue.put_off(session, mail.id, now + _MINUTE, was_tried=False)
        )
        return
    pace.count(domain, now)
    try:
        await smtp.send(_write(mail, cap.urls), cap.settings.mail, now)
    except MailRefused as refusal:
        await _record_refusal(cap, mail, refusal)
    else:
        await cap.database.write(lambda session: _record_sent(session, mail, cap.clock()))


def _record_sent(session: Session, mail: DueMail, now: datetime) -> None:
    mail_queue.record_end(session, mail.id, "sent")
    if mail.template == letter_words.CONFIRMATION:
        supporters.mark_sent(session, letter_words.signature_of(mail.dedupe_key), now)


async def _record_refusal(cap: Capabilities, mail: DueMail, refusal: MailRefused) -> None:
    is_over = refusal.is_for_good or mail.attempts > len(WAITS)
    logger.warning(
        "mail %s (%s) was not sent: %s%s", mail.id, mail.template, refusal, "; given up" if is_over else ""
    )
    if is_over:
        await cap.database.write(
            lambda session: _record_failed(session, mail, cap.clock(), is_dead=refusal.is_of_mailbox)
        )
    else:
        due_at = cap.clock() + WAITS[mail.attempts - 1]
        await cap.database.write(lambda session: mail_queue.put_off(session, mail.id, due_at))


def _record_failed(session: Session, mail: DueMail, now: datetime, *, is_dead: bool) -> None:
    """Give a letter up; a mailbox that does not exist gets no more of those that go to signers."""
    mail_queue.record_end(session, mail.id, "failed")
    if not is_dead or mail.template not in letter_words.TO_SIGNERS:
        return
    mail_blocks.block_refusing(session, mailboxes.parse(mail.recipient).normal, now)
    row = supporters.find_by_uid(session, letter_words.signature_of(mail.dedupe_key))
    if row is not None and row.state == "pending":
        supporters.drop_pending(session, row.object_id, row.identity_hmac)
    elif row is not None:
        supporters.stop_updates(session, row)


def _write(mail: DueMail, urls: Urls) -> Letter:
    subject, text = (gettext(words, mail.language) for words in LETTERS[mail.template])
    values = {"node": urls.host, "url": urls.page("/"), **mail.parameters}
    # Where one button ends letters of this kind, for members.
    off_path = mail.parameters.get("off_path")
    off_url = urls.page(off_path) if off_path else None
    return Letter(
        key=mail.dedupe_key,
        recipient=mail.recipient,
        subject=subject.format_map(values),
        text=text.format_map(values | {"off_url": off_url or ""}),
        unsubscribe_url=off_url or mail.parameters.get("unsubscribe_url"),
    )
