"""Runs migrations in one transaction of our own, on the engine that `fedinode.storage.migrate` hands in.

The driver begins nothing by itself on SQLite, so this file does; foreign keys are off while tables are
rebuilt (a rebuilt parent would empty its children) and checked before the commit. Triggers are no part of a
migration: SQLite loses those of a rebuilt table, so all are dropped before and made again after, from
triggers/*.sql in their present form.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from alembic import context
from sqlalchemy import text
from sqlalchemy.engine import Connection, Engine

# Any number, the same in every process: migrations on one server take turns.
_LOCK_NUMBER = 5_830_017

_TRIGGERS = {
    "sqlite": "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname, tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal",
}
_DROP = {"sqlite": "DROP TRIGGER {name}", "postgresql": "DROP TRIGGER {name} ON {table}"}


def run() -> None:
    """Migrate the database behind the engine in the configuration."""
    engine: Engine = context.config.attributes["engine"]
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            _switch_foreign_keys_off(connection)
        with connection.begin():
            _take_turns(connection)
            _drop_triggers(connection)
            context.configure(connection=connection, transactional_ddl=True)
            context.run_migrations()
            _make_triggers(connection)
            _check_foreign_keys(connection)


def _switch_foreign_keys_off(connection: Connection) -> None:
    # The pragma does nothing inside a transaction, so it goes to the driver, which has none open.
    # It holds for this connection alone, which is closed at the end.
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.execute("PRAGMA foreign_keys = OFF").fetchall()


def _take_turns(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK_NUMBER})


def _drop_triggers(connection: Connection) -> None:
    dialect = connection.dialect.name
    for name, table in connection.execute(text(_TRIGGERS[dialect])).all():
        connection.execute(text(_DROP[dialect].format(name=name, table=table)))


def _make_triggers(connection: Connection) -> None:
    script = Path(__file__).parent / "triggers" / f"{connection.dialect.name}.sql"
    for statement in _statements(script.read_text("utf-8")):
        connection.execute(text(statement))


def _statements(script: str) -> Iterator[str]:
    """Cut a script into its statements: each begins with CREATE at the start of a line."""
    yield from re.split(r"^(?=CREATE )", script, flags=re.MULTILINE)[1:]


def _check_foreign_keys(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise RuntimeError(f"the migration would leave rows without their parents: {broken[:5]}")


run()
