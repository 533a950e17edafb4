"""The migrations make the tables that the models describe, and a database knows which it has reached."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import CheckConstraint, create_engine, inspect, make_url, text
from sqlalchemy.engine import Engine
from sqlalchemy.pool import NullPool

from fedinode.errors import DatabaseMissing, DatabaseNewer, DatabaseOlder
from fedinode.resources import resource_dir
from fedinode.storage import migrate, models, upgrades, versions
from fedinode.storage.database import open_url
from fedinode.storage.sealing import Sealer


def engine_of(database_url: str) -> Engine:
    return create_engine(database_url, poolclass=NullPool)


def test_migrations_make_what_the_models_describe(empty_database_url: str) -> None:
    assert migrate.upgrade(empty_database_url) is True
    with engine_of(empty_database_url).connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, models.Base.metadata) == []


def test_every_check_of_the_models_is_in_the_database(empty_database_url: str) -> None:
    migrate.upgrade(empty_database_url)
    found = inspect(engine_of(empty_database_url)).get_multi_check_constraints()
    for table in models.Base.metadata.sorted_tables:
        wanted = {each.name for each in table.constraints if isinstance(each, CheckConstraint)}
        assert {each["name"] for each in found[None, table.name]} == wanted


def test_sqlite_and_postgresql_have_the_same_triggers() -> None:
    folder = resource_dir("migrations") / "triggers"
    names = [
        [
            line.split()[2]
            for line in path.read_text("utf-8").splitlines()
            if line.startswith("CREATE TRIGGER")
        ]
        for path in sorted(folder.iterdir())
    ]
    assert len(names) == 2
    assert names[0] == names[1]


def test_a_second_upgrade_changes_nothing(empty_database_url: str) -> None:
    migrate.upgrade(empty_database_url)
    assert migrate.upgrade(empty_database_url) is False


def test_an_upgrade_that_fails_leaves_nothing_behind(empty_database_url: str) -> None:
    url = make_url(empty_database_url)
    if url.get_backend_name() == "sqlite":
        Path(url.database or "").touch()
    engine = engine_of(empty_database_url)
    with engine.begin() as connection:
        # The last table of the first migration is in the way.
        connection.execute(text("CREATE TABLE revision_texts (id INTEGER)"))
    with pytest.raises(Exception, match="revision_texts"):
        migrate.upgrade(empty_database_url)
    assert inspect(engine).get_table_names() == ["revision_texts"]


def test_a_database_of_a_newer_program_is_refused(own_database_url: str, sealer: Sealer) -> None:
    set_version(own_database_url, "9999")
    database = open_url(own_database_url, sealer)
    with pytest.raises(DatabaseNewer, match="newer fedinode"):
        database.read_now(versions.require_current)
    database.close()
    with pytest.raises(DatabaseNewer, match="newer fedinode"):
        migrate.upgrade(own_database_url)


def test_a_database_of_an_older_program_asks_for_an_upgrade(own_database_url: str, sealer: Sealer) -> None:
    set_version(own_database_url, "0000")
    database = open_url(own_database_url, sealer)
    with pytest.raises(DatabaseOlder, match="fedinode upgrade"):
        database.read_now(versions.require_current)
    database.close()


def test_a_database_without_tables_asks_for_init(empty_database_url: str, sealer: Sealer) -> None:
    url = make_url(empty_database_url)
    if url.get_backend_name() == "sqlite":
        Path(url.database or "").touch()
    database = open_url(empty_database_url, sealer)
    with pytest.raises(DatabaseMissing, match="fedinode init"):
        database.read_now(versions.require_current)
    database.close()


def test_a_new_database_file_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        migrate.upgrade(f"sqlite:///{tmp_path / 'fedinode.db'}")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "fedinode.db").stat().st_mode) == 0o600


def test_an_empty_database_is_upgraded_once(empty_database_url: str) -> None:
    assert upgrades.run(empty_database_url) is True
    assert upgrades.run(empty_database_url) is False


def test_a_database_of_a_newer_program_is_not_upgraded(own_database_url: str) -> None:
    set_version(own_database_url, "9999")
    with pytest.raises(DatabaseNewer, match=r"newer fedinode than this one; install that one\.$"):
        upgrades.run(own_database_url)


def test_serving_does_not_load_the_migration_tool() -> None:
    program = "import sys; from fedinode.cli import processes; sys.exit('alembic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_every_foreign_key_of_the_models_is_kept(database_url: str) -> None:
    found = inspect(engine_of(database_url)).get_multi_foreign_keys()
    for table in models.Base.metadata.sorted_tables:
        wanted = {(each.parent.name, each.column.table.name, each.column.name) for each in table.foreign_keys}
        kept = {
            (each["constrained_columns"][0], each["referred_table"], each["referred_columns"][0])
            for each in found[None, table.name]
        }
        assert kept == wanted


def set_version(database_url: str, number: str) -> None:
    with engine_of(database_url).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :number"), {"number": number})
