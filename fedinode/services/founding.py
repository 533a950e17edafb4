"""Making a whole node out of nothing: all of it or nothing of it.

Everything is made in a folder of its own inside the data folder and moved into place at the end, the
settings last: without them no command takes the folder for a node.
"""

import errno
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from fedinode import config
from fedinode.config import Settings
from fedinode.errors import ConfigError, Conflict, DiskFull
from fedinode.services import registering
from fedinode.services.registering import SignInLink
from fedinode.storage import collectives, database, node_facts, sealing, upgrades, versions
from fedinode.storage.database import Database, Session
from fedinode.urls import Urls

_STAGE = ".new-node"
_SECRETS = "secrets"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewNode:
    """What `fedinode init` was told."""

    origin: str
    collective: str
    name: str
    language: str
    email: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatedNode:
    """What `fedinode init` made; `sign_in_url` works once."""

    collective_uri: str
    handle: str
    sign_in_url: str


def create_node(data_dir: Path, order: NewNode, *, environ: Mapping[str, str], now: datetime) -> CreatedNode:
    """Make fedinode.toml, the data key, the database, the node's and the first collective's keys, an owner.

    Nothing is left behind if any step fails. Raises Conflict if there is a node already, UsageError.
    """
    registering.require_name(order.collective)
    if order.email is not None:
        registering.require_email(order.email)
    _require_empty(data_dir)
    is_new = not data_dir.exists()
    stage = data_dir / _STAGE
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.rmtree(stage, ignore_errors=True)
        stage.mkdir(mode=0o700)
        link = _make(stage, order, environ, now)
        _move_into_place(stage, data_dir)
    except OSError as error:
        _clear(stage, data_dir, is_new=is_new)
        if error.errno == errno.ENOSPC:
            raise DiskFull(f"No room is left for a node in {data_dir}; nothing was made.") from error
        raise ConfigError(f"No node can be made in {data_dir}: {error.strerror or error}.") from error
    except BaseException:
        _clear(stage, data_dir, is_new=is_new)
        raise
    urls = Urls(order.origin)
    return CreatedNode(
        collective_uri=urls.collective(order.collective),
        handle=urls.handle(order.collective),
        sign_in_url=link.url,
    )


def _clear(stage: Path, data_dir: Path, *, is_new: bool) -> None:
    shutil.rmtree(data_dir if is_new else stage, ignore_errors=True)


def _require_empty(data_dir: Path) -> None:
    for name in (config.FILE_NAME, _SECRETS, "fedinode.db"):
        if (data_dir / name).exists():
            raise Conflict(f"{data_dir} holds a node already ({name}); nothing was changed.")


def _make(stage: Path, order: NewNode, environ: Mapping[str, str], now: datetime) -> SignInLink:
    config.write_settings(stage, origin=order.origin, contact=order.email)
    settings = config.load_settings(stage, environ)
    if settings.origin != order.origin:
        raise ConfigError(
            f"FEDINODE_ORIGIN says {settings.origin} and --origin says {order.origin}; make them equal."
        )
    sealing.create_key_file(settings.secrets_dir)
    is_file = settings.database_url == config.default_database_url(stage)
    if not is_file:
        _require_new_database(settings)
    upgrades.run(settings.database_url)
    opened = database.open_database(settings)
    try:
        return _fill(opened, settings, order, now)
    finally:
        opened.close()


def _require_new_database(settings: Settings) -> None:
    sealer = sealing.open_key_file(settings.secrets_dir)
    if settings.database_url.startswith("sqlite"):
        path = Path(database.parse_url(settings.database_url).database or "")
        if path.exists():
            raise Conflict(f"{path} is a database already; nothing was changed.")
        return
    opened = database.open_url(settings.database_url, sealer)
    try:
        if opened.read_now(versions.reached) is not None and opened.read_now(_has_collectives):
            raise Conflict(f"The database {opened.name} holds a node already; nothing was changed.")
    finally:
        opened.close()


def _has_collectives(session: Session) -> bool:
    return node_facts.find_origin(session) is not None and bool(collectives.list_all(session))


def _fill(opened: Database, settings: Settings, order: NewNode, now: datetime) -> SignInLink:
    urls = Urls(settings.origin)
    node_keys, collective_keys = registering.generate_keys(), registering.generate_keys()
    new = registering.new_collective(
        urls, order.collective, order.name, order.language, settings.federation.accept_follows
    )
    email = order.email or f"owner@{urlsplit(settings.origin).hostname}"

    def write(session: Session) -> SignInLink:
        registering.record_keys(session, urls, urls.node_actor(), node_keys, now)
        row = registering.record_collective(session, urls, new, collective_keys, now)
        return registering.record_account(session, urls, row, email, "owner", now)

    return opened.write_now(write)


def _move_into_place(stage: Path, data_dir: Path) -> None:
    # The settings come last: until they are there, this folder is no node.
    last = stage / config.FILE_NAME
    for path in sorted(stage.iterdir(), key=lambda each: each == last):
        path.rename(data_dir / path.name)
    stage.rmdir()
