"""A whole new node: all of it or nothing of it."""

import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from fedinode import config, node
from fedinode.errors import ConfigError, Conflict, NodeError, NotFound, UsageError
from fedinode.services import founding, registering
from fedinode.services.founding import NewNode
from fedinode.services.members import enrolling
from fedinode.storage import accounts, database, models, signing_keys
from fedinode.storage.database import Session

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ORDER = NewNode(
    origin="https://berlin.example",
    collective="berlin",
    name="Berliner Zelle",
    language="de",
    email="mira@berlin.example",
)


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def found(data_dir: Path, empty_database_url: str) -> founding.CreatedNode:
    return founding.create_node(
        data_dir, ORDER, environ={"FEDINODE_DATABASE_URL": empty_database_url}, now=NOW
    )


@pytest.fixture
def opened(found: founding.CreatedNode, data_dir: Path, empty_database_url: str) -> database.Database:
    settings = config.load_settings(data_dir, {"FEDINODE_DATABASE_URL": empty_database_url})
    return database.open_database(settings)


def test_new_node_has_all_it_needs(opened: database.Database, found: founding.CreatedNode) -> None:
    with_keys = {
        "https://berlin.example/actor": {"main-key", "ed25519-1", "cosign-1"},
        "https://berlin.example/collectives/berlin": {"main-key", "ed25519-1", "cosign-1"},
    }

    def read(session: Session) -> None:
        for owner, fragments in with_keys.items():
            rows = signing_keys.list_public(session, owner)
            assert {row.key_id for row in rows} == {f"{owner}#{fragment}" for fragment in fragments}
        account = accounts.find_by_email(session, "MIRA@berlin.example")
        assert account is not None
        assert account.is_operator
        roles = session.scalars(select(models.Membership.role)).all()
        assert roles == ["owner"]

    try:
        opened.read_now(read)
    finally:
        opened.close()
    assert found.handle == "@berlin@berlin.example"
    assert found.sign_in_url.startswith("https://berlin.example/sign-in/")


def test_no_secret_stands_readable_in_the_database(
    opened: database.Database, found: founding.CreatedNode
) -> None:
    def read(session: Session) -> None:
        for private in session.scalars(select(models.SigningKey.private)):
            assert private is not None
            assert b"PRIVATE KEY" not in private
        account = session.scalars(select(models.Account)).one()
        assert b"mira" not in (account.email or b"")
        token = found.sign_in_url.rpartition("/")[2]
        assert session.scalars(select(models.SignInLink.token_hash)).one() == accounts.hash_token(token)

    try:
        opened.read_now(read)
    finally:
        opened.close()


def test_only_the_owner_can_read_settings_and_keys(found: founding.CreatedNode, data_dir: Path) -> None:
    for path in (data_dir / "fedinode.toml", data_dir / "secrets" / "data.key"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(data_dir.stat().st_mode) == 0o700


def test_second_init_changes_nothing(data_dir: Path) -> None:
    founding.create_node(data_dir, ORDER, environ={}, now=NOW)
    before = {path: path.read_bytes() for path in data_dir.rglob("*") if path.is_file()}
    with pytest.raises(Conflict, match="holds a node already"):
        founding.create_node(data_dir, ORDER, environ={}, now=NOW)
    assert {path: path.read_bytes() for path in data_dir.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("name", ["", "Берлин", "ber lin", "-berlin", "actor", "x" * 31, "berlin/.."])
def test_name_that_no_server_takes_is_refused_before_anything_is_made(data_dir: Path, name: str) -> None:
    order = NewNode(origin=ORDER.origin, collective=name, name="X", language="de")
    with pytest.raises(UsageError):
        founding.create_node(data_dir, order, environ={}, now=NOW)
    assert not data_dir.exists()


def test_failure_leaves_nothing_behind(data_dir: Path) -> None:
    (data_dir.parent / "file").write_text("no folder")
    unusable = {"FEDINODE_DATABASE_URL": f"sqlite:///{data_dir.parent / 'file' / 'x.db'}"}
    with pytest.raises(NodeError):
        founding.create_node(data_dir, ORDER, environ=unusable, now=NOW)
    assert not data_dir.exists()


def test_failure_leaves_what_was_there(data_dir: Path) -> None:
    data_dir.mkdir()
    (data_dir / "notes.txt").write_text("mine")
    with pytest.raises(ConfigError, match="make them equal"):
        founding.create_node(data_dir, ORDER, environ={"FEDINODE_ORIGIN": "https://koeln.example"}, now=NOW)
    assert [path.name for path in data_dir.iterdir()] == ["notes.txt"]


def test_what_a_killed_init_left_is_no_obstacle(data_dir: Path) -> None:
    (data_dir / ".new-node" / "secrets").mkdir(parents=True)
    (data_dir / ".new-node" / "fedinode.toml").write_text("half")
    founding.create_node(data_dir, ORDER, environ={}, now=NOW)
    assert sorted(path.name for path in data_dir.iterdir()) == ["fedinode.db", "fedinode.toml", "secrets"]


def test_folder_that_cannot_be_written_is_told_in_a_sentence(tmp_path: Path) -> None:
    occupied = tmp_path / "file"
    occupied.write_text("a file, no folder")
    with pytest.raises(ConfigError, match="No node can be made"):
        founding.create_node(occupied / "data", ORDER, environ={}, now=NOW)


def test_database_of_another_node_is_not_touched(tmp_path: Path, empty_database_url: str) -> None:
    environ = {"FEDINODE_DATABASE_URL": empty_database_url}
    founding.create_node(tmp_path / "one", ORDER, environ=environ, now=NOW)
    with pytest.raises(Conflict, match="already"):
        founding.create_node(tmp_path / "two", ORDER, environ=environ, now=NOW)
    assert not (tmp_path / "two").exists()


def test_node_without_address_has_an_owner_of_its_own(data_dir: Path) -> None:
    order = NewNode(origin=ORDER.origin, collective="berlin", name="X", language="de")
    assert founding.create_node(data_dir, order, environ={}, now=NOW).sign_in_url
    bad = NewNode(origin=ORDER.origin, collective="x", name="X", language="de", email="nobody")
    with pytest.raises(UsageError, match="mail address"):
        founding.create_node(data_dir.parent / "other", bad, environ={}, now=NOW)


@pytest.mark.anyio
async def test_open_node_gives_the_world_and_closes_it(data_dir: Path) -> None:
    founding.create_node(data_dir, ORDER, environ={}, now=datetime.now(UTC))
    settings = config.load_settings(data_dir, {})
    async with node.open_node(settings) as cap:
        signer = await cap.keyring.node_signer()
        assert signer.key_id == "https://berlin.example/actor#main-key"
        assert abs(cap.clock() - datetime.now(UTC)) < timedelta(seconds=5)
        with pytest.raises(NotFound):
            await cap.keyring.signer("https://berlin.example/collectives/koeln")
        made = await registering.add_collective(cap, "tbilisi", "თბილისი", "ka")
        assert (made.handle, made.followers, made.posts) == ("@tbilisi@berlin.example", 0, 0)
        with pytest.raises(Conflict, match="tbilisi"):
            await registering.add_collective(cap, "tbilisi", "X", "ka")
        with pytest.raises(UsageError, match="own"):
            await registering.add_collective(cap, "actor", "X", "ka")
        assert [each.name for each in await registering.list_collectives(cap)] == ["berlin", "tbilisi"]
        with pytest.raises(UsageError, match="none of"):
            await registering.set_federate(cap, "berlin", "all")
    assert "fedinode.db-wal" not in os.listdir(data_dir)


@pytest.mark.anyio
async def test_members_get_roles_and_links_that_work_once(data_dir: Path) -> None:
    founding.create_node(data_dir, ORDER, environ={}, now=datetime.now(UTC))
    async with node.open_node(config.load_settings(data_dir, {})) as cap:
        first = await enrolling.add(cap, "jo@berlin.example", "editor")
        second = await enrolling.add(cap, "jo@berlin.example", "moderator", collective="berlin")
        third = await registering.make_sign_in_link(cap, " Jo@berlin.example ")
        assert first.link is not None
        assert second.link is not None
        assert len({first.link.url, second.link.url, third.url}) == 3

        def read(session: Session) -> tuple[list[str], list[str], bool]:
            hashes = list(
                session.scalars(select(models.SignInLink.token_hash).where(models.SignInLink.account_id == 2))
            )
            roles = list(
                session.scalars(select(models.Membership.role).where(models.Membership.account_id == 2))
            )
            return hashes, sorted(roles), session.get_one(models.Account, 2).is_operator

        hashes, roles, is_operator = await cap.database.read(read)
        assert hashes == [accounts.hash_token(third.url.rpartition("/")[2])]
        assert (roles, is_operator) == (["editor", "moderator"], False)
        with pytest.raises(UsageError, match="no role"):
            await enrolling.add(cap, "jo@berlin.example", "boss")
        with pytest.raises(UsageError, match="mail address"):
            await enrolling.add(cap, "jo", "editor")
        with pytest.raises(NotFound, match="nobody@"):
            await registering.make_sign_in_link(cap, "nobody@berlin.example")
