"""What is compiled for one engine serves all of its kind."""

from typing import Any

from sqlalchemy import select

from fedinode.storage import dialects
from fedinode.storage.database import Database, Session
from fedinode.storage.models import NodeFact


def test_readers_and_writers_share_what_was_compiled(database: Database) -> None:
    def ask(session: Session) -> int:
        session.scalars(select(NodeFact.value).where(NodeFact.name == "shared", NodeFact.value != "x")).all()
        return len(dialects.options()["compiled_cache"])

    assert database.read_now(ask) == database.write_now(ask) == database.read_now(ask)


def test_dialects_are_equal_for_servers_of_one_version() -> None:
    # SQLAlchemy does not say which types they take.
    sqlite: Any = dialects.SqliteDialect
    postgresql: Any = dialects.PostgresDialect
    newer = postgresql()
    newer.server_version_info = (99, 1)
    assert sqlite() == sqlite()
    assert postgresql() == postgresql()
    assert postgresql() != sqlite()
    assert postgresql() != newer
