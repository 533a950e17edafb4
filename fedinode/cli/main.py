"""`fedinode COMMAND`: the parser built from the table of commands, and what becomes of errors.

Exit code 0 on success, 1 on failure with one plain sentence on stderr, 2 on wrong usage.
"""

import argparse
import difflib
import errno
import logging
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from federation.errors import FederationError
from fedinode.cli import command_table
from fedinode.cli.commands import Call, Command
from fedinode.cli.output import Output
from fedinode.errors import NodeError, UsageError
from fedinode.resources import installed_version

_UNKNOWN_COMMAND = re.compile(r"^argument (?:sub)?command: invalid choice: '([^']*)'")
_GROUPS = {
    "collective": "the collectives of this node",
    "account": "the people who may sign in",
    "organisation": "organisations without a node that support a statement",
    "import": "take over an archive",
}


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence instead of printing the usage."""

    def error(self, message: str) -> NoReturn:
        unknown = _UNKNOWN_COMMAND.search(message)
        if unknown:
            near = difflib.get_close_matches(unknown[1], command_table.NAMES, n=1)
            hint = f"; did you mean `{near[0]}`" if near else f"; see `{self.prog} --help`"
            raise UsageError(f'There is no command "{unknown[1]}"{hint}.')
        raise UsageError(f"{message[:1].upper()}{message[1:]}; see `{self.prog} --help`.")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code."""
    output = Output()
    # Commands speak in sentences; `serve` and its like switch logging on.
    logging.getLogger().addHandler(logging.NullHandler())
    try:
        given = sys.argv[1:] if argv is None else argv
        args = parser(command_table.named_in(given)).parse_args(given)
        args.run(Call(args=args, data_dir=data_dir(args.data), output=output))
    except NodeError as error:
        output.say(_sentence(str(error)))
        return error.exit_code
    except FederationError as error:
        output.say(_sentence(f"The other server did not behave: {error}"))
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read our output has seen enough. Python would complain again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        output.say(_os_sentence(error))
        return 1
    return 0


def data_dir(named: str | None) -> Path:
    """Return the node's data folder: the option, else $FEDINODE_DATA, else ./data."""
    return Path(named or os.environ.get("FEDINODE_DATA") or "data")


def _sentence(words: str) -> str:
    return words if words.endswith((".", "!", "?")) else f"{words}."


def _os_sentence(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "The disk is full; make room and try again."
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{error.strerror or error}."


def parser(known: Sequence[Command]) -> argparse.ArgumentParser:
    """Return the parser with these commands."""
    top = _Parser(
        prog="fedinode", description="A publishing node for collectives on the fediverse.", allow_abbrev=False
    )
    top.add_argument(
        "--data", metavar="DIR", help="the node's data folder (else $FEDINODE_DATA, else ./data)"
    )
    top.add_argument("--version", action="version", version=f"fedinode {installed_version()}")
    commands = top.add_subparsers(title="commands", dest="command", required=True)
    groups = {
        name: commands.add_parser(name, help=about, description=about.capitalize() + ".").add_subparsers(
            title="commands", dest="subcommand", required=True
        )
        for name, about in _GROUPS.items()
    }
    for command in known:
        group, _, name = command.name.rpartition(" ")
        _add(groups[group] if group else commands, name, command)
    return top


def _add(commands: Any, name: str, command: Command) -> None:
    summary = command.summary
    own = commands.add_parser(
        name, help=summary, description=f"{summary[:1].upper()}{summary[1:]}.", allow_abbrev=False
    )
    for each in command.arguments:
        own.add_argument(*each.flags, **each.options)
    if command.lists:
        own.add_argument("--json", action="store_true", help="write JSON for scripts")
    if command.destroys:
        own.add_argument("--yes", action="store_true", help="do it; without this, only say what it does")
    own.set_defaults(run=command.run)


if __name__ == "__main__":
    sys.exit(main())
