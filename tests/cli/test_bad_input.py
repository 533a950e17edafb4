"""What goes wrong on an operator's machine: one plain sentence, exit code 1, nothing half done."""

import socket
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fedinode.config import load_settings
from fedinode.errors import ClockWrong
from fedinode.node import open_node
from tests.cli.conftest import Run, runner
from tests.nodes.harness import Node
from tests.ports import free_port

NEWS = '+++\ntype = "news"\nlanguage = "en"\n{more}\n+++\n\nText.\n'


def state_of(folder: Path) -> dict[str, tuple[int, int]]:
    """Return size and time of change of every file, to see that nothing was touched."""
    return {
        str(path): (path.stat().st_size, path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


def refused(run: Run, *arguments: str, code: int = 1) -> str:
    """Run a command that must fail and return the one sentence it says."""
    done = run(*arguments, code=code)
    assert done.out == ""
    assert done.err.endswith(".\n")
    assert done.err.count("\n") == 1
    return done.err.strip()


def news(folder: Path, more: str = "") -> Path:
    path = folder / "news.md"
    path.write_text(NEWS.format(more=more), "utf-8")
    return path


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ('titel = "x"', ', line 4: there is no key "titel"; did you mean "title".'),
        (
            '[translations.xx]\ntitle = "x"',
            'line 4: "translations.xx" has the value "xx", which is no language',
        ),
        (
            'title = "x"\n[translations.de]\ntitle = "y"\nbody_file = "de.md"',
            'line 7: "translations.de.body_file" names the translation file "de.md", which does not exist.',
        ),
    ],
)
def test_a_wrong_file_is_named_and_not_published(
    run: Run, node: Node, tmp_path: Path, more: str, sentence: str
) -> None:
    path = news(tmp_path, more)
    assert sentence in refused(run, "post", str(path))
    assert node.rows("SELECT 1 FROM posts") == []


def test_a_post_with_a_broken_picture_is_not_published(run: Run, node: Node, tmp_path: Path) -> None:
    (tmp_path / "crowd.jpg").write_bytes(b"no picture")
    path = news(tmp_path, '[[media]]\nfile = "crowd.jpg"\nalt = "A crowd"')
    assert "crowd.jpg is no picture that we can read" in refused(run, "post", str(path))
    assert node.rows("SELECT 1 FROM posts") == []
    assert not list((node.folder / "media").glob("*"))


def test_a_missing_file_is_named(run: Run, tmp_path: Path) -> None:
    assert refused(run, "post", str(tmp_path / "none.md")) == f"There is no file {tmp_path / 'none.md'}."


def test_an_unknown_post_is_named(run: Run, node: Node, tmp_path: Path) -> None:
    url = f"{node.origin}/posts/none"
    assert url in refused(run, "edit", url, str(news(tmp_path)))
    assert url in refused(run, "delete", url, "--yes")
    assert url in refused(run, "publish", url)


def test_an_unknown_collective_is_named(run: Run, tmp_path: Path) -> None:
    assert "paris" in refused(run, "post", str(news(tmp_path)), "--as", "paris")


@pytest.mark.parametrize("command", ["accept", "reject", "approve", "hide"])
def test_an_unknown_number_is_named(run: Run, command: str) -> None:
    assert "4711" in refused(run, command, "4711")


def test_a_server_that_cannot_be_reached_is_named(run: Run, node: Node) -> None:
    host = f"nobody.localhost:{free_port()}"
    assert host in refused(run, "follow", f"@nobody@{host}")
    assert node.rows("SELECT 1 FROM follows") == []


def test_what_is_no_handle_is_named(run: Run) -> None:
    assert "nobody" in refused(run, "follow", "nobody")


def test_a_full_disk_is_said_before_anything_is_written(
    run: Run, node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEDINODE_LIMITS__FREE_DISK_BYTES", str(10**18))
    assert "MB are free on the disk" in refused(run, "post", str(news(tmp_path)))
    assert node.rows("SELECT 1 FROM posts") == []


def test_a_locked_database_is_waited_for_and_then_named(run: Run, node: Node, tmp_path: Path) -> None:
    other = sqlite3.connect(node.folder / "fedinode.db", isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        assert "database" in refused(run, "post", str(news(tmp_path)))
    finally:
        other.close()
    assert node.rows("SELECT 1 FROM posts") == []


def test_a_newer_database_is_left_alone(run: Run, node: Node) -> None:
    with sqlite3.connect(node.folder / "fedinode.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    assert "newer fedinode" in refused(run, "posts")
    assert "newer fedinode" in refused(run, "upgrade")
    assert "newer fedinode" in refused_process(node, "serve", "--port", str(node.port))


def refused_process(node: Node, *arguments: str) -> str:
    """Like `refused`, for what opens a port, in a process of its own."""
    done = node.run(*arguments)
    assert (done.returncode, done.stdout) == (1, ""), done.stderr
    assert done.stderr.count("\n") == 1
    return done.stderr.strip()


def test_an_occupied_port_changes_nothing(run: Run, node: Node) -> None:
    before = state_of(node.folder)
    with socket.create_server(("127.0.0.1", node.port)):
        sentence = refused(run, "serve", "--port", str(node.port))
    assert sentence.startswith(f"Port {node.port} of 127.0.0.1 is taken by another program")
    assert state_of(node.folder) == before


def test_an_origin_that_changed_is_refused(run: Run, node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEDINODE_ORIGIN", "http://other.localhost:1")
    sentence = refused(run, "posts")
    assert node.origin in sentence
    assert "http://other.localhost:1" in sentence


def test_a_second_process_on_the_same_folder_is_refused(node: Node) -> None:
    node.start()
    try:
        port = free_port()
        sentence = refused_process(node, "serve", "--port", str(port))
        assert "works on this data folder already" in sentence
        assert node.get("/healthz").status_code == 200
    finally:
        assert node.stop() == 0


def test_more_workers_need_postgresql(run: Run) -> None:
    assert "needs PostgreSQL" in refused(run, "serve", "--workers", "2")


@pytest.mark.anyio
async def test_a_clock_from_1970_is_refused(node: Node) -> None:
    settings = load_settings(node.folder, {})
    with pytest.raises(ClockWrong, match="The clock of this machine says 1970-01-01"):
        async with open_node(settings, clock=lambda: datetime(1970, 1, 1, tzinfo=UTC)):
            pass


def test_a_folder_is_made_once(run: Run, node: Node) -> None:
    before = state_of(node.folder)
    sentence = refused(
        run, "init", "--origin", node.origin, "--collective", "x", "--name", "X", "--language", "de"
    )
    assert "already" in sentence
    assert state_of(node.folder) == before


@pytest.mark.parametrize("name", ["Берлин", "two words", "", "a" * 100])
def test_a_collective_name_that_no_server_takes_leaves_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str
) -> None:
    new = runner(tmp_path / "new", capsys)
    where = ("--origin", "http://new.localhost:1", "--language", "de")
    refused(new, "init", *where, "--collective", name, "--name", "X", code=2)
    assert not (tmp_path / "new").exists()
