"""What several members decide is not done by one of them, nor by whoever is at the machine, by any command.

The table is read from left to right: what somebody tries alone, and how. Nothing may be public or changed by
it, in two collectives that ask for two and for three members.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import func, select

from fedinode import config
from fedinode.services import registering
from fedinode.storage import decisions
from fedinode.storage.database import Database, Session, open_url
from fedinode.storage.decisions import Thresholds
from fedinode.storage.models import (
    Account,
    Level,
    Membership,
    OutgoingActivity,
    Post,
    ServedDocument,
    SigningKey,
)
from fedinode.storage.sealing import open_key_file
from tests.cli.conftest import Run
from tests.nodes.harness import Node

OWNER, BEN, CEM = "owner@berlin.localhost", "ben@berlin.example", "cem@berlin.example"
NEWS = '+++\ntype = "news"\ntitle = "{title}"\nlanguage = "de"\n+++\n\nText.\n'
JOINT = (
    '+++\ntype = "statement"\ntitle = "{title}"\nlanguage = "de"\ncosign = "anyone"\nsummary = "Kurz."\n'
    "+++\n\nText.\n"
)
EVENT = (
    '+++\ntype = "event"\ntitle = "Fest"\nlanguage = "de"\nstarts = 2030-05-01T18:00:00+02:00\n'
    'timezone = "Europe/Berlin"\n+++\n\nText.\n'
)

#: What is tried, the command, and whether a member can be named who wants it (--account).
COMMANDS: Final = (
    ("publish a text at once", "post {news}", False),
    ("publish it once more", "post {news} --again", False),
    ("publish a joint statement at once", "post {statement}", False),
    ("publish an archive", "import markdown {archive}", False),
    ("publish a draft", "publish {draft}", True),
    ("publish a draft later", "publish {draft} --at 2030-01-01T00:00+00:00", True),
    ("publish a joint draft", "publish {joint_draft}", True),
    ("change a public text", "edit {public} {news}", True),
    ("change a joint statement", "edit {joint} {tagged}", True),
    ("call an event off", "cancel-event {event}", True),
    ("take a text back", "delete {public} --yes", True),
    ("take a joint statement back", "delete {joint} --yes", True),
    ("take in an owner", "account add new@berlin.example --role owner", True),
    ("take in a signer", "account add new@berlin.example --role signer", True),
    ("take in a moderator, who blocks", "account add new@berlin.example --role moderator", True),
    ("make a reader an editor", "account add cem@berlin.example --role editor", True),
    ("let an owner go", "account remove ben@berlin.example --yes", True),
    ("publish alone from now on", "collective set berlin --publish 1", True),
    ("sign alone from now on", "collective set berlin --cosign 1", True),
    ("block alone from now on", "collective set berlin --block 1", True),
    ("wait no more", "collective set berlin --cooling 0", True),
    ("speak with new keys", "rotate-keys --yes", True),
    ("suspend a domain", "block bad.example --yes", True),
    ("suspend the domains of a list", "import-blocks {list} --yes", True),
    ("lift a suspension by a list", "import-blocks {weaker} --yes", True),
    ("lift a suspension", "unblock worse.example", True),
    ("make a suspension less", "block worse.example --severity open --yes", True),
)


@pytest.fixture
def names(node: Node, run: Run, tmp_path: Path) -> Mapping[str, str]:
    """Write the files and make the posts that the table names, while one member still decides."""
    found = {}
    written = {
        "public": NEWS.format(title="Da"),
        "draft": NEWS.format(title="Entwurf"),
        "joint": JOINT.format(title="Gemeinsam"),
        "joint_draft": JOINT.format(title="Noch nicht"),
        "event": EVENT,
    }
    for name, words in written.items():
        path = tmp_path / f"{name}.md"
        path.write_text(words, "utf-8")
        found[name] = run("post", str(path), *(["--draft"] if name.endswith("draft") else [])).id
    (tmp_path / "archive").mkdir()
    for name, words in {
        "news": NEWS.format(title="Neu"),
        "statement": JOINT.format(title="Neu und gemeinsam"),
        "tagged": JOINT.format(title="Gemeinsam").replace('"anyone"\n', '"anyone"\ntags = ["Neu"]\n'),
        "archive/old": NEWS.format(title="Alt").replace('"de"\n', '"de"\npublished = 2020-05-01\n'),
    }.items():
        path = tmp_path / f"{name}.md"
        path.write_text(words, "utf-8")
        found[name] = str(path)
    for email, role in ((BEN, "owner"), (CEM, "reader"), ("dora@berlin.example", "owner")):
        run("account", "add", email, "--role", role)
    run("block", "worse.example", "--yes")
    found["list"] = str(tmp_path / "list.csv")
    Path(found["list"]).write_text("#domain,#severity\nspam.example,suspend\nscam.example,suspend\n", "utf-8")
    found["weaker"] = str(tmp_path / "weaker.csv")
    Path(found["weaker"]).write_text("#domain,#severity\nworse.example,silence\n", "utf-8")
    return {**found, "archive": str(tmp_path / "archive")}


@pytest.fixture
def database(node: Node) -> Iterator[Database]:
    settings = config.load_settings(node.folder, {})
    opened = open_url(settings.database_url, open_key_file(settings.secrets_dir))
    yield opened
    opened.close()


def all_that_counts(session: Session) -> tuple[object, ...]:
    """Return all that must not change: what went out, what is public, who is who, keys, numbers, levels."""
    counts = [
        session.execute(select(func.count()).select_from(table)).scalar_one()
        for table in (OutgoingActivity, ServedDocument, SigningKey)
    ]
    posts = session.execute(select(Post.uid, Post.state).where(Post.state != "draft").order_by(Post.uid))
    row = registering.require_collective(session, "berlin")
    roles = session.execute(
        select(Account.name, Membership.role)
        .join(Membership, Membership.account_id == Account.id)
        .order_by(Account.name, Membership.role)
    )
    suspended = session.scalars(select(Level.subject).where(Level.level == "suspend")).all()
    held = decisions.thresholds(session, row.id)
    return (*counts, *map(tuple, posts), *map(tuple, roles), *suspended, held)


def test_no_command_does_alone_what_several_decide(
    run: Run, names: Mapping[str, str], database: Database
) -> None:
    for needed in (2, 3):
        numbers = Thresholds(publish=needed, cosign=needed, block=needed, cooling=5)
        database.write_now(partial(set_numbers, held=numbers))
        before = database.read_now(all_that_counts)
        for tried, command, can_be_named in COMMANDS:
            arguments = command.format_map(names).split()
            for who in ((), ("--account", OWNER)) if can_be_named else ((),):
                try_alone(run, [*arguments, *who])
                assert database.read_now(all_that_counts) == before, (needed, tried, who)
    asked = database.read_now(lambda session: decisions.list_newest(session, states=("open",)))
    assert {row.action for row in asked} == {
        "publish",
        "publish-joint",
        "edit",
        "edit-joint",
        "delete",
        "member",
        "threshold",
        "keys",
        "block",
    }


def set_numbers(session: Session, *, held: Thresholds) -> None:
    decisions.set_thresholds(session, registering.require_collective(session, "berlin").id, held)


def try_alone(run: Run, arguments: list[str]) -> None:
    """Run a command that may be refused with a sentence, or may ask the members."""
    try:
        run(*arguments)
    except AssertionError as error:
        words = str(error)
        assert "Traceback" not in words
        assert words.strip(), arguments
