"""A word of a draft is found by nobody: over no route, in no file, in no table, at its author or the asked.

The draft carries a word of its own in each place that an author writes to. Two cells of another node are
asked: one signs, one declines and says why. Before and after that everything is looked through.
"""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy
from PIL import Image

from tests.nodes.conftest import MakeDatabase, running_node
from tests.nodes.harness import Node, wait_until
from tests.nodes.wanderer import Seen, paths, wander

#: All words of the draft that nobody may find begin so; what follows tells the place.
CANARY = "Zwielicht"
#: Stands in the text too, and is what a visitor looks for: the answer may repeat it.
BAIT = "Karavelle"
_FOUND = re.compile(rb"zwielicht\w*", re.IGNORECASE)
DRAFT = f"""+++
type = "statement"
title = "{CANARY}titel of the {BAIT}"
language = "en"
summary = "About a {CANARY}kurz {BAIT}."
note = "By the {CANARY}note."
issued_by = "{CANARY}plenum"
place = "{CANARY}ort"
demands = ["A {CANARY}wunsch"]
addressees = ["{CANARY}adressaten"]
tags = ["{CANARY}wort"]
category = "{CANARY}sparte"
cosign = "anyone"
[[media]]
file = "{CANARY}datei.png"
alt = "{CANARY}anhang"
caption = "{CANARY}bildzeile"
[translations.de]
title = "{CANARY}uebersetzt"
slug = "zwielichtadresse"
summary = "Kurz: {CANARY}kurzdeutsch."
body = "Hier steht {CANARY}deutsch und {BAIT}."
+++

Here stands {CANARY}text and {BAIT}.
"""
PUBLIC = """+++
type = "news"
title = "We have begun"
language = "en"
tags = ["beginning"]
+++

Everybody may read this.
"""
#: Counts of what the process did: they move with every request.
_COUNTERS = frozenset({"/metrics", "/healthz"})


@dataclass(frozen=True, slots=True)
class Scene:
    """The author's node, and that of two cells which are asked."""

    author: Node
    asked: Node

    @property
    def is_wandered(self) -> bool:
        """Whether visitors come too. Answers do not depend on the database, and asking takes a while."""
        return "FEDINODE_DATABASE_URL" not in self.author.environ

    @property
    def nodes(self) -> tuple[Node, Node]:
        return (self.author, self.asked)


@pytest.fixture
def scene(tmp_path: Path, make_database: MakeDatabase) -> Iterator[Scene]:
    with ExitStack() as stack:

        def run(name: str) -> Node:
            temporary = tmp_path / f"{name}-tmp"
            temporary.mkdir()
            return running_node(stack, name, tmp_path, {"TMPDIR": str(temporary), **make_database()})

        scene = Scene(author=run("bonn"), asked=run("koeln"))
        scene.asked.cli("collective", "add", "porz", "--name", "Porz", "--language", "en")
        for node in scene.nodes:
            file = tmp_path / f"{node.name}.md"
            file.write_text(PUBLIC, "utf-8")
            node.cli("post", str(file), "--as", node.name)
        yield scene


def keep_draft(author: Node, folder: Path) -> str:
    """Keep the draft, and throw away the files that it was made from."""
    manuscript, picture = folder / "draft.md", folder / f"{CANARY}datei.png"
    Image.new("RGB", (8, 8), "red").save(picture)
    manuscript.write_text(DRAFT, "utf-8")
    statement = author.cli("post", str(manuscript), "--draft")
    manuscript.unlink()
    picture.unlink()
    return statement


# -- where a word could be found


def known_parts(scene: Scene, statement: str) -> dict[str, list[str]]:
    """Return what an observer could put into paths: what the rows of both nodes name, one of each kind."""
    columns = (
        "SELECT uid FROM posts WHERE state = 'draft'",
        "SELECT uid FROM activities WHERE type <> 'Create' ORDER BY id DESC",
        "SELECT uri FROM cosignatures",
        "SELECT stamp_uri FROM cosignatures WHERE stamp_uri IS NOT NULL",
    )
    found = [
        statement,
        *(each for query in columns for node in scene.nodes for each in values(node, query)[:1]),
    ]
    digests = [each for node in scene.nodes for each in values(node, "SELECT text_digest FROM invitations")]
    return {
        "uid": list(dict.fromkeys(each.rsplit("/", 1)[-1] for each in found)),
        "digest": list(dict.fromkeys(digests)),
        "file": [*values(scene.author, "SELECT path FROM media"), f"{CANARY}datei.png"],
        "language": ["en", "de"],
        "slug": [f"{CANARY.lower()}titel-of-the-{BAIT.lower()}", "zwielichtadresse"],
        "page": ["1"],
        "part": ["1"],
    }


def values(node: Node, query: str) -> list[str]:
    return [str(value) for row in node.rows(query) for value in row.values()]


def over_http(node: Node, parts: dict[str, list[str]], statement: str) -> Iterator[Seen]:
    """Ask a node for everything; a path to something else than the draft, with the id of a third, is idle."""
    own, *others = parts["uid"]
    query = f"q={BAIT}&statement={statement}&uri={statement}&resource={statement}&after=0&tag=beginning"

    def is_idle(address: str) -> bool:
        return own not in address and any(other in address for other in others)

    return wander(node, paths(parts | {"name": [node.name]}), query, is_idle)


def in_files(node: Node) -> dict[str, list[bytes]]:
    """Return the words found in the data folder with the database's files, the log, and temporary files."""
    places = (node.folder, Path(node.environ["TMPDIR"]))
    files = [path for place in places for path in place.rglob("*") if path.is_file()]
    if "FEDINODE_DATABASE_URL" not in node.environ:
        files.append(node.backup())
    return {
        str(path): words
        for path in (*files, node.log_path)
        if (words := _FOUND.findall(str(path.name).encode() + b"\n" + path.read_bytes()))
    }


def in_tables(node: Node) -> dict[str, list[bytes]]:
    """Return the words found in the columns of all tables."""
    default = f"sqlite:///{node.folder / 'fedinode.db'}"
    engine = sqlalchemy.create_engine(node.environ.get("FEDINODE_DATABASE_URL", default))
    found: dict[str, list[bytes]] = {}
    with engine.connect() as connection:
        for table in sqlalchemy.inspect(engine).get_table_names():
            for row in connection.execute(sqlalchemy.text(f'SELECT * FROM "{table}"')).mappings():
                for column, value in row.items():
                    words = _FOUND.findall(value if isinstance(value, bytes) else str(value).encode())
                    if words:
                        found.setdefault(f"{table}.{column}", []).extend(words)
    engine.dispose()
    return found


# -- what must not be


def require_silence(scene: Scene) -> None:
    """Fail if a word of the draft lies open in a table or a file of one of the nodes."""
    for node in scene.nodes:
        assert in_tables(node) == {}
        assert in_files(node) == {}


def require_secrecy(scene: Scene, statement: str) -> None:
    """Fail if a word of the draft is to be had from one of the nodes, or if its addresses tell of it."""
    if not scene.is_wandered:
        return
    parts = known_parts(scene, statement)
    for node in scene.nodes:
        seen = list(over_http(node, parts, statement))
        assert [each.question for each in seen if _FOUND.search(each.said.encode())] == []
        assert [each for each in seen if names_draft(each, parts) and tells(each)] == []


def names_draft(seen: Seen, parts: dict[str, list[str]]) -> bool:
    path = seen.question.split()[1].partition("?")[0]
    return any(each in path for each in (*parts["uid"], *parts["digest"], *parts["slug"], *parts["file"]))


def tells(seen: Seen) -> bool:
    """Whether an answer says more than that there is nothing, or that members come in by another door."""
    leads_away = seen.status == 303 and "\nlocation: /sign-in\n" in seen.said
    return seen.status not in (404, 405) and not leads_away


def public_faces(scene: Scene) -> list[dict[str, str]]:
    return [public_face(node) for node in scene.nodes if scene.is_wandered]


def public_face(node: Node) -> dict[str, str]:
    """Return what the lists, feeds, counts and searches of a node say."""
    nothing: dict[str, list[str]] = {
        "uid": [],
        "digest": [],
        "file": [],
        "slug": ["we-have-begun"],
        "page": ["1"],
        "part": ["1"],
    }
    addresses = paths(nothing | {"name": [node.name], "language": ["en"]})
    wanted = [each for each in addresses if each not in _COUNTERS]
    return {each.question: each.said.partition("\n\n")[2] for each in wander(node, wanted, f"q={BAIT}")}


def test_a_word_of_a_draft_is_found_by_nobody(scene: Scene, tmp_path: Path) -> None:
    author, asked = scene.nodes
    before = public_faces(scene)
    statement = keep_draft(author, tmp_path)
    cells = [f"@{name}@{asked.host}" for name in ("koeln", "porz")]
    author.cli("invite", statement, *cells, "--message", f"Only for {CANARY}ohren")
    wait_until(lambda: len(values(asked, "SELECT uri FROM invitations")) == 2, "both cells are asked")
    require_silence(scene)
    require_secrecy(scene, statement)

    asked.cli("cosign", statement, "--as", "koeln")
    asked.cli("decline", statement, "--as", "porz", "--reason", f"Better {CANARY}lampe")
    answered = "SELECT uri FROM invitations WHERE state IN ('answered', 'declined')"
    wait_until(lambda: len(values(author, answered)) == 2, "both have answered")
    require_silence(scene)
    require_secrecy(scene, statement)
    assert public_faces(scene) == before

    author.cli("publish", statement)
    assert b"Zwielichttext" in in_tables(author)["text_revisions.html"]
    if scene.is_wandered:
        seen = over_http(author, known_parts(scene, statement), statement)
        assert any(b"Zwielichttext" in _FOUND.findall(each.said.encode()) for each in seen)
