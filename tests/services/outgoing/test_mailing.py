"""Mail of the node: queued with its cause, sent once, paced, tried again; and what it never says."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from fedinode.capabilities import Capabilities
from fedinode.services import mailing, publishing
from fedinode.services.mailing import Pace
from fedinode.services.members import consulting, enrolling, telling
from fedinode.services.upkeep import housekeeping
from fedinode.storage import mail_queue, models
from fedinode.storage.database import Session
from fedinode.storage.mail_queue import NewMail
from tests.mail_server import Mailbox, mail_server
from tests.services.outgoing.conftest import Clock, Write

pytestmark = pytest.mark.anyio

ANA, BEN = "ana@berlin.example", "ben@berlin.example"
CANARY = "Zwielichtsegler"
STATEMENT = f'type = "statement"\ntitle = "{CANARY}"\nlanguage = "de"\ncosign = "anyone"'
PLENTY = 100


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def posted(cap: Capabilities, mailbox: Mailbox) -> Iterator[Capabilities]:
    """A node with a mail server."""
    with mail_server(mailbox) as settings:
        yield replace(cap, settings=replace(cap.settings, mail=settings))


def pace(*, per_minute: int = PLENTY, per_domain: int = PLENTY) -> Pace:
    return Pace(per_minute=per_minute, per_domain=per_domain)


async def queue(cap: Capabilities, recipient: str = BEN, key: str = "k1") -> bool:
    mail = NewMail(
        dedupe_key=key, recipient=recipient, template="decision-waits", language="en", parameters={}
    )
    return await cap.database.write(lambda session: mailing.queue(session, mail, cap.clock()))


async def states(cap: Capabilities) -> list[tuple[str, int]]:
    def read(session: Session) -> list[tuple[str, int]]:
        table = models.Mail
        rows = session.execute(select(table.state, table.attempts).order_by(table.id))
        return [(row.state, row.attempts) for row in rows]

    return await cap.database.read(read)


async def test_a_letter_is_sent_once_however_often_it_is_asked_for(
    posted: Capabilities, mailbox: Mailbox
) -> None:
    assert [await queue(posted), await queue(posted)] == [True, False]
    assert [await mailing.send_due(posted, pace()), await mailing.send_due(posted, pace())] == [1, 0]
    assert mailbox.recipients() == [BEN]
    assert await states(posted) == [("sent", 1)]
    assert await queue(posted) is False, "not even after it was sent"


async def test_nothing_is_sent_without_a_server(cap: Capabilities) -> None:
    await queue(cap)
    assert await mailing.send_due(cap, pace()) == 0
    assert await states(cap) == [("waiting", 0)]


async def test_a_passing_refusal_is_tried_again_until_three_days_are_over(
    posted: Capabilities, mailbox: Mailbox, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    await queue(posted)
    mailbox.refusal = "451 later"
    begun = clock.now
    with caplog.at_level(logging.WARNING):
        for wait in mailing.WAITS:
            assert await mailing.send_due(posted, pace()) == 1
            clock.advance(seconds=wait.total_seconds() - 1)
            assert await mailing.send_due(posted, pace()) == 0, "not before its time"
            clock.advance(seconds=1)
        assert timedelta(days=2) < clock.now - begun < timedelta(days=4)
        assert await mailing.send_due(posted, pace()) == 1
    assert await states(posted) == [("failed", len(mailing.WAITS) + 1)]
    assert BEN not in caplog.text
    mailbox.refusal = None
    clock.advance(days=1)
    assert await mailing.send_due(posted, pace()) == 0
    assert mailbox.recipients() == []


async def test_a_mail_that_failed_once_arrives_later(
    posted: Capabilities, mailbox: Mailbox, clock: Clock
) -> None:
    await queue(posted)
    mailbox.refusal = "451 later"
    await mailing.send_due(posted, pace())
    mailbox.refusal = None
    clock.advance(minutes=1)
    await mailing.send_due(posted, pace())
    assert (mailbox.recipients(), await states(posted)) == ([BEN], [("sent", 2)])


async def test_an_address_that_is_refused_for_good_is_given_up_and_wiped(
    posted: Capabilities, mailbox: Mailbox
) -> None:
    await queue(posted, "550@example.org")
    await mailing.send_due(posted, pace())
    assert await states(posted) == [("failed", 1)]
    (recipient,) = await posted.database.read(
        lambda session: list(session.scalars(select(models.Mail.recipient)))
    )
    assert recipient == b""


async def test_addresses_are_not_readable_in_the_queue(cap: Capabilities) -> None:
    await queue(cap)
    (recipient,) = await cap.database.read(
        lambda session: list(session.scalars(select(models.Mail.recipient)))
    )
    assert recipient
    assert b"ben" not in recipient


async def test_a_domain_is_sent_no_more_than_its_pace_and_the_rest_a_minute_later(
    posted: Capabilities, mailbox: Mailbox, clock: Clock
) -> None:
    for number in range(3):
        await queue(posted, f"m{number}@one.example", f"one-{number}")
    await queue(posted, "m@two.example", "two")
    slow = pace(per_domain=2)
    await mailing.send_due(posted, slow)
    assert sorted(address.partition("@")[2] for address in mailbox.recipients()) == [
        "one.example",
        "one.example",
        "two.example",
    ]
    assert ("waiting", 0) in await states(posted), "being held back is no attempt"
    assert await mailing.send_due(posted, slow) == 0
    clock.advance(minutes=1)
    await mailing.send_due(posted, slow)
    assert len(mailbox.recipients()) == 4


async def test_all_domains_together_have_a_pace(posted: Capabilities, mailbox: Mailbox) -> None:
    for number in range(3):
        await queue(posted, f"m@d{number}.example", f"k{number}")
    await mailing.send_due(posted, pace(per_minute=2))
    assert len(mailbox.envelopes) == 2


async def test_a_sender_that_died_leaves_the_mail_to_the_next_one(
    posted: Capabilities, mailbox: Mailbox, clock: Clock
) -> None:
    await queue(posted)
    taken = await posted.database.write(lambda session: mail_queue.take_due(session, clock.now, PLENTY))
    assert len(taken) == 1
    assert await mailing.send_due(posted, pace()) == 0
    clock.advance(seconds=mail_queue.LEASE.total_seconds())
    assert await mailing.send_due(posted, pace()) == 1
    assert mailbox.recipients() == [BEN]


async def test_letters_that_ended_are_forgotten_after_a_month(posted: Capabilities, clock: Clock) -> None:
    await queue(posted)
    await mailing.send_due(posted, pace())
    clock.advance(days=29)
    await housekeeping.purge_once(posted)
    assert len(await states(posted)) == 1
    clock.advance(days=2)
    await housekeeping.purge_once(posted)
    assert await states(posted) == []


async def test_what_could_not_be_sent_for_a_week_is_not_sent_later(cap: Capabilities, clock: Clock) -> None:
    await queue(cap)
    clock.advance(days=6)
    await housekeeping.purge_once(cap)
    assert await states(cap) == [("waiting", 0)]
    clock.advance(days=2)
    await housekeeping.purge_once(cap)
    assert await states(cap) == []


# -- what members are told


async def test_members_are_told_that_a_decision_waits_and_not_what(
    posted: Capabilities, mailbox: Mailbox, manuscript: Write
) -> None:
    for email in (ANA, BEN):
        await enrolling.add(posted, email, "owner")
    await consulting.set_thresholds(posted, "berlin", {"publish": 2})
    draft = await publishing.post(posted, manuscript(STATEMENT, f"{CANARY}."), draft=True)
    await publishing.publish(posted, draft.uri, account=ANA)
    await mailing.send_due(posted, pace())
    assert mailbox.recipients() == [BEN], "who asks, knows"
    message = mailbox.message()
    assert message["Subject"] == "Auf berlin.localhost wartet etwas auf Ihre Antwort"
    assert "/desk" in str(message.get_content())
    for secret in (CANARY, draft.uri, "Zelle", "ana", "publish"):
        assert secret not in mailbox.text()
    waiting = await telling.feed_of(posted, (await telling.make_feed(posted, BEN)).rpartition("/")[2][:-5])
    assert waiting is not None
    assert [line.collective for line in waiting.lines] == ["Berliner Zelle"]
    assert await telling.feed_of(posted, "guess") is None


async def test_nobody_is_told_where_one_member_decides(cap: Capabilities, manuscript: Write) -> None:
    await enrolling.add(cap, ANA, "owner")
    await publishing.post(cap, manuscript(STATEMENT))
    assert await states(cap) == []
