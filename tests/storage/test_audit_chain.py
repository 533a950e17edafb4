"""The audit only grows; its oldest end may go when its time is over, and the chain stays whole."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Executable, delete, insert, text, update
from sqlalchemy.exc import IntegrityError

from fedinode.storage import audit_chain, audit_log, models, node_facts
from fedinode.storage.database import Database, Session

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def fill(database: Database, count: int = 6) -> None:
    def write(session: Session) -> None:
        for number in range(count):
            details = {"number": str(number)}
            audit_log.add(session, "post.published", f"#{number}", now=NOW + number * DAY, details=details)

    database.write_now(write)


def execute(database: Database, statement: Executable) -> None:
    def write(session: Session) -> None:
        session.execute(statement)

    database.write_now(write)


def test_nothing_in_it_changes_and_nothing_is_taken_out(database: Database) -> None:
    fill(database)
    table = models.AuditEntry
    for deed in (
        update(table).values(action="nothing"),
        delete(table),
        delete(table).where(table.subject == "#0"),
    ):
        with pytest.raises(IntegrityError):
            execute(database, deed)
    chain = database.read_now(audit_chain.check)
    assert (chain.entries, chain.first_broken) == (6, None)
    assert chain.head == database.read_now(audit_log.head)


def test_the_oldest_entries_go_and_the_chain_is_whole(database: Database) -> None:
    fill(database)
    assert database.write_now(lambda session: audit_chain.prune(session, NOW + 3 * DAY, NOW + 9 * DAY)) == 3
    chain = database.read_now(audit_chain.check)
    assert (chain.entries, chain.mark.count, chain.first_broken) == (4, 3, None)
    deeds = database.read_now(lambda session: [row.action for row in audit_log.entries(session)])
    assert deeds[-1] == "audit.pruned"
    # The newest always stays, so that what is added next is chained to it.
    database.write_now(lambda session: audit_chain.prune(session, NOW + 99 * DAY, NOW + 99 * DAY))
    database.write_now(lambda session: audit_log.add(session, "post.deleted", "#9", now=NOW + 99 * DAY))
    chain = database.read_now(audit_chain.check)
    assert chain.first_broken is None
    assert chain.mark.count == 6
    with pytest.raises(IntegrityError):
        execute(database, delete(models.AuditEntry))


def test_it_is_said_where_the_chain_breaks(database: Database) -> None:
    fill(database)
    row = database.read_now(lambda session: audit_log.page_after(session, 0)[-1])

    def forge(session: Session) -> None:
        """Append an entry that does not fit, as whoever cuts some out in between has to."""
        session.execute(
            insert(models.AuditEntry).values(
                at=NOW, action="post.deleted", subject="#7", previous=row.previous, hash="0" * 64
            )
        )

    database.write_now(forge)
    chain = database.read_now(audit_chain.check)
    assert chain.first_broken is not None
    assert chain.first_broken > row.id
    assert (chain.last_good, chain.entries) == (row.id, 6)


def test_a_mark_that_was_forged_breaks_the_chain(database: Database) -> None:
    fill(database)
    first = database.read_now(lambda session: audit_log.page_after(session, 0)[0])

    def forge(session: Session) -> None:
        node_facts.put(session, "audit.pruned-to", str(first.id))
        session.execute(text("DELETE FROM audit WHERE id = :id"), {"id": first.id})

    database.write_now(forge)
    chain = database.read_now(audit_chain.check)
    assert chain.first_broken == first.id + 1


def test_details_whose_key_is_gone_break_nothing_once_it_is_noted(database: Database) -> None:
    fill(database)

    def lose(session: Session) -> None:
        session.execute(
            insert(models.AuditEntry).values(
                at=NOW,
                action="post.deleted",
                subject="#7",
                details=b"\x00\x01" + bytes(40),
                previous=audit_log.head(session),
                hash="1" * 64,
            )
        )

    database.write_now(lose)
    assert database.read_now(audit_chain.check).first_broken is not None
    database.write_now(audit_chain.close_details)
    database.write_now(lambda session: audit_log.add(session, "node.resumed", "node", now=NOW))
    chain = database.read_now(audit_chain.check)
    assert (chain.first_broken, chain.closed, chain.entries) == (None, 1, 8)
