"""Reads what mutmut found, writes docs/mutants.md, and fails where too many changes went unnoticed.

`make mutants` runs mutmut first: it changes the code in one small way after another and lets the tests judge.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
RESULTS = REPOSITORY / "mutants"
REPORT = REPOSITORY / "docs" / "mutants.md"
LEAST_KILLED = 0.85
# Exit codes of mutmut's children: 0 = the tests passed, 5 or 33 = no test runs that line, 34 = left out.
_SURVIVED = {0}
_NOT_TESTED = {5, 33}
_LEFT_OUT = {34}

_HEAD = """# Mutants that live

`make mutants` changes the code of signatures, proofs, authority, addressing and retry in one small way
after another (`<` becomes `<=`, a word is altered, an argument is left out) and runs their tests each time.
What the tests do not notice is listed here. The wording of refusals is left out: peers see a code alone.
The command writes this file and fails below {least:.0%}.

| file | changes | noticed | |
|---|---|---|---|
"""


def outcomes() -> Iterator[tuple[str, str, bool]]:
    """Yield file, name and whether the tests noticed, for each mutant that counts."""
    for path in sorted(RESULTS.rglob("*.meta")):
        module = str(path.relative_to(RESULTS)).removesuffix(".meta")
        for name, code in json.loads(path.read_text("utf-8"))["exit_code_by_key"].items():
            if code is None:
                sys.exit(f"{name} was not tried: run `make mutants` to the end.")
            if code not in _LEFT_OUT:
                yield module, name, code not in _SURVIVED | _NOT_TESTED


def change_of(name: str) -> str:
    """Return the lines that a mutant takes away and puts in."""
    done = subprocess.run(
        [Path(sys.executable).with_name("mutmut"), "show", name],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    lines = done.stdout.splitlines()
    return "\n".join(line for line in lines if line[:1] in "+-" and line[:3] not in ("+++", "---") and line)


def report(found: list[tuple[str, str, bool]]) -> str:
    """Return the whole of docs/mutants.md."""
    lines = []
    for module in sorted({module for module, _, _ in found}):
        noticed = [was_noticed for each, _, was_noticed in found if each == module]
        lines.append(f"| `{module}` | {len(noticed)} | {sum(noticed)} | {sum(noticed) / len(noticed):.0%} |")
    total = sum(was_noticed for _, _, was_noticed in found)
    lines.append(f"| all | {len(found)} | {total} | {total / len(found):.0%} |")
    lines += ["", "## One by one"]
    for _, name, was_noticed in found:
        if not was_noticed:
            title = name.removeprefix("federation.").replace("__mutmut_", ", change ")
            lines += ["", f"`{title}`", "", "```diff", change_of(name), "```"]
    return _HEAD.format(least=LEAST_KILLED) + "\n".join(lines) + "\n"


def main() -> int:
    """Write the report and return the exit code."""
    found = list(outcomes())
    if not found:
        sys.exit("mutmut left no results.")
    REPORT.write_text(report(found), "utf-8")
    share = sum(noticed for _, _, noticed in found) / len(found)
    sys.stdout.write(f"{share:.1%} of {len(found)} changes were noticed; the others are in docs/mutants.md\n")
    return 0 if share >= LEAST_KILLED else 1


if __name__ == "__main__":
    sys.exit(main())
