"""A later migration may rebuild a table on SQLite: nothing may be lost by it, neither rows nor triggers."""

from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import create_engine, inspect, select, text
from sqlalchemy.engine import Connection, Engine, make_url
from sqlalchemy.pool import NullPool

from fedinode.resources import resource_dir
from fedinode.storage import migrate, postgresql, sqlite, versions
from fedinode.storage.database import open_url
from fedinode.storage.models import Base
from fedinode.storage.sealing import Sealer
from tests.storage.sample_rows import add_one_to_every_table

REBUILD = '''"""Rebuilds tables that others refer to."""

import sqlalchemy as sa
from alembic import op

revision = "9000"
down_revision = "{head}"


def upgrade() -> None:
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for table in ("collectives", "objects", "posts", "revisions", "actors"):
        with op.batch_alter_table(table, recreate="auto" if is_postgresql else "always") as batch:
            batch.add_column(sa.Column("added", sa.Text()))
    {more}
'''


def upgrade_with(database_url: str, folder: Path, more: str) -> None:
    """Run the shipped migrations and one more that rebuilds tables."""
    (folder / "9000_rebuild.py").write_text(REBUILD.format(more=more, head=versions.head()))
    url = make_url(database_url)
    is_sqlite = url.get_backend_name() == "sqlite"
    engine = sqlite.make_engine(Path(url.database or "")) if is_sqlite else postgresql.make_engine(url)
    config = migrate.configuration(engine)
    config.set_main_option("version_locations", f"{resource_dir('migrations') / 'versions'}:{folder}")
    command.upgrade(config, "9000")


def contents(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        return {
            table.name: len(connection.execute(select(table.primary_key.columns[0])).all())
            for table in Base.metadata.sorted_tables
        }


def triggers(connection: Connection) -> set[str]:
    query = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
    }[connection.dialect.name]
    return set(connection.execute(text(query)).scalars())


def test_rebuilding_tables_loses_no_row_and_no_trigger(
    own_database_url: str, sealer: Sealer, tmp_path: Path
) -> None:
    database = open_url(own_database_url, sealer)
    database.write_now(add_one_to_every_table)
    database.close()
    engine = create_engine(own_database_url, poolclass=NullPool)
    before = contents(engine)
    with engine.connect() as connection:
        triggers_before = triggers(connection)

    upgrade_with(own_database_url, tmp_path, more="pass")

    assert contents(engine) == before
    assert all(before.values())
    with engine.connect() as connection:
        assert triggers(connection) == triggers_before
        assert connection.execute(text("SELECT added FROM posts")).first() == (None,)


def test_a_migration_that_fails_after_rebuilding_is_undone_whole(
    own_database_url: str, tmp_path: Path
) -> None:
    engine = create_engine(own_database_url, poolclass=NullPool)
    with pytest.raises(RuntimeError, match="power cut"):
        upgrade_with(own_database_url, tmp_path, more='raise RuntimeError("power cut")')
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == versions.head()
        assert "posts_keep_their_kind" in triggers(connection)
        columns = inspect(connection).get_columns("posts")
        assert "added" not in {each["name"] for each in columns}


def test_a_migration_that_orphans_rows_is_undone(own_database_url: str, tmp_path: Path) -> None:
    orphan = (
        "op.execute(\"INSERT INTO post_tags (post_id, tag_folded, tag, position) VALUES (7, 'a', 'a', 0)\")"
    )
    with pytest.raises(Exception, match=r"without their parents|foreign key"):
        upgrade_with(own_database_url, tmp_path, more=orphan)
    with create_engine(own_database_url, poolclass=NullPool).connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM post_tags")).scalar() == 0
