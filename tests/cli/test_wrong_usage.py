"""A command that is called wrongly says so in one sentence and exits with 2."""

import socket
from pathlib import Path

import pytest

from fedinode.cli import command_table, processes
from fedinode.cli.main import data_dir, main
from fedinode.errors import NodeError, PortOccupied


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """Return exit code and the one sentence on stderr; nothing may be on stdout."""
    code = main(arguments)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    return code, captured.err.strip()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "The following arguments are required: command; see `fedinode --help`."),
        (("psot", "x.md"), 'There is no command "psot"; did you mean `post`.'),
        (("xyzzy",), 'There is no command "xyzzy"; see `fedinode --help`.'),
        (("post",), "The following arguments are required: FILE.md; see `fedinode post --help`."),
        (("post", "x.md", "--agian"), "Unrecognized arguments: --agian; see `fedinode --help`."),
        (("accept", "first"), "Argument ID: invalid int value: 'first'; see `fedinode accept --help`."),
        (
            ("collective",),
            "The following arguments are required: subcommand; see `fedinode collective --help`.",
        ),
        (("account", "add", "a@b.example", "--role", "king"), "Argument --role: invalid choice: 'king'"),
        (
            ("init", "--origin", "berlin", "--collective", "b", "--name", "B", "--language", "de"),
            'The origin "berlin" must look like "https://berlin.example".',
        ),
        (
            (
                "init",
                "--origin",
                "https://a.example",
                "--collective",
                "b",
                "--name",
                "B",
                "--language",
                "german",
            ),
            '"german" is no language tag such as "de" or "pt-BR"; did you mean "de".',
        ),
    ],
)
def test_wrong_usage_is_one_sentence(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], sentence: str
) -> None:
    code, words = said(capsys, *arguments)
    assert code == 2
    assert words.startswith(sentence)


@pytest.mark.parametrize("name", command_table.NAMES)
def test_every_command_has_help(capsys: pytest.CaptureFixture[str], name: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*name.split(), "--help"])
    assert ended.value.code == 0
    assert f"usage: fedinode {name}" in " ".join(capsys.readouterr().out.split())


def test_a_folder_without_a_node_says_how_to_make_one(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, words = said(capsys, "--data", str(tmp_path), "posts")
    assert code == 1
    assert words == f"{tmp_path} is no data folder of a node yet; make one with `fedinode init`."


def test_the_data_folder_is_named_by_option_variable_or_habit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FEDINODE_DATA", raising=False)
    assert data_dir(None) == Path("data")
    monkeypatch.setenv("FEDINODE_DATA", "/srv/node")
    assert data_dir(None) == Path("/srv/node")
    assert data_dir("here") == Path("here")


def test_an_occupied_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortOccupied, match=f"Port {port} of 127.0.0.1 is taken"):
            processes.bind("127.0.0.1", port)


def test_a_free_port_listens() -> None:
    with processes.bind("127.0.0.1", 0) as listener:
        assert listener.getsockname()[1] > 0


def test_what_is_accepted_sends_without_waiting_for_acknowledgements() -> None:
    with (
        processes.bind("127.0.0.1", 0) as listener,
        socket.create_connection(listener.getsockname()),
        listener.accept()[0] as accepted,
    ):
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", 70000), ("192.0.2.1", 8000)])
def test_an_address_that_is_not_ours_cannot_be_opened(host: str, port: int) -> None:
    with pytest.raises(NodeError, match=rf"{port}"):
        processes.bind(host, port)
