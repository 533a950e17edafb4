"""Rows that may be there already are written without an error that would end the transaction."""

import pytest
from sqlalchemy import select

from fedinode.errors import NotFound
from fedinode.storage import upserts
from fedinode.storage.database import Database, Session
from fedinode.storage.models import Collective, Inbox, NodeFact, Peer, PostTag
from tests.storage.sample_rows import NOW, add


def facts(database: Database) -> dict[str, str]:
    rows = database.read_now(lambda session: session.execute(select(NodeFact.name, NodeFact.value)).all())
    return {row.name: row.value for row in rows}


def test_only_new_rows_are_added_and_counted(database: Database) -> None:
    def twice(session: Session) -> tuple[int, int, int]:
        rows = [{"name": name, "value": "first"} for name in "ab"]
        more = [{"name": name, "value": "second"} for name in "abc"]
        return (
            upserts.add_new(session, NodeFact, rows),
            upserts.add_new(session, NodeFact, more),
            upserts.add_new(session, NodeFact, []),
        )

    assert database.write_now(twice) == (2, 1, 0)
    assert facts(database) == {"a": "first", "b": "first", "c": "second"}


def test_a_row_that_is_there_gives_no_id(database: Database) -> None:
    def twice(session: Session) -> tuple[int | None, int | None]:
        row = {"host": "a.example"}
        return upserts.add_new_id(session, Peer, row), upserts.add_new_id(session, Peer, row)

    first, second = database.write_now(twice)
    assert first is not None
    assert second is None


def test_a_row_that_is_there_is_updated(database: Database) -> None:
    def twice(session: Session) -> None:
        for value in ("old", "new"):
            rows = [{"name": name, "value": value} for name in "ab"]
            upserts.put(session, NodeFact, rows, keys=["name"], update=["value"])
        upserts.put(session, NodeFact, [], keys=["name"], update=["value"])

    database.write_now(twice)
    assert facts(database) == {"a": "new", "b": "new"}


def test_put_gives_the_same_id_for_the_same_row(database: Database) -> None:
    def twice(session: Session) -> list[int]:
        return [
            upserts.put_id(
                session, Peer, {"host": "a.example", "level": level}, keys=["host"], update=["level"]
            )
            for level in ("none", "suspend")
        ]

    first, second = database.write_now(twice)
    assert first == second
    assert database.read_now(lambda session: session.scalar(select(Peer.level))) == "suspend"


def test_rows_added_as_objects_are_there_first(database: Database) -> None:
    def mixed(session: Session) -> int | None:
        peer = Peer(host="a.example")
        session.add(peer)
        peer_id = session.scalar(select(Peer.id))
        row = {"url": "https://a.example/inbox", "peer_id": peer_id, "is_shared": True}
        session.add(Peer(host="b.example"))
        return upserts.add_new_id(session, Inbox, row)

    assert database.write_now(mixed) is not None


def test_many_rows_fit_into_one_call(database: Database) -> None:
    def many(session: Session) -> int:
        rows = [{"host": f"{n}.example", "first_seen_at": NOW} for n in range(20_000)]
        return upserts.add_new(session, Peer, rows)

    assert database.write_now(many) == 20_000


def test_locking_gives_the_row_as_it_is_now(database: Database) -> None:
    def lock(session: Session) -> str:
        number = add(session, Collective, name="berlin").id
        return upserts.lock_row(session, Collective, number).name

    assert database.write_now(lock) == "berlin"


def test_locking_a_row_that_is_not_there_is_an_error(database: Database) -> None:
    with pytest.raises(NotFound, match="no row 7 in collectives"):
        database.write_now(lambda session: upserts.lock_row(session, Collective, 7))


def test_tables_with_other_keys_work_too(database: Database) -> None:
    def tag_twice(session: Session) -> tuple[int, int]:
        tag = add(session, PostTag)
        row = {"post_id": tag.post_id, "tag_folded": tag.tag_folded, "tag": "x", "position": 0}
        return upserts.add_new(session, PostTag, [row]), tag.post_id

    assert database.write_now(tag_twice)[0] == 0
