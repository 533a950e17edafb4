"""Docs and code say the same: every setting, command, error and table is documented, every link leads on."""

import inspect
import re
from pathlib import Path
from types import ModuleType

import pytest

import federation.errors
import fedinode.errors
from fedinode.cli import command_table
from fedinode.cli.commands import Command
from fedinode.config import KEYS
from fedinode.storage.models import Base

REPOSITORY = Path(__file__).resolve().parents[1]
DOCS = sorted([*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/**/*.md")])
# Written in halves, so that this file does not name them either.
_REGISTRY_HOSTS = re.compile(
    r"pypi\." + "org|python" + r"hosted\.org|npm" + r"js\.(org|com)|deb\." + r"debian\.org"
)


def read(name: str) -> str:
    return (REPOSITORY / name).read_text("utf-8")


def first_cells(document: str) -> list[str]:
    """Return what stands in backquotes in the first cell of each table row."""
    cells = [line.split("|")[1] for line in document.splitlines() if line.startswith("| ")]
    return [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]


def errors_of(module: ModuleType) -> set[str]:
    return {
        name
        for name, value in vars(module).items()
        if inspect.isclass(value) and issubclass(value, Exception) and value.__module__ == module.__name__
    }


def documented_commands() -> dict[str, set[str]]:
    """Return each command in the docs, two words where it has two, with its options."""
    usages = first_cells(read("docs/commands.md"))
    return {
        re.split(r" (?![a-z]+( |$))", usage, maxsplit=1)[0]: set(re.findall(r"--[a-z-]+", usage))
        for usage in usages
    }


def existing_commands() -> dict[str, set[str]]:
    return {command.name: options_of(command) for command in command_table.all_commands()}


def options_of(command: Command) -> set[str]:
    named = {flag for each in command.arguments for flag in each.flags if flag.startswith("--")}
    return named | ({"--json"} if command.lists else set()) | ({"--yes"} if command.destroys else set())


def test_every_setting_is_documented_and_no_other() -> None:
    documented = set(first_cells(read("docs/configuration.md")))
    variables = {name for name in documented if name.isupper()}
    assert documented - variables == {key.path for key in KEYS}


def test_every_command_is_documented_with_its_options_and_no_other() -> None:
    assert documented_commands() == existing_commands()


def test_every_error_is_documented_and_no_other() -> None:
    documented = set(first_cells(read("docs/errors.md"))) - {
        value.code for value in vars(federation.errors).values() if hasattr(value, "code")
    }
    bases = {"NodeError", "FederationError"}
    assert documented == (errors_of(federation.errors) | errors_of(fedinode.errors)) - bases


def test_the_answer_to_each_of_a_peers_errors_is_documented() -> None:
    document = read("docs/errors.md")
    for name in errors_of(federation.errors) - {"FederationError"}:
        error = getattr(federation.errors, name)
        assert f"| `{name}` | `{error.code}` | {error.answer} |" in document


def test_every_table_is_documented() -> None:
    document = read("docs/data-model.md")
    assert [table for table in Base.metadata.tables if f"`{table}`" not in document] == []


@pytest.mark.parametrize("path", DOCS, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_links_between_documents_lead_somewhere(path: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", path.read_text("utf-8"))
    local = [link for link in links if "://" not in link]
    assert [link for link in local if not (path.parent / link).exists()] == []


@pytest.mark.parametrize("path", DOCS, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_no_document_names_a_registry(path: Path) -> None:
    assert not _REGISTRY_HOSTS.search(path.read_text("utf-8"))


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "docs/developer.md"])
def test_make_targets_in_the_docs_exist(name: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", read("Makefile"), re.MULTILINE))
    assert set(re.findall(r"^    make ([a-z]+)", read(name), re.MULTILINE)) <= targets


def test_commands_in_the_readme_exist() -> None:
    guides = read("README.md") + read("docs/operator.md")
    used = set(re.findall(r"fedinode (?:--data \S+ )?([a-z]+(?:-[a-z]+)*)", guides))
    words = {"and", "wants", "is", "git", "caddy", "python"}
    assert used - words <= {name.split()[0] for name in existing_commands()}


def test_the_changelog_knows_this_version() -> None:
    changelog = read("CHANGELOG.md")
    assert "## [Unreleased]" in changelog or re.search(r"^## \[\d+\.\d+\.\d+\]", changelog, re.MULTILINE)
