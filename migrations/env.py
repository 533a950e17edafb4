"""Runs migrations in one transaction of our own, on the engine that `fedinode.storage.migrate` hands in.

The driver begins nothing by itself on SQLite, so this file does; foreign keys are off while tables are
rebuilt (a rebuilt parent would empty its children) and checked before the commit.
"""

from alembic import context
from sqlalchemy import text
from sqlalchemy.engine import Connection, Engine

# Any number, the same in every process: migrations on one server take turns.
_LOCK_NUMBER = 5_830_017


def run() -> None:
    """Migrate the database behind the engine in the configuration."""
    engine: Engine = context.config.attributes["engine"]
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            _set_foreign_keys(connection, "OFF")
        with connection.begin():
            _lock(connection)
            context.configure(connection=connection, transactional_ddl=True)
            context.run_migrations()
            _check_foreign_keys(connection)
        if engine.dialect.name == "sqlite":
            _set_foreign_keys(connection, "ON")


def _set_foreign_keys(connection: Connection, value: str) -> None:
    # The pragma does nothing inside a transaction, so it goes to the driver, which has none open.
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.execute(f"PRAGMA foreign_keys = {value}").fetchall()


def _lock(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK_NUMBER})


def _check_foreign_keys(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise RuntimeError(f"the migration would leave rows without their parents: {broken[:5]}")


run()
