"""Brings a database's tables to the state this program works with. Alone in needing Alembic.

Each migration is one transaction, on SQLite too: what fails half-way changed nothing. `upgrades` imports this
module when there is something to do.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from fedinode.errors import DatabaseNewer
from fedinode.resources import resource_dir
from fedinode.storage import postgresql, sqlite, versions
from fedinode.storage.database import parse_url
from fedinode.storage.refusals import in_plain_words


def upgrade(database_url: str) -> bool:
    """Make the tables of an empty database, or change those of an older one; return whether that was needed.

    An SQLite file that does not exist is made, readable by its owner alone.

    Raises: DatabaseNewer, DatabaseLocked, DatabaseError.
    """
    engine = _engine(database_url)
    try:
        with Session(engine) as session:
            state = versions.state(session)
        if state == "newer":
            raise DatabaseNewer("The database was made by a newer fedinode than this one; install that one.")
        if state == "current":
            return False
        command.upgrade(configuration(engine), "head")
        return True
    except SQLAlchemyError as error:
        raise in_plain_words(error) from error
    finally:
        engine.dispose()


def configuration(engine: Engine) -> Config:
    """Return Alembic's configuration for an engine; there is no alembic.ini."""
    config = Config()
    config.set_main_option("script_location", str(resource_dir("migrations")).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["engine"] = engine
    return config


def _engine(database_url: str) -> Engine:
    url = parse_url(database_url)
    if url.get_backend_name() == "postgresql":
        return postgresql.make_engine(url)
    path = Path(url.database or "")
    sqlite.create_file(path)
    return sqlite.make_engine(path)
