"""What a command is, and what it is given when it runs. It loads nothing of the node: `nodes` does."""

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fedinode.cli.output import Output
from fedinode.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """One argument, as argparse's `add_argument` takes it."""

    flags: tuple[str, ...]
    options: Mapping[str, Any]


def argument(*flags: str, **options: Any) -> Argument:
    """Return an argument of a command."""
    return Argument(flags=flags, options=options)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A command as it was called."""

    args: argparse.Namespace
    data_dir: Path
    output: Output

    def require_yes(self, effect: str) -> None:
        """Go on only when the caller said that this effect is wanted. Raises: UsageError."""
        if not self.args.yes:
            raise UsageError(f"{effect} Say --yes if that is what you want.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command: `name` may be two words. `lists` adds --json, `destroys` adds --yes."""

    name: str
    summary: str
    run: Callable[[Call], None]
    arguments: tuple[Argument, ...] = ()
    lists: bool = False
    destroys: bool = False


AS = argument(
    "--as", dest="collective", metavar="NAME", help="the collective that acts, if there are several"
)
