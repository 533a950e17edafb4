"""The rules of the house that no linter knows: names, sizes, the wheel, the locks."""

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from collections import Counter
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 50
# These stand in several folders on purpose: a package's own file, each tree's errors, each suite's fixtures.
REPEATED_NAMES = {"__init__.py", "__main__.py", "errors.py", "conftest.py"}
_LOCK_LINE = re.compile(
    r"([a-z0-9._-]+(\[[a-z,]+\])?==[^\s;]+( ; [^\\]+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?)"
)


def tracked_files() -> list[Path]:
    """Return every file that git knows or would know, as paths within the repository."""
    done = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    return [Path(line) for line in done.stdout.splitlines() if (REPOSITORY / line).is_file()]


def python_files(*folders: str) -> list[Path]:
    return [path for path in tracked_files() if path.suffix == ".py" and path.parts[0] in folders]


CODE = python_files("federation", "fedinode")


def test_a_python_file_name_occurs_once() -> None:
    names = Counter(path.name for path in tracked_files() if path.suffix == ".py")
    assert [name for name, count in names.items() if count > 1 and name not in REPEATED_NAMES] == []


@pytest.mark.parametrize("path", CODE, ids=str)
def test_a_file_is_short_and_says_what_lives_in_it(path: Path) -> None:
    source = (REPOSITORY / path).read_text("utf-8")
    assert source.count("\n") <= MAX_FILE_LINES
    assert ast.get_docstring(ast.parse(source))


def test_no_function_is_long() -> None:
    long = [
        f"{path}:{node.lineno} {node.name}"
        for path in CODE
        for node in ast.walk(ast.parse((REPOSITORY / path).read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno + 1 > MAX_FUNCTION_LINES
    ]
    assert long == []


def test_no_test_sleeps_or_patches() -> None:
    forbidden = re.compile(
        r"mock\.patch|Magic" + r"Mock|time\.sleep\(|pytest\.mark\.xfail|assert " + r"True\b"
    )
    found = [
        f"{path}:{number}"
        for path in python_files("tests")
        for number, line in enumerate((REPOSITORY / path).read_text("utf-8").splitlines(), 1)
        if forbidden.search(line)
    ]
    assert [place for place in found if not place.startswith("tests/test_house.py")] == []


def test_floors_of_the_house_hold() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_the_wheel_holds_two_packages_with_their_templates_and_migrations(tmp_path: Path) -> None:
    # `federation` is also the import name of an unrelated package: nothing else may slip in beside the two.
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", tmp_path],
        cwd=REPOSITORY,
        capture_output=True,
        check=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/", 1)[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"federation", "fedinode"}
    assert "fedinode/migrations/env.py" in names
    assert any(name.startswith("fedinode/templates/site/") for name in names)


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-postgresql.txt", "requirements-dev.txt"])
def test_a_lock_holds_names_versions_and_hashes_alone(name: str) -> None:
    lines = (REPOSITORY / name).read_text("utf-8").splitlines()
    assert [line for line in lines if not _LOCK_LINE.fullmatch(line)] == []


def test_every_dependency_is_locked() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]
    locked = set(
        re.findall(r"^([a-z0-9._-]+)==", (REPOSITORY / "requirements.txt").read_text(), re.MULTILINE)
    )
    wanted = {re.split(r"[\[<>=!~ ]", line, maxsplit=1)[0] for line in project["dependencies"]}
    assert wanted - locked == set()


def test_the_licence_is_the_whole_agpl() -> None:
    text = (REPOSITORY / "LICENSE").read_text("utf-8")
    assert text.lstrip().startswith("GNU AFFERO GENERAL PUBLIC LICENSE")
    assert "13. Remote Network Interaction" in text
    assert "END OF TERMS AND CONDITIONS" in text
