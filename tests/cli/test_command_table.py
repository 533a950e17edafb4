"""Commands are found by their names: each module is loaded for its own commands and for no others."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import fedinode.cli
from fedinode.cli import command_table
from fedinode.cli.main import main


def test_the_table_names_the_commands_of_every_module() -> None:
    folder = Path(str(fedinode.cli.__file__)).parent
    modules = {
        path.stem: importlib.import_module(f"fedinode.cli.{path.stem}") for path in folder.glob("*.py")
    }
    held = {
        name: tuple(command.name for command in module.COMMANDS)
        for name, module in modules.items()
        if hasattr(module, "COMMANDS")
    }
    assert dict(command_table.MODULES) == held
    assert len(set(command_table.NAMES)) == len(command_table.NAMES)


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["--data", "here", "pin", "x"], ("pin", "unpin", "banner")),
        (["--data=here", "import", "--help"], ("import markdown", "import-markdown")),
        (["import-markdown", "x"], ("import markdown", "import-markdown")),
        (["collective", "look"], ("collective describe", "collective look")),
        (["--version"], ()),
        (["--data"], ()),
        (["nonsense"], ()),
        ([], ()),
    ],
)
def test_only_the_module_of_the_named_command_is_loaded(arguments: list[str], names: tuple[str, ...]) -> None:
    assert tuple(command.name for command in command_table.named_in(arguments)) == names


def test_a_group_is_loaded_as_a_whole_where_its_command_is_not_known() -> None:
    found = {command.name for command in command_table.named_in(["collective", "--help"])}
    assert found >= {"collective add", "collective look"}


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--data", "here", "--help"])
    said = capsys.readouterr().out.split()
    assert [name for name in command_table.NAMES if " " not in name and name not in said] == []


def test_what_needs_no_node_loads_none() -> None:
    program = (
        "import sys; from fedinode.cli.main import main\n"
        "assert main(['psot']) == 2\n"
        "sys.exit(bool({'sqlalchemy', 'aiohttp', 'asyncio', 'fedinode.node'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False, capture_output=True).returncode == 0
