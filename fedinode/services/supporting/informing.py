"""News to people who signed and asked for it: one letter each, with a link that ends them at one click."""

import hashlib
from dataclasses import dataclass
from typing import Final

from fedinode.capabilities import Capabilities
from fedinode.errors import NotFound, UsageError
from fedinode.services import finding, mailing, reading
from fedinode.services.presenting import PostLine
from fedinode.services.reading import House
from fedinode.services.supporting import entering, fronting, mailboxes, tokens
from fedinode.storage import mail_blocks, supporters
from fedinode.storage.database import Session
from fedinode.storage.mail_queue import NewMail
from fedinode.storage.supporters import SupporterRow

MAX_CHARS: Final = 20_000
_PAGE: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What signers of a statement are told, to whom it goes, and who was told already."""

    statement: PostLine
    object_id: int
    text: str
    recipients: int


async def prepare(cap: Capabilities, url: str, text: str) -> News:
    """Return what would be sent to how many. Raises: NotFound, UsageError."""
    words = text.strip()
    if not words:
        raise UsageError("There is nothing to send: the text is empty.")
    if len(words) > MAX_CHARS:
        raise UsageError(f"This text is longer than {MAX_CHARS} characters.")

    def read(session: Session, house: House) -> News:
        found = finding.require_object(session, cap.urls, url)
        subject = entering.find_subject(session, found.uri)
        if subject is None:
            raise NotFound("People were never asked to sign this.")
        return News(
            statement=fronting.line_of(session, house, subject, None),
            object_id=subject.object_id,
            text=words,
            recipients=supporters.count_wanting_updates(session, subject.object_id),
        )

    return await reading.read_house(cap, read)


async def send(cap: Capabilities, news: News) -> int:
    """Queue a letter to each, a page at a time; return how many. The same news reach nobody twice."""
    queued, after_id = 0, 0
    while True:
        rows = await _recipients(cap, news, after_id)
        if not rows:
            return queued
        queued += await _queue(cap, news, rows)
        after_id = rows[-1].id


async def _recipients(cap: Capabilities, news: News, after_id: int) -> list[SupporterRow]:
    return await cap.database.read(
        lambda session: supporters.list_wanting_updates(
            session, news.object_id, after_id=after_id, limit=_PAGE
        )
    )


async def _queue(cap: Capabilities, news: News, rows: list[SupporterRow]) -> int:
    digest = hashlib.sha256(news.text.encode("utf-8")).hexdigest()[:32]

    def write(session: Session) -> int:
        now = cap.clock()
        return sum(mailing.queue(session, mail, now) for mail in _letters(session, cap, news, rows, digest))

    return await cap.database.write(write)


def _letters(
    session: Session, cap: Capabilities, news: News, rows: list[SupporterRow], digest: str
) -> list[NewMail]:
    return [
        NewMail(
            dedupe_key=f"news:{row.uid}:{digest}",
            recipient=address,
            template="signers-news",
            language=row.language or news.statement.language,
            parameters={
                "title": news.statement.title,
                "statement_url": news.statement.url,
                "text": news.text,
                "unsubscribe_url": cap.urls.updates_off(tokens.stamp(session, tokens.NEWS, row.uid)),
                "leave_url": cap.urls.leave(tokens.stamp(session, tokens.LEAVE, row.uid)),
            },
        )
        for row in rows
        if (address := supporters.address_of(session, row.uid)) is not None
        and not mail_blocks.is_blocked(session, mailboxes.parse(address).normal, row.object_id)
    ]
